//! The API reference of the library: what rustdoc makes, in the folder `api` of the book.

use crate::html::site::Site;
use anyhow::{Context, Result, ensure};
use checks::process;
use std::path::Path;

/// The package that the reference describes. A workspace without it has no reference.
const PACKAGE: &str = "sync-primitives";
const MANIFEST: &str = "shared/sync-primitives/Cargo.toml";

/// Documents the library and adds the pages to the site.
///
/// The pages are rustdoc's own, so nothing that is done to the book's pages may be done to them.
pub(crate) fn add(workspace: &Path, site: &mut Site) -> Result<()> {
    if !workspace.join(MANIFEST).is_file() {
        return Ok(());
    }
    // A target folder of its own: rustdoc's search would find every crate that shares it.
    let target = workspace.join("target/api");
    let output = process::cargo()
        .args(["doc", "--quiet", "--no-deps", "--package", PACKAGE])
        .arg("--target-dir")
        .arg(&target)
        .current_dir(workspace)
        .output()
        .context("cannot run cargo doc")?;
    ensure!(
        output.status.success(),
        "`cargo doc -p {PACKAGE}` fails: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    site.add_api(&target.join("doc"))
}
