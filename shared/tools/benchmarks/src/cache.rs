//! Workloads of a cache: a map that several threads read and change, and settings that they read
//! all the time and seldom change.

use crate::measure::{Sample, Workload, race_of};
use arc_swap::ArcSwap;
use crossbeam::utils::CachePadded;
use dashmap::DashMap;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, RwLock},
    time::Duration,
};
use sync_primitives::Lock;

/// The number of keys in a map. All of them fit into the processor's cache.
const KEYS: u64 = 1_024;

/// A map from numbers to numbers, of any library, with the hash function of std.
trait Map: Send + Sync + 'static {
    fn new() -> Self;
    fn get(&self, key: u64) -> Option<u64>;
    fn insert(&self, key: u64, value: u64);
}

impl Map for Lock<HashMap<u64, u64>> {
    fn new() -> Self {
        Self::new(HashMap::new())
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.lock().get(&key).copied()
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.lock().insert(key, value);
    }
}

impl Map for Mutex<HashMap<u64, u64>> {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.lock().expect(NO_PANIC).get(&key).copied()
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.lock().expect(NO_PANIC).insert(key, value);
    }
}

impl Map for RwLock<HashMap<u64, u64>> {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.read().expect(NO_PANIC).get(&key).copied()
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.write().expect(NO_PANIC).insert(key, value);
    }
}

impl Map for parking_lot::RwLock<HashMap<u64, u64>> {
    fn new() -> Self {
        Self::default()
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.read().get(&key).copied()
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.write().insert(key, value);
    }
}

impl Map for DashMap<u64, u64> {
    fn new() -> Self {
        Self::new()
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.get(&key).map(|value| *value)
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.insert(key, value);
    }
}

impl Map for papaya::HashMap<u64, u64> {
    fn new() -> Self {
        Self::new()
    }

    #[inline]
    fn get(&self, key: u64) -> Option<u64> {
        self.pin().get(&key).copied()
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.pin().insert(key, value);
    }
}

/// A value that threads read as a whole, of any library.
trait Settings: Send + Sync + 'static {
    fn new(value: u64) -> Self;
    fn read(&self) -> u64;
    fn replace(&self, value: u64);
}

impl Settings for Lock<Arc<u64>> {
    fn new(value: u64) -> Self {
        Self::new(Arc::new(value))
    }

    #[inline]
    fn read(&self) -> u64 {
        let settings = Arc::clone(&self.lock());
        *settings
    }

    #[inline]
    fn replace(&self, value: u64) {
        *self.lock() = Arc::new(value);
    }
}

impl Settings for Mutex<Arc<u64>> {
    fn new(value: u64) -> Self {
        Self::new(Arc::new(value))
    }

    #[inline]
    fn read(&self) -> u64 {
        let settings = Arc::clone(&self.lock().expect(NO_PANIC));
        *settings
    }

    #[inline]
    fn replace(&self, value: u64) {
        *self.lock().expect(NO_PANIC) = Arc::new(value);
    }
}

impl Settings for RwLock<Arc<u64>> {
    fn new(value: u64) -> Self {
        Self::new(Arc::new(value))
    }

    #[inline]
    fn read(&self) -> u64 {
        let settings = Arc::clone(&self.read().expect(NO_PANIC));
        *settings
    }

    #[inline]
    fn replace(&self, value: u64) {
        *self.write().expect(NO_PANIC) = Arc::new(value);
    }
}

impl Settings for parking_lot::RwLock<Arc<u64>> {
    fn new(value: u64) -> Self {
        Self::new(Arc::new(value))
    }

    #[inline]
    fn read(&self) -> u64 {
        let settings = Arc::clone(&self.read());
        *settings
    }

    #[inline]
    fn replace(&self, value: u64) {
        *self.write() = Arc::new(value);
    }
}

impl Settings for ArcSwap<u64> {
    fn new(value: u64) -> Self {
        Self::from_pointee(value)
    }

    #[inline]
    fn read(&self) -> u64 {
        **self.load()
    }

    #[inline]
    fn replace(&self, value: u64) {
        self.store(Arc::new(value));
    }
}

const NO_PANIC: &str = "no thread panicked";

/// What share of the operations changes something.
#[derive(Clone, Copy)]
struct Share {
    threads: usize,
    writes_per_thousand: u64,
}

