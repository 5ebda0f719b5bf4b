//! Which programs run on the [Rust Playground](https://play.rust-lang.org): few, for it has neither
//! the recipes' library nor their input.

use crate::directives::manifest::Dependency;

/// The crates that programs of this book use and that the playground has, by
/// <https://play.rust-lang.org/meta/crates>.
const THERE: [&str; 4] = ["crossbeam", "parking_lot", "rayon", "tokio"];

/// Whether a program that needs these crates can run there.
pub(crate) fn runs(needs: &[Dependency], reads_files: bool) -> bool {
    !reads_files && needs.iter().all(|it| THERE.contains(&&*it.name))
}

/// A block of Rust with the class that `copy.js` looks for.
pub(crate) fn marked(block: &str) -> String {
    block.replacen("rust\n", "rust,on-playground\n", 1)
}
