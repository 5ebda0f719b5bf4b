//! Reports and delivers the events.

use super::{Op, Primitive};
use std::{
    cell::{Cell, RefCell},
    io::{self, Write},
    mem,
    panic::Location,
    process,
    thread::LocalKey,
};
use tracing::{Level, level_filters::LevelFilter};

/// A thread that has this many pending events delivers them even if it holds locks.
const MOST_PENDING: usize = 4096;

/// The place in the source where a public method was called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(Option<&'static Location<'static>>);

impl Place {
    /// The place of a `Drop`, which does not know its caller.
    pub(crate) const UNKNOWN: Self = Place(None);

    #[track_caller]
    pub(crate) fn here() -> Self {
        Place(Some(Location::caller()))
    }
}

/// The primitive that an event is about.
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

/// An event that has been reported.
#[derive(Clone, Copy)]
struct Event {
    place: Place,
    subject: Subject,
    op: Op,
    count: usize,
}

thread_local! {
    // The first two are constant and have no destructor, so they can be used while the other
    // locals of the thread are destroyed.
    /// The call that the thread is in.
    static CURRENT_CALL: Cell<Option<CurrentCall>> = const { Cell::new(None) };
    /// Set while nothing that the thread does is reported: a subscriber runs, or a primitive looks
    /// at its own parts.
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static THREAD: RefCell<Thread> = const { RefCell::new(Thread::new()) };
    static THREAD_END: ThreadEnd = const { ThreadEnd };
}

#[derive(Clone, Copy)]
struct CurrentCall {
    place: Place,
    subject: Subject,
    /// The call has reported that it waits, and has not reported the end of the wait.
    waits: bool,
}

/// What the events of a thread depend on.
struct Thread {
    /// The addresses of the locks that the thread holds, those of a subscriber included. An `RLock`
    /// is listed once, however many levels the thread holds. A lock whose guard was forgotten stays
    /// listed until it is unlocked.
    locks: Vec<usize>,
    /// The lock that the thread gives up to wait on a condition, until it has taken it back.
    gives_up: Option<GivesUp>,
    /// Events that have been reported and not yet delivered.
    pending: Vec<Event>,
}

/// A lock that a thread gives up to wait on a condition.
///
/// It stays in the list of locks until the thread has taken it back: the thread unlocks it after
/// the last event before the wait, and may have been handed it before the first event after the
/// wait.
#[derive(Clone, Copy)]
struct GivesUp {
    lock: Subject,
    /// The wait is over, so the thread takes the lock back.
    returns: bool,
}

impl Thread {
    const fn new() -> Self {
        Thread {
            locks: Vec::new(),
            gives_up: None,
            pending: Vec::new(),
        }
    }

    /// Keeps the lists of locks up to date.
    fn note(&mut self, subject: Subject, op: Op, count: usize) {
        let address = subject.address;
        match (subject.primitive, op, count) {
            (Primitive::Lock | Primitive::RLock, Op::Acquire, _) => {
                if !self.locks.contains(&address) {
                    self.locks.push(address);
                }
                // A subscriber may lock the same `RLock` before the thread gives it up.
                if !QUIET.get() {
                    self.gives_up.take_if(|it| it.lock.address == address);
                }
            }
            (Primitive::Lock, Op::Release, _) | (Primitive::RLock, Op::Release, 0) => {
                self.locks.retain(|lock| *lock != address);
            }
            (Primitive::Condition, Op::Pass | Op::Timeout, _) if !QUIET.get() => {
                self.condition_wait_ended(op);
            }
            _ => {}
        }
    }

    fn condition_wait_ended(&mut self, op: Op) {
        let Some(gives_up) = &mut self.gives_up else {
            return;
        };
        gives_up.returns = true;
        // After a timeout, the thread does not own the lock, and no other thread relies on it, so
        // its events may be delivered. After a notification the lock may have been handed to it,
        // and the threads that were notified with it may sleep until it has had the lock.
        let address = gives_up.lock.address;
        if op == Op::Timeout && gives_up.lock.primitive == Primitive::Lock {
            self.locks.retain(|lock| *lock != address);
            self.gives_up = None;
        }
    }

    fn may_deliver_after_call(&self) -> bool {
        self.gives_up.is_none() && (self.locks.is_empty() || self.pending.len() >= MOST_PENDING)
    }

