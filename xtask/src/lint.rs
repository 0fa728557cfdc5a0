//! `cargo xtask lint`: what neither rustfmt nor clippy can see.
//!
//! Each rule looks at the tracked files and says `path: what is wrong`.

#[path = "lint/rules.rs"]
mod rules;

use crate::{Outcome, shell, workspace};
use std::process::{Command, ExitCode};

/// Runs every rule over every tracked text file.
pub fn run() -> Outcome {
    let rules: [(&str, rules::Rule); 6] = [
        (
            "no source file is longer than 400 lines without a reason",
            rules::short_files,
        ),
        (
            "no path of one machine is written down",
            rules::no_machine_paths,
        ),
        (
            "no work is left as a note in a comment",
            rules::no_left_work,
        ),
        (
            "links between documents lead somewhere",
            rules::links_lead_somewhere,
        ),
        ("unsafe code lies only in its rooms", rules::unsafe_rooms),
        (
            "nothing needs a newer Rust than we promise",
            rules::no_let_chains,
        ),
    ];
    let files = tracked_files()?;
    let mut failed = 0;
    for (name, rule) in rules {
        let broken: Vec<String> = files
            .iter()
            .filter_map(|(path, text)| rule(path, text))
            .collect();
        if !broken.is_empty() {
            failed += 1;
            println!("FAIL {name}");
            broken.iter().for_each(|line| println!("  {line}"));
        }
    }
    println!(
        "{} passed, {failed} failed, 0 skipped",
        rules.len() - failed
    );
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Tracked and new files that are text, with their contents.
fn tracked_files() -> Result<Vec<(String, String)>, String> {
    let mut git = Command::new("git");
    git.current_dir(workspace::root());
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let names = shell::output(&mut git)?;
    let read = |name: &str| {
        let text = std::fs::read_to_string(workspace::root().join(name)).ok()?;
        Some((name.to_owned(), text))
    };
    Ok(names.split('\0').filter_map(read).collect())
}
