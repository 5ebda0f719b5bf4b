//! The tables in the terminal, and the verdict on each row.

use crate::{
    measure::{AGAIN, OURS},
    profile::Profile,
    results::{Entry, Measurement, Row, Spread},
};
use std::fmt::Write;

/// This library compared with its best peer, in one profile.
pub(crate) struct Verdict<'a> {
    pub(crate) profile: Profile,
    pub(crate) best: &'a Entry,
    /// The ratio to the best peer, read so that this library is ahead if it is below 1.
    pub(crate) ratio: f64,
    /// How far the quartiles of the control are from 1. `None` if there is no control.
    pub(crate) noise: Option<f64>,
}

/// How this library compares with its best peer. The worst comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    Behind,
    Level,
    Ahead,
    ClearlyAhead,
}

impl Standing {
    fn word(self) -> &'static str {
        match self {
            Self::Behind => "behind",
            Self::Level => "level",
            Self::Ahead => "ahead",
            Self::ClearlyAhead => "clearly ahead",
        }
    }
}

/// A ratio up to this is a clear lead.
const CLEAR: f64 = 0.8;

impl Measurement {
    pub(crate) fn peers(&self) -> impl Iterator<Item = &Entry> {
        self.contenders
            .iter()
            .filter(|entry| ![OURS, AGAIN].contains(&entry.name.as_str()))
    }

    fn has_this_library(&self) -> bool {
        self.contenders.iter().any(|entry| entry.name == OURS)
    }

    fn noise(&self) -> Option<f64> {
        let control = self.contenders.iter().find(|entry| entry.name == AGAIN)?;
        let above = control.ratio.high - 1.0;
        let below = 1.0 - control.ratio.low;
        Some(above.max(below).max(0.0))
    }
}

impl Row {
    /// A ratio read so that lower is better for this library.
    pub(crate) fn read(&self, ratio: f64) -> f64 {
        if self.higher_is_better {
            1.0 / ratio
        } else {
            ratio
        }
    }

    /// Whether the row compares this library with its peers.
    pub(crate) fn is_comparison(&self) -> bool {
        self.profiles.values().any(Measurement::has_this_library)
    }

    fn verdict(&self, profile: Profile) -> Option<Verdict<'_>> {
        let measurement = self.profiles.get(&profile)?;
        if !measurement.has_this_library() {
            return None;
        }
        let against = |entry: &Entry| self.read(entry.ratio.median);
        let best = measurement
            .peers()
            .max_by(|a, b| against(a).total_cmp(&against(b)))?;
        Some(Verdict {
            profile,
            best,
            ratio: against(best),
            noise: measurement.noise(),
        })
    }

    /// The verdicts in all profiles in which the row was measured. There is none if the row has no
    /// peers.
    pub(crate) fn verdicts(&self) -> Vec<Verdict<'_>> {
        self.profiles
            .keys()
            .filter_map(|profile| self.verdict(*profile))
            .collect()
    }

    /// The verdict on the whole row. It is the worst of all profiles, because a row counts as won
    /// only if it is won in every profile.
    pub(crate) fn worst_verdict(&self) -> Option<Verdict<'_>> {
        self.verdicts().into_iter().min_by(|a, b| {
            let by_standing = a.standing().cmp(&b.standing());
            by_standing.then(b.ratio.total_cmp(&a.ratio))
        })
    }
}

impl Verdict<'_> {
    pub(crate) fn standing(&self) -> Standing {
        let noise = self.noise.unwrap_or(0.0);
        match self.ratio {
            ratio if ratio > 1.0 + noise => Standing::Behind,
            ratio if ratio >= 1.0 - noise => Standing::Level,
            ratio if ratio > CLEAR => Standing::Ahead,
            _ => Standing::ClearlyAhead,
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
            self.standing().word()
        )
    }
}

