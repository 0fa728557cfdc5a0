//! `cargo xtask phpstan`: PHPStan looks at the stubs, and at the examples through the stubs.
//!
//! The stubs' functions are empty, which stubs are to be and PHPStan reports of every one, so it
//! looks at a copy in which each throws. The examples stand for a user's code: they include
//! php/extension.neon, as users do, and PHPStan must know each name of Tusk's that they use.
//!
//! PHPStan is `$TUSK_PHPSTAN` (a program, or a phpstan.phar), vendor/bin/phpstan or the one in
//! PATH; it is never fetched. Without one, this is skipped and says so.

use crate::{Outcome, shell, workspace};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Up to this level it judges what is declared; above it, what arrays hold, which the stubs say
/// in words.
const STUBS_LEVEL: u32 = 5;

/// From this level on, methods of every value must be known.
const EXAMPLES_LEVEL: u32 = 2;

/// Runs it.
pub fn run(arguments: &[String]) -> Outcome {
    if !arguments.is_empty() {
        return Err("usage: cargo xtask phpstan".into());
    }
    let Some(program) = find() else {
        println!(
            "SKIP phpstan: it is neither in $TUSK_PHPSTAN nor in vendor/bin nor in PATH\n0 passed, 0 failed, 1 skipped"
        );
        return Ok(ExitCode::SUCCESS);
    };
    let folder = workspace::root().join("target/phpstan");
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let stubs = read(&workspace::root().join("stubs/tusk.php"))?;
    write(&folder.join("tusk.php"), &with_bodies(&stubs))?;
    write(&folder.join("stubs.neon"), &stubs_config(&folder))?;
    write(&folder.join("examples.neon"), &examples_config(&folder))?;
    let mut failed = 0;
    for part in ["stubs", "examples"] {
        let mut phpstan = command(&program);
        phpstan
            .args(["analyse", "--no-progress", "--error-format=raw", "-c"])
            .arg(folder.join(format!("{part}.neon")))
            .current_dir(&folder);
        let looked = shell::run(&mut phpstan);
        failed += u32::from(looked.is_err());
        match looked {
            Ok(()) => println!("pass {part}"),
            Err(why) => println!("FAIL {part}: {why}"),
        }
    }
    println!("{} passed, {failed} failed, 0 skipped", 2 - failed);
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn find() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TUSK_PHPSTAN") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::iter::once(workspace::root().join("vendor/bin"))
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join("phpstan"))
        .find(|program| program.is_file())
}

/// By PHP, which a phar needs and the other forms allow.
fn command(program: &Path) -> Command {
    let mut php = Command::new("php");
    php.args(["-d", "memory_limit=-1"]).arg(program);
    php
}

/// Each function that returns nothing throws instead.
fn with_bodies(stubs: &str) -> String {
    stubs.replace(" {}\n", " { throw new \\Error(); }\n")
}

fn stubs_config(folder: &Path) -> String {
    format!(
        "parameters:\n\tlevel: {STUBS_LEVEL}\n\tphpVersion: 80200\n\ttmpDir: {temporary}\n\tpaths: [{stubs}]\n\
         \tignoreErrors:\n\t\t- '#has an unused parameter \\$#'\n",
        temporary = folder.join("stubs.tmp").display(),
        stubs = folder.join("tusk.php").display(),
    )
}

fn examples_config(folder: &Path) -> String {
    let root = workspace::root();
    let mut known = vec![root.join("php/src")];
    for package in ["workerman/workerman", "workerman/coroutine"] {
        let found = crate::phpt::package_folders()
            .into_iter()
            .map(|folder| folder.join(package).join("src"))
            .find(|folder| folder.is_dir());
        known.extend(found);
    }
    let known: Vec<String> = known
        .iter()
        .map(|folder| folder.display().to_string())
        .collect();
    format!(
        "includes: [{extension}]\nparameters:\n\tlevel: {EXAMPLES_LEVEL}\n\tphpVersion: 80200\n\ttmpDir: {temporary}\n\
         \tpaths: [{examples}/gateway, {examples}/workerman]\n\tscanFiles: [{autoload}]\n\tscanDirectories: [{known}]\n\
         \tignoreErrors:\n\t\t- '#Access to an undefined property Workerman\\\\Connection\\\\#'\n",
        extension = root.join("php/extension.neon").display(),
        temporary = folder.join("examples.tmp").display(),
        examples = root.join("examples").display(),
        autoload = root.join("php/autoload.php").display(),
        known = known.join(", "),
    )
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    std::fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}
