//! Two values for the whole program. A `LazyLock` makes its value on first use. A `OnceLock` gets
//! its value from `main`, because only `main` knows it.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};
use std::thread;

static DICTIONARY: LazyLock<HashSet<&str>> = LazyLock::new(read);
static LANGUAGE: OnceLock<String> = OnceLock::new();

fn main() {
    LANGUAGE
        .set("en".to_string())
        .expect("it should be set only here");
    let checks = ["tea", "tae"].map(|word| thread::spawn(move || check(word)));
    for check in checks {
        println!("{}", check.join().expect("no check should panic"));
    }
}

fn check(word: &str) -> String {
    let language = LANGUAGE.get().expect("main should have set it");
    let is_known = DICTIONARY.contains(word); // The first use calls `read`.
    format!("{language}: {word}: {is_known}")
}

fn read() -> HashSet<&'static str> {
    HashSet::from(["tea", "time"])
}
