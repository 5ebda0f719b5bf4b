//! The list of survivors, which may only get shorter, and the table of results.

use crate::{Result, rules::Mutant, scratch::Outcome};
use std::collections::BTreeMap;

/// Why each mutant in the list changes nothing: name to argument.
pub(crate) type Survivors = BTreeMap<String, String>;

/// Reads `survivors.txt`: paragraphs, each a name on a line of its own and the argument below it.
pub(crate) fn read_survivors(text: &str) -> Result<Survivors> {
    let mut survivors = Survivors::new();
    for entry in text.split("\n\n").map(str::trim).filter(|entry| !entry.is_empty() && !entry.starts_with('#')) {
        let Some((name, argument)) = entry.split_once('\n') else {
            return Err(format!("`{entry}` has no argument below it why it changes nothing").into());
        };
        let argument = argument.split_whitespace().collect::<Vec<_>>().join(" ");
        if survivors.insert(name.to_owned(), argument).is_some() {
            return Err(format!("`{name}` is listed twice").into());
        }
    }
    Ok(survivors)
}

/// What is wrong, and what to do about it. Nothing if those who survived are those in the list. `all` are the mutants
/// that there are, `tried` those that were run.
pub(crate) fn complaints(all: &[Mutant], tried: &[(&Mutant, Outcome)], listed: &Survivors) -> Vec<String> {
    let unkilled = tried.iter().filter_map(|(mutant, outcome)| {
        let name = mutant.name();
        match (outcome, listed.contains_key(&name)) {
            (Outcome::Survived, false) => Some(format!(
                "{name} survives: write the test that kills it, or argue in survivors.txt why it changes nothing"
            )),
            (Outcome::Killed(test), true) => {
                Some(format!("{name} is in survivors.txt, but {test} kills it: delete its entry"))
            }
            (Outcome::DoesNotCompile, true) => {
                Some(format!("{name} is in survivors.txt, but does not compile: delete its entry"))
            }
            _ => None,
        }
    });
    let gone = listed.keys().filter(|name| all.iter().all(|mutant| mutant.name() != **name));
    let gone = gone.map(|name| format!("{name} is in survivors.txt, but there is no such mutant: delete its entry"));
    unkilled.chain(gone).collect()
}

/// How many of each outcome, in one line.
pub(crate) fn counts(tried: &[(&Mutant, Outcome)]) -> String {
    let count = |is: fn(&Outcome) -> bool| tried.iter().filter(|(_, outcome)| is(outcome)).count();
    let by_models = count(|outcome| matches!(outcome, Outcome::Killed(test) if test.starts_with("loom::")));
    let by_tests = count(|outcome| matches!(outcome, Outcome::Killed(_))) - by_models;
    let (survive, broken) =
        (count(|outcome| *outcome == Outcome::Survived), count(|outcome| *outcome == Outcome::DoesNotCompile));
    let of = by_models + by_tests + survive;
    format!(
        "{of} mutants: {by_models} killed by models, {by_tests} by tests, {survive} survive; {broken} do not compile"
    )
}

/// `results.md`.
pub(crate) fn table(tried: &[(&Mutant, Outcome)], listed: &Survivors) -> String {
    let rows = tried.iter().map(|(mutant, outcome)| {
        let name = mutant.name();
        let killer = match (outcome, listed.get(&name)) {
            (Outcome::Killed(test), _) => format!("`{test}`"),
            (Outcome::DoesNotCompile, _) => "does not compile".to_owned(),
            (Outcome::Survived, None) => "nothing".to_owned(),
            (Outcome::Survived, Some(argument)) => format!("nothing: {argument}"),
        };
        format!("| `{}` | {} |\n", name.replace('|', "\\|"), killer.replace('|', "\\|"))
    });
    let rows: String = rows.collect();
    format!("<!-- Written by `cargo mutate`. -->\n\n{}.\n\n| mutant | killed by |\n|---|---|\n{rows}", counts(tried))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules;

    const TEXT: &str = "fn set(&self) {\n    self.state.store(1, Ordering::Release);\n}\n";
    const NAMES: [&str; 2] = ["event.rs set: Release -> Relaxed", "event.rs set: store dropped"];

    /// What is complained of when the two mutants of `TEXT` end as `outcomes` say, and `survivors` is the list.
    fn complaints_of(outcomes: [Outcome; 2], survivors: &str) -> Vec<String> {
        let all = rules::find("event.rs", TEXT);
        let tried: Vec<_> = all.iter().zip(outcomes).collect();
        complaints(&all, &tried, &read_survivors(survivors).expect("a good list"))
    }

    fn killed() -> Outcome {
        Outcome::Killed("loom::a_set_event".to_owned())
    }

    #[test]
    fn a_planted_survivor_fails_the_run_until_it_is_argued_for() {
        let outcomes = || [Outcome::Survived, killed()];
        let complaint = &complaints_of(outcomes(), "# none\n")[0];
        assert!(complaint.starts_with(&format!("{} survives: write the test", NAMES[0])), "{complaint}");
        let list = format!("{}\n    Because.\n", NAMES[0]);
        assert_eq!(complaints_of(outcomes(), &list), [""; 0]);
    }

    #[test]
    fn the_list_may_only_get_shorter() {
        let list = format!("{}\n    Because.\n", NAMES[1]);
        assert!(complaints_of([killed(), killed()], &list)[0].contains("but loom::a_set_event kills it"));
        assert!(complaints_of([killed(), Outcome::DoesNotCompile], &list)[0].contains("does not compile"));
        let gone = "event.rs gone: store dropped\n    Because.\n";
        assert!(complaints_of([killed(), killed()], gone)[0].contains("there is no such mutant"));
    }

    #[test]
    fn an_entry_needs_an_argument() {
        let error = |text: &str| read_survivors(text).expect_err("a bad list").to_string();
        assert!(error("# all\n\na\n\nb\n    Because.\n").contains("`a` has no argument"));
        assert!(error("a\n    Because.\n\na\n    Because.\n").contains("`a` is listed twice"));
        let survivors = read_survivors("# all\n\nb\n    Because\n    of this.\n").expect("a good list");
        assert_eq!(survivors["b"], "Because of this.");
    }

    #[test]
    fn the_table_has_a_row_a_mutant() {
        let all = rules::find("event.rs", TEXT);
        let tried: Vec<_> = all.iter().zip([killed(), Outcome::Survived]).collect();
        let table = table(&tried, &Survivors::from([(NAMES[1].to_owned(), "Because.".to_owned())]));
        assert!(table.contains("2 mutants: 1 killed by models, 0 by tests, 1 survive"), "{table}");
        assert!(table.contains("| `event.rs set: Release -> Relaxed` | `loom::a_set_event` |"), "{table}");
        assert!(table.contains("| `event.rs set: store dropped` | nothing: Because. |"), "{table}");
    }
}
