//! What a waiting push or pop shows to those who may do its work.

use super::end::TOKEN;
use crate::park::{AtomicU8, Backoff, Cell, Ordering, ParkToken};
use std::ptr;

/// Nobody else has the hand, or somebody is at work on what is in it.
const HELD: u8 = 0;
/// Whoever took the hand has given it back.
const GIVEN_BACK: u8 = 1;

/// The item to push, or the place for the one that was popped. On the waiter's stack; its address is the waiter's token.
///
/// Touched by the waiter while it is awake and has not offered it; by others under the bucket lock of the line that it sleeps
/// in, or, once they have taken the offer, until they give it back.
#[repr(align(8))]
pub(super) struct Hand<T> {
    item: Cell<Option<T>>,
    state: AtomicU8,
}

// The lowest bits of its address are for a line's own use.
const _: () = assert!(align_of::<Hand<u8>>() > !TOKEN);

impl<T> Hand<T> {
    pub(super) fn new(item: Option<T>) -> Self {
        Hand {
            item: Cell::new(item),
            state: AtomicU8::new(HELD),
        }
    }

    pub(super) fn take(&self) -> Option<T> {
        self.item.replace(None)
    }

    /// Puts an item into an empty hand.
    pub(super) fn put(&self, item: T) {
        self.item.set(Some(item));
    }

    /// By who took the hand: the last that it does with it.
    pub(super) fn give_back(&self) {
        // Release: pairs with the Acquire in `get_back`.
        self.state.store(GIVEN_BACK, Ordering::Release);
    }

    /// Waits for who took the hand.
    pub(super) fn get_back(&self) {
        let mut backoff = Backoff::new();
        // Acquire: pairs with the Release in `give_back`; what was done with the hand is visible.
        while self.state.load(Ordering::Acquire) == HELD {
            backoff.wait();
        }
        // Relaxed: who takes the next offer comes to know of it by that.
        self.state.store(HELD, Ordering::Relaxed);
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

#[cfg(all(test, not(any(sync_primitives_loom, sync_primitives_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn a_hand_that_is_back_can_be_given_away_again() {
        let hand = Hand::new(Some(1));
        hand.give_back();
        hand.get_back();
        // Else the next `get_back` would not wait for who is at work on it.
        assert_eq!(hand.state.load(Ordering::Relaxed), HELD);
    }
}
