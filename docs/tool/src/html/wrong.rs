//! The lines of a program that are wrong get a color of their own.
//!
//! The tag of a program names these lines, as `data-wrong="12 15"`. Each of them becomes an
//! element. The script that colors code keeps elements that it finds.

use crate::html::{lines, site::Site};

const ATTRIBUTE: &str = " data-wrong=\"";

pub(crate) fn color(site: &mut Site) {
    site.edit_pages(colored);
}

fn colored(page: &str) -> String {
    lines::edit(page, ATTRIBUTE, with_lines_colored)
}

/// Makes an element of each line that is wrong. `numbers` counts from 1.
fn with_lines_colored(numbers: &str, lines: &[&str]) -> Option<Vec<String>> {
    let wrong: Vec<usize> = numbers
        .split(' ')
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    let mut edited = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        edited.push(if wrong.contains(&(index + 1)) {
            element(line)
        } else {
            (*line).to_owned()
        });
    }
    Some(edited)
}

fn element(line: &str) -> String {
    let (before, line) = lines::split_hidden_end(line);
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
