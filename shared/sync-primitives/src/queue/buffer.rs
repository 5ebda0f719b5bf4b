//! The containers of [`LifoQueue`](super::LifoQueue) and [`PriorityQueue`](super::PriorityQueue): a
//! stack and a binary heap.
//!
//! Both keep their items in one vector. A vector that has grown during a burst gives its memory
//! back (see [`KEPT_BYTES`]).

use std::{cmp::Ordering, mem};

/// A container that hands its items out in a fixed order.
///
/// `place_for`, `pop` and `take_all` panic only if the `Ord` of the items panics. In that case they
/// have not changed anything, so no item is lost. `insert` does not compare items.
pub(super) trait Buffer {
    type Item;

    fn new() -> Self;
    fn len(&self) -> usize;
    /// Returns the place at which `insert` must put `item`. It is valid until the buffer changes.
    fn place_for(&self, item: &Self::Item) -> usize;
    fn insert(&mut self, place: usize, item: Self::Item);
    fn pop(&mut self) -> Option<Self::Item>;
    /// Removes all items, and returns them in the order in which `pop` would have.
    fn take_all(&mut self) -> Vec<Self::Item>;
}

/// The number of bytes that a buffer may keep however few items it holds.
///
/// After each `pop`, a buffer of `len` items has room for at most `4 * len + 3` items, or for
/// `KEPT_BYTES` of them if that is more. An empty buffer therefore keeps 4 KiB, or room for three
/// items if they are larger than that.
const KEPT_BYTES: usize = 4096;

/// Last in, first out.
pub(super) struct Lifo<T>(Vec<T>);

impl<T> Buffer for Lifo<T> {
    type Item = T;

    fn new() -> Self {
        Lifo(Vec::new())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn place_for(&self, _item: &T) -> usize {
        self.0.len()
    }

    fn insert(&mut self, _place: usize, item: T) {
        self.0.push(item);
    }

    fn pop(&mut self) -> Option<T> {
        let last = self.0.pop();
        shrink_if_sparse(&mut self.0);
        last
    }

    fn take_all(&mut self) -> Vec<T> {
        let mut items = mem::take(&mut self.0);
        items.reverse();
        items
    }
}

/// Smallest first: a binary heap in a vector.
///
/// The children of the item at `i` are at `2 * i + 1` and `2 * i + 2`, and neither of them is
/// smaller than it (Williams, "Algorithm 232: Heapsort", 1964).
///
/// The standard library's `BinaryHeap` would lose the item that is being popped if a comparison
/// panicked, and its sorts panic by themselves if they notice that the `Ord` is not a total order.
/// This heap makes all comparisons of an operation before it moves an item, and it never checks
/// what they return.
pub(super) struct Heap<T>(Vec<T>);

impl<T: Ord> Buffer for Heap<T> {
    type Item = T;

