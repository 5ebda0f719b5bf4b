//! A copy of a program that uses tokio, which reports what its tasks do.
//!
//! tokio reports its tasks only if its feature `tracing` is on and the whole program is built with
//! `--cfg tokio_unstable`, and somebody must listen before the runtime starts. No recipe should
//! have a line for that. So this module copies the sources of the recipe into a package of its own,
//! below the target folder, and changes three things there: the dependencies, the name of `main`,
//! and the path of the recipe's folder, from which it reads its input. All lines keep their
//! numbers.

use catalog::{Kind, Program};
use checks::process::cargo;
use checks::workspace;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The flag that tokio wants. It stands here and nowhere else.
pub(crate) const RUSTFLAGS: &str = "--cfg tokio_unstable";

/// What the copy calls the program's own `main`.
const RENAMED: &str = "main_of_the_program";

/// What listens to the reports of a copy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listener {
    /// Writes a trace.
    Recorder,
    /// Shows them to tokio-console.
    Console,
}

impl Listener {
    /// What is added below the program.
    fn main(self) -> &'static str {
        match self {
            Listener::Recorder => {
                "
fn main() -> impl std::process::Termination {
    recorder::install_from_env();
    main_of_the_program()
}
"
            }
            Listener::Console => {
                "
fn main() -> impl std::process::Termination {
    console::run(main_of_the_program)
}
"
            }
        }
    }

    /// The name that `main` calls, and the package behind it, with its folder.
    fn package(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Listener::Recorder => ("recorder", "sync-primitives-recorder", "shared/recorder"),
            Listener::Console => ("console", "console", "shared/tools/console"),
        }
    }

    /// The versions that the copy is built with.
    fn lock(self) -> Result<String> {
        let of_workspace = fs::read_to_string(workspace().join("Cargo.lock"))?;
        match self {
            Listener::Recorder => Ok(of_workspace),
            Listener::Console => {
                let lock = workspace().join("shared/tools/console/Cargo.lock");
                Ok(joined(&fs::read_to_string(lock)?, &of_workspace))
            }
        }
    }
}

/// A lock with all packages of the first one, and those of the second that the first does not name.
fn joined(first: &str, second: &str) -> String {
    const START: &str = "[[package]]\nname = ";
    let mut lock = first.to_owned();
    for package in second.split("\n\n").filter(|text| text.starts_with(START)) {
        let name = package.lines().nth(1).unwrap_or_default();
        if !first.lines().any(|line| line == name) {
            lock += &format!("\n{}\n", package.trim_end());
        }
    }
    lock
}

/// Whether the program uses tokio, so that there may be tasks to draw.
pub(crate) fn uses_tokio(program: &Program) -> bool {
    let text = fs::read_to_string(workspace().join(&program.path));
    text.is_ok_and(|text| text.contains("tokio::"))
}

/// Makes the copy in this folder, or brings it up to date. Returns its manifest.
pub(crate) fn make(program: &Program, listener: Listener, folder: &Path) -> Result<PathBuf> {
    let lesson = program.recipe.folder().join("src");
    let mut sources = checks::files_below(&workspace().join(&lesson))?;
    sources.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    for path in &mut sources {
        *path = lesson.join(&path);
    }
    if program.kind != Kind::Lesson {
        sources.push(program.path.clone());
    }
    let mut all = String::new();
    for path in sources {
        let text = fs::read_to_string(workspace().join(&path))?;
        all += &text;
        let recipe = workspace().join(program.recipe.folder());
        let literal = format!("{:?}", recipe.display().to_string());
        let mut text = text.replace("env!(\"CARGO_MANIFEST_DIR\")", &literal);
        if path == program.path {
            text = with_listener(&text, listener)
                .ok_or_else(|| format!("{} has no function main", path.display()))?;
        }
        write(&folder.join(&path), &text)?;
    }
    let package = program.recipe.folder();
    let path = program.path.strip_prefix(&package)?;
    let manifest = manifest(program, path, &all, listener)?;
    write(&folder.join(&package).join("Cargo.toml"), &manifest)?;
    // Cargo takes out what the copy does not need.
    fs::write(folder.join("Cargo.lock"), listener.lock()?)?;
    // The copy is a member of a workspace, so that its files have the same names as in the book's.
    let members = package.display().to_string().replace('\\', "/");
    let root = folder.join("Cargo.toml");
    write(
        &root,
        &format!(
            "[workspace]\nresolver = \"3\"\nmembers = [{members:?}]\n\n\
             [profile.dev.package.\"*\"]\ndebug = 0\n\n\
             [profile.dev.package.sync-primitives-recorder]\nopt-level = 2\n"
        ),
    )?;
    Ok(root)
}

/// The program with another `main` around its own. `None` if it has none.
fn with_listener(text: &str, listener: Listener) -> Option<String> {
    let mut is_renamed = false;
    let mut changed = String::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("fn main(") || line.starts_with("async fn main(") {
            is_renamed = true;
            changed += &line.replacen("main", RENAMED, 1);
        } else {
            changed += line;
        }
    }
    is_renamed.then_some(changed + listener.main())
}

/// Leaves a file alone that is up to date, so that Cargo does not compile it again.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let folder = path.parent().expect("it is below the target folder");
    fs::create_dir_all(folder)?;
    fs::write(path, text)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()).into())
}

/// What a package depends on, under one name.
#[derive(Default)]
struct Dependency {
    /// Its name in the registry, or on the disk.
    package: String,
    requirement: String,
    path: Option<String>,
    default_features: bool,
    features: BTreeSet<String>,
    /// The condition under which it is needed, such as `cfg(unix)`.
    target: Option<String>,
}

