//! Each mistake that the book shows has a bad schedule, its correction has none, and both have the
//! size that the book states.

use interleavings::{Graph, Model, subjects};

#[derive(Debug, PartialEq)]
struct Facts {
    states: usize,
    schedules: u64,
    bad_schedules: u64,
    deadlocks: usize,
    /// How many steps lead to the nearest bad state.
    nearest_bad: Option<usize>,
}

fn facts(model: &Model) -> Facts {
    let graph = Graph::explore(model);
    Facts {
        states: graph.states.len(),
        schedules: graph.schedules(),
        bad_schedules: graph.bad_schedules(),
        deadlocks: graph.deadlocks(model),
        nearest_bad: graph.shortest_bad().map(|threads| threads.len()),
    }
}

fn broken(
    states: usize,
    schedules: u64,
    bad_schedules: u64,
    deadlocks: usize,
    nearest_bad: usize,
) -> Facts {
    Facts {
        states,
        schedules,
        bad_schedules,
        deadlocks,
        nearest_bad: Some(nearest_bad),
    }
}

fn mended(states: usize, schedules: u64) -> Facts {
    Facts {
        states,
        schedules,
        bad_schedules: 0,
        deadlocks: 0,
        nearest_bad: None,
    }
}

#[test]
fn every_mistake_has_a_bad_schedule_and_its_correction_has_none() {
    let expected = [
        ("lost-update", broken(22, 20, 18, 0, 6), mended(21, 2)),
        ("self-deadlock", broken(5, 2, 2, 2, 1), mended(12, 2)),
        ("lock-order", broken(19, 6, 2, 1, 2), mended(16, 2)),
        (
            "wait-under-if",
            broken(111, 142, 10, 0, 10),
            mended(110, 158),
        ),
        ("lost-wakeup", broken(17, 10, 1, 1, 5), mended(14, 5)),
        ("notify", broken(63, 26, 2, 2, 11), mended(56, 28)),
        ("pulse", broken(31, 58, 14, 4, 4), mended(14, 16)),
        (
            "semaphore",
            broken(131, 11_340, 5_130, 0, 3),
            mended(103, 3_060),
        ),
        ("barrier", broken(67, 6, 2, 2, 18), mended(65, 6)),
        ("queue", broken(15, 10, 4, 0, 4), mended(78, 16)),
    ];
    let found = subjects();
    assert_eq!(found.len(), expected.len());
    for (subject, (name, broken, mended)) in found.iter().zip(expected) {
        assert_eq!(subject.name, name);
        assert_eq!(facts(&subject.broken), broken, "{name}, broken");
        assert_eq!(facts(&subject.mended), mended, "{name}, mended");
    }
}

/// Both models of each subject.
fn models() -> Vec<Model> {
    subjects()
        .into_iter()
        .flat_map(|subject| [subject.broken, subject.mended])
        .collect()
}

#[test]
fn the_graph_counts_as_many_schedules_as_a_walk_through_all_of_them() {
    for model in models() {
        let graph = Graph::explore(&model);
        let counted = walk(&graph, 0, false);
        assert_eq!(
            (graph.schedules(), graph.bad_schedules()),
            counted,
            "{}",
            model.title
        );
    }
}

/// Counts the schedules that start in a state, and the bad ones among them.
fn walk(graph: &Graph, state: usize, bad_before: bool) -> (u64, u64) {
    let bad = bad_before || graph.bad[state].is_some();
    let mut next = graph.next[state].iter().flatten().peekable();
    if next.peek().is_none() {
        return (1, u64::from(bad));
    }
    let ways = next.map(|after| walk(graph, *after, bad));
    ways.fold((0, 0), |sum, (all, bad)| (sum.0 + all, sum.1 + bad))
}

#[test]
fn the_shortest_bad_schedule_leads_to_a_bad_state() {
    for model in models() {
        let graph = Graph::explore(&model);
        let Some(threads) = graph.shortest_bad() else {
            continue;
        };
        let step =
            |state: usize, thread: &usize| graph.next[state][*thread].expect("the thread can step");
        assert!(
            graph.bad[threads.iter().fold(0, step)].is_some(),
            "{}",
            model.title
        );
    }
}

#[test]
fn a_reentrant_lock_is_free_when_every_level_is_released() {
    let rlock = subjects()
        .into_iter()
        .find(|it| it.name == "self-deadlock")
        .expect("the subject is there")
        .mended;
    let graph = Graph::explore(&rlock);
    let held: Vec<_> = graph
        .states
        .iter()
        .map(|state| rlock.values(state)[0].clone())
        .collect();
    for value in [
        "free",
        "held by A, depth 1",
        "held by A, depth 2",
        "held by B, depth 1",
    ] {
        assert!(held.iter().any(|it| it == value), "{value}");
    }
    assert!(!held.contains(&"held by B, depth 2".to_owned()));
}

#[test]
fn deadlocked_threads_are_named() {
    let subject = subjects()
        .into_iter()
        .find(|it| it.name == "lock-order")
        .expect("the subject is there");
    let graph = Graph::explore(&subject.broken);
    let words: Vec<_> = graph.bad.iter().flatten().collect();
    assert_eq!(words, ["deadlock: A and B wait forever"]);
}

#[test]
#[should_panic(expected = "spin: a schedule returns to an earlier state")]
fn a_model_that_can_run_forever_is_refused() {
    let mut model = Model::new("spin");
    model.threads(["A"], |thread| thread.run("loop {}", |s| s.go_to(0)));
    Graph::explore(&model);
}

#[test]
#[should_panic(expected = "more than 10000 states")]
fn a_model_that_grows_forever_is_refused() {
    let mut model = Model::new("count");
    let n = model.number("n", 0);
    model.threads(["A"], |thread| {
        thread.run("loop { n += 1 }", move |s| {
            s[n] += 1;
            s.go_to(0);
        });
    });
    Graph::explore(&model);
}
