//! How much memory a queue keeps, in bytes, counted by the allocator.
//!
//! The bound of each queue stands in the table of `memory_tests!` at the end of this file.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};
use sync_primitives::{LifoQueue, PriorityQueue, Queue};

/// Counts the bytes and the allocations of each thread, and can refuse to allocate.
///
/// The tests run on threads of their own, and each of them uses its queue on that thread only. So
/// they do not see each other's allocations.
struct CountingAllocator;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

thread_local! {
    /// The bytes that this thread has allocated, minus those that it has freed.
    static BYTES: Cell<usize> = const { Cell::new(0) };
    /// How often this thread has allocated or resized memory.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Whether an allocation on this thread fails.
    static OUT_OF_MEMORY: Cell<bool> = const { Cell::new(false) };
}

/// Counts an allocation, unless `pointer` shows that it has failed.
fn count(pointer: *mut u8, old_size: usize, new_size: usize) -> *mut u8 {
    if !pointer.is_null() {
        let bytes = BYTES.get().wrapping_add(new_size);
        BYTES.set(bytes.wrapping_sub(old_size));
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
    }
    pointer
}

// SAFETY: all memory comes from `System`, which fulfills the contract, and a null pointer is how an
// allocator reports that it has failed. The thread-locals are constant and have no destructors, so
// accessing them neither allocates nor panics.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if OUT_OF_MEMORY.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller fulfills the conditions of `System`, which are those of this method.
        let pointer = unsafe { System.alloc(layout) };
        count(pointer, 0, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BYTES.set(BYTES.get().wrapping_sub(layout.size()));
        // SAFETY: as in `alloc`; the memory came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if OUT_OF_MEMORY.get() {
            return std::ptr::null_mut();
        }
        // SAFETY: as in `dealloc`.
        let pointer = unsafe { System.realloc(pointer, layout, new_size) };
        count(pointer, layout.size(), new_size)
    }
}

/// An item of `SIZE` bytes plus a number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Item<const SIZE: usize> {
    number: usize,
    payload: [u8; SIZE],
}

impl<const SIZE: usize> Item<SIZE> {
    fn new(number: usize) -> Self {
        Item {
            number,
            payload: [0; SIZE],
        }
    }
}

/// Makes a module of tests for one kind of queue.
///
/// `limit` takes the number of items in a queue and the size of an item. It returns the number of
/// bytes that the queue may use after a burst, while it is being emptied.
macro_rules! memory_tests {
    ($name:ident: $Queue:ident, limit: $limit:expr) => {
        mod $name {
            use super::*;

            /// The bytes that a queue of `len` items of this size may use.
            fn limit<const SIZE: usize>(len: usize) -> usize {
                let limit: fn(usize, usize) -> usize = $limit;
                limit(len, size_of::<Item<SIZE>>())
            }

            /// Pushes `items` items, pops them again, and checks the limit after each pop.
            fn burst<const SIZE: usize>(queue: &$Queue<Item<SIZE>>, before: usize, items: usize) {
                for number in 0..items {
                    assert!(queue.push(Item::new(number)).is_ok());
                }
                for len in (0..items).rev() {
                    assert!(queue.try_pop().is_ok());
                    let used = BYTES.get().wrapping_sub(before);
                    assert!(
                        used <= limit::<SIZE>(len),
                        "{used} bytes for {len} items of {} bytes",
                        size_of::<Item<SIZE>>()
                    );
                }
            }

            #[test]
            fn small_items_give_memory_back_after_a_burst() {
                let before = BYTES.get();
                let queue = $Queue::<Item<0>>::unbounded();
                burst(&queue, before, 100_000);
                burst(&queue, before, 1_000);
                drop(queue);
                assert_eq!(BYTES.get(), before);
            }

            #[test]
            fn large_items_give_memory_back_after_a_burst() {
                let before = BYTES.get();
                let queue = $Queue::<Item<1000>>::unbounded();
                burst(&queue, before, 10_000);
                burst(&queue, before, 100);
                drop(queue);
                assert_eq!(BYTES.get(), before);
            }

            #[test]
            fn items_larger_than_a_page_give_memory_back_after_a_burst() {
                let before = BYTES.get();
                let queue = $Queue::<Item<10_000>>::unbounded();
                burst(&queue, before, 1_000);
                drop(queue);
                assert_eq!(BYTES.get(), before);
            }

            #[test]
            fn a_bounded_queue_gives_memory_back_after_a_burst() {
                let before = BYTES.get();
                let queue = $Queue::<Item<1000>>::bounded(1_000);
                burst(&queue, before, 1_000);
            }

            #[test]
            fn items_without_a_size_need_no_memory_however_many_they_are() {
                let before = BYTES.get();
                let queue = $Queue::<()>::unbounded();
                for _ in 0..10_000 {
                    assert!(queue.push(()).is_ok());
                }
                assert_eq!(queue.try_iter().count(), 10_000);
                assert!(BYTES.get().wrapping_sub(before) <= limit::<0>(0));
            }

            #[test]
            fn close_now_leaves_no_memory_behind() {
                // The first look at the parking lot allocates its table.
                assert_eq!($Queue::<u8>::unbounded().waiters(), 0);
                let before = BYTES.get();
                let queue = $Queue::<Item<1000>>::unbounded();
                for number in 0..1_000 {
                    assert!(queue.push(Item::new(number)).is_ok());
                }
                let left = queue.close_now();
                assert_eq!(left.len(), 1_000);
                drop(left);
                assert!(BYTES.get().wrapping_sub(before) <= limit::<1000>(0));
            }

            // Otherwise a queue whose length goes up and down at a threshold would move all items
            // at every operation.
            #[test]
            fn a_length_that_goes_up_and_down_costs_no_allocation_for_each_operation() {
                const PAIRS: usize = 20;
                let queue = $Queue::<Item<1000>>::unbounded();
                for number in 0..1_500 {
                    assert!(queue.push(Item::new(number)).is_ok());
                }
                // Stops at every length on the way down, and so at each threshold.
                while queue.try_pop().is_ok() {
                    if queue.len() < 100 {
                        continue;
                    }
                    let before = ALLOCATIONS.get();
                    for number in 0..PAIRS {
                        assert!(queue.push(Item::new(number)).is_ok());
                        assert!(queue.try_pop().is_ok());
                    }
                    let allocations = ALLOCATIONS.get() - before;
                    assert!(
                        allocations <= 2,
                        "{allocations} for {PAIRS} pushes and pops"
                    );
                }
            }

            #[test]
            fn pops_lose_no_item_if_there_is_no_memory_to_shrink_the_queue() {
                const ITEMS: usize = 5_000;
                let queue = $Queue::<Item<100>>::unbounded();
                let mut popped = vec![0; ITEMS];
                for number in 0..ITEMS {
                    assert!(queue.push(Item::new(number)).is_ok());
                }
                OUT_OF_MEMORY.set(true);
                while let Ok(item) = queue.try_pop() {
                    popped[item.number] += 1;
                }
                OUT_OF_MEMORY.set(false);
                assert_eq!(popped, [1; ITEMS]);
                // The queue still works, and shrinks as soon as there is memory again.
                let before = BYTES.get();
                assert!(queue.push(Item::new(7)).is_ok());
                assert_eq!(queue.try_pop().map(|item| item.number), Ok(7));
                assert!(BYTES.get().wrapping_sub(before).cast_signed() <= 0);
            }
        }
    };
}

