//! A value with cache lines of its own.

use std::ops::Deref;

/// Keeps a value that one group of threads writes away from those that others write: else every write of one would take
/// the cache line of all. Two lines of 64 bytes, because processors of Intel and Apple fetch, or have, pairs.
#[repr(align(128))]
pub(super) struct Padded<T>(pub(super) T);

impl<T> Deref for Padded<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}
