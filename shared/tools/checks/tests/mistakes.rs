//! A mistake, `recipes/NAME/examples/NAME_mistake_WHAT.rs`, compiles and goes wrong. It notices, says so on standard
//! error, and ends by itself as `NAME_mistake_WHAT.txt` beside it says: standard output, then `--- standard error` and
//! what came there, then `--- exit status N`. `BLESS=1 cargo test -p checks --test mistakes` writes these files anew.

use checks::ending::Ending;
use checks::examples::{self, Example};
use checks::process::run;
use std::{env, fs, time::Duration};

/// A mistake is noticed within a second. One that is not ended by then has hung for good.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// A folder that is read wrongly has no mistakes, and no mistake fails. Raise this with every new one.
const AT_LEAST: usize = 28;

#[test]
fn every_mistake_ends_as_it_promises() {
    let mistakes: Vec<_> = examples::build()
        .into_iter()
        .filter(Example::is_mistake)
        .collect();
    assert!(
        mistakes.len() >= AT_LEAST,
        "there are only {} mistakes",
        mistakes.len()
    );
    let complaint = |mistake: &Example| Some(format!("{} {}", mistake.name, judge(mistake).err()?));
    let complaints: Vec<_> = mistakes.iter().filter_map(complaint).collect();
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

fn judge(mistake: &Example) -> Result<(), String> {
    let said = Ending::of(run(&mut mistake.command(), TIME_LIMIT)?)?.text();
    let file = mistake.file("txt");
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