    fn new() -> Self {
        Heap(Vec::new())
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn place_for(&self, item: &T) -> usize {
        let mut place = self.0.len();
        while place > 0 && item.cmp(&self.0[parent(place)]).is_lt() {
            place = parent(place);
        }
        place
    }

    fn insert(&mut self, place: usize, item: T) {
        let mut hole = self.0.len();
        self.0.push(item);
        while hole != place {
            swap(&mut self.0, hole, parent(hole));
            hole = parent(hole);
        }
    }

    fn pop(&mut self) -> Option<T> {
        let last = self.0.len().checked_sub(1)?;
        let items = &self.0;
        let path = SiftPath::new(last, |a, b| items[a].cmp(&items[b]));
        path.move_root_to_end(&mut self.0);
        let smallest = self.0.pop();
        shrink_if_sparse(&mut self.0);
        smallest
    }

    fn take_all(&mut self) -> Vec<T> {
        let mut order = self.pop_order();
        let mut items = mem::take(&mut self.0);
        permute(&mut items, &mut order);
        items
    }
}

impl<T: Ord> Heap<T> {
    /// Returns the places of all items in the order in which `pop` would return them.
    ///
    /// This pops from a heap of places instead of items, so it makes the comparisons that the pops
    /// would make, and moves no item.
    fn pop_order(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.0.len()).collect();
        for last in (0..places.len()).rev() {
            let path = SiftPath::new(last, |a, b| self.0[places[a]].cmp(&self.0[places[b]]));
            path.move_root_to_end(&mut places[..=last]);
        }
        places.reverse();
        places
    }
}

/// The path that the last element of a heap takes when it replaces the root and sinks to its place.
///
/// At each of the `levels`, starting at the root, it goes to the right child if the bit of the
/// level is set in `right_turns`, and to the left child otherwise.
struct SiftPath {
    levels: u32,
    right_turns: usize,
}

impl SiftPath {
    /// Finds the path of the element at `last`, which is the last one of its heap. `compare`
    /// compares the elements at two places.
    fn new(last: usize, compare: impl Fn(usize, usize) -> Ordering) -> Self {
        let mut path = SiftPath {
            levels: 0,
            right_turns: 0,
        };
        let mut hole = 0;
        loop {
            let (left, right) = (2 * hole + 1, 2 * hole + 2);
            let go_right = right < last && compare(right, left).is_lt();
            let child = left + usize::from(go_right);
            if child >= last || compare(last, child).is_le() {
                return path;
            }
            path.right_turns |= usize::from(go_right) << path.levels;
            path.levels += 1;
            hole = child;
        }
    }

    /// Swaps the root of `heap` with its last element, and lets this element sink along the path.
    /// The elements before the former root, which is now the last one, are a heap again.
    fn move_root_to_end<T>(&self, heap: &mut [T]) {
        swap(heap, 0, heap.len() - 1);
        let mut hole = 0;
        for level in 0..self.levels {
            let child = 2 * hole + 1 + (self.right_turns >> level & 1);
            swap(heap, hole, child);
            hole = child;
        }
    }
}

fn parent(child: usize) -> usize {
    (child - 1) / 2
}

/// Swaps two items in small pieces.
///
/// `slice::swap` allows for two places that overlap, and therefore puts a whole item on the stack.
/// A large item would need that much more of it.
fn swap<T>(items: &mut [T], a: usize, b: usize) {
    if a == b {
        return;
    }
    let places = items.get_disjoint_mut([a, b]);
    let [first, second] = places.expect("both places are in the slice");
    mem::swap(first, second);
}

/// Moves the item at `order[i]` to `i`, for each `i`. `order` must contain each place once.
fn permute<T>(items: &mut [T], order: &mut [usize]) {
    for start in 0..order.len() {
        // Follow the cycle that `start` belongs to. A place whose item has arrived refers to
        // itself.
        let mut place = start;
        while order[place] != start {
            let source = mem::replace(&mut order[place], place);
            swap(items, place, source);
            place = source;
        }
        order[place] = place;
    }
}

/// Halves the capacity of `items` if less than a quarter of it is in use and it exceeds
/// [`KEPT_BYTES`].
///
/// Half of the new capacity is free, so as many pushes as there are items must follow before the
/// vector grows again, and half as many pops before it shrinks again. The cost of the moves is
/// therefore constant for each operation, on average.
fn shrink_if_sparse<T>(items: &mut Vec<T>) {
    let capacity = items.capacity();
    if items.len() < capacity / 4 && capacity.saturating_mul(size_of::<T>()) > KEPT_BYTES {
        move_to_smaller_allocation(items);
    }
}

/// Moves the items to an allocation of half the size.
///
/// If there is no memory for it, the items stay where they are. `Vec::shrink_to` would abort the
/// program in that case, although the queue works just as well with its old allocation.
#[cold]
fn move_to_smaller_allocation<T>(items: &mut Vec<T>) {
    let kept = KEPT_BYTES / size_of::<T>();
    let capacity = usize::max(items.capacity() / 2, kept);
    let mut smaller = Vec::new();
    if smaller.try_reserve_exact(capacity).is_ok() {
        smaller.append(items);
        *items = smaller;
    }
}