/// Threads get and insert keys that are all in the map.
fn use_map<M: Map>(share: Share, n: u64) -> Sample {
    let map = CachePadded::new(M::new());
    for key in 0..KEYS {
        map.insert(key, value_of(key));
    }
    let each = n.div_ceil(share.threads as u64);
    let (elapsed, right) = race_of(share.threads, |thread| {
        let mut random = Random::of_thread(thread);
        let mut right = 0;
        for _ in 0..each {
            let key = random.below(KEYS);
            if random.below(1_000) < share.writes_per_thousand {
                map.insert(key, value_of(key));
                right += 1;
            } else {
                right += u64::from(map.get(key) == Some(value_of(key)));
            }
        }
        right
    });
    let operations = each * share.threads as u64;
    let right: u64 = right.iter().sum();
    assert_eq!(right, operations, "a key had another value");
    Sample::per_operation(elapsed, operations)
}

/// Threads read the settings, and now and then one replaces them.
fn use_settings<S: Settings>(share: Share, n: u64) -> Sample {
    let settings = CachePadded::new(S::new(value_of(0)));
    let each = n.div_ceil(share.threads as u64);
    let (elapsed, right) = race_of(share.threads, |thread| {
        let mut random = Random::of_thread(thread);
        let mut right = 0;
        for _ in 0..each {
            let key = random.below(KEYS);
            if random.below(1_000) < share.writes_per_thousand {
                settings.replace(value_of(key));
                right += 1;
            } else {
                right += u64::from(is_value(settings.read()));
            }
        }
        right
    });
    let operations = each * share.threads as u64;
    let right: u64 = right.iter().sum();
    assert_eq!(right, operations, "the settings had another value");
    Sample::per_operation(elapsed, operations)
}

fn value_of(key: u64) -> u64 {
    2 * key + 1
}

fn is_value(value: u64) -> bool {
    value % 2 == 1
}

/// A generator that costs about two nanoseconds, with the same numbers on every run.
struct Random(u64);

impl Random {
    fn of_thread(thread: usize) -> Self {
        Self(88_172_645_463_325_252 ^ (thread as u64 + 1))
    }

    #[inline]
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The high bits are the better ones.
        ((self.0 >> 32) * end) >> 32
    }
}

pub(crate) fn workloads() -> Vec<Workload> {
    let mut all = Vec::new();
    for reads in [99, 50] {
        for threads in [1, 2, 4, 8] {
            let share = Share {
                threads,
                writes_per_thousand: (100 - reads) * 10,
            };
            all.push(of_maps(format!("map, {reads} % reads"), share));
        }
    }
    for threads in [1, 2, 4, 8] {
        let share = Share {
            threads,
            writes_per_thousand: 1,
        };
        all.push(of_settings("settings, 99.9 % reads".to_owned(), share));
    }
    all
}

fn of_maps(name: String, share: Share) -> Workload {
    workload(name, share)
        .baseline("std Mutex", move |n| {
            use_map::<Mutex<HashMap<u64, u64>>>(share, n)
        })
        .peer("Lock", move |n| {
            use_map::<Lock<HashMap<u64, u64>>>(share, n)
        })
        .peer("std RwLock", move |n| {
            use_map::<RwLock<HashMap<u64, u64>>>(share, n)
        })
        .peer("parking_lot RwLock", move |n| {
            use_map::<parking_lot::RwLock<HashMap<u64, u64>>>(share, n)
        })
        .peer("dashmap", move |n| use_map::<DashMap<u64, u64>>(share, n))
        .peer("papaya", move |n| {
            use_map::<papaya::HashMap<u64, u64>>(share, n)
        })
}

fn of_settings(name: String, share: Share) -> Workload {
    workload(name, share)
        .baseline("std Mutex", move |n| {
            use_settings::<Mutex<Arc<u64>>>(share, n)
        })
        .peer("Lock", move |n| use_settings::<Lock<Arc<u64>>>(share, n))
        .peer("std RwLock", move |n| {
            use_settings::<RwLock<Arc<u64>>>(share, n)
        })
        .peer("parking_lot RwLock", move |n| {
            use_settings::<parking_lot::RwLock<Arc<u64>>>(share, n)
        })
        .peer("arc-swap", move |n| use_settings::<ArcSwap<u64>>(share, n))
}

fn workload(name: String, share: Share) -> Workload {
    let Share { threads, .. } = share;
    let noun = if threads == 1 { "thread" } else { "threads" };
    let name = format!("{name}, {threads} {noun}");
    Workload::new("Cache", name, "ns per operation").lasting(Duration::from_millis(40))
}
