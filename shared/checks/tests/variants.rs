//! A recipe's variants, `recipes/NAME/examples/NAME_LIBRARY.rs`, do its job with other libraries: they print the same,
//! refuse the same, and are no longer than 119 lines.

use checks::examples::{self, Example};
use checks::process::{End, run};
use std::{fs, sync::LazyLock, time::Duration};

/// Each takes a fraction of a second. One that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A folder that is read wrongly has no variants, and no variant fails. Raise this with every new one.
const AT_LEAST: usize = 31;

/// A variant is shorter than this.
const TOO_LONG: usize = 120;

static VARIANTS: LazyLock<Vec<Example>> =
    LazyLock::new(|| examples::build().into_iter().filter(|example| !example.is_mistake()).collect());

#[test]
fn a_variant_prints_what_its_recipe_prints() {
    assert!(VARIANTS.len() >= AT_LEAST, "there are only {} variants", VARIANTS.len());
    assert_all(|variant| {
        let expected = checks::recipe(&variant.recipe).join("expected.txt");
        let expected = fs::read_to_string(expected).expect("a recipe has its expected output");
        prints(&run(&mut variant.command(), TIME_LIMIT)?, &expected)
    });
}

#[test]
fn a_variant_refuses_a_file_that_is_missing() {
    assert_all(|variant| refuses(&run(variant.command().arg("missing.txt"), TIME_LIMIT)?, "missing.txt"));
}

#[test]
fn a_variant_is_short() {
    assert_all(|variant| is_short(&fs::read_to_string(variant.file("rs")).expect("it was built")));
}

#[track_caller]
fn assert_all(judge: impl Fn(&Example) -> Result<(), String>) {
    let complaint = |variant: &Example| Some(format!("{} {}", variant.name, judge(variant).err()?));
    let complaints: Vec<_> = VARIANTS.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn prints(end: &End, expected: &str) -> Result<(), String> {
    let is_good = end.code == Some(0) && end.stdout == expected;
    if is_good { Ok(()) } else { Err(format!("does not print expected.txt and end well, but {end:#?}")) }
}

fn refuses(end: &End, file: &str) -> Result<(), String> {
    let is_clear = end.stderr.contains(file) && end.stderr.lines().count() == 1;
    if end.code == Some(1) && end.stdout.is_empty() && is_clear {
        return Ok(());
    }
    Err(format!("does not name {file} in one line on standard error and end with 1, but {end:#?}"))
}

fn is_short(source: &str) -> Result<(), String> {
    let lines = source.lines().count();
    if lines < TOO_LONG { Ok(()) } else { Err(format!("has {lines} lines, not fewer than {TOO_LONG}")) }
}

/// Were these not found out, neither would be a bad variant.
#[test]
fn a_bad_variant_is_found_out() {
    let end = |code, stdout: &str, stderr: &str| End { code, stdout: stdout.to_owned(), stderr: stderr.to_owned() };
    assert!(prints(&end(Some(0), "1\n", "note\n"), "1\n").is_ok());
    for bad in [end(Some(0), "2\n", ""), end(Some(1), "1\n", ""), end(None, "1\n", "")] {
        assert!(prints(&bad, "1\n").is_err(), "{bad:?}");
    }
    assert!(refuses(&end(Some(1), "", "no a.txt\n"), "a.txt").is_ok());
    for bad in [
        end(Some(0), "", "no a.txt\n"),
        end(Some(1), "1\n", "no a.txt\n"),
        end(Some(1), "", "no file\n"),
        end(Some(1), "", "thread 'main' panicked at x.rs:1:2:\nno a.txt\n"),
    ] {
        assert!(refuses(&bad, "a.txt").is_err(), "{bad:?}");
    }
    assert!(is_short(&"x\n".repeat(119)).is_ok());
    assert!(is_short(&"x\n".repeat(120)).is_err());
}
