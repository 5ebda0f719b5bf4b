//! What a sleeping push or pop shows to those who may do its work.

use crate::park::{Cell, ParkToken};
use std::ptr;

/// The item to push, or the place for the one that was popped. On the sleeper's stack; its address is the sleeper's token.
///
/// Touched by the sleeper while it is awake, and by others under the bucket lock of the line that it sleeps in.
pub(super) struct Hand<T>(Cell<Option<T>>);

impl<T> Hand<T> {
    pub(super) fn new(item: Option<T>) -> Self {
        Hand(Cell::new(item))
    }

    pub(super) fn take(&self) -> Option<T> {
        self.0.replace(None)
    }

    /// Puts an item into an empty hand.
    pub(super) fn put(&self, item: T) {
        self.0.set(Some(item));
    }

    pub(super) fn token(&self) -> ParkToken {
        ParkToken((&raw const *self).expose_provenance())
    }

    /// # Safety
    ///
    /// The token is of a hand of this type, which its thread does not touch meanwhile.
    pub(super) unsafe fn of<'a>(token: ParkToken) -> &'a Self {
        let hand: *const Self = ptr::with_exposed_provenance(token.0);
        // SAFETY: the caller's.
        unsafe { &*hand }
    }
}
