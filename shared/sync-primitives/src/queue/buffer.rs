//! Where the items of a queue are, in the order in which they will be popped.

/// A container with one way in and one way out.
///
/// `place_for`, `pop` and `take_all` may panic, if the items' `Ord` does; they have changed nothing then, so that no
/// item is lost. `insert` does not compare.
pub(super) trait Buffer {
    type Item;

    fn new() -> Self;
    fn len(&self) -> usize;
    /// Where `insert` is to put `item`, until the buffer changes.
    fn place_for(&self, item: &Self::Item) -> usize;
    fn insert(&mut self, place: usize, item: Self::Item);
    fn pop(&mut self) -> Option<Self::Item>;
    /// Empties the buffer, in the order of `pop`.
    fn take_all(&mut self) -> Vec<Self::Item>;
}

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
        self.0.pop()
    }

    fn take_all(&mut self) -> Vec<T> {
        let mut items = std::mem::take(&mut self.0);
        items.reverse();
        items
    }
}

/// Smallest first: a binary heap in a vector, where the children of the item at `i` are at `2i + 1` and `2i + 2` and
/// none is smaller than it (Williams, "Algorithm 232: Heapsort", 1964).
///
/// The standard library's `BinaryHeap` would lose the item being popped if a comparison panicked. This one makes all
/// its comparisons first and only then moves anything.
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
            self.0.swap(hole, parent(hole));
            hole = parent(hole);
        }
    }

    fn pop(&mut self) -> Option<T> {
        let last = self.0.len().checked_sub(1)?;
        let way = self.way_down(last);
        self.0.swap(0, last);
        let smallest = self.0.pop();
        let mut hole = 0;
        for level in 0..way.levels {
            let child = 2 * hole + 1 + (way.rights >> level & 1);
            self.0.swap(hole, child);
            hole = child;
        }
        smallest
    }

    fn take_all(&mut self) -> Vec<T> {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by(|&a, &b| self.0[a].cmp(&self.0[b]));
        let mut items: Vec<Option<T>> = std::mem::take(&mut self.0).into_iter().map(Some).collect();
        order
            .into_iter()
            .filter_map(|place| items[place].take())
            .collect()
    }
}

/// A way from the root down: as many levels, to the right child where the level's bit in `rights` is set.
struct WayDown {
    levels: u32,
    rights: usize,
}

impl<T: Ord> Heap<T> {
    /// Where the item at `last` comes to rest when it takes the root's place and smaller children move up past it.
    fn way_down(&self, last: usize) -> WayDown {
        let mut way = WayDown {
            levels: 0,
            rights: 0,
        };
        let mut hole = 0;
        loop {
            let (left, right) = (2 * hole + 1, 2 * hole + 2);
            let go_right = right < last && self.0[right].cmp(&self.0[left]).is_lt();
            let child = left + usize::from(go_right);
            if child >= last || self.0[last].cmp(&self.0[child]).is_le() {
                return way;
            }
            way.rights |= usize::from(go_right) << way.levels;
            way.levels += 1;
            hole = child;
        }
    }
}

/// The place of the item that must not come after the one at `child`.
fn parent(child: usize) -> usize {
    (child - 1) / 2
}
