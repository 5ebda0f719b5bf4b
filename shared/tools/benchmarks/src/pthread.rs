//! The primitives of glibc, and the futex calls that are the floor of a hand-off.
//!
//! A mutex and a condition variable are initialized from constants of glibc, so they may be moved
//! until they are shared. The other primitives must be initialized in place, so they are boxed.
//! None of them needs to be destroyed, because glibc keeps no resources outside of them.

use std::{
    cell::UnsafeCell,
    ffi::CStr,
    io,
    mem::{self, MaybeUninit},
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};

/// Panics if the result of a function of glibc is an error.
#[inline]
fn check(error: libc::c_int) {
    assert_eq!(
        error,
        0,
        "glibc returns an error: {}",
        io::Error::last_os_error()
    );
}

/// `pthread_mutex_t` with the value that it protects.
pub(crate) struct Mutex<T> {
    raw: UnsafeCell<libc::pthread_mutex_t>,
    value: T,
}

// SAFETY: no thread holds a mutex that no reference points to, so sending the mutex only sends the
// value.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: only `with` gives access to the value, to one thread at a time. This amounts to sending
// the value from thread to thread, so `T: Send` is enough.
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

    /// If `f` panics, the mutex stays locked. In this program a panic ends the process.
    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        // SAFETY: the mutex is initialized, and it does not move while `self` is borrowed.
        check(unsafe { libc::pthread_mutex_lock(self.raw.get()) });
        let result = f(&self.value);
        // SAFETY: as above, and this thread owns the mutex since the first call.
        check(unsafe { libc::pthread_mutex_unlock(self.raw.get()) });
        result
    }
}

/// `pthread_cond_t`.
pub(crate) struct Condition(UnsafeCell<libc::pthread_cond_t>);

// SAFETY: it has no waiters while no reference points to it.
unsafe impl Send for Condition {}
// SAFETY: any thread may call its functions at any time.
unsafe impl Sync for Condition {}

impl Condition {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(libc::PTHREAD_COND_INITIALIZER))
    }

    /// Must be called inside of `mutex.with`.
    #[inline]
    pub(crate) fn wait<T>(&self, mutex: &Mutex<T>) {
        // SAFETY: both are initialized, and they do not move while they are borrowed. A caller that
        // does not own the mutex gets an error or a deadlock, but no access to the value.
        check(unsafe { libc::pthread_cond_wait(self.0.get(), mutex.raw.get()) });
    }

    #[inline]
    pub(crate) fn notify_one(&self) {
        // SAFETY: it is initialized, and it does not move while it is borrowed.
        check(unsafe { libc::pthread_cond_signal(self.0.get()) });
    }

    #[inline]
    pub(crate) fn notify_all(&self) {
        // SAFETY: it is initialized, and it does not move while it is borrowed.
        check(unsafe { libc::pthread_cond_broadcast(self.0.get()) });
    }
}

/// `sem_t`.
pub(crate) struct Semaphore(Box<UnsafeCell<libc::sem_t>>);

// SAFETY: it has no waiters while no reference points to it.
unsafe impl Send for Semaphore {}
// SAFETY: any thread may call its functions at any time.
unsafe impl Sync for Semaphore {}

impl Semaphore {
    pub(crate) fn new(permits: u32) -> Self {
        let raw = Box::new(UnsafeCell::new(MaybeUninit::<libc::sem_t>::zeroed()));
        // SAFETY: the pointer is valid for writes of the right size, and no other thread has it.
        check(unsafe { libc::sem_init(raw.get().cast(), 0, permits) });
        // SAFETY: the call above has initialized it, and `MaybeUninit` has the same layout.
        Self(unsafe { Box::from_raw(Box::into_raw(raw).cast()) })
    }

    #[inline]
    pub(crate) fn acquire(&self) {
        // SAFETY: it is initialized and never moves. The loop calls it again after a signal.
        while unsafe { libc::sem_wait(self.0.get()) } != 0 {}
    }

    #[inline]
    pub(crate) fn release(&self) {
        // SAFETY: it is initialized and never moves.
        check(unsafe { libc::sem_post(self.0.get()) });
    }

    pub(crate) fn permits(&self) -> usize {
        let mut permits = 0;
        // SAFETY: the semaphore is initialized and never moves. The other pointer is to a local
        // variable.
        check(unsafe { libc::sem_getvalue(self.0.get(), &mut permits) });
        permits
            .try_into()
            .expect("the number of permits is never negative")
    }
}

/// `pthread_barrier_t`.
pub(crate) struct Barrier(Box<UnsafeCell<libc::pthread_barrier_t>>);

// SAFETY: it has no waiters while no reference points to it.
unsafe impl Send for Barrier {}
// SAFETY: any thread may call its functions at any time.
unsafe impl Sync for Barrier {}

impl Barrier {
    pub(crate) fn new(parties: u32) -> Self {
        let raw = Box::new(UnsafeCell::new(
            MaybeUninit::<libc::pthread_barrier_t>::zeroed(),
        ));
        // SAFETY: the pointer is valid for writes of the right size, and no other thread has it.
        // The attributes may be null.
        check(unsafe { libc::pthread_barrier_init(raw.get().cast(), ptr::null(), parties) });
        // SAFETY: the call above has initialized it, and `MaybeUninit` has the same layout.
        Self(unsafe { Box::from_raw(Box::into_raw(raw).cast()) })
    }

    /// Returns `true` in one thread per round.
    #[inline]
    pub(crate) fn wait(&self) -> bool {
        // SAFETY: it is initialized and never moves.
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
    /// Sets the word, and makes the system call that wakes a thread that sleeps on it.
    #[inline]
    pub(crate) fn post(&self) {
        self.0.store(1, Ordering::Release);
        self.call(libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, 1);
    }

    /// Makes the system call that sleeps until the word is set, and clears the word.
    #[inline]
    pub(crate) fn wait(&self) {
        // The call comes first, because this is the floor of a hand-off to a thread that sleeps.
        loop {
            self.call(libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG, 0);
            if self.0.swap(0, Ordering::Acquire) == 1 {
                return;
            }
        }
    }

    fn call(&self, operation: libc::c_int, value: u32) {
        let no_timeout = ptr::null::<libc::timespec>();
        // SAFETY: the word is alive while `self` is borrowed, and neither operation writes to it.
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

/// Pins the calling thread to one processor. `index` counts the processors that this process may
/// use.
pub(crate) fn stay_on_processor(index: usize) {
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: it is a set of bits, and the empty set is valid.
    let mut allowed: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: 0 means the calling thread, and `size` is the size of the set.
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
    // SAFETY: 0 means the calling thread, and `size` is the size of the set.
    check(unsafe { libc::sched_setaffinity(0, size, &one) });
}

pub(crate) fn glibc_version() -> String {
    // SAFETY: it has no conditions.
    let version = unsafe { libc::gnu_get_libc_version() };
    // SAFETY: the function returns a pointer to a static string that ends with a zero byte.
    unsafe { CStr::from_ptr(version) }
        .to_string_lossy()
        .into_owned()
}
