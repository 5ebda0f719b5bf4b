//! A model: variables, threads, and what must never happen.

use crate::state::{Held, Lock, Number, State, UNSET, WaitQueue};

type Guard = Box<dyn Fn(&State) -> bool>;
type Effect = Box<dyn Fn(&mut State)>;

/// A few threads that share a few variables.
pub struct Model {
    /// What distinguishes it from the other model of its subject.
    pub title: &'static str,
    /// In the order in which they were made.
    pub variables: Vec<Variable>,
    /// In the order in which they were made.
    pub threads: Vec<Thread>,
    pub(crate) start: State,
    never: Vec<(&'static str, Guard)>,
    bad_ends: Vec<(&'static str, Guard)>,
}

/// A variable as a reader sees it.
pub struct Variable {
    /// The name. For a local variable, it begins with the name of the thread.
    pub name: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Number(usize),
    Flag(usize),
    Lock(usize, bool),
    WaitQueue(usize),
}

/// A thread and its program.
pub struct Thread {
    /// One letter.
    pub name: &'static str,
    /// In the order of its program.
    pub steps: Vec<Step>,
}

/// What a thread does without interruption.
pub struct Step {
    /// The line of Rust that the step stands for.
    pub text: &'static str,
    pub(crate) guard: Guard,
    pub(crate) effect: Effect,
}

impl Model {
    /// Creates a model without variables and threads.
    pub fn new(title: &'static str) -> Self {
        let start = State {
            next_step: vec![],
            numbers: vec![],
            locks: vec![],
            wait_queues: vec![],
            current: 0,
        };
        Model {
            title,
            variables: vec![],
            threads: vec![],
            start,
            never: vec![],
            bad_ends: vec![],
        }
    }

    /// Adds a shared number.
    pub fn number(&mut self, name: &str, start: i32) -> Number {
        self.numbered(name.to_owned(), start, Kind::Number)
    }

    /// Adds a shared `bool`: 0 or 1, shown as `false` or `true`.
    pub fn flag(&mut self, name: &str) -> Number {
        self.numbered(name.to_owned(), 0, Kind::Flag)
    }

    fn numbered(&mut self, name: String, start: i32, kind: fn(usize) -> Kind) -> Number {
        self.start.numbers.push(start);
        let index = self.start.numbers.len() - 1;
        self.variables.push(Variable {
            name,
            kind: kind(index),
        });
        Number(index)
    }

    /// Adds a lock that its owner cannot take again.
    pub fn lock(&mut self, name: &str) -> Lock {
        self.any_lock(name, false)
    }

    /// Adds a re-entrant lock, which its owner can take again.
    pub fn rlock(&mut self, name: &str) -> Lock {
        self.any_lock(name, true)
    }

    fn any_lock(&mut self, name: &str, reentrant: bool) -> Lock {
        self.start.locks.push(Held::default());
        let index = self.start.locks.len() - 1;
        self.variables.push(Variable {
            name: name.to_owned(),
            kind: Kind::Lock(index, reentrant),
        });
        Lock { index, reentrant }
    }

    /// Adds the wait queue of a condition.
    pub fn wait_queue(&mut self, name: &str) -> WaitQueue {
        self.start.wait_queues.push(Vec::new());
        let index = self.start.wait_queues.len() - 1;
        self.variables.push(Variable {
            name: name.to_owned(),
            kind: Kind::WaitQueue(index),
        });
        WaitQueue(index)
    }

    /// Adds threads that run the same program, each with local variables of its own.
    pub fn threads<const N: usize>(
        &mut self,
        names: [&'static str; N],
        program: impl Fn(&mut Program<'_>),
    ) {
        for name in names {
            let mut thread = Program {
                thread: Thread {
                    name,
                    steps: Vec::new(),
                },
                model: self,
            };
            program(&mut thread);
            let thread = thread.thread;
            self.threads.push(thread);
            self.start.next_step.push(0);
        }
    }

    /// Declares every state bad for which `is_bad` returns true.
    pub fn never(&mut self, what: &'static str, is_bad: impl Fn(&State) -> bool + 'static) {
        self.never.push((what, Box::new(is_bad)));
    }

    /// Declares every state bad in which all threads have ended and `is_bad` returns true.
    pub fn bad_end(&mut self, what: &'static str, is_bad: impl Fn(&State) -> bool + 'static) {
        self.bad_ends.push((what, Box::new(is_bad)));
    }

    /// Returns the state after the next step of a thread, or `None` if the thread has ended or has
    /// to wait.
    pub(crate) fn step(&self, state: &State, thread: usize) -> Option<State> {
        let index = state.next_step[thread];
        let step = self.threads[thread].steps.get(index)?;
        let mut next = State {
            current: thread,
            ..state.clone()
        };
        if !(step.guard)(&next) {
            return None;
        }
        next.go_to(index + 1);
        (step.effect)(&mut next);
        // Several threads may be able to reach the same state, so the thread that took the last
        // step is not part of it.
        Some(State { current: 0, ..next })
    }

    /// Says what the model declares bad about a state, if anything. Deadlocks are found elsewhere.
    pub(crate) fn badness(&self, state: &State) -> Option<String> {
        let ends = if self.unfinished(state).is_empty() {
            &*self.bad_ends
        } else {
            &[]
        };
        let found = self
            .never
            .iter()
            .chain(ends)
            .find(|(_, is_bad)| is_bad(state));
        found.map(|(what, _)| (*what).to_owned())
    }

    /// Returns the names of the threads that have steps left.
    pub(crate) fn unfinished(&self, state: &State) -> Vec<&'static str> {
        let threads = self.threads.iter().zip(&state.next_step);
        threads
            .filter(|(thread, next)| **next < thread.steps.len())
            .map(|(thread, _)| thread.name)
            .collect()
    }

    /// Returns the value of each variable, in words.
    pub fn values(&self, state: &State) -> Vec<String> {
        self.variables
            .iter()
            .map(|variable| self.value(variable.kind, state))
            .collect()
    }

    fn value(&self, kind: Kind, state: &State) -> String {
        let name = |thread: usize| self.threads[thread].name;
        match kind {
            Kind::Number(index) if state.numbers[index] == UNSET => "–".to_owned(),
            Kind::Number(index) => state.numbers[index].to_string(),
            Kind::Flag(index) => (state.numbers[index] != 0).to_string(),
            Kind::Lock(index, reentrant) => match &state.locks[index] {
                Held { owner: None, .. } => "free".to_owned(),
                Held {
                    owner: Some(thread),
                    depth,
                } if reentrant => format!("held by {}, depth {depth}", name(*thread)),
                Held {
                    owner: Some(thread),
                    ..
                } => format!("held by {}", name(*thread)),
            },
            Kind::WaitQueue(index) if state.wait_queues[index].is_empty() => "empty".to_owned(),
            Kind::WaitQueue(index) => {
                let sleepers: Vec<_> = state.wait_queues[index]
                    .iter()
                    .map(|thread| name(*thread))
                    .collect();
                format!(
                    "{} {}",
                    sleepers.join(", "),
                    if sleepers.len() == 1 {
                        "sleeps"
                    } else {
                        "sleep"
                    }
                )
            }
        }
    }
}

/// Writes the program of a thread, step by step.
pub struct Program<'m> {
    thread: Thread,
    model: &'m mut Model,
}

impl Program<'_> {
    /// Adds a local variable. It has no value until a step assigns one.
    pub fn local(&mut self, name: &str) -> Number {
        self.local_from(name, UNSET)
    }

    /// Adds a local variable with a first value.
    pub fn local_from(&mut self, name: &str, start: i32) -> Number {
        let name = format!("{}’s {name}", self.thread.name);
        self.model.numbered(name, start, Kind::Number)
    }

    /// Returns the number of the step that is added next.
    pub fn here(&self) -> usize {
        self.thread.steps.len()
    }

    /// Adds a step that the thread can always take.
    pub fn run(&mut self, text: &'static str, effect: impl Fn(&mut State) + 'static) {
        self.run_when(text, |_| true, effect);
    }

    /// Adds a step that the thread can take only while `guard` returns true.
    pub fn run_when(
        &mut self,
        text: &'static str,
        guard: impl Fn(&State) -> bool + 'static,
        effect: impl Fn(&mut State) + 'static,
    ) {
        self.thread.steps.push(Step {
            text,
            guard: Box::new(guard),
            effect: Box::new(effect),
        });
    }

    /// Adds a step that takes a lock.
    pub fn lock(&mut self, text: &'static str, lock: Lock) {
        self.run_when(text, move |s| s.can_lock(lock), move |s| s.lock(lock));
    }

    /// Adds a step that releases a lock.
    pub fn unlock(&mut self, text: &'static str, lock: Lock) {
        self.run(text, move |s| s.unlock(lock));
    }

    /// Adds a step that releases a lock at the end of a loop over the whole program. `counter` is
    /// the number of the pass.
    pub fn unlock_and_repeat(
        &mut self,
        text: &'static str,
        lock: Lock,
        counter: Number,
        passes: i32,
    ) {
        self.run(text, move |s| {
            s.unlock(lock);
            if s[counter] < passes {
                s[counter] += 1;
                s.go_to(0);
            }
        });
    }

    /// Adds a step that takes a lock, does something, and releases the lock.
    pub fn run_locked(
        &mut self,
        text: &'static str,
        lock: Lock,
        effect: impl Fn(&mut State) + 'static,
    ) {
        self.run_when(text, move |s| s.can_lock(lock), effect);
    }

    /// Adds three steps: check; if `wanting` returns true, release the lock and sleep; when woken,
    /// take the lock again and go back to the check.
    pub fn wait_while(
        &mut self,
        [check, sleep]: [&'static str; 2],
        (lock, queue): (Lock, WaitQueue),
        wanting: impl Fn(&State) -> bool + 'static,
    ) {
        let again = self.here();
        self.wait(
            [check, sleep, "} // woken, holds the lock: checks again"],
            (lock, queue),
            wanting,
            again,
        );
    }

    /// Works like [`wait_while`](Program::wait_while), but does not check again when woken.
    pub fn wait_if(
        &mut self,
        [check, sleep]: [&'static str; 2],
        (lock, queue): (Lock, WaitQueue),
        wanting: impl Fn(&State) -> bool + 'static,
    ) {
        let on = self.here() + 3;
        self.wait(
            [check, sleep, "} // woken, holds the lock: continues"],
            (lock, queue),
            wanting,
            on,
        );
    }

    fn wait(
        &mut self,
        [check, sleep, woken]: [&'static str; 3],
        (lock, queue): (Lock, WaitQueue),
        wanting: impl Fn(&State) -> bool + 'static,
        then: usize,
    ) {
        let behind = self.here() + 3;
        self.run(check, move |s| {
            if !wanting(s) {
                s.go_to(behind);
            }
        });
        self.run(sleep, move |s| {
            s.unlock(lock);
            s.sleep(queue);
        });
        let can_wake = move |s: &State| !s.sleeps(queue) && s.can_lock(lock);
        self.run_when(woken, can_wake, move |s| {
            s.lock(lock);
            s.go_to(then);
        });
    }
}
