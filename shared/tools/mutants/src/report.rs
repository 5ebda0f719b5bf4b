//! The list of survivors and the table of results.

use crate::{Result, rules::Mutant, scratch::Outcome};
use std::collections::BTreeMap;

/// The arguments why mutants change nothing, by the names of the mutants.
pub(crate) type Survivors = BTreeMap<String, String>;

/// Reads `survivors.txt`: paragraphs, each a name on a line of its own and the argument below it.
pub(crate) fn read_survivors(text: &str) -> Result<Survivors> {
    let mut survivors = Survivors::new();
    for entry in text
        .split("\n\n")
        .map(str::trim)
        .filter(|entry| !entry.is_empty() && !entry.starts_with('#'))
    {
        let Some((name, argument)) = entry.split_once('\n') else {
            return Err(
                format!("`{entry}` has no argument below it why it changes nothing").into(),
            );
        };
        let argument = argument.split_whitespace().collect::<Vec<_>>().join(" ");
        if survivors.insert(name.to_owned(), argument).is_some() {
            return Err(format!("`{name}` is listed twice").into());
        }
    }
    Ok(survivors)
}

/// The outcomes of the mutants that ran, by their names.
pub(crate) type Outcomes = BTreeMap<String, Outcome>;

/// What is wrong, and what to do about it. Empty if exactly the listed mutants have survived. `all`
/// has every mutant, and `tried` those that ran.
pub(crate) fn complaints(all: &[Mutant], tried: &Outcomes, listed: &Survivors) -> Vec<String> {
    let unkilled = tried.iter().filter_map(|(name, outcome)| {
        match (outcome, listed.contains_key(name)) {
            (Outcome::Survived, false) => Some(format!(
                "{name} survives: write the test that kills it, or argue in survivors.txt why it \
                 changes nothing"
            )),
            (Outcome::Killed(test), true) => Some(format!(
                "{name} is in survivors.txt, but {test} kills it: delete its entry"
            )),
            (Outcome::DoesNotCompile, true) => Some(format!(
                "{name} is in survivors.txt, but does not compile: delete its entry"
            )),
            _ => None,
        }
    });
    let gone = listed
        .keys()
        .filter(|name| all.iter().all(|mutant| mutant.name() != **name));
    let gone = gone.map(|name| {
        format!("{name} is in survivors.txt, but there is no such mutant: delete its entry")
    });
    unkilled.chain(gone).collect()
}

/// How many of `mutants` have each outcome, in one line.
pub(crate) fn counts(mutants: &[&Mutant], outcomes: &Outcomes) -> String {
    let outcomes: Vec<_> = mutants
        .iter()
        .map(|mutant| outcomes.get(&mutant.name()))
        .collect();
    let count = |is: fn(&Outcome) -> bool| {
        outcomes
            .iter()
            .flatten()
            .filter(|outcome| is(outcome))
            .count()
    };
    let by_models =
        count(|outcome| matches!(outcome, Outcome::Killed(test) if test.starts_with("loom::")));
    let by_tests = count(|outcome| matches!(outcome, Outcome::Killed(_))) - by_models;
    let survive = count(|outcome| *outcome == Outcome::Survived);
    let broken = count(|outcome| *outcome == Outcome::DoesNotCompile);
    let not_run = outcomes.iter().filter(|outcome| outcome.is_none()).count();
    format!(
        "{} mutants: {by_models} killed by models, {by_tests} by tests; {survive} survive, \
         {broken} do not compile, {not_run} not yet run",
        mutants.len()
    )
}

const SURVIVED: &str = "survived";
const DOES_NOT_COMPILE: &str = "does not compile";

/// `results.md`: a row for each mutant of `all` that has been run, in their order.
pub(crate) fn table(all: &[Mutant], outcomes: &Outcomes, listed: &Survivors) -> String {
    let rows = all.iter().filter_map(|mutant| {
        let name = mutant.name();
        let killer = match (outcomes.get(&name)?, listed.get(&name)) {
            (Outcome::Killed(test), _) => format!("`{test}`"),
            (Outcome::DoesNotCompile, _) => DOES_NOT_COMPILE.to_owned(),
            (Outcome::Survived, None) => SURVIVED.to_owned(),
            (Outcome::Survived, Some(argument)) => format!("{SURVIVED}: {argument}"),
        };
        let (place, change) = name.split_once(": ")?;
        Some(format!(
            "| `{place}` | `{}` | {} |\n",
            escaped(change),
            escaped(&killer)
        ))
    });
    let rows: String = rows.collect();
    let counts = counts(&all.iter().collect::<Vec<_>>(), outcomes);
    format!(
        "<!-- Written by `cargo mutate`. -->\n\n{counts}.\n\n\
         | In | Fault | Killed by |\n|---|---|---|\n{rows}"
    )
}

/// Reads what [`table`] wrote, without the arguments for the survivors.
pub(crate) fn read_table(text: &str) -> Result<Outcomes> {
    let row = |line: &str| {
        read_row(line).ok_or_else(|| format!("`{line}` is no row that `cargo mutate` wrote").into())
    };
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .map(row)
        .collect()
}

