//! The same futures on an event loop of our own, with a virtual clock.
//!
//! ```text
//! cargo run -p states --example states_executor
//! ```
//!
//! The difference from the recipe: `Executor` replaces tokio's runtime, and `Clock`, `sleep` and
//! `timeout` replace its timers. The functions from `follow` on are the same, letter by letter.
//! tokio's channels stay, because a channel only needs a `Waker`, and does not care which executor
//! made it. Choose this to understand async, not for your program: tokio also waits for sockets,
//! and uses all processors.

#[path = "../src/cli.rs"]
mod cli;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use tokio::sync::mpsc;

use cli::{Capture, Change, Event, State};

/// How long a packet can survive in the network: the maximum segment lifetime of RFC 9293.
const MSL: Duration = Duration::from_secs(120);

/// An end that opens a connection and hears nothing gives up after this time.
const OPEN_LIMIT: Duration = Duration::from_secs(180);

/// An end that closes a connection and hears nothing gives up after this time.
const CLOSE_LIMIT: Duration = Duration::from_secs(100);

/// How long the program waits after the last packet. Every timer ends in this time.
const SILENCE: Duration = Duration::from_secs(300);

/// How many events a channel holds.
const CAPACITY: usize = 8;

/// The event loop: the tasks, and the queue of those that were woken.
#[derive(Default)]
struct Executor<'a> {
    /// A task that has ended is `None`.
    tasks: Vec<Option<Task<'a>>>,
    woken: Queue,
}

/// A future, pinned on the heap.
type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The numbers of the tasks that were woken. A waker may be called in any thread, hence the lock.
type Queue = Arc<Mutex<VecDeque<usize>>>;

impl<'a> Executor<'a> {
    /// Adds a task. It is woken, so that it is polled a first time.
    fn spawn(&mut self, future: impl Future<Output = ()> + 'a) {
        let number = self.tasks.len();
        self.tasks.push(Some(Box::pin(future)));
        self.woken.lock().unwrap().push_back(number);
    }

    /// Runs until no task is woken and no timer is left.
    fn run(&mut self) {
        loop {
            while let Some(number) = self.next_woken() {
                self.poll(number);
            }
            // Every task waits, so nothing can happen before the next timer.
            let wakers = CLOCK.with_borrow_mut(Clock::advance);
            if wakers.is_empty() {
                return;
            }
            for waker in wakers {
                waker.wake();
            }
        }
    }

    /// Releases the lock when it returns. In the condition of the loop in `run`, the lock would be
    /// held while the task is polled.
    fn next_woken(&self) -> Option<usize> {
        self.woken.lock().unwrap().pop_front()
    }

    /// Lets a task run until it waits again or ends.
    fn poll(&mut self, number: usize) {
        let Some(task) = &mut self.tasks[number] else {
            return; // It was woken again, but it has ended.
        };
        let woken = Arc::clone(&self.woken);
        let waker = Waker::from(Arc::new(TaskWaker { number, woken }));
        let mut context = Context::from_waker(&waker);
        if task.as_mut().poll(&mut context).is_ready() {
            self.tasks[number] = None;
        }
    }
}

/// Wakes one task. Channels and timers keep clones of it.
struct TaskWaker {
    number: usize,
    woken: Queue,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap().push_back(self.number);
    }
}

/// A clock that moves only when every task waits.
#[derive(Default)]
struct Clock {
    now: Duration,
    /// Sorted by deadline. The number tells apart timers with the same deadline.
    timers: BTreeMap<(Duration, u64), Waker>,
    next_number: u64,
}

thread_local! {
    static CLOCK: RefCell<Clock> = RefCell::default();
}

impl Clock {
    /// Moves to the next deadline, and returns the wakers of the tasks that wait for it.
    fn advance(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if let Some((timer, _waker)) = self.timers.first_key_value() {
            self.now = timer.0;
        }
        while let Some(timer) = self.timers.first_entry()
            && timer.key().0 == self.now
        {
            wakers.push(timer.remove());
        }
        wakers
    }
}