/// The manifest of the copy: the dependencies of the recipe that the program names, and the
/// listener.
fn manifest(program: &Program, path: &Path, sources: &str, listener: Listener) -> Result<String> {
    let package = package(&program.recipe.name)?;
    let edition = package["edition"].as_str().unwrap_or("2024");
    let mut dependencies = dependencies(&package, sources);
    let (name, package, folder) = listener.package();
    let listener = Dependency {
        package: package.to_owned(),
        requirement: "*".to_owned(),
        path: Some(workspace().join(folder).display().to_string()),
        default_features: true,
        ..Dependency::default()
    };
    dependencies.insert(name.to_owned(), listener);
    for (name, feature) in [("tokio", "tracing"), ("sync-primitives", "trace-file")] {
        if let Some(dependency) = dependencies.get_mut(name) {
            dependency.features.insert(feature.to_owned());
        }
    }
    let name = program.name();
    let path = path.display().to_string().replace('\\', "/");
    let mut text = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = {edition:?}\n\
         autobins = false\nautoexamples = false\nautotests = false\n\n\
         [[bin]]\nname = {name:?}\npath = {path:?}\n"
    );
    for (name, dependency) in &dependencies {
        dependency.write(name, &mut text);
    }
    Ok(text)
}

/// What Cargo says of a package of the workspace.
fn package(name: &str) -> Result<Value> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(workspace())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if !output.status.success() {
        return Err("cargo does not know the workspace; it says why above".into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut named = packages.filter(|package| package["name"] == name);
    let found = named.next().cloned();
    found.ok_or_else(|| format!("cargo metadata does not know {name}").into())
}

/// The dependencies that these sources name. One may be listed twice, for the lesson and for the
/// examples: then it gets the features of both.
fn dependencies(package: &Value, sources: &str) -> BTreeMap<String, Dependency> {
    let mut found: BTreeMap<String, Dependency> = BTreeMap::new();
    for listed in package["dependencies"].as_array().into_iter().flatten() {
        let text = |key: &str| listed[key].as_str().map(str::to_owned);
        let Some(package) = text("name") else {
            continue;
        };
        let name = text("rename").unwrap_or_else(|| package.clone());
        if !sources.contains(&name.replace('-', "_")) {
            continue;
        }
        let dependency = found.entry(name).or_default();
        dependency.package = package;
        dependency.requirement = text("req").unwrap_or_else(|| "*".to_owned());
        dependency.path = text("path");
        dependency.target = text("target");
        dependency.default_features |= listed["uses_default_features"] == true;
        let features = listed["features"].as_array().into_iter().flatten();
        let features = features.filter_map(Value::as_str);
        dependency.features.extend(features.map(str::to_owned));
    }
    found
}

impl Dependency {
    /// Adds its table to a manifest.
    fn write(&self, name: &str, manifest: &mut String) {
        let header = match &self.target {
            Some(target) => format!("target.{target:?}.dependencies"),
            None => "dependencies".to_owned(),
        };
        let features: Vec<&String> = self.features.iter().collect();
        write!(
            manifest,
            "\n[{header}.{name}]\npackage = {:?}\nversion = {:?}\n\
             default-features = {}\nfeatures = {features:?}\n",
            self.package, self.requirement, self.default_features
        )
        .expect("a string takes all");
        if let Some(path) = &self.path {
            writeln!(manifest, "path = {path:?}").expect("a string takes all");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_has_another_main_and_its_lines_keep_their_numbers() {
        for main in ["async fn main() {\n", "fn main() -> ExitCode {\n"] {
            let program = format!("//! Text.\n#[tokio::main]\n{main}    main_loop();\n}}\n");
            let copy = with_listener(&program, Listener::Recorder).expect("it has a main");
            let line = copy.lines().nth(2).expect("a third line");
            assert!(line.contains("fn main_of_the_program()"), "{copy}");
            assert!(copy.contains("\n    main_loop();\n"), "{copy}");
            assert!(copy.ends_with(Listener::Recorder.main()), "{copy}");
        }
        assert_eq!(with_listener("mod main {}\n", Listener::Console), None);
    }

    #[test]
    fn two_locks_are_joined_and_the_first_decides() {
        let first = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n";
        let second = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"2\"\n\n\
                      [[package]]\nname = \"b\"\nversion = \"3\"\n";
        let expected = format!("{first}\n[[package]]\nname = \"b\"\nversion = \"3\"\n");
        assert_eq!(joined(first, second), expected);
    }

    #[test]
    fn a_program_gets_the_dependencies_that_it_names_with_the_features_of_both_lists() {
        let listed = serde_json::json!({ "dependencies": [
            { "name": "tokio", "req": "^1.54", "uses_default_features": false, "features": ["rt"] },
            { "name": "tokio", "req": "^1.54", "uses_default_features": true, "features": ["net"] },
            { "name": "rayon", "req": "^1.12", "uses_default_features": true, "features": [] },
            { "name": "long", "rename": "a-b", "req": "*", "path": "/x", "target": "cfg(unix)",
              "uses_default_features": true, "features": [] },
        ] });
        let found = dependencies(&listed, "use a_b::C; tokio::spawn(f());");
        let mut manifest = String::new();
        for (name, dependency) in &found {
            dependency.write(name, &mut manifest);
        }
        let expected = "
[target.\"cfg(unix)\".dependencies.a-b]
package = \"long\"
version = \"*\"
default-features = true
features = []
path = \"/x\"

[dependencies.tokio]
package = \"tokio\"
version = \"^1.54\"
default-features = true
features = [\"net\", \"rt\"]
";
        assert_eq!(manifest, expected);
    }
}
