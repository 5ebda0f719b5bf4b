//! The search through all states of a model.

use crate::model::Model;
use crate::state::State;
use std::collections::HashMap;

/// A model with more states is too large for a reader to step through.
const MOST_STATES: usize = 10_000;

/// Every state that some schedule reaches, nearest first, and the steps between them. States are
/// identified by their index.
pub struct Graph {
    /// The first state is the start.
    pub states: Vec<State>,
    /// For each state and each thread, the state after that thread's next step, or `None` if the
    /// thread cannot step.
    pub next: Vec<Vec<Option<usize>>>,
    /// For each state, what is bad about it, if anything.
    pub bad: Vec<Option<String>>,
    /// For each state except the start, the state from which it was first reached, and the thread
    /// that stepped.
    reached_from: Vec<Option<(usize, usize)>>,
    /// A topological order: each state stands before all states that follow it.
    order: Vec<usize>,
}

impl Graph {
    /// Visits every state that some schedule reaches.
    ///
    /// # Panics
    /// Panics if a schedule can return to an earlier state, because it might then never end, or if
    /// there are too many states.
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
            "{}: a schedule returns to an earlier state",
            model.title
        );
        graph
    }

    /// Takes every possible step from the first state that has not been visited.
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

    /// Sorts the states topologically. States on a cycle, and those that follow one, are left out.
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

    /// Returns the number of edges: steps that lead from one state to another.
    pub fn steps(&self) -> usize {
        self.edges().count()
    }

    /// Returns the number of schedules: orders in which the threads can take steps until no thread
    /// can step.
    pub fn schedules(&self) -> u64 {
        self.ways(|_| true)
    }

    /// Returns how many schedules pass through a bad state.
    pub fn bad_schedules(&self) -> u64 {
        self.schedules() - self.ways(|state| self.bad[state].is_none())
    }

    /// Returns how many schedules pass through `allowed` states only.
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

    /// Returns whether no thread can step.
    fn is_last(&self, state: usize) -> bool {
        self.next[state].iter().all(Option::is_none)
    }

    /// Returns the number of states in which no thread can step, although some have steps left.
    pub fn deadlocks(&self, model: &Model) -> usize {
        let unfinished = |state: &usize| !model.unfinished(&self.states[*state]).is_empty();
        (0..self.states.len())
            .filter(|state| self.is_last(*state))
            .filter(unfinished)
            .count()
    }

    /// Returns a shortest schedule that leads to a bad state, as the threads that step one after
    /// another, or `None` if no state is bad.
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

/// Says what is bad about a state from which these steps lead on.
fn badness(model: &Model, state: &State, next: &[Option<usize>]) -> Option<String> {
    let unfinished = model.unfinished(state);
    let stuck = !unfinished.is_empty() && next.iter().all(Option::is_none);
    let deadlock = || match unfinished.split_last() {
        Some((last, rest)) if !rest.is_empty() => {
            format!("deadlock: {} and {last} wait forever", rest.join(", "))
        }
        _ => format!("deadlock: {} waits forever", unfinished.join("")),
    };
    model.badness(state).or_else(|| stuck.then(deadlock))
}