/// One row of the results: for each profile a heading, one line per contender, and the verdict.
pub(crate) fn table(row: &Row, color: bool) -> String {
    let mut text = String::new();
    for (profile, measurement) in &row.profiles {
        let profile_label = profile.label();
        writeln!(
            text,
            "\n{}: {} ({}), {profile_label}",
            row.group, row.name, row.unit
        )
        .expect("writing to a string succeeds");
        for entry in &measurement.contenders {
            line(&mut text, &entry.name, entry);
        }
        if let Some(floor) = &measurement.floor {
            line(&mut text, &format!("floor: {}", floor.name), floor);
        }
        if let Some(verdict) = row.verdict(*profile) {
            writeln!(text, "  {}", painted(&verdict, color)).expect("writing to a string succeeds");
        }
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
    writeln!(text, "{}", line.trim_end()).expect("writing to a string succeeds");
}

/// `median [low, high]`, each padded to the same width.
fn spread(spread: &Spread, width: usize) -> String {
    let [median, low, high] = [spread.median, spread.low, spread.high].map(number);
    format!("{median:>width$} [{low:>width$}, {high:>width$}]")
}

/// A number with three significant digits, and with commas between thousands.
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

fn painted(verdict: &Verdict<'_>, color: bool) -> String {
    let line = verdict.line();
    if !color {
        return line;
    }
    let code = match verdict.standing() {
        Standing::Behind => 31,
        _ => 32,
    };
    format!("\x1b[{code}m{line}\x1b[0m")
}

/// How many rows are won, and which rows are behind. A row counts by the profile in which it does
/// worst. The summary is empty if no row compares this library with its peers.
pub(crate) fn summary(rows: &[Row]) -> String {
    let mut standings = Vec::new();
    let mut behind = String::new();
    for row in rows {
        let Some(worst) = row.worst_verdict() else {
            continue;
        };
        standings.push(worst.standing());
        for verdict in row.verdicts() {
            if verdict.standing() == Standing::Behind {
                let (group, name, line) = (&row.group, &row.name, verdict.line());
                let profile_label = verdict.profile.label();
                writeln!(behind, "  {group}: {name}, {profile_label}: {line}")
                    .expect("writing to a string succeeds");
            }
        }
    }
    if standings.is_empty() {
        return String::new();
    }
    let count = |standing| standings.iter().filter(|it| **it == standing).count();
    format!(
        "\n{} rows, each by its worse profile: clearly ahead {}, ahead {}, level {}, behind {}\n{behind}",
        standings.len(),
        count(Standing::ClearlyAhead),
        count(Standing::Ahead),
        count(Standing::Level),
        count(Standing::Behind)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::{entry, measurement, row};

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

    /// The quartiles of the control are a tenth from its median.
    fn planted_contenders(std: f64) -> Vec<Entry> {
        vec![
            entry(OURS, 10.0),
            entry(AGAIN, 10.0),
            entry("slow", 40.0),
            entry("std", std),
        ]
    }

    fn planted(std: f64) -> Row {
        row("Lock", "planted", planted_contenders(std))
    }

    fn planted_in_both(release: f64, lto: f64) -> Row {
        let mut row = planted(release);
        let lto = measurement(planted_contenders(lto));
        row.profiles.insert(Profile::Lto, lto);
        row
    }

    #[test]
    fn the_verdict_compares_with_the_best_peer_and_allows_for_noise() {
        let standing = |std: f64| {
            let row = planted(std);
            let verdict = row.worst_verdict().expect("there are peers");
            verdict.standing()
        };
        assert_eq!(
            [5.0, 9.2, 11.0, 12.0, 20.0].map(standing),
            [
                Standing::Behind,
                Standing::Level,
                Standing::Level,
                Standing::Ahead,
                Standing::ClearlyAhead
            ]
        );
        let row = planted(5.0);
        let verdict = row.worst_verdict().expect("there are peers");
        assert_eq!((verdict.best.name.as_str(), verdict.ratio), ("std", 2.0));
    }

    #[test]
    fn a_row_is_won_only_if_it_is_won_in_both_profiles() {
        let worst = |release, lto| {
            let row = planted_in_both(release, lto);
            let worst = row.worst_verdict().expect("there are peers");
            (worst.profile, worst.standing())
        };
        assert_eq!(worst(20.0, 5.0), (Profile::Lto, Standing::Behind));
        assert_eq!(worst(5.0, 20.0), (Profile::Release, Standing::Behind));
        assert_eq!(worst(20.0, 12.0), (Profile::Lto, Standing::Ahead));
        assert_eq!(worst(20.0, 18.0), (Profile::Lto, Standing::ClearlyAhead));
    }

    #[test]
    fn the_best_peer_has_the_highest_figure_where_higher_is_better() {
        let row = Row {
            higher_is_better: true,
            ..planted(5.0)
        };
        let verdict = row.worst_verdict().expect("there are peers");
        assert_eq!((verdict.best.name.as_str(), verdict.ratio), ("slow", 4.0));
    }

    #[test]
    fn a_table_has_one_line_per_contender_and_no_color_unless_it_is_asked_for() {
        let mut row = planted_in_both(5.0, 20.0);
        let release = row.profiles.get_mut(&Profile::Release);
        release.expect("it was measured").floor = Some(entry("nothing", 2.0));
        let text = table(&row, false);
        let expected = "
Lock: planted (ns), release
  sync-primitives                         10.0 [      9.00,       11.0]
  sync-primitives again                   10.0 [      9.00,       11.0]    1.00 [ 0.900,   1.10]
  slow                                    40.0 [      36.0,       44.0]   0.250 [ 0.225,  0.275]
  std                                     5.00 [      4.50,       5.50]    2.00 [  1.80,   2.20]
  floor: nothing                          2.00 [      1.80,       2.20]    5.00 [  4.50,   5.50]
  2.00 of std, noise 0.10: behind

Lock: planted (ns), one unit + LTO
  sync-primitives                         10.0 [      9.00,       11.0]
  sync-primitives again                   10.0 [      9.00,       11.0]    1.00 [ 0.900,   1.10]
  slow                                    40.0 [      36.0,       44.0]   0.250 [ 0.225,  0.275]
  std                                     20.0 [      18.0,       22.0]   0.500 [ 0.450,  0.550]
  0.50 of std, noise 0.10: clearly ahead
";
        assert_eq!(text, expected);
        assert!(table(&row, true).contains("\x1b[31m2.00 of std"));
    }

    #[test]
    fn a_row_without_this_library_has_no_verdict() {
        let row = row("Ways", "planted", vec![entry("a", 10.0), entry("b", 5.0)]);
        assert!(!row.is_comparison());
        assert!(row.worst_verdict().is_none());
        assert_eq!(summary(&[row]), "");
        assert!(planted(5.0).is_comparison());
    }

    #[test]
    fn the_summary_counts_each_row_once_and_names_the_profiles_that_are_behind() {
        let text = summary(&[planted_in_both(20.0, 5.0), planted_in_both(20.0, 20.0)]);
        let expected = "
2 rows, each by its worse profile: clearly ahead 1, ahead 0, level 0, behind 1
  Lock: planted, one unit + LTO: 2.00 of std, noise 0.10: behind
";
        assert_eq!(text, expected);
    }
}
