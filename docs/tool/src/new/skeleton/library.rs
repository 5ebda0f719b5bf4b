//! The same job with LIBRARY.
//!
//! ```text
//! cargo run -p skeleton --example skeleton_LIBRARY
//! ```
//!
//! This is still the program for the standard library. Rewrite it with LIBRARY, and say here what
//! differs from the recipe and when to choose it.

