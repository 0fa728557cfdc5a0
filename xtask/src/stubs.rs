//! `cargo xtask stubs`: writes stubs/tusk.php, which editors read, and the copy of it that the
//! Composer library ships, or checks both.
//!
//! Two sources are put together. Signatures come from Reflection of the built extension,
//! so they are what PHP really sees; words come from the doc comments beside the
//! declarations in ext/. Everything public must have words. That the committed file is
//! what comes out is the check: of the copy too, because a package that is split off its folder
//! cannot have a link out of it.

#[path = "stubs/docs.rs"]
mod docs;

use crate::{Outcome, shell, workspace};
use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

const RENDER: &str = include_str!("stubs/render.php");

/// The project's, and the Composer library's.
const FILES: [&str; 2] = ["stubs/tusk.php", "php/stubs/tusk.php"];

/// Writes the files, or with `--check` compares them.
pub fn run(arguments: &[String]) -> Outcome {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask stubs [--check]".into()),
    };
    let rendered = render(&all_docs()?)?;
    for name in FILES {
        let file = workspace::root().join(name);
        if check {
            let committed = std::fs::read_to_string(&file).unwrap_or_default();
            if let Some(line) = first_difference(&committed, &rendered) {
                return Err(format!(
                    "{name} is not what the sources say, first here: {line}\nRun cargo xtask stubs"
                ));
            }
        } else {
            std::fs::create_dir_all(file.with_file_name("")).map_err(|error| error.to_string())?;
            let written = std::fs::write(&file, &rendered);
            written.map_err(|error| format!("{}: {error}", file.display()))?;
            println!("Wrote {}", file.display());
        }
    }
    if check {
        println!("{} passed, 0 failed, 0 skipped", FILES.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Doc comments of all of ext/, by what they are about.
fn all_docs() -> Result<BTreeMap<String, String>, String> {
    let is_source = |path: &std::path::Path| workspace::has_extension(path, &["rs", "c"]);
    let mut all = BTreeMap::new();
    for file in workspace::files_under(&workspace::root().join("ext"), &is_source) {
        let named = |error: String| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(&file).map_err(|error| named(error.to_string()))?;
        if workspace::has_extension(&file, &["c"]) {
            all.extend(docs::of_c_file(&text));
        } else {
            all.extend(docs::of_file(&text).map_err(named)?);
        }
    }
    Ok(all)
}

/// Lets PHP write the file: its Reflection knows the signatures.
fn render(docs: &BTreeMap<String, String>) -> Result<String, String> {
    let extension = workspace::extension();
    if !extension.is_file() {
        return Err(format!(
            "{} is not there; run cargo build --release first",
            extension.display()
        ));
    }
    let folder = workspace::root().join("target");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let (words, script) = (folder.join("stubs.words"), folder.join("stubs.render.php"));
    let text: Vec<String> = docs
        .iter()
        .map(|(name, text)| format!("{name}\0{text}\0"))
        .collect();
    let text = text.concat();
    std::fs::write(&words, text).map_err(|error| error.to_string())?;
    std::fs::write(&script, RENDER).map_err(|error| error.to_string())?;
    let mut php = Command::new("php");
    php.arg("-d")
        .arg(format!("extension={}", extension.display()));
    php.arg(&script).arg(&words);
    shell::output(&mut php)
}

fn first_difference(committed: &str, rendered: &str) -> Option<String> {
    if committed == rendered {
        return None;
    }
    let pairs = committed.lines().zip(rendered.lines());
    let line = pairs.enumerate().find(|(_, (old, new))| old != new);
    Some(match line {
        Some((index, (old, new))) => format!("line {}\n  - {old}\n  + {new}", index + 1),
        None => "one of them ends earlier".into(),
    })
}
