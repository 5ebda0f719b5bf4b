//! The same items as in `events`, without any effect.

use super::{Op, Primitive};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Place;

impl Place {
    pub(crate) const UNKNOWN: Self = Place;

    #[inline(always)]
    pub(crate) fn here() -> Self {
        Place
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Subject;

impl Subject {
    #[inline(always)]
    pub(crate) fn new<T: ?Sized>(_: Primitive, _: &T) -> Self {
        Subject
    }
}

#[must_use]
pub(crate) struct Call;

impl Call {
    #[inline(always)]
    pub(crate) fn new(_: Place, _: Subject) -> Self {
        Call
    }

    #[inline(always)]
    pub(crate) fn report(&self, _: Op, _: usize) {}

    #[inline(always)]
    pub(crate) fn report_on(&self, _: Subject, _: Op, _: usize) {}

    #[inline(always)]
    pub(crate) fn ended(self, _: Op, _: usize) {}

    #[inline(always)]
    pub(crate) fn ended_waiting(self, _: Op) {}

    #[inline(always)]
    pub(crate) fn ended_if(self, succeeded: bool, _: Op, _: usize) -> bool {
        succeeded
    }
}

#[inline(always)]
pub(crate) fn report(_: Place, _: Subject, _: Op, _: usize) {}

#[inline(always)]
pub(crate) fn about_to_wait() {}

#[inline(always)]
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    f()
}

#[inline(always)]
pub(crate) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    f()
}
