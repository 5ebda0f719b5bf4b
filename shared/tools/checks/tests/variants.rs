//! A recipe's variants, `recipes/NAME/examples/NAME_LIBRARY.rs`, do its job with other libraries: they print the same,
//! refuse the same.

use checks::examples::{self, Example};
use checks::judge::{assert_all, prints, refuses};
use checks::process::run;
use std::{fs, sync::LazyLock, time::Duration};

/// Each takes a fraction of a second. One that takes longer has hung.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// A folder that is read wrongly has no variants, and no variant fails. Raise this with every new one.
const AT_LEAST: usize = 31;

static VARIANTS: LazyLock<Vec<Example>> = LazyLock::new(|| {
    examples::build()
        .into_iter()
        .filter(Example::is_variant)
        .collect()
});

#[test]
fn a_variant_prints_what_its_recipe_prints() {
    assert!(
        VARIANTS.len() >= AT_LEAST,
        "there are only {} variants",
        VARIANTS.len()
    );
    assert_all(&VARIANTS, |variant| {
        let expected = checks::recipe(&variant.recipe).join("expected.txt");
        let expected = fs::read_to_string(expected).expect("a recipe has its expected output");
        prints(&run(&mut variant.command(), TIME_LIMIT)?, &expected)
    });
}

#[test]
fn a_variant_refuses_a_file_that_is_missing() {
    assert_all(&VARIANTS, |variant| {
        refuses(
            &run(variant.command().arg("missing.txt"), TIME_LIMIT)?,
            "missing.txt",
        )
    });
}
