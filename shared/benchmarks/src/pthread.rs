//! The primitives of glibc, and the futex calls that are the floor of a hand-over.
//!
//! A mutex and a condition variable start from glibc's constants, so they may be moved until they are shared; what has
//! to be initialised in place is boxed. None needs to be destroyed: glibc keeps nothing outside of them.

use std::{
    cell::UnsafeCell,
    ffi::CStr,
    io,
    mem::{self, MaybeUninit},
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};

/// Panics unless a function of glibc says that it succeeded.
#[inline]
fn check(error: libc::c_int) {
    assert_eq!(error, 0, "glibc refuses: {}", io::Error::last_os_error());
}

/// `pthread_mutex_t` with the value that it guards.
pub(crate) struct Mutex<T> {
    raw: UnsafeCell<libc::pthread_mutex_t>,
    value: T,
}

// SAFETY: a mutex that no reference points to is held by nobody; what is left to send is the value.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: the value is reached in `with` only, by one thread at a time, as if it were sent from one to the next.
unsafe impl<T: Send> Sync for Mutex<T> {}

impl<T> Mutex<T> {
    pub(crate) const fn normal(value: T) -> Self {
        Self {
            raw: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            value,
        }
    }

    pub(crate) const fn recursive(value: T) -> Self {
        Self {
            raw: UnsafeCell::new(libc::PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP),
            value,
        }
    }

    /// `f` must not panic: the mutex would stay locked. Here a panic ends the process.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        // SAFETY: the mutex is initialised, and stays where it is while `self` is borrowed.
        check(unsafe { libc::pthread_mutex_lock(self.raw.get()) });
        let result = f(&self.value);
        // SAFETY: as above, and the call before made this thread the owner.
        check(unsafe { libc::pthread_mutex_unlock(self.raw.get()) });
        result
    }
}

/// `pthread_cond_t`.
pub(crate) struct Condition(UnsafeCell<libc::pthread_cond_t>);

// SAFETY: one that no reference points to has no waiters.
unsafe impl Send for Condition {}
// SAFETY: its functions may be called from any thread at any time.
unsafe impl Sync for Condition {}

impl Condition {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER))
    }

    /// To be called inside of `mutex.with`.
    #[inline]
    pub(crate) fn wait<T>(&self, mutex: &Mutex<T>) {
        // SAFETY: both are initialised and stay where they are while they are borrowed. A caller that does not own the
        // mutex gets an error or a deadlock, and reaches no value by it.
        check(unsafe { libc::pthread_cond_wait(self.0.get(), mutex.raw.get()) });
    }

    #[inline]
    pub(crate) fn notify_one(&self) {
        // SAFETY: it is initialised and stays where it is while it is borrowed.
        check(unsafe { libc::pthread_cond_signal(self.0.get()) });
    }

    #[inline]
    pub(crate) fn notify_all(&self) {
        // SAFETY: it is initialised and stays where it is while it is borrowed.
        check(unsafe { libc::pthread_cond_broadcast(self.0.get()) });
    }
}

/// `sem_t`.
pub(crate) struct Semaphore(Box<UnsafeCell<libc::sem_t>>);

// SAFETY: one that no reference points to has no waiters.
unsafe impl Send for Semaphore {}
// SAFETY: its functions may be called from any thread at any time.
unsafe impl Sync for Semaphore {}

impl Semaphore {
    pub(crate) fn new(permits: u32) -> Self {
        let raw = Box::new(UnsafeCell::new(MaybeUninit::<libc::sem_t>::zeroed()));
        // SAFETY: the pointer is to memory of the right size that nobody else knows.
        check(unsafe { libc::sem_init(raw.get().cast(), 0, permits) });
        // SAFETY: it was initialised just now, and `MaybeUninit` changes no layout.
        Self(unsafe { Box::from_raw(Box::into_raw(raw).cast()) })
    }

    #[inline]
    pub(crate) fn acquire(&self) {
        // SAFETY: it is initialised and never moves. A signal that interrupts it has it called again.
        while unsafe { libc::sem_wait(self.0.get()) } != 0 {}
    }

