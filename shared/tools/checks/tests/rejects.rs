//! What the compiler must refuse, it refuses, and for the reason given.
//!
//! A reject is a whole program in the folder `rejects` of a recipe. Its first line, such as `//
//! error: E0277`, is the error that it must give, with no other beside it. The lines that end in
//! `// refused` are the reason: without them the program must compile. What the compiler says
//! stands beside it in `FILE.stderr`, for the book. `BLESS=1 cargo test -p checks --test rejects`
//! writes these files anew.

use checks::judge::assert_all;
use checks::process::{End, cargo, run};
use checks::workspace;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;
use std::{env, fs};

const MARK: &str = "// refused";
const TIME_LIMIT: Duration = Duration::from_secs(600);

#[test]
fn every_reject_is_refused_for_its_reason() {
    assert_all(&REJECTS, |(name, source)| judge(name, source));
}

/// The words change from compiler to compiler; they are held to those of the oldest that the
/// workspace supports.
#[test]
fn the_compilers_words_are_those_in_the_book() {
    for (name, _) in REJECTS.iter() {
        let file = workspace().join(name).with_extension("stderr");
        let said = &SAID[&program(name)].words;
        if env::var_os("BLESS").is_some() {
            fs::write(&file, said).expect("the workspace takes files");
        } else if is_oldest_compiler() {
            let shown = fs::read_to_string(&file).unwrap_or_default();
            assert!(
                shown == *said,
                "{name}: the compiler says\n{said}\nand {} says\n{shown}",
                file.display()
            );
        }
    }
}

fn is_oldest_compiler() -> bool {
    let version = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("rustc can be run")
        .stdout;
    String::from_utf8_lossy(&version)
        .starts_with(&format!("rustc {}.", env!("CARGO_PKG_RUST_VERSION")))
}

/// Programs that this test must find fault with, and what it must say. Were they not found out, no
/// reject would be.
const PLANTED: [(&str, &str, &str); 6] = [
    (
        "compiles",
        "// error: E0308\nfn main() {\n    main(); // refused\n}\n",
        "compiles, but must not",
    ),
    (
        "other",
        "// error: E0277\nfn main() {\n    let _: u8 = \"\"; // refused\n}\n",
        "gives E0308, not E0277",
    ),
    (
        "two",
        "// error: E0308\nfn main() {\n    let _: u8 = no(\"\"); let _: u8 = \"\"; // refused\n}\n",
        "gives E0308, E0425",
    ),
    (
        "syntax",
        "// error: E0308\nfn main() {\n    let // refused\n}\n",
        "gives an error without a code",
    ),
    (
        "elsewhere",
        "// error: E0308\nfn main() {\n    let _: u8 = \"\";\n    // refused\n}\n",
        "still gives E0308 without",
    ),
    (
        "header",
        "//! error: E0308\nfn main() {\n    let _: u8 = \"\"; // refused\n}\n",
        "begins with `//! error: E0308`",
    ),
];

#[test]
fn a_bad_reject_is_found_out() {
    for (name, source, complaint) in PLANTED {
        let complaints = judge(name, source).expect_err(name);
        assert!(
            complaints.starts_with(name) && complaints.contains(complaint),
            "{complaints}"
        );
    }
}

fn judge(name: &str, source: &str) -> Result<(), String> {
    let first = source.lines().next().unwrap_or_default();
    let Some(code) = first.strip_prefix("// error: ") else {
        return Err(format!(
            "{name}: begins with `{first}`, not with a line such as `// error: E0277`"
        ));
    };
    let list = |errors: &BTreeSet<String>| {
        errors
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (errors, rest) = (&SAID[&program(name)].codes, &SAID[&mended(name)].codes);
    if errors.is_empty() {
        Err(format!("{name}: compiles, but must not"))
    } else if list(errors) != code {
        Err(format!("{name}: gives {}, not {code}", list(errors)))
    } else if !rest.is_empty() {
        Err(format!(
            "{name}: still gives {} without the lines that end in `{MARK}`",
            list(rest)
        ))
    } else {
        Ok(())
    }
}

/// Each reject's path in the workspace and its text.
static REJECTS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let mut rejects = Vec::new();
    for recipe in catalog::recipes(workspace()) {
        for file in recipe.reject_files(workspace()) {
            let source =
                fs::read_to_string(workspace().join(&file)).expect("a reject is a text file");
            let name = file.to_str().expect("it is UTF-8").replace('\\', "/");
            rejects.push((name, source));
        }
    }
    rejects
});

/// What the compiler says of a program: its errors' codes, and its words without the places they
/// point to, which differ from machine to machine.
#[derive(Default)]
struct Said {
    codes: BTreeSet<String>,
    words: String,
}

