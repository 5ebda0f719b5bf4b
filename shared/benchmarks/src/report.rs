//! The tables in the terminal.

use crate::{
    measure::{AGAIN, OURS},
    results::{Entry, Row, Spread},
};
use std::fmt::Write;

/// Ours beside the peer that does best.
pub(crate) struct Verdict<'a> {
    pub(crate) best: &'a Entry,
    /// Ours divided by that peer's, or the other way round where more is better: below 1 ours is ahead.
    pub(crate) ratio: f64,
    /// How far the control's quartiles lie from 1. None without a control.
    pub(crate) noise: Option<f64>,
}

/// A ratio up to this is a clear lead.
const CLEAR: f64 = 0.8;

impl Row {
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Entry> {
        self.contenders
            .iter()
            .filter(|entry| ![OURS, AGAIN].contains(&entry.name.as_str()))
    }

    /// A ratio read so that less is better for ours.
    pub(crate) fn read(&self, ratio: f64) -> f64 {
        if self.higher_is_better {
            1.0 / ratio
        } else {
            ratio
        }
    }

    pub(crate) fn verdict(&self) -> Option<Verdict<'_>> {
        let against = |entry: &Entry| self.read(entry.ratio.median);
        let best = self
            .peers()
            .max_by(|a, b| against(a).total_cmp(&against(b)))?;
        Some(Verdict {
            best,
            ratio: against(best),
            noise: self.noise(),
        })
    }

    fn noise(&self) -> Option<f64> {
        let control = self.contenders.iter().find(|entry| entry.name == AGAIN)?;
        Some(
            (control.ratio.high - 1.0)
                .max(1.0 - control.ratio.low)
                .max(0.0),
        )
    }
}

impl Verdict<'_> {
    pub(crate) fn word(&self) -> &'static str {
        let noise = self.noise.unwrap_or(0.0);
        match self.ratio {
            ratio if ratio > 1.0 + noise => "behind",
            ratio if ratio >= 1.0 - noise => "level",
            ratio if ratio > CLEAR => "ahead",
            _ => "clearly ahead",
        }
    }

    fn line(&self) -> String {
        let noise = self
            .noise
            .map_or_else(String::new, |noise| format!(", noise {noise:.2}"));
        let decimals = if self.ratio < 0.1 { 3 } else { 2 };
        format!(
            "{:.decimals$} of {}{noise}: {}",
            self.ratio,
            self.best.name,
            self.word()
        )
    }
}

/// One row of the results: a heading, a line a contender, the verdict.
pub(crate) fn table(row: &Row, colour: bool) -> String {
    let mut text = format!("\n{}: {} ({})\n", row.group, row.name, row.unit);
    for entry in &row.contenders {
        line(&mut text, &entry.name, entry);
    }
    if let Some(floor) = &row.floor {
        line(&mut text, &format!("floor: {}", floor.name), floor);
    }
    if let Some(verdict) = row.verdict() {
        writeln!(text, "  {}", painted(&verdict, colour)).expect("a string takes all");
    }
    text
}

fn line(text: &mut String, name: &str, entry: &Entry) {
    let ratio = if name == OURS {
        String::new()
    } else {
        spread(&entry.ratio, 6)
    };
    let line = format!("  {name:<34}{}  {ratio}", spread(&entry.value, 10));
    writeln!(text, "{}", line.trim_end()).expect("a string takes all");
}

/// `median [low, high]`, each as wide as the other rows'.
fn spread(spread: &Spread, width: usize) -> String {
    let [median, low, high] = [spread.median, spread.low, spread.high].map(number);
    format!("{median:>width$} [{low:>width$}, {high:>width$}]")
}

/// Three significant digits, thousands apart.
pub(crate) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size < 1.0 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => return thousands(value.round() as i64),
    };
    format!("{value:.decimals$}")
}

