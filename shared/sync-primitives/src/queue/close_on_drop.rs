//! The guard that closes a queue when its last clone is dropped.

use std::{fmt, ops::Deref, sync::Arc};

/// A guard that closes a queue when it is dropped, also while a panic unwinds.
///
/// The guard can be cloned. The queue is closed when the last clone is dropped, so several threads
/// can share a guard. It dereferences to the queue.
///
/// A queue returns it from `close_on_drop`, for producers, and from `close_now_on_drop`, for
/// consumers.
///
/// # Examples
///
/// Each of three producers holds a clone. The queue is closed when the last one has ended:
///
/// ```
/// use std::thread;
/// use sync_primitives::Queue;
///
/// let queue = Queue::bounded(4);
/// thread::scope(|scope| {
///     let producers = queue.close_on_drop();
///     for number in 1..=3 {
///         let producer = producers.clone();
///         scope.spawn(move || producer.push(number).unwrap());
///     }
///     drop(producers); // only the clones are left
///     assert_eq!(queue.iter().sum::<u32>(), 6);
/// });
/// ```
#[must_use = "the queue is closed as soon as the guard is dropped: give it a name"]
pub struct CloseOnDrop<'a, Q> {
    shared: Arc<Shared<'a, Q>>,
}

/// What the clones of a guard share.
struct Shared<'a, Q> {
    queue: &'a Q,
    /// A function instead of a trait, so that `Q` needs no bound here.
    close: fn(&Q),
}

impl<'a, Q> CloseOnDrop<'a, Q> {
    pub(super) fn new(queue: &'a Q, close: fn(&Q)) -> Self {
        CloseOnDrop {
            shared: Arc::new(Shared { queue, close }),
        }
    }
}

impl<Q> Clone for CloseOnDrop<'_, Q> {
    fn clone(&self) -> Self {
        CloseOnDrop {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<Q> Deref for CloseOnDrop<'_, Q> {
    type Target = Q;

    fn deref(&self) -> &Q {
        self.shared.queue
    }
}

impl<Q> Drop for Shared<'_, Q> {
    fn drop(&mut self) {
        (self.close)(self.queue);
    }
}

impl<Q: fmt::Debug> fmt::Debug for CloseOnDrop<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CloseOnDrop")
            .field(self.shared.queue)
            .finish()
    }
}
