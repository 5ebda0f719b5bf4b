//! A value with cache lines of its own.

use std::ops::Deref;

/// Keeps a value that one group of threads writes out of the cache lines of other values. Otherwise
/// each write would take the cache line away from the threads that use the other values (false
/// sharing). The size is two lines of 64 bytes, because Intel processors fetch lines in pairs and
/// Apple's have lines of 128 bytes.
#[repr(align(128))]
pub(super) struct CachePadded<T>(pub(super) T);

impl<T> Deref for CachePadded<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}
