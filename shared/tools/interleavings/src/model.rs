//! A model: variables, threads, and what must not happen.

use crate::state::{Held, Line, Lock, Number, State, UNSET};

type Guard = Box<dyn Fn(&State) -> bool>;
type Effect = Box<dyn Fn(&mut State)>;

/// A few threads on a few shared variables.
pub struct Model {
    /// What tells it from the other model of its subject.
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
    /// Its name, behind that of its thread if one thread alone has it.
    pub name: String,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Number(usize),
    Flag(usize),
    Lock(usize, bool),
    Line(usize),
}

/// What one thread does.
pub struct Thread {
    /// One letter.
    pub name: &'static str,
    /// In the order of its program.
    pub steps: Vec<Step>,
}

/// What a thread does in one go.
pub struct Step {
    /// The line of Rust that it stands for.
    pub text: &'static str,
    pub(crate) guard: Guard,
    pub(crate) effect: Effect,
}

impl Model {
    /// A model without variables and threads.
    pub fn new(title: &'static str) -> Self {
        let start = State {
            next_step: vec![],
            numbers: vec![],
            locks: vec![],
            lines: vec![],
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

    /// A shared number.
    pub fn number(&mut self, name: &str, start: i32) -> Number {
        self.numbered(name.to_owned(), start, Kind::Number)
    }

    /// A shared `bool`: 0 or 1, shown as `false` or `true`.
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

    /// A lock that does not let its owner in again.
    pub fn lock(&mut self, name: &str) -> Lock {
        self.any_lock(name, false)
    }

    /// A lock that lets its owner in again.
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

    /// The waiting line of a condition.
    pub fn line(&mut self, name: &str) -> Line {
        self.start.lines.push(Vec::new());
        let index = self.start.lines.len() - 1;
        self.variables.push(Variable {
            name: name.to_owned(),
            kind: Kind::Line(index),
        });
        Line(index)
    }

    /// Threads that do the same, each with local variables of its own.
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

    /// A state of which this is true is bad, whether the threads have ended or not.
    pub fn never(&mut self, what: &'static str, is_bad: impl Fn(&State) -> bool + 'static) {
        self.never.push((what, Box::new(is_bad)));
    }

    /// A state of which this is true is bad if all threads have ended.
    pub fn bad_end(&mut self, what: &'static str, is_bad: impl Fn(&State) -> bool + 'static) {
        self.bad_ends.push((what, Box::new(is_bad)));
    }

    /// The state after the next step of a thread; `None` if it has ended or has to wait.
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
        // Who took the last step is no part of a state: the same is reached on several ways.
        Some(State { current: 0, ..next })
    }

    /// What is wrong in a state that some thread can leave, or that all have ended in.
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

    /// The names of the threads that have steps left.
    pub(crate) fn unfinished(&self, state: &State) -> Vec<&'static str> {
        let threads = self.threads.iter().zip(&state.next_step);
        threads
            .filter(|(thread, next)| **next < thread.steps.len())
            .map(|(thread, _)| thread.name)
            .collect()
    }

    /// The value of each variable, in words.
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
            Kind::Line(index) if state.lines[index].is_empty() => "empty".to_owned(),
            Kind::Line(index) => {
                let sleepers: Vec<_> = state.lines[index]
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

/// What a thread does, while it is being written down.
pub struct Program<'m> {
    thread: Thread,
    model: &'m mut Model,
}

impl Program<'_> {
    /// A number that this thread alone has; it has no value before a step gives it one.
    pub fn local(&mut self, name: &str) -> Number {
        self.local_from(name, UNSET)
    }

    /// A number that this thread alone has.
    pub fn local_from(&mut self, name: &str, start: i32) -> Number {
        let name = format!("{}’s {name}", self.thread.name);
        self.model.numbered(name, start, Kind::Number)
    }

    /// The number of the step that is written next.
    pub fn here(&self) -> usize {
        self.thread.steps.len()
    }

    /// A step that can always be taken.
    pub fn run(&mut self, text: &'static str, effect: impl Fn(&mut State) + 'static) {
        self.run_when(text, |_| true, effect);
    }

    /// A step that can be taken while the guard says true.
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

    /// Takes a lock.
    pub fn lock(&mut self, text: &'static str, lock: Lock) {
        self.run_when(text, move |s| s.can_lock(lock), move |s| s.lock(lock));
    }

    /// Gives a lock back.
    pub fn unlock(&mut self, text: &'static str, lock: Lock) {
        self.run(text, move |s| s.unlock(lock));
    }

    /// Gives a lock back at the end of a loop, which `counter` counts the passes of.
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

    /// Something done in one step under a lock that is free again afterwards.
    pub fn run_locked(
        &mut self,
        text: &'static str,
        lock: Lock,
        effect: impl Fn(&mut State) + 'static,
    ) {
        self.run_when(text, move |s| s.can_lock(lock), effect);
    }

    /// Three steps: look; if `wanting`, give the lock up and sleep; when woken, take the lock back and look again.
    pub fn wait_while(
        &mut self,
        [look, sleep]: [&'static str; 2],
        (lock, line): (Lock, Line),
        wanting: impl Fn(&State) -> bool + 'static,
    ) {
        let again = self.here();
        self.wait(
            [look, sleep, "} // woken, with the lock: looks again"],
            (lock, line),
            wanting,
            again,
        );
    }

    /// As [`wait_while`](Program::wait_while), but goes on when woken.
    pub fn wait_if(
        &mut self,
        [look, sleep]: [&'static str; 2],
        (lock, line): (Lock, Line),
        wanting: impl Fn(&State) -> bool + 'static,
    ) {
        let on = self.here() + 3;
        self.wait(
            [look, sleep, "} // woken, with the lock: goes on"],
            (lock, line),
            wanting,
            on,
        );
    }

    fn wait(
        &mut self,
        [look, sleep, woken]: [&'static str; 3],
        (lock, line): (Lock, Line),
        wanting: impl Fn(&State) -> bool + 'static,
        then: usize,
    ) {
        let behind = self.here() + 3;
        self.run(look, move |s| {
            if !wanting(s) {
                s.go_to(behind);
            }
        });
        self.run(sleep, move |s| {
            s.unlock(lock);
            s.sleep(line);
        });
        let can_wake = move |s: &State| !s.sleeps(line) && s.can_lock(lock);
        self.run_when(woken, can_wake, move |s| {
            s.lock(lock);
            s.go_to(then);
        });
    }
}