/// A future that is ready at the deadline.
struct Sleep {
    deadline: Duration,
    number: u64,
}

fn sleep(duration: Duration) -> Sleep {
    CLOCK.with_borrow_mut(|clock| {
        clock.next_number += 1;
        Sleep {
            deadline: clock.now + duration,
            number: clock.next_number,
        }
    })
}

impl Future for Sleep {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        CLOCK.with_borrow_mut(|clock| {
            if clock.now >= self.deadline {
                return Poll::Ready(());
            }
            // Replaces the waker of an earlier poll.
            let timer = (self.deadline, self.number);
            clock.timers.insert(timer, context.waker().clone());
            Poll::Pending
        })
    }
}

/// Dropping the future cancels the timer.
impl Drop for Sleep {
    fn drop(&mut self) {
        let timer = (self.deadline, self.number);
        CLOCK.with_borrow_mut(|clock| clock.timers.remove(&timer));
    }
}

struct Elapsed;

/// Polls the future, and if it is not ready, the timer. Both keep the waker of the same task.
async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let mut timer = pin!(sleep(limit));
    let either = poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        let timer = timer.as_mut().poll(context);
        timer.map(|()| Err(Elapsed))
    });
    either.await
}

/// A time of the virtual clock.
#[derive(Clone, Copy)]
struct Instant(Duration);

impl Instant {
    fn now() -> Self {
        Instant(CLOCK.with_borrow(|clock| clock.now))
    }

    fn elapsed(self) -> Duration {
        Instant::now().0 - self.0
    }
}

/// Lets every other task that was woken run first: wakes its own task, and returns `Pending` once.
async fn yield_now() {
    let mut has_yielded = false;
    let once = poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    });
    once.await;
}

fn main() {
    let capture = cli::capture_or_exit();
    let start = Instant::now();
    let states = capture.first_states();
    // All tasks run on this thread, so a `RefCell` is enough.
    let histories = RefCell::new(Vec::new());
    histories.borrow_mut().resize_with(states.len(), Vec::new);

    let mut executor = Executor::default();
    let mut channels = Vec::new();
    for (number, state) in states.into_iter().enumerate() {
        let (sender, events) = mpsc::channel(CAPACITY);
        let end = End { events, start };
        let histories = &histories;
        channels.push(sender);
        executor.spawn(async move {
            let history = follow(state, end).await;
            histories.borrow_mut()[number] = history;
        });
    }
    executor.spawn(replay(&capture, channels, start));
    executor.run();
    let mut tasks = executor.tasks.iter();
    assert!(tasks.all(Option::is_none), "a task is still waiting");
    drop(executor);

    cli::print_report(&capture, &histories.into_inner());
}

/// Sends each event at its time. At the end, drops the channels, so that every task ends.
async fn replay(capture: &Capture, channels: Vec<mpsc::Sender<Event>>, start: Instant) {
    for step in &capture.steps {
        sleep(step.time.saturating_sub(start.elapsed())).await;
        // A timer that ends at the same time comes first.
        yield_now().await;
        let sent = channels[step.end].send(step.event).await;
        sent.expect("a task receives until the capture is over");
    }
    sleep(SILENCE).await;
}

/// One end of a connection.
struct End {
    events: mpsc::Receiver<Event>,
    start: Instant,
}

/// Why the function of a state ended without a next state.
enum Interrupt {
    Reset,
    TimedOut,
    CaptureOver,
}

/// What the function of a state returns.
type Next = Result<State, Interrupt>;

