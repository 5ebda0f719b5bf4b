//! Sorts a list with both halves at the same time: a parallel merge sort.

fn main() {
    let mut cities = ["Oslo", "Lima", "Cairo", "Quito", "Accra", "Delhi"];
    sort(&mut cities);
    println!("{cities:?}");
}

fn sort(names: &mut [&str]) {
    if names.len() <= 2 {
        names.sort(); // 2 only shows the idea. A real program stops at about 1000.
        return;
    }
    let (left, right) = names.split_at_mut(names.len() / 2);
    rayon::join(|| sort(left), || sort(right));
    names.sort(); // In a long list, it notices the two sorted halves and merges them.
}
