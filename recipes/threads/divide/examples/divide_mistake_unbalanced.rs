//! A quicksort that cuts at the first element. If the list is already sorted, one half gets all
//! elements but one, so there is nothing for a second thread to do.
//!
//! ```text
//! cargo run -p divide --example divide_mistake_unbalanced
//! ```
//!
//! `cut_at_first` is wrong: how well it cuts depends on the order of the list. `cut_in_middle` is
//! right: it finds the middle element, whatever the order. A cut looks at each element once, and
//! `Cost` adds these steps up. The lists are sorted in the end, so the exit status is 0. But with
//! the wrong cut no number of threads makes the program faster, and a list of a million elements
//! would overflow the stack.

use std::ops::Range;

const ELEMENTS: Range<usize> = 0..500;

/// How many elements the cuts look at.
#[derive(Default)]
struct Cost {
    /// In all cuts together: what one thread has to do.
    work: usize,
    /// In the longest chain of cuts that wait for each other: what remains with any number of
    /// threads.
    span: usize,
    /// How many cuts are nested.
    depth: usize,
}

fn main() {
    let at_first = report("at the first element", cut_at_first);
    let in_middle = report("in the middle", cut_in_middle);
    if at_first.depth > in_middle.depth {
        eprintln!("unbalanced: each cut takes off one element, and one thread does all the work");
        eprintln!("cut in the middle: `select_nth_unstable` finds it in any order");
    }
}

fn report(name: &str, cut: fn(&mut [usize]) -> usize) -> Cost {
    let mut numbers: Vec<usize> = ELEMENTS.collect();
    let cost = sort(&mut numbers, cut);
    assert!(numbers.is_sorted());

    let Cost { work, span, depth } = cost;
    let gain = work as f64 / span as f64;
    println!("{name}: {depth} cuts deep, {work} steps, {span} of them one after another");
    println!("  so threads make it at most {gain:.1} times as fast");
    cost
}

fn sort(numbers: &mut [usize], cut: fn(&mut [usize]) -> usize) -> Cost {
    let elements = numbers.len();
    if elements < 2 {
        return Cost::default();
    }
    let middle = cut(numbers);
    let (left, right) = numbers.split_at_mut(middle);
    let right = &mut right[1..]; // The middle element is where it belongs.
    let (left, right) = rayon::join(|| sort(left, cut), || sort(right, cut));
    Cost {
        work: elements + left.work + right.work,
        span: elements + left.span.max(right.span),
        depth: 1 + left.depth.max(right.depth),
    }
}

/// Moves the elements that are less than the first one in front of it, and returns where it is.
fn cut_at_first(numbers: &mut [usize]) -> usize {
    let first = numbers[0]; // Wrong: in a sorted list, nothing is less than the first.
    let mut less = 0;
    for index in 1..numbers.len() {
        if numbers[index] < first {
            less += 1;
            numbers.swap(index, less);
        }
    }
    numbers.swap(0, less);
    less
}

/// Moves the smaller half of the elements in front of the middle one, and returns where that is.
fn cut_in_middle(numbers: &mut [usize]) -> usize {
    let middle = numbers.len() / 2;
    numbers.select_nth_unstable(middle);
    middle
}
