//! The events that are sent.

use super::{Op, Primitive};
use std::{cell::Cell, panic::Location, thread::LocalKey};
use tracing::Level;

/// Where the caller of a public method stands.
#[derive(Clone, Copy)]
pub(crate) struct Place(Option<&'static Location<'static>>);

impl Place {
    /// That of a `Drop`.
    pub(crate) const UNKNOWN: Self = Place(None);

    #[track_caller]
    pub(crate) fn here() -> Self {
        Place(Some(Location::caller()))
    }
}

/// What something happens to.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    primitive: Primitive,
    address: usize,
}

impl Subject {
    pub(crate) fn new<T: ?Sized>(primitive: Primitive, at: &T) -> Self {
        Subject {
            primitive,
            address: (&raw const *at).addr(),
        }
    }
}

thread_local! {
    // Constant and without destructors: usable while the thread's other locals are being destroyed, too.
    /// The call that the thread is in the middle of.
    static NOW: Cell<Option<Running>> = const { Cell::new(None) };
    /// Whether what the thread does is nobody's business: a subscriber is at work, or a primitive looks at its own parts.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

#[derive(Clone, Copy)]
struct Running {
    place: Place,
    subject: Subject,
    waits: bool,
}

/// A public method at work, from its first step to its last.
#[must_use]
pub(crate) struct Call {
    is_outermost: bool,
}

impl Call {
    pub(crate) fn new(place: Place, subject: Subject) -> Self {
        let is_outermost = NOW.get().is_none() && !QUIET.get();
        if is_outermost {
            NOW.set(Some(Running {
                place,
                subject,
                waits: false,
            }));
        }
        Call { is_outermost }
    }

    fn running(&self) -> Option<Running> {
        NOW.get().filter(|_| self.is_outermost)
    }

    /// Reports a step of it, which also ends its wait, if there was one before.
    pub(crate) fn report(&self, op: Op, count: usize) {
        if let Some(call) = self.running() {
            NOW.set(Some(Running {
                waits: false,
                ..call
            }));
            send(call.place, call.subject, op, count);
        }
    }

    /// Reports what it does to something else.
    pub(crate) fn report_on(&self, subject: Subject, op: Op, count: usize) {
        if let Some(call) = self.running() {
            send(call.place, subject, op, count);
        }
    }

    /// Reports how it ended.
    pub(crate) fn ended(self, op: Op, count: usize) {
        self.report(op, count);
    }

    /// Reports how it ended, if it waited: without that nothing happened.
    pub(crate) fn ended_waiting(self, op: Op) {
        if self.running().is_some_and(|call| call.waits) {
            self.report(op, 0);
        }
    }

    /// Reports that it got what it wanted, or that it gave up.
    pub(crate) fn ended_if(self, succeeded: bool, op: Op, count: usize) -> bool {
        if succeeded {
            self.ended(op, count)
        } else {
            self.ended_waiting(Op::Timeout)
        }
        succeeded
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(call) = self.running() else { return };
        NOW.set(None);
        if call.waits {
            // It unwinds, or how it ended is nothing to tell; the wait is over all the same.
            send(call.place, call.subject, Op::Pass, 0);
        }
    }
}

/// Reports what never waits, if it is not a part of something greater.
pub(crate) fn report(place: Place, subject: Subject, op: Op, count: usize) {
    Call::new(place, subject).ended(op, count);
}

/// Reports, once in a call, that it waits.
pub(crate) fn about_to_wait() {
    if let Some(call) = NOW.get().filter(|call| !call.waits && !QUIET.get()) {
        NOW.set(Some(Running {
            waits: true,
            ..call
        }));
        send(call.place, call.subject, Op::Wait, 0);
    }
}

/// Reports that the thread sleeps, for as long as this lives.
pub(crate) struct Sleep;

#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
impl Sleep {
    pub(crate) fn begin() -> Self {
        about_to_wait();
        Sleep::report(Op::Park);
        Sleep
    }

    fn report(op: Op) {
        if let Some(call) = NOW.get() {
            send(call.place, call.subject, op, 0);
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        Sleep::report(Op::Wake);
    }
}

/// Runs a user's code in the middle of a call: what that does is reported for itself.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    let _restore = Restore(&NOW, NOW.take());
    f()
}

/// Runs `f` without a report of what it does.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    let _restore = Restore(&QUIET, QUIET.replace(true));
    f()
}

/// Puts a thread's value back, also when what runs meanwhile unwinds.
struct Restore<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

impl<T: Copy + 'static> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

fn send(place: Place, subject: Subject, op: Op, count: usize) {
    if QUIET.get() {
        return;
    }
    quietly(|| {
        #[cfg(feature = "trace-file")]
        install_recorder();
        tracing::event!(
            target: "sync_primitives",
            Level::TRACE,
            op = op.name(),
            primitive = subject.primitive.name(),
            address = subject.address as u64,
            count = count as u64,
            file = place.0.map_or("", Location::file),
            line = place.0.map_or(0, Location::line),
            column = place.0.map_or(0, Location::column),
        );
    });
}

/// Once, when there is something to write and nobody else to write it.
#[cfg(feature = "trace-file")]
fn install_recorder() {
    static INSTALL: std::sync::Once = std::sync::Once::new();
    INSTALL.call_once(|| {
        if !tracing::dispatcher::has_been_set() {
            recorder::install_from_env();
        }
    });
}

impl Primitive {
    fn name(self) -> &'static str {
        match self {
            Primitive::Lock => "Lock",
            Primitive::RLock => "RLock",
            Primitive::Semaphore => "Semaphore",
            Primitive::Condition => "Condition",
            Primitive::Event => "Event",
            Primitive::Barrier => "Barrier",
            Primitive::Queue => "Queue",
            Primitive::LifoQueue => "LifoQueue",
            Primitive::PriorityQueue => "PriorityQueue",
        }
    }
}

impl Op {
    fn name(self) -> &'static str {
        match self {
            Op::Wait => "wait",
            Op::Acquire => "acquire",
            Op::Release => "release",
            Op::Pass => "pass",
            Op::Timeout => "timeout",
            Op::Notify => "notify",
            Op::Push => "push",
            Op::Pop => "pop",
            Op::Done => "done",
            Op::Close => "close",
            Op::Set => "set",
            Op::Clear => "clear",
            Op::Arrive => "arrive",
            Op::Break => "break",
            Op::Reset => "reset",
            Op::Park => "park",
            Op::Wake => "wake",
        }
    }
}
