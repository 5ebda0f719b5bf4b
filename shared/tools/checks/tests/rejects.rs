//! What the compiler must refuse, it refuses, and for the reason given.
//!
//! A reject is a whole program in the folder `rejects` of a recipe. Its first line, such as `//
//! error: E0277`, is the error that it must give, with no other beside it. A few errors have no
//! code. Then the first line names the error by its message: `// error: future cannot be sent
//! between threads safely`. The lines that end in `// refused` are the reason: without them the
//! program must compile. What the compiler says stands beside it in `FILE.stderr`, for the book.
//! `BLESS=1 cargo test -p checks --test rejects` writes these files anew.

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
const PLANTED: [(&str, &str, &str); 8] = [
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
        "gives expected pattern, found `}`, not E0308",
    ),
    (
        "no-code",
        "// error: E0277\nfn main() {\n    compile_error!(\"no code\"); // refused\n}\n",
        "gives no code, not E0277",
    ),
    (
        "message",
        "// error: no such thing\nfn main() {\n    compile_error!(\"no code\"); // refused\n}\n",
        "gives no code, not no such thing",
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
    let Some(error) = first.strip_prefix("// error: ") else {
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
    let (errors, rest) = (&SAID[&program(name)].errors, &SAID[&mended(name)].errors);
    if errors.is_empty() {
        Err(format!("{name}: compiles, but must not"))
    } else if list(errors) != error {
        Err(format!("{name}: gives {}, not {error}", list(errors)))
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

/// What the compiler says of a program: the names of its errors, and its words without the places
/// they point to, which differ from machine to machine.
#[derive(Default)]
struct Said {
    errors: BTreeSet<String>,
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
            if let Some(error) = error_name(&message["message"]) {
                said.words +=
                    &words(&message["message"]).replace(&format!("src/bin/{program}"), "src/main");
                said.errors.insert(error);
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
///
/// Notes that point to a line are left out, unless the error has no code. Such an error says in its
/// notes which line is wrong, and why.
fn words(message: &Value) -> String {
    let code = message["code"]["code"].as_str();
    let title = code.map_or_else(|| "error".to_owned(), |code| format!("error[{code}]"));
    let mut words = format!("{title}: {}\n", text(&message["message"]));
    for span in primary_spans(message) {
        words += &pointed_to(span);
    }
    for child in message["children"].as_array().into_iter().flatten() {
        let has_no_place = child["spans"].as_array().is_some_and(Vec::is_empty);
        let places: Vec<&Value> = primary_spans(child).filter(|span| is_ours(span)).collect();
        if has_no_place || code.is_none() && !places.is_empty() {
            let (level, message) = (text(&child["level"]), text(&child["message"]));
            words += &format!("  = {level}: {message}\n");
        }
        if code.is_none() {
            words.extend(places.into_iter().map(pointed_to));
        }
    }
    words
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace('\n', "\n    ")
}

/// The places that a message is about. Its other spans say what else belongs to it.
fn primary_spans(message: &Value) -> impl Iterator<Item = &Value> {
    let spans = message["spans"].as_array().into_iter().flatten();
    spans.filter(|span| span["is_primary"] == true)
}

/// Whether the compiler points into the program, and not into a library.
fn is_ours(span: &Value) -> bool {
    in_program(span)["file_name"]
        .as_str()
        .is_some_and(|file| Path::new(file).starts_with("src"))
}

/// The line that the compiler points to, and what it says of it.
fn pointed_to(span: &Value) -> String {
    let line = text(&in_program(span)["text"][0]["text"]);
    let mut words = format!("  | {}\n", line.trim().trim_end_matches(MARK).trim_end());
    let label = text(&span["label"]);
    if !label.is_empty() {
        words += &format!("  | {label}\n");
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

/// The error's code, or its message if it has none.
fn error_name(message: &Value) -> Option<String> {
    let text = message["message"].as_str().unwrap_or_default();
    if message["level"] != "error" || text.starts_with("aborting due to") {
        return None;
    }
    let code = message["code"]["code"].as_str();
    Some(code.unwrap_or(text).to_owned())
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
    let (versions, dependencies) = used_crates();
    let manifest = format!(
        "[workspace.dependencies]\n{versions}\n\
         [package]\nname = \"rejects\"\nedition = \"2024\"\n\n\
         [dependencies]\nsync-primitives.path = '{}'\n{dependencies}",
        library.display(),
    );
    fs::write(project.join("Cargo.toml"), manifest).expect("the target folder takes files");
    // With the workspace's versions, cargo needs nothing that it has not fetched for the workspace.
    fs::copy(workspace().join("Cargo.lock"), project.join("Cargo.lock"))
        .expect("cargo has locked the versions");
    project
}

/// The crates from crates.io that the rejects use: the workspace's lines with their versions, and a
/// line for each with its features.
fn used_crates() -> (String, String) {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml"))
        .expect("the workspace has a manifest that is text");
    let (mut versions, mut dependencies) = (String::new(), String::new());
    for line in manifest.lines() {
        // Other sections have no such lines for a crate's name.
        let Some((name, rest)) = line.split_once(" = ") else {
            continue;
        };
        let path = format!("{}::", name.replace('-', "_"));
        let is_from_workspace = rest.contains("path = ");
        let mut is_used = false;
        let mut features = BTreeSet::new();
        for (reject, source) in REJECTS.iter() {
            if source.contains(&path) && !is_from_workspace {
                is_used = true;
                features.extend(features_in_recipe(reject, name));
            }
        }
        if is_used {
            let features: Vec<String> = features.into_iter().collect();
            versions += &format!("{line}\n");
            dependencies += &format!("{name} = {{ workspace = true, features = {features:?} }}\n");
        }
    }
    (versions, dependencies)
}

/// The features of a crate that the recipe of a reject asks for.
fn features_in_recipe(reject: &str, name: &str) -> Vec<String> {
    let folder = Path::new(reject).parent().and_then(Path::parent);
    let folder = workspace().join(folder.expect("it is in the folder `rejects` of a recipe"));
    let manifest = fs::read_to_string(folder.join("Cargo.toml"))
        .expect("each recipe has a manifest that is text");
    let dependency = format!("{name} = {{");
    let line = manifest.lines().find(|line| line.starts_with(&dependency));
    let list = line.and_then(|line| {
        let (_, after) = line.split_once("features = [")?;
        let (list, _) = after.split_once(']')?;
        Some(format!("[{list}]"))
    });
    // An array of strings is written in TOML as it is in JSON.
    list.map_or_else(Vec::new, |list| {
        serde_json::from_str(&list).expect("features are an array of strings")
    })
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
