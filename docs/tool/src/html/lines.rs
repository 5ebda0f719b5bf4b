//! Edits the shown lines of programs whose tag names them in an attribute.

const CODE: &str = "<code";
const CODE_END: &str = "</code>";
/// A line that is hidden ends in the next one.
const HIDDEN_END: &str = "</span>";

/// Calls `edit` with the value of `attribute` and the lines of each program that has it, and puts
/// the lines that it returns in their place. `attribute` ends with the quote before the value. A
/// program for which `edit` returns `None` stays as it is.
pub(crate) fn edit(
    page: &str,
    attribute: &str,
    edit: impl Fn(&str, &[&str]) -> Option<Vec<String>>,
) -> String {
    let mut parts = page.split(attribute);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += attribute;
        text += &edited(part, &edit).unwrap_or_else(|| part.to_owned());
    }
    text
}

/// The same for one program. `part` begins with the value of the attribute.
fn edited(part: &str, edit: impl Fn(&str, &[&str]) -> Option<Vec<String>>) -> Option<String> {
    let (value, _) = part.split_once('"')?;
    let tag = part.find(CODE)?;
    let start = tag + part[tag..].find('>')? + 1;
    let end = start + part[start..].find(CODE_END)?;
    let lines: Vec<_> = part[start..end].split('\n').collect();
    let lines = edit(value, &lines)?.join("\n");
    Some(format!("{}{lines}{}", &part[..start], &part[end..]))
}

/// Splits a line into the end of the hidden line before it, if there is one, and the rest.
pub(crate) fn split_hidden_end(line: &str) -> (&str, &str) {
    match line.strip_prefix(HIDDEN_END) {
        Some(rest) => (HIDDEN_END, rest),
        None => ("", line),
    }
}
