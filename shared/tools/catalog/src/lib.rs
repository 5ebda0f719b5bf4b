//! Finds the recipes of a workspace, and the programs of each recipe.
//!
//! The tree is the only list of recipes that there is:
//!
//! ```text
//! recipes/PART/NAME/src/main.rs                    the recipe: the lesson
//! recipes/PART/NAME/src/cli.rs                     its command line: reads the input, prints the result
//! recipes/PART/NAME/examples/NAME_small.rs         the smallest program that shows the idea
//! recipes/PART/NAME/examples/NAME_part_STEP.rs     one step of the lesson on its own
//! recipes/PART/NAME/examples/NAME_sequential.rs    the same job on one thread
//! recipes/PART/NAME/examples/NAME_mistake_WHAT.rs  goes wrong, and says how
//! recipes/PART/NAME/examples/NAME_solution.rs      the solution of the chapter's exercise
//! recipes/PART/NAME/examples/NAME_LIBRARY.rs       a variant: the same job with another library
//! recipes/PART/NAME/rejects/*.rs                   what the compiler refuses
//! docs/src/PART/NAME.md                            the chapter
//! ```
//!
//! Package names are unique, so a name alone finds a recipe. Every path is relative to the
//! workspace.

mod program;
mod recipe;

pub use program::{Kind, Program};
pub use recipe::{Recipe, find, programs, recipes};