fn read_row(line: &str) -> Option<(String, Outcome)> {
    let cells: Vec<_> = line
        .strip_prefix("| ")?
        .strip_suffix(" |")?
        .split(" | ")
        .map(unescaped)
        .collect();
    let [place, change, killer] = cells.as_slice() else {
        return None;
    };
    let outcome = match (code(killer), killer.as_str()) {
        (Some(test), _) => Outcome::Killed(test.to_owned()),
        (None, DOES_NOT_COMPILE) => Outcome::DoesNotCompile,
        (None, other) if other.starts_with(SURVIVED) => Outcome::Survived,
        _ => return None,
    };
    Some((format!("{}: {}", code(place)?, code(change)?), outcome))
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

/// A bare `|` would end the cell, also within backticks.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

fn unescaped(cell: &str) -> String {
    cell.replace("\\|", "|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    const TEXT: &str = "fn set(&self) {\n    self.state.store(1, Ordering::Release);\n}\n";
    const NAMES: [&str; 2] = [
        "event.rs set: Release -> Relaxed",
        "event.rs set: store dropped",
    ];

    /// What is complained of when the two mutants of `TEXT` end as `outcomes` say, and `survivors`
    /// is the list.
    fn complaints_of(outcomes: [Outcome; 2], survivors: &str) -> Vec<String> {
        let tried = NAMES.map(str::to_owned).into_iter().zip(outcomes).collect();
        complaints(
            &rules::find("event.rs", TEXT),
            &tried,
            &read_survivors(survivors).expect("a good list"),
        )
    }

    fn killed() -> Outcome {
        Outcome::Killed("loom::a_set_event".to_owned())
    }

    #[test]
    fn a_planted_survivor_fails_the_run_until_it_is_argued_for() {
        let outcomes = || [Outcome::Survived, killed()];
        let complaint = &complaints_of(outcomes(), "# none\n")[0];
        assert!(
            complaint.starts_with(&format!("{} survives: write the test", NAMES[0])),
            "{complaint}"
        );
        let list = format!("{}\n    Because.\n", NAMES[0]);
        assert_eq!(complaints_of(outcomes(), &list), [""; 0]);
    }

    #[test]
    fn the_list_may_only_get_shorter() {
        let list = format!("{}\n    Because.\n", NAMES[1]);
        assert!(
            complaints_of([killed(), killed()], &list)[0]
                .contains("but loom::a_set_event kills it")
        );
        assert!(
            complaints_of([killed(), Outcome::DoesNotCompile], &list)[0]
                .contains("does not compile")
        );
        let gone = "event.rs gone: store dropped\n    Because.\n";
        assert!(complaints_of([killed(), killed()], gone)[0].contains("there is no such mutant"));
    }

    #[test]
    fn an_entry_needs_an_argument() {
        let error = |text: &str| read_survivors(text).expect_err("a bad list").to_string();
        assert!(error("# all\n\na\n\nb\n    Because.\n").contains("`a` has no argument"));
        assert!(error("a\n    Because.\n\na\n    Because.\n").contains("`a` is listed twice"));
        let survivors =
            read_survivors("# all\n\nb\n    Because\n    of this.\n").expect("a good list");
        assert_eq!(survivors["b"], "Because of this.");
    }

    #[test]
    fn the_table_has_a_row_a_mutant_in_the_order_of_the_source() {
        let all = rules::find("event.rs", &TEXT.replace("(1,", "(1 | PARKED,"));
        let outcomes = [killed(), Outcome::DoesNotCompile, Outcome::Survived];
        let outcomes = all.iter().map(Mutant::name).zip(outcomes).collect();
        let argued = Survivors::from([(NAMES[1].to_owned(), "Because.".to_owned())]);
        let expected = "<!-- Written by `cargo mutate`. -->\n\n\
            3 mutants: 1 killed by models, 0 by tests; 1 survive, 1 do not compile, 0 not yet run.\n\n\
            | In | Fault | Killed by |\n|---|---|---|\n\
            | `event.rs set` | `Release -> Relaxed` | `loom::a_set_event` |\n\
            | `event.rs set` | `\\| PARKED left out` | does not compile |\n\
            | `event.rs set` | `store dropped` | survived: Because. |\n";
        assert_eq!(table(&all, &outcomes, &argued), expected);
        assert_eq!(read_table(expected).expect("a table"), outcomes);
    }

    #[test]
    fn rows_stay_until_their_mutant_is_run_again_or_gone() {
        let all = rules::find("event.rs", TEXT);
        let row = |place: &str, change: &str, killer: &str| {
            format!("| `{place}` | `{change}` | {killer} |\n")
        };
        let old = row("event.rs set", "store dropped", "`old::test`")
            + &row("event.rs gone", "store dropped", SURVIVED);
        let mut outcomes = read_table(&old).expect("a table");
        let rows = |outcomes: &Outcomes| {
            let table = table(&all, outcomes, &Survivors::new());
            table
                .split_once("|---|---|---|\n")
                .expect("a table")
                .1
                .to_owned()
        };

        let kept = row("event.rs set", "store dropped", "`old::test`");
        assert_eq!(rows(&outcomes), kept);
        assert!(
            counts(&all.iter().collect::<Vec<_>>(), &outcomes)
                .contains("1 by tests; 0 survive, 0 do not compile, 1 not")
        );
        outcomes.insert(NAMES[0].to_owned(), killed());
        assert_eq!(
            rows(&outcomes),
            row("event.rs set", "Release -> Relaxed", "`loom::a_set_event`") + &kept
        );
        outcomes.insert(NAMES[1].to_owned(), Outcome::Survived);
        assert!(rows(&outcomes).ends_with(&row("event.rs set", "store dropped", SURVIVED)));
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named() {
        let error = read_table("| In |\n| `a b` | `c` | by hand |\n")
            .expect_err("a bad row")
            .to_string();
        assert!(
            error.starts_with("`| `a b` | `c` | by hand |` is no row"),
            "{error}"
        );
    }
}
