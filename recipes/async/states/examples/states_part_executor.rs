//! An event loop of our own, with a virtual clock, on which waiting takes no time.
//!
//! It runs `follow` of `states_small`, and a task with a time limit.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

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
    // ANCHOR: run
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
    // ANCHOR_END: run

    /// Releases the lock when it returns. In the condition of the loop in `run`, the lock would be
    /// held while the task is polled.
    fn next_woken(&self) -> Option<usize> {
        self.woken.lock().unwrap().pop_front()
    }

    /// Lets a task run until it waits again or ends.
    // ANCHOR: poll
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
    // ANCHOR_END: poll
}

/// Wakes one task. Channels and timers keep clones of it.
struct TaskWaker {
    number: usize,
    woken: Queue,
}

// ANCHOR: waker
impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.woken.lock().unwrap().push_back(self.number);
    }
}
// ANCHOR_END: waker

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
    // ANCHOR: sleep
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
    // ANCHOR_END: sleep
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
    // ANCHOR: timeout
    let either = poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        let timer = timer.as_mut().poll(context);
        timer.map(|()| Err(Elapsed))
    });
    // ANCHOR_END: timeout
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

fn main() {
    let mut executor = Executor::default();
    executor.spawn(follow("A", MINUTE));
    executor.spawn(follow("B", 2 * MINUTE));
    executor.spawn(wait_for_answer("C"));
    executor.run();
}

async fn follow(name: &str, open: Duration) {
    let start = Instant::now();
    println!("  0 s: {name} is ESTABLISHED");
    sleep(open).await;
    let seconds = start.elapsed().as_secs();
    println!("{seconds:3} s: {name} is in TIME_WAIT");
    sleep(4 * MINUTE).await;
    let seconds = start.elapsed().as_secs();
    println!("{seconds:3} s: {name} is CLOSED");
}

async fn wait_for_answer(name: &str) {
    let answer = timeout(3 * MINUTE, pending::<()>()).await;
    if answer.is_err() {
        println!("180 s: {name} has no answer");
    }
}