    fn may_deliver_before_park(&self) -> bool {
        let Some(GivesUp { lock, returns }) = self.gives_up else {
            return true;
        };
        // While the thread takes an `RLock` back, it holds no level. A subscriber could lock it and
        // keep the guard, and the thread would wait for itself.
        let may_lock_it = lock.primitive == Primitive::RLock && returns;
        !may_lock_it && self.locks.iter().any(|held| *held != lock.address)
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        // Only a thread that ends with a lock held still has pending events here.
        mem::take(&mut self.pending).into_iter().for_each(send);
    }
}

/// Delivers the pending events when the thread ends.
///
/// Locals are destroyed in the reverse order of their first use. `THREAD` is used before any event
/// is delivered, so it outlives the locals of the subscriber, which may need them to handle an
/// event. `THREAD_END` is first used after a delivery, so it is destroyed before them.
struct ThreadEnd;

impl Drop for ThreadEnd {
    fn drop(&mut self) {
        deliver_if(|_| true);
    }
}

/// A call of a public method, from its first step to its last.
#[must_use]
pub(crate) struct Call {
    subject: Subject,
    /// The call was not made during another one. Only such a call reports events.
    is_outermost: bool,
}

impl Call {
    pub(crate) fn new(place: Place, subject: Subject) -> Self {
        let is_outermost = CURRENT_CALL.get().is_none() && !QUIET.get();
        if is_outermost {
            CURRENT_CALL.set(Some(CurrentCall {
                place,
                subject,
                waits: false,
            }));
        }
        Call {
            subject,
            is_outermost,
        }
    }

    fn current(&self) -> Option<CurrentCall> {
        CURRENT_CALL.get().filter(|_| self.is_outermost)
    }

    /// Reports a step of the call. If the call was waiting, the wait is over.
    pub(crate) fn report(&self, op: Op, count: usize) {
        // A call that reports nothing still decides which locks the thread holds. For example, a
        // `PriorityQueue` holds its own lock while it compares items, which is code of the user.
        with_thread(|thread| thread.note(self.subject, op, count));
        if let Some(call) = self.current() {
            CURRENT_CALL.set(Some(CurrentCall {
                waits: false,
                ..call
            }));
            submit(call.place, call.subject, op, count);
        }
    }

    /// Reports that the call gives up a lock to wait on a condition. It must report the end of the
    /// wait, and then that it has acquired the lock again.
    pub(crate) fn report_on(&self, lock: Subject, op: Op, count: usize) {
        if !QUIET.get() {
            let returns = false;
            with_thread(|thread| thread.gives_up = Some(GivesUp { lock, returns }));
        }
        if let Some(call) = self.current() {
            submit(call.place, lock, op, count);
        }
    }

    /// Reports how the call ended.
    pub(crate) fn ended(self, op: Op, count: usize) {
        self.report(op, count);
    }

    /// Reports how the call ended, if it has waited. Otherwise nothing has happened.
    pub(crate) fn ended_waiting(self, op: Op) {
        if self.current().is_some_and(|call| call.waits) {
            self.report(op, 0);
        }
    }

    /// Reports `op` if the call has succeeded, and a timeout if it has waited and failed.
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
        let Some(call) = self.current() else { return };
        CURRENT_CALL.set(None);
        if call.waits {
            // The call unwinds, or has no result to report. The wait is over all the same.
            submit(call.place, call.subject, Op::Pass, 0);
        }
        deliver_if(Thread::may_deliver_after_call);
    }
}

/// Reports an operation that never waits, unless it is a part of another call.
pub(crate) fn report(place: Place, subject: Subject, op: Op, count: usize) {
    Call::new(place, subject).ended(op, count);
}

/// Reports, at most once in a call, that the call waits.
pub(crate) fn about_to_wait() {
    if let Some(call) = CURRENT_CALL
        .get()
        .filter(|call| !call.waits && !QUIET.get())
    {
        CURRENT_CALL.set(Some(CurrentCall {
            waits: true,
            ..call
        }));
        submit(call.place, call.subject, Op::Wait, 0);
    }
}

/// Reports that the thread parks, and when dropped that it has woken up.
pub(crate) struct Sleep;

#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
impl Sleep {
    pub(crate) fn begin() -> Self {
        about_to_wait();
        Sleep::report(Op::Park);
        deliver_if(Thread::may_deliver_before_park);
        Sleep
    }

    fn report(op: Op) {
        if let Some(call) = CURRENT_CALL.get() {
            submit(call.place, call.subject, op, 0);
        }
    }
}

