//! The parts of the book.

/// A part of the book: a folder below `recipes/` and below `docs/src/`.
pub(crate) struct Part {
    pub(crate) folder: &'static str,
    pub(crate) title: &'static str,
}

/// The parts in the order of the book. Each needs a line here before it can have a recipe.
pub(crate) const PARTS: [Part; 8] = [
    part("threads", "Threads"),
    part("synchronization", "Synchronization"),
    part("processes", "Processes"),
    part("messages", "Messages"),
    part("async", "Async"),
    part("distributed", "Distributed"),
    part("gpu", "GPU"),
    part("testing", "Testing"),
];

const fn part(folder: &'static str, title: &'static str) -> Part {
    Part { folder, title }
}
