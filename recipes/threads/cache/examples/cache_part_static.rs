//! Two values for the whole program. `LazyLock` makes its value on first use. `OnceLock` gets its
//! value from `main`, which alone knows it.

use std::collections::HashSet;
use std::sync::{LazyLock, OnceLock};
use std::thread;

static DICTIONARY: LazyLock<HashSet<&str>> = LazyLock::new(read);
static LANGUAGE: OnceLock<String> = OnceLock::new();

fn main() {
    LANGUAGE.set("en".to_string()).expect("it is set only here");
    let checks = ["tea", "tae"].map(|word| thread::spawn(|| check(word)));
    for check in checks {
        println!("{}", check.join().expect("no check panics"));
    }
}

fn check(word: &str) -> String {
    let language = LANGUAGE.get().expect("main has set it");
    let is_known = DICTIONARY.contains(word); // The first thread reads it.
    format!("{language}: {word}: {is_known}")
}

fn read() -> HashSet<&'static str> {
    HashSet::from(["tea", "time"])
}
