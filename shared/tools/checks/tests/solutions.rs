//! The solution of a chapter's exercise, `recipes/NAME/examples/NAME_solution.rs`, does the recipe's job: it prints what the
//! recipe prints or, where the exercise asks for something else, what stands in `NAME_solution.txt` beside it. It refuses
//! the same.

use checks::examples::{self, Example};
use checks::judge::{assert_all, prints, refuses};
use checks::process::run;
use std::collections::BTreeSet;
use std::{fs, sync::LazyLock, time::Duration};

/// Each takes a fraction of a second. One that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(10);

static SOLUTIONS: LazyLock<Vec<Example>> = LazyLock::new(|| {
    examples::build()
        .into_iter()
        .filter(Example::is_solution)
        .collect()
});

#[test]
fn every_exercise_has_a_solution() {
    let solved: BTreeSet<_> = SOLUTIONS
        .iter()
        .map(|solution| solution.recipe.clone())
        .collect();
    assert_eq!(solved, checks::recipes().into_iter().collect());
    // Folders that are read wrongly have neither recipes nor solutions.
    assert!(
        solved.len() >= 7,
        "there are only {} solutions",
        solved.len()
    );
}

#[test]
fn a_solution_prints_what_it_promises() {
    // More than once: with threads, once may be luck.
    for _ in 0..5 {
        assert_all(&SOLUTIONS, |solution| {
            prints(
                &run(&mut solution.command(), TIME_LIMIT)?,
                &expected(solution),
            )
        });
    }
}

#[test]
fn a_solution_refuses_a_file_that_is_missing() {
    assert_all(&SOLUTIONS, |solution| {
        refuses(
            &run(solution.command().arg("missing.txt"), TIME_LIMIT)?,
            "missing.txt",
        )
    });
}

fn expected(solution: &Example) -> String {
    let own = fs::read_to_string(solution.file("txt"));
    own.unwrap_or_else(|_| {
        let recipe = checks::recipe(&solution.recipe).join("expected.txt");
        fs::read_to_string(recipe).expect("a recipe has its expected output")
    })
}
