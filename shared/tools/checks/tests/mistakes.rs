//! A mistake, the example `NAME_mistake_WHAT.rs` of a recipe, compiles and goes wrong. It notices,
//! says so on standard error, and ends by itself as `NAME_mistake_WHAT.txt` beside it says:
//! standard output, then `--- standard error` and what came there, then `--- exit status N`.
//! `BLESS=1 cargo test -p checks --test mistakes` writes these files anew.

use catalog::Kind;
use checks::built::{self, Built};
use checks::ending::Ending;
use checks::judge::assert_all;
use checks::process::run;
use checks::workspace;
use std::time::Duration;
use std::{env, fs};

/// A mistake is noticed within a second. One that is not ended by then has hung for good.
const TIME_LIMIT: Duration = Duration::from_secs(5);

#[test]
fn every_mistake_ends_as_it_promises() {
    let mut mistakes = built::build();
    mistakes.retain(|built| built.program.kind == Kind::Mistake);
    assert_all(&mistakes, |mistake| {
        judge(mistake).map_err(|complaint| format!("{} {complaint}", mistake.program.name()))
    });
}

fn judge(mistake: &Built) -> Result<(), String> {
    let said = Ending::of(run(&mut mistake.command(), TIME_LIMIT)?)?.text();
    let file = workspace().join(mistake.program.text());
    if env::var_os("BLESS").is_some() {
        fs::write(&file, &said).expect("the workspace takes files");
    }
    let promised =
        fs::read_to_string(&file).map_err(|error| format!("has no {}: {error}", file.display()))?;
    if said == promised {
        Ok(())
    } else {
        Err(format!("says\n{said}and promises\n{promised}"))
    }
}