/// Follows one end from state to state until the capture is over.
async fn follow(mut state: State, mut end: End) -> Vec<Change> {
    let mut history = Vec::new();
    loop {
        let outcome = match state {
            State::Closed => closed(&mut end).await,
            State::SynSent => within(OPEN_LIMIT, syn_sent(&mut end)).await,
            State::SynReceived => within(OPEN_LIMIT, syn_received(&mut end)).await,
            State::Established => established(&mut end).await,
            State::FinWait1 => within(CLOSE_LIMIT, fin_wait_1(&mut end)).await,
            State::FinWait2 => fin_wait_2(&mut end).await,
            State::CloseWait => close_wait(&mut end).await,
            State::Closing => within(CLOSE_LIMIT, closing(&mut end)).await,
            State::LastAck => within(CLOSE_LIMIT, last_ack(&mut end)).await,
            State::TimeWait => within(2 * MSL, time_wait(&mut end)).await,
        };
        let (next, cause) = match outcome {
            Ok(next) => (next, ""),
            Err(Interrupt::Reset) => (State::Closed, "reset"),
            Err(Interrupt::TimedOut) => (State::Closed, "timer"),
            Err(Interrupt::CaptureOver) => return history,
        };
        // A state may follow itself: TIME_WAIT does if its wait begins again.
        if next != state {
            let time = end.start.elapsed();
            history.push(Change {
                time,
                state: next,
                cause,
            });
        }
        state = next;
    }
}

/// Limits the time in a state. At the limit, `timeout` drops the state's future. No event is lost,
/// because `recv` is cancel-safe.
async fn within(limit: Duration, state: impl Future<Output = Next>) -> Next {
    let outcome = timeout(limit, state).await;
    outcome.unwrap_or(Err(Interrupt::TimedOut))
}

impl End {
    /// Waits for the next event. A reset ends every state.
    async fn next(&mut self) -> Result<Event, Interrupt> {
        match self.events.recv().await {
            Some(Event::Reset) => Err(Interrupt::Reset),
            Some(event) => Ok(event),
            None => Err(Interrupt::CaptureOver),
        }
    }
}

/// Waits for a new connection. A server that listens is in this state, too, because no packet shows
/// `LISTEN`.
async fn closed(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::SentSyn => return Ok(State::SynSent),
            Event::SentSynAck => return Ok(State::SynReceived),
            _ => {}
        }
    }
}

async fn syn_sent(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedSynAck => return Ok(State::Established),
            Event::ReceivedSyn => return Ok(State::SynReceived),
            _ => {}
        }
    }
}

async fn syn_received(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedAck | Event::ReceivedSynAck => return Ok(State::Established),
            Event::SentFin => return Ok(State::FinWait1),
            _ => {}
        }
    }
}

async fn established(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::SentFin => return Ok(State::FinWait1),
            Event::ReceivedFin => return Ok(State::CloseWait),
            _ => {}
        }
    }
}

async fn fin_wait_1(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedAckOfFin => return Ok(State::FinWait2),
            Event::ReceivedFin => return Ok(State::Closing),
            _ => {}
        }
    }
}

async fn fin_wait_2(end: &mut End) -> Next {
    loop {
        if let Event::ReceivedFin = end.next().await? {
            return Ok(State::TimeWait);
        }
    }
}

async fn close_wait(end: &mut End) -> Next {
    loop {
        if let Event::SentFin = end.next().await? {
            return Ok(State::LastAck);
        }
    }
}

async fn closing(end: &mut End) -> Next {
    loop {
        if let Event::ReceivedAckOfFin = end.next().await? {
            return Ok(State::TimeWait);
        }
    }
}

async fn last_ack(end: &mut End) -> Next {
    loop {
        if let Event::ReceivedAckOfFin = end.next().await? {
            return Ok(State::Closed);
        }
    }
}

/// If the other end repeats its FIN, our last packet was lost, and the wait begins again.
async fn time_wait(end: &mut End) -> Next {
    loop {
        match end.next().await? {
            Event::ReceivedFin => return Ok(State::TimeWait),
            Event::SentSyn => return Ok(State::SynSent),
            Event::SentSynAck => return Ok(State::SynReceived),
            _ => {}
        }
    }
}
