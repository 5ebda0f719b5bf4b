//! The lines of a program that are wrong get a color of their own.
//!
//! The tag of a program names these lines, as `data-wrong="12 15"`. Each of them becomes an element.
//! The script that colors code keeps elements that it finds.

use crate::html::site::Site;

const ATTRIBUTE: &str = " data-wrong=\"";
const CODE: &str = "<code";
const CODE_END: &str = "</code>";
/// A line that is not shown ends in the next one.
const ELEMENT_END: &str = "</span>";

pub(crate) fn color(site: &mut Site) {
    site.edit_pages(colored);
}

fn colored(page: &str) -> String {
    let mut parts = page.split(ATTRIBUTE);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += ATTRIBUTE;
        text += &with_lines_colored(part).unwrap_or_else(|| part.to_owned());
    }
    text
}

/// The same for one program. `part` begins with the numbers of its lines.
fn with_lines_colored(part: &str) -> Option<String> {
    let (numbers, _) = part.split_once('"')?;
    let wrong: Vec<usize> = numbers
        .split(' ')
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    let tag = part.find(CODE)?;
    let start = tag + part[tag..].find('>')? + 1;
    let end = start + part[start..].find(CODE_END)?;
    let mut lines = Vec::new();
    for (index, line) in part[start..end].split('\n').enumerate() {
        lines.push(if wrong.contains(&(index + 1)) {
            element(line)
        } else {
            line.to_owned()
        });
    }
    Some(format!(
        "{}{}{}",
        &part[..start],
        lines.join("\n"),
        &part[end..]
    ))
}

fn element(line: &str) -> String {
    let (before, line) = match line.strip_prefix(ELEMENT_END) {
        Some(rest) => (ELEMENT_END, rest),
        None => ("", line),
    };
    format!("{before}<span class=\"decides\">{line}</span>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_named_lines_become_elements() {
        let page = "<p>a</p><figure data-wrong=\"2 3\"><pre><code class=\"rust\"><span class=\"boring\">//! a\n\
                    </span>b\nc\nd\n</code></pre></figure><code>e\nf</code>";
        assert_eq!(
            colored(page),
            "<p>a</p><figure data-wrong=\"2 3\"><pre><code class=\"rust\"><span class=\"boring\">//! a\n\
             </span><span class=\"decides\">b</span>\n<span class=\"decides\">c</span>\nd\n</code></pre></figure><code>e\nf</code>"
        );
    }

    #[test]
    fn a_page_without_mistakes_stays_as_it_is() {
        let page = "<figure class=\"program\"><code>a\n</code></figure>";
        assert_eq!(colored(page), page);
    }
}