#[cfg(not(any(sync_primitives_loom, sync_primitives_shuttle)))]
impl Drop for Sleep {
    fn drop(&mut self) {
        // Not delivered here: the lock may have been handed to this thread.
        Sleep::report(Op::Wake);
    }
}

/// Runs code of the user in the middle of a call. What that code does is reported on its own.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    let _restore = Restore(&CURRENT_CALL, CURRENT_CALL.take());
    f()
}

/// Runs `f` without reporting what it does.
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    let _restore = Restore(&QUIET, QUIET.replace(true));
    f()
}

/// Sets a thread-local back to its earlier value when dropped, also during unwinding.
struct Restore<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);

impl<T: Copy + 'static> Drop for Restore<T> {
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// Gives `f` the state of the thread. Returns `None` if it has been destroyed, because the thread
/// ends, or if it is in use, because the global allocator uses a lock of this crate.
fn with_thread<R>(f: impl FnOnce(&mut Thread) -> R) -> Option<R> {
    THREAD
        .try_with(|thread| {
            thread
                .try_borrow_mut()
                .ok()
                .map(|mut thread| f(&mut thread))
        })
        .ok()
        .flatten()
}

/// Takes an event that has been reported, to be delivered later.
fn submit(place: Place, subject: Subject, op: Op, count: usize) {
    if QUIET.get() {
        return;
    }
    let event = Event {
        place,
        subject,
        op,
        count,
    };
    #[cfg(feature = "trace-file")]
    if recorder::is_installed() {
        return send(event);
    }
    // Without a subscriber that wants the event, it need not be kept.
    if Level::TRACE <= LevelFilter::current()
        && with_thread(|thread| thread.pending.push(event)).is_none()
    {
        send(event);
    }
}

/// Delivers the pending events, if `condition` is true and no subscriber is running.
fn deliver_if(condition: impl FnOnce(&Thread) -> bool) {
    if QUIET.get() {
        return;
    }
    let take = |thread: &mut Thread| {
        if condition(thread) {
            mem::take(&mut thread.pending)
        } else {
            Vec::new()
        }
    };
    // While a subscriber runs, nothing is reported, so no event is added in the meantime.
    let pending = with_thread(take).unwrap_or_default();
    if pending.is_empty() {
        return;
    }
    pending.into_iter().for_each(send);
    // An error means that the thread ends, and that this has been its last use.
    let _ = THREAD_END.try_with(|_| ());
}

/// Gives an event to the subscriber. All code of a subscriber runs in here.
fn send(event: Event) {
    quietly(|| {
        let abort = AbortOnUnwind;
        tracing::event!(
            target: "sync_primitives",
            Level::TRACE,
            op = event.op.name(),
            primitive = event.subject.primitive.name(),
            address = event.subject.address as u64,
            count = event.count as u64,
            file = event.place.0.map_or("", Location::file),
            line = event.place.0.map_or(0, Location::line),
            column = event.place.0.map_or(0, Location::column),
        );
        mem::forget(abort);
    });
}

/// Aborts the process if a subscriber unwinds.
///
/// The panic must not continue into the library. A wait that has given up a lock would end without
/// the lock, although its guard still exists. To catch the panic would be sound, but it would hide
/// a subscriber that fails, such as one that checks events in a test.
struct AbortOnUnwind;

impl Drop for AbortOnUnwind {
    fn drop(&mut self) {
        // Not `eprintln`, which panics if the message cannot be written.
        let _ = io::stderr().write_all(
            b"sync-primitives: a tracing subscriber panicked; aborting, because unwinding here \
            would let threads use a value without holding its lock\n",
        );
        process::abort();
    }
}

/// Installs the recorder of this crate, if the program has no subscriber of its own.
#[cfg(feature = "trace-file")]
mod recorder {
    use super::{AbortOnUnwind, quietly};
    use std::{mem, sync::OnceLock};

    /// Whether events go to the recorder. The first call tries to install it.
    pub(super) fn is_installed() -> bool {
        static IS_INSTALLED: OnceLock<bool> = OnceLock::new();
        *IS_INSTALLED.get_or_init(|| {
            quietly(|| {
                let abort = AbortOnUnwind;
                let is_installed =
                    !tracing::dispatcher::has_been_set() && ::recorder::install_from_env();
                mem::forget(abort);
                is_installed
            })
        })
    }
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