    #[inline]
    pub(crate) fn release(&self) {
        // SAFETY: it is initialised and never moves.
        check(unsafe { libc::sem_post(self.0.get()) });
    }

    pub(crate) fn permits(&self) -> usize {
        let mut permits = 0;
        // SAFETY: the semaphore is initialised and never moves; the other pointer is to a local variable.
        check(unsafe { libc::sem_getvalue(self.0.get(), &mut permits) });
        permits.try_into().expect("glibc never counts below zero")
    }
}

/// `pthread_barrier_t`.
pub(crate) struct Barrier(Box<UnsafeCell<libc::pthread_barrier_t>>);

// SAFETY: one that no reference points to has nobody waiting.
unsafe impl Send for Barrier {}
// SAFETY: its functions may be called from any thread at any time.
unsafe impl Sync for Barrier {}

impl Barrier {
    pub(crate) fn new(parties: u32) -> Self {
        let raw = Box::new(UnsafeCell::new(
            MaybeUninit::<libc::pthread_barrier_t>::zeroed(),
        ));
        // SAFETY: the pointer is to memory of the right size that nobody else knows; no attributes is allowed.
        check(unsafe { libc::pthread_barrier_init(raw.get().cast(), ptr::null(), parties) });
        // SAFETY: it was initialised just now, and `MaybeUninit` changes no layout.
        Self(unsafe { Box::from_raw(Box::into_raw(raw).cast()) })
    }

    /// True for one thread a round.
    #[inline]
    pub(crate) fn wait(&self) -> bool {
        // SAFETY: it is initialised and never moves.
        match unsafe { libc::pthread_barrier_wait(self.0.get()) } {
            libc::PTHREAD_BARRIER_SERIAL_THREAD => true,
            result => {
                check(result);
                false
            }
        }
    }
}

/// A word that a thread can sleep on.
#[derive(Default)]
pub(crate) struct Futex(AtomicU32);

impl Futex {
    /// Sets the word, and makes the call that wakes whoever sleeps on it.
    #[inline]
    pub(crate) fn post(&self) {
        self.0.store(1, Ordering::Release);
        self.call(libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1);
    }

    /// Makes the call that sleeps, unless the word is set by then; clears the word.
    #[inline]
    pub(crate) fn wait(&self) {
        // The call is made first: this is the floor of a hand-over to a sleeper.
        loop {
            self.call(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, 0);
            if self.0.swap(0, Ordering::Acquire) == 1 {
                return;
            }
        }
    }

    fn call(&self, operation: libc::c_int, value: u32) {
        let no_timeout = ptr::null::<libc::timespec>();
        // SAFETY: the word lives as long as `self` is borrowed, and neither operation writes to it.
        unsafe {
            libc::syscall(
                libc::SYS_futex,
                self.0.as_ptr(),
                operation,
                value,
                no_timeout,
            )
        };
    }
}

/// Keeps the calling thread on one processor: the first, the second, … of those that this process may use.
pub(crate) fn stay_on_processor(index: usize) {
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: it is a set of bits, and none set is a valid one.
    let mut allowed: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: 0 is the calling thread, and the set is as large as `size` says.
    check(unsafe { libc::sched_getaffinity(0, size, &mut allowed) });
    let is_allowed = |processor: &usize| {
        // SAFETY: the number is below the size of the set.
        unsafe { libc::CPU_ISSET(*processor, &allowed) }
    };
    let processors: Vec<_> = (0..libc::CPU_SETSIZE as usize).filter(is_allowed).collect();
    // SAFETY: as above.
    let mut one: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the number is below the size of the set.
    unsafe { libc::CPU_SET(processors[index % processors.len()], &mut one) };
    // SAFETY: 0 is the calling thread, and the set is as large as `size` says.
    check(unsafe { libc::sched_setaffinity(0, size, &one) });
}

pub(crate) fn glibc_version() -> String {
    // SAFETY: it takes nothing, and returns a pointer to a string that lives for ever.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: as above.
    unsafe { CStr::from_ptr(version) }
        .to_string_lossy()
        .into_owned()
}