fn thousands(value: i64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn painted(verdict: &Verdict<'_>, colour: bool) -> String {
    let (line, code) = (
        verdict.line(),
        if verdict.word() == "behind" { 31 } else { 32 },
    );
    if colour {
        format!("\x1b[{code}m{line}\x1b[0m")
    } else {
        line
    }
}

/// How many rows are won, and which are not.
pub(crate) fn summary(rows: &[Row]) -> String {
    let verdicts: Vec<_> = rows
        .iter()
        .filter_map(|row| Some((row, row.verdict()?)))
        .collect();
    let count = |word: &str| {
        verdicts
            .iter()
            .filter(|(_, verdict)| verdict.word() == word)
            .count()
    };
    let mut text = format!(
        "\n{} rows: clearly ahead {}, ahead {}, level {}, behind {}\n",
        verdicts.len(),
        count("clearly ahead"),
        count("ahead"),
        count("level"),
        count("behind")
    );
    for (row, verdict) in verdicts
        .iter()
        .filter(|(_, verdict)| verdict.word() == "behind")
    {
        writeln!(text, "  {}: {}: {}", row.group, row.name, verdict.line())
            .expect("a string takes all");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{entry, row};

    #[test]
    fn numbers_have_three_digits() {
        let numbers = [0.0, 0.1234, 1.0, 9.876, 12.34, 123.4, 1234.5, 1_234_567.0].map(number);
        assert_eq!(
            numbers,
            [
                "0.000",
                "0.123",
                "1.00",
                "9.88",
                "12.3",
                "123",
                "1,235",
                "1,234,567"
            ]
        );
    }

    fn planted(control: f64, peer: f64) -> Row {
        row(
            "Lock",
            "planted",
            vec![
                entry(OURS, 10.0),
                entry(AGAIN, control),
                entry("slow", 40.0),
                entry("std", peer),
            ],
        )
    }

    /// The control's quartiles lie a tenth from its median.
    #[test]
    fn the_verdict_is_on_the_best_peer_and_knows_the_noise() {
        let word = |peer: f64| {
            planted(10.0, peer)
                .verdict()
                .expect("there are peers")
                .word()
        };
        assert_eq!(
            [5.0, 9.2, 11.0, 12.0, 20.0].map(word),
            ["behind", "level", "level", "ahead", "clearly ahead"]
        );
        let row = planted(10.0, 5.0);
        let verdict = row.verdict().expect("there are peers");
        assert_eq!((verdict.best.name.as_str(), verdict.ratio), ("std", 2.0));
    }

    #[test]
    fn where_more_is_better_the_best_peer_has_most() {
        let row = Row {
            higher_is_better: true,
            ..planted(10.0, 5.0)
        };
        let verdict = row.verdict().expect("there are peers");
        assert_eq!((verdict.best.name.as_str(), verdict.ratio), ("slow", 4.0));
    }

    #[test]
    fn a_table_has_a_line_a_contender_and_no_colour_unless_asked() {
        let mut row = planted(10.0, 5.0);
        row.floor = Some(entry("nothing", 2.0));
        let text = table(&row, false);
        let expected = "
Lock: planted (ns)
  sync-primitives                         10.0 [      9.00,       11.0]
  sync-primitives again                   10.0 [      9.00,       11.0]    1.00 [ 0.900,   1.10]
  slow                                    40.0 [      36.0,       44.0]   0.250 [ 0.225,  0.275]
  std                                     5.00 [      4.50,       5.50]    2.00 [  1.80,   2.20]
  floor: nothing                          2.00 [      1.80,       2.20]    5.00 [  4.50,   5.50]
  2.00 of std, noise 0.10: behind
";
        assert_eq!(text, expected);
        assert!(table(&row, true).contains("\x1b[31m2.00 of std"));
    }

    #[test]
    fn the_summary_names_the_rows_that_are_behind() {
        let text = summary(&[planted(10.0, 5.0), planted(10.0, 20.0)]);
        let expected = "
2 rows: clearly ahead 1, ahead 0, level 0, behind 1
  Lock: planted: 2.00 of std, noise 0.10: behind
";
        assert_eq!(text, expected);
    }
}