/// What it says of each program. One run of cargo finds all, so the tests share it.
static SAID: LazyLock<BTreeMap<String, Said>> = LazyLock::new(|| {
    let mut programs = BTreeMap::new();
    let planted = PLANTED.iter().map(|(name, source, _)| (*name, *source));
    for (name, source) in REJECTS
        .iter()
        .map(|(name, source)| (&**name, &**source))
        .chain(planted)
    {
        let unmarked = source
            .lines()
            .filter(|line| !line.ends_with(MARK))
            .map(|line| format!("{line}\n"));
        programs.insert(mended(name), unmarked.collect());
        programs.insert(program(name), source.to_owned());
    }
    let end = check(&scratch_project(&programs));
    let mut said = BTreeMap::<_, Said>::new();
    for line in end.stdout.lines() {
        let message: Value =
            serde_json::from_str(line).expect("cargo writes one JSON object a line");
        if let Some(program) = message["target"]["name"]
            .as_str()
            .filter(|name| programs.contains_key(*name))
        {
            let said = said.entry(program.to_owned()).or_default();
            if let Some(code) = error_code(&message["message"]) {
                said.words += &words(&message["message"], &code)
                    .replace(&format!("src/bin/{program}"), "src/main");
                said.codes.insert(code);
            }
        }
    }
    assert!(
        said.keys().eq(programs.keys()),
        "cargo did not come to every program:\n{}",
        end.stderr
    );
    said
});

/// The error's first line, what it says of the line it points to, and its notes and helps.
fn words(message: &Value, code: &str) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().replace('\n', "\n    ");
    let primary = message["spans"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|span| span["is_primary"] == true);
    let mut words = format!("error[{code}]: {}\n", text(&message["message"]));
    if let Some(span) = primary {
        let line = text(&in_program(span)["text"][0]["text"]);
        words += &format!("  | {}\n", line.trim().trim_end_matches(MARK).trim_end());
        let label = text(&span["label"]);
        if !label.is_empty() {
            words += &format!("  | {label}\n");
        }
    }
    for child in message["children"].as_array().into_iter().flatten() {
        if child["spans"].as_array().is_some_and(Vec::is_empty) {
            words += &format!(
                "  = {}: {}\n",
                text(&child["level"]),
                text(&child["message"])
            );
        }
    }
    words
}

/// If the compiler points into a macro, the place where the program calls it.
fn in_program(mut span: &Value) -> &Value {
    while span["expansion"].is_object() {
        span = &span["expansion"]["span"];
    }
    span
}

fn error_code(message: &Value) -> Option<String> {
    let text = message["message"].as_str().unwrap_or_default();
    if message["level"] != "error" || text.starts_with("aborting due to") {
        return None;
    }
    let code = message["code"]["code"].as_str();
    Some(code.map_or_else(
        || format!("an error without a code ({text})"),
        str::to_owned,
    ))
}

/// One project for all programs, with a target folder that the next run finds again.
fn scratch_project(programs: &BTreeMap<String, String>) -> PathBuf {
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rejects");
    let sources = project.join("src/bin");
    let _ = fs::remove_dir_all(&sources); // those of the last run, if there was one
    fs::create_dir_all(&sources).expect("the target folder takes folders");
    for (name, source) in programs {
        fs::write(sources.join(name).with_extension("rs"), source)
            .expect("the target folder takes files");
    }
    let library = workspace().join("shared/sync-primitives");
    let package = "[workspace]\n\n[package]\nname = \"rejects\"\nedition = \"2024\"\n";
    let manifest = format!(
        "{package}\n[dependencies]\nsync-primitives.path = '{}'\n{}",
        library.display(),
        used_crates(programs)
    );
    fs::write(project.join("Cargo.toml"), manifest).expect("the target folder takes files");
    // With the workspace's versions, cargo needs nothing that it has not fetched for the workspace.
    fs::copy(workspace().join("Cargo.lock"), project.join("Cargo.lock"))
        .expect("cargo has locked the versions");
    project
}

/// The crates from crates.io that the programs use, with their versions in the workspace.
fn used_crates(programs: &BTreeMap<String, String>) -> String {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml"))
        .expect("the workspace has a manifest that is text");
    let mut used = String::new();
    for line in manifest.lines() {
        // Other sections have no such lines for a crate's name.
        let Some((name, rest)) = line.split_once(" = \"") else {
            continue;
        };
        let import = format!("use {}::", name.replace('-', "_"));
        if programs.values().any(|source| source.contains(&import)) {
            let version = rest.split('"').next().unwrap_or_default();
            used += &format!("{name} = \"{version}\"\n");
        }
    }
    used
}

fn check(project: &Path) -> End {
    let mut cargo = cargo();
    cargo.args([
        "check",
        "--offline",
        "--bins",
        "--keep-going",
        "--message-format=json",
        "--manifest-path",
    ]);
    cargo
        .arg(project.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(project.join("target"));
    // Flags such as `-Dwarnings` would add errors of their own.
    cargo
        .env("RUSTFLAGS", "")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    run(&mut cargo, TIME_LIMIT).unwrap_or_else(|reason| panic!("cargo {reason}"))
}

fn program(name: &str) -> String {
    name.replace(['/', '.'], "-")
}

fn mended(name: &str) -> String {
    program(name) + "-mended"
}
