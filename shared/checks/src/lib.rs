//! Tests that hold the workspace together; there is nothing to use here.
//!
//! - `tests/rejects.rs`: the compiler refuses every `recipes/*/rejects/*.rs`, and for the reason given.
//! - `tests/readme.rs`: the table in `README.md` and the folders in `recipes/` say the same.
//! - `tests/python.rs`: every recipe's Python twin prints what the recipe prints, where there is a Python.
