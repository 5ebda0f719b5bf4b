//! The search.

use crate::model::Model;
use crate::state::State;
use std::collections::HashMap;

/// A model with more states is not for looking at.
const MOST_STATES: usize = 10_000;

/// Every state that a schedule reaches, nearest first, and the steps between them. A state is named by its index.
pub struct Graph {
    /// The first is the start.
    pub states: Vec<State>,
    /// For each state, and in it for each thread, the state after that thread's step; `None` where it cannot step.
    pub next: Vec<Vec<Option<usize>>>,
    /// For each state, what is bad in it.
    pub bad: Vec<Option<String>>,
    /// For each state but the start, the one that it was first reached from, and the thread that stepped.
    reached_from: Vec<Option<(usize, usize)>>,
    /// Each state before all that follow it.
    order: Vec<usize>,
}

impl Graph {
    /// Looks at every state.
    ///
    /// # Panics
    /// If a schedule of the model can come back to a state, and so need never end, or there are too many states.
    pub fn explore(model: &Model) -> Self {
        let mut graph = Graph {
            states: vec![model.start.clone()],
            next: vec![],
            bad: vec![],
            reached_from: vec![None],
            order: vec![],
        };
        let mut seen = HashMap::from([(model.start.clone(), 0)]);
        while graph.next.len() < graph.states.len() {
            graph.visit(model, &mut seen);
            assert!(
                graph.states.len() <= MOST_STATES,
                "{}: more than {MOST_STATES} states",
                model.title
            );
        }
        graph.order = graph.sorted();
        assert_eq!(
            graph.order.len(),
            graph.states.len(),
            "{}: a schedule comes back to a state",
            model.title
        );
        graph
    }

    /// Takes every step out of the first state that has not been looked at.
    fn visit(&mut self, model: &Model, seen: &mut HashMap<State, usize>) {
        let here = self.next.len();
        let state = self.states[here].clone();
        let mut next = Vec::new();
        for thread in 0..model.threads.len() {
            next.push(model.step(&state, thread).map(|after| {
                *seen.entry(after.clone()).or_insert_with(|| {
                    self.states.push(after);
                    self.reached_from.push(Some((here, thread)));
                    self.states.len() - 1
                })
            }));
        }
        self.bad.push(badness(model, &state, &next));
        self.next.push(next);
    }

    /// Each state before all that follow it; those on a cycle and behind it are left out.
    fn sorted(&self) -> Vec<usize> {
        let mut unsorted_before = vec![0; self.states.len()];
        self.edges()
            .for_each(|(_, after)| unsorted_before[after] += 1);
        let mut order = Vec::from_iter((unsorted_before[0] == 0).then_some(0));
        let mut done = 0;
        while let Some(&state) = order.get(done) {
            for &after in self.next[state].iter().flatten() {
                unsorted_before[after] -= 1;
                if unsorted_before[after] == 0 {
                    order.push(after);
                }
            }
            done += 1;
        }
        order
    }

    fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let steps = self.next.iter().enumerate();
        steps.flat_map(|(before, next)| next.iter().flatten().map(move |after| (before, *after)))
    }

    /// How many steps there are between two states.
    pub fn steps(&self) -> usize {
        self.edges().count()
    }

    /// In how many orders the threads can take their steps until none can.
    pub fn schedules(&self) -> u64 {
        self.ways(|_| true)
    }

    /// How many of the schedules come through a bad state.
    pub fn bad_schedules(&self) -> u64 {
        self.schedules() - self.ways(|state| self.bad[state].is_none())
    }

    /// How many schedules stay in the states that are `allowed`.
    fn ways(&self, allowed: impl Fn(usize) -> bool) -> u64 {
        let mut ways = vec![0_u64; self.states.len()];
        ways[0] = u64::from(allowed(0));
        let mut complete = 0;
        for &state in &self.order {
            let next = self.next[state].iter().flatten();
            if self.is_last(state) {
                complete += ways[state];
            }
            for &after in next.filter(|after| allowed(**after)) {
                ways[after] += ways[state];
            }
        }
        complete
    }

    /// Whether no thread can step.
    fn is_last(&self, state: usize) -> bool {
        self.next[state].iter().all(Option::is_none)
    }

    /// The bad states that a schedule ends in before all threads have.
    pub fn deadlocks(&self, model: &Model) -> usize {
        let unfinished = |state: &usize| !model.unfinished(&self.states[*state]).is_empty();
        (0..self.states.len())
            .filter(|state| self.is_last(*state))
            .filter(unfinished)
            .count()
    }

    /// The threads that step, one after the other, on a shortest way to a bad state; `None` if there is no such state.
    pub fn shortest_bad(&self) -> Option<Vec<usize>> {
        let mut state = self.bad.iter().position(Option::is_some)?;
        let mut threads = Vec::new();
        while let Some((before, thread)) = self.reached_from[state] {
            threads.push(thread);
            state = before;
        }
        threads.reverse();
        Some(threads)
    }
}

/// What is bad in a state with these steps out of it.
fn badness(model: &Model, state: &State, next: &[Option<usize>]) -> Option<String> {
    let unfinished = model.unfinished(state);
    let stuck = !unfinished.is_empty() && next.iter().all(Option::is_none);
    let deadlock = || match unfinished.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("deadlock: {} and {last} wait for ever", rest.join(", "))
        }
        _ => format!("deadlock: {} waits for ever", unfinished.join("")),
    };
    model.badness(state).or_else(|| stuck.then(deadlock))
}
