//! The same job on one thread, which handles one station after the other and never waits.
//!
//! ```text
//! cargo run -p select --example select_sequential
//! ```
//!
//! The difference from the recipe: all readings are in memory already, so none is late. Choose it
//! if your data is in files and is complete.

#[path = "../src/cli.rs"]
mod cli;

use cli::{Ending, Log};

fn main() {
    let stations = cli::stations_or_exit();
    let mut log = Log::default();

    for station in &stations {
        for reading in &station.readings {
            log.add(&station.name, *reading);
        }
        let ending = if station.falls_silent {
            Ending::Silent
        } else {
            Ending::Closed
        };
        log.end(&station.name, ending);
    }

    log.assert_complete(&stations);
    cli::print_report(log);
}
