//! The same job on one thread, without a server: nobody can ping while it hashes.
//!
//! ```text
//! cargo run -p bridge --example bridge_sequential
//! ```
//!
//! If your program has nothing else to do while it hashes, this loop is all it needs. With several
//! pictures, `par_iter` of rayon makes it faster.

#[path = "../src/cli.rs"]
mod cli;

use sha2::{Digest, Sha256};

use cli::{Pings, Report};

fn main() {
    let album = cli::album_or_exit();
    let mut hashes = Vec::new();
    for picture in album.pictures.iter() {
        let hash = Sha256::digest(picture);
        hashes.push(cli::hexadecimal(&hash));
    }
    let report = Report {
        hashes: hashes.join(" "),
        pings: Pings::default(),
    };
    cli::print_or_exit(&album, Ok(report));
}
