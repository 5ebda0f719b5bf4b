//! One thing that is wrong with the book.

use std::fmt;

/// Where it is and what is wrong, in one line.
#[derive(Debug)]
pub(crate) struct Fault {
    place: String,
    reason: String,
}

impl Fault {
    pub(crate) fn new(place: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Fault {
            place: place.to_string(),
            reason: one_line(&reason.to_string()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// mdBook's warnings run over several lines, some of them the HTML in question.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