/// The limit of the two queues that keep their items in a vector.
fn vector_limit(len: usize, size: usize) -> usize {
    usize::max(4096, 3 * size) + 4 * len * size
}

/// The limit of `Queue`, which keeps its items in segments of 8 KiB, or of one item if it is larger
/// than that. An empty queue has two segments. Otherwise the items may be at the end of one segment
/// and at the beginning of another, and a third one is kept.
fn segments_limit(len: usize, size: usize) -> usize {
    // The pointers of a segment to its slots and to the next segment.
    const HEADER: usize = 3 * size_of::<usize>();
    let segments = if len == 0 { 2 } else { 3 };
    len * (size + HEADER) + segments * (usize::max(8192, size) + HEADER)
}

memory_tests!(lifo_queue: LifoQueue, limit: vector_limit);
memory_tests!(priority_queue: PriorityQueue, limit: vector_limit);
memory_tests!(queue: Queue, limit: segments_limit);

/// An empty queue keeps at most 16 KiB, or the memory of two items if that is more.
#[test]
fn an_empty_queue_keeps_at_most_two_segments_after_a_burst() {
    fn check<const SIZE: usize>(items: usize) {
        let before = BYTES.get();
        let queue = Queue::<[u8; SIZE]>::unbounded();
        for _ in 0..items {
            assert!(queue.push([0; SIZE]).is_ok());
        }
        assert_eq!(queue.try_iter().count(), items);
        let used = BYTES.get().wrapping_sub(before);
        assert!(
            used <= segments_limit(0, SIZE),
            "{used} bytes for no item of {SIZE} bytes"
        );
    }
    check::<8>(100_000);
    check::<4096>(1_000);
    check::<{ 100 * 1024 }>(20);
}

#[test]
fn a_bounded_queue_allocates_one_slot_for_each_item() {
    fn check<const SIZE: usize>(capacity: usize) {
        const HEADER: usize = 3 * size_of::<usize>();
        let before = BYTES.get();
        let queue = Queue::<[u8; SIZE]>::bounded(capacity);
        let used = BYTES.get().wrapping_sub(before);
        assert_eq!(used, capacity * SIZE + HEADER);
        for _ in 0..3 * capacity {
            assert!(queue.push([0; SIZE]).is_ok());
            assert!(queue.pop().is_ok());
        }
        assert_eq!(BYTES.get().wrapping_sub(before), used);
    }
    check::<8>(1);
    check::<8>(1024);
    check::<4096>(1);
    check::<4096>(2);
    check::<{ 100 * 1024 }>(1);
}

#[test]
fn an_unbounded_queue_of_a_few_small_items_stays_small() {
    let before = BYTES.get();
    let queue = Queue::<u64>::unbounded();
    for number in 0..32 {
        assert!(queue.push(number).is_ok());
    }
    assert!(BYTES.get().wrapping_sub(before) < 512);
}
