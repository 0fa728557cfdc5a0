//! `cargo xtask matrix`: builds and tests against every PHP that this machine has, in PATH and
//! in the roots of other systems (`matrix/php.rs`), and says which of those that are supported
//! it has not. Each is built in a folder of its own. Nothing is installed.
//!
//! The whole takes hours. Words in front of the options choose PHPs by a part of their name, and
//! `--pass` chooses passes (`matrix/choice.rs`), so that it can be run in pieces that add up to it.
//!
//! A PHP of another processor is built by the cross compiler `<machine>-linux-gnu-gcc` and run by
//! what the kernel runs its programs with (qemu-user): on epoll, as that has no io_uring.

#[path = "matrix/choice.rs"]
mod choice;
#[path = "matrix/chroot.rs"]
mod chroot;
#[path = "matrix/php.rs"]
mod php;

use crate::{Outcome, shell, workspace};
use choice::Choice;
use php::{Php, find};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Versions that the project promises, the oldest first.
const SUPPORTED: [&str; 4] = ["8.2", "8.3", "8.4", "8.5"];

/// How the tests are run against each PHP.
const PASSES: [(&str, &[&str]); 4] = [
    ("uring", &["--driver", "uring"]),
    ("uring-jit", &["--driver", "uring", "--jit"]),
    ("epoll", &["--driver", "epoll"]),
    ("epoll-jit", &["--driver", "epoll", "--jit"]),
];

/// Other machines that the native crates are to compile for.
const TARGETS: [&str; 2] = ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl"];

#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    fn skip(&mut self, what: &str, reason: &str) {
        self.skipped += 1;
        println!("SKIP {what}: {reason}");
    }

    fn note(&mut self, what: &str, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.passed += 1;
                println!("pass {what}");
            }
            Err(why) => {
                self.failed += 1;
                println!("FAIL {what}: {why}");
            }
        }
    }
}

/// Runs it; options that are not its own go on to `cargo xtask phpt`.
pub fn run(arguments: &[String]) -> Outcome {
    let choice = Choice::parse(arguments, &PASSES.map(|(name, _)| name))?;
    let mut counts = Counts::default();
    let (found, broken) = find();
    if choice.is_whole() {
        for what in broken {
            counts.skip("a php-config", &what);
        }
        say_what_is_missing(&found, &mut counts);
    }
    let chosen: Vec<&Php> = found
        .iter()
        .filter(|php| choice.has_php(&php.name()))
        .collect();
    if choice.lists {
        chosen.iter().for_each(|php| println!("{}", php.name()));
        return Ok(ExitCode::SUCCESS);
    }
    for php in &chosen {
        test(php, &choice, &mut counts);
    }
    for target in TARGETS.iter().filter(|target| choice.has_target(target)) {
        check_target(target, &mut counts);
    }
    println!(
        "{} passed, {} failed, {} skipped",
        counts.passed, counts.failed, counts.skipped
    );
    if counts.passed + counts.failed == 0 {
        return Err("nothing was tested: `cargo xtask matrix --list` says what is here".into());
    }
    Ok(if counts.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn say_what_is_missing(found: &[Php], counts: &mut Counts) {
    for version in SUPPORTED {
        if !found.iter().any(|php| php.version.starts_with(version)) {
            counts.skip(
                &format!("PHP {version}"),
                "no php-config of it in PATH nor in a root; docs/platforms.md makes one",
            );
        }
    }
    for kind in ["ZTS", "debug"] {
        if !found.iter().any(|php| php.kind.contains(kind)) {
            counts.skip(
                &format!("PHP ({kind})"),
                "no php-config of one in PATH nor below /srv; docs/platforms.md says how to build one",
            );
        }
    }
}

fn test(php: &Php, choice: &Choice, counts: &mut Counts) {
    let name = php.name();
    let target = target_folder().join("matrix").join(php.folder());
    if !php.is_native() && !has_library(&triple(&php.machine)) {
        return counts.skip(&name, "Rust's standard library for it is not installed");
    }
    let built = build(php, &target);
    let usable = built.is_ok();
    counts.note(&format!("{name}: builds"), built);
    if !usable {
        return;
    }
    for (pass, options) in PASSES.iter().filter(|(pass, _)| choice.has_pass(pass)) {
        if !php.is_native() && options.contains(&"uring") {
            counts.skip(&format!("{name}: phpt, {pass}"), "not emulated");
            continue;
        }
        let tested = phpt(php, &target).and_then(|mut phpt| {
            shell::run(
                phpt.args(*options)
                    .args(&choice.phpt)
                    .current_dir(workspace::root()),
            )
        });
        counts.note(&format!("{name}: phpt, {pass}"), tested);
    }
}

/// The triple that Rust and the cross compiler know a machine by.
fn triple(machine: &str) -> String {
    format!("{machine}-unknown-linux-gnu")
}

fn build(php: &Php, target: &Path) -> Result<(), String> {
    let config = match &php.root {
        Some(root) => chroot::config(php, root, target)?,
        None => php.config.clone(),
    };
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    build.args(["build", "--release", "--locked", "--package", "tusk"]);
    if !php.is_native() {
        let triple = triple(&php.machine);
        let linker = triple.to_uppercase().replace('-', "_");
        build.args(["--target", &triple]).env(
            format!("CARGO_TARGET_{linker}_LINKER"),
            format!("{}-linux-gnu-gcc", php.machine),
        );
    }
    build
        .env("PHP_CONFIG", config)
        .env("CARGO_TARGET_DIR", target);
    shell::run(build.current_dir(workspace::root()))
}

/// `xtask phpt` for it, without the pass's options.
fn phpt(php: &Php, target: &Path) -> Result<Command, String> {
    let mut program = php.program.clone();
    let (mut command, release) = match &php.root {
        Some(root) if php.is_native() => (chroot::xtask(root, target)?, "release".to_owned()),
        // Its programs run here too, where the kernel knows what runs them.
        Some(root) => {
            program = root.join(program.strip_prefix("/").unwrap_or(&program));
            (own()?, format!("{}/release", triple(&php.machine)))
        }
        None => (own()?, "release".to_owned()),
    };
    command.args(["phpt", "--php"]).arg(program);
    command
        .arg("--extension")
        .arg(target.join(release).join("libtusk.so"));
    Ok(command)
}

fn own() -> Result<Command, String> {
    std::env::current_exe()
        .map(Command::new)
        .map_err(|error| error.to_string())
}

fn has_library(target: &str) -> bool {
    let sysroot = shell::output(Command::new("rustc").args(["--print", "sysroot"]));
    let library = sysroot.map(|path| {
        Path::new(path.trim())
            .join("lib/rustlib")
            .join(target)
            .join("lib")
    });
    library.is_ok_and(|folder| folder.is_dir())
}

/// The native crates compile for another machine, where its standard library is here.
fn check_target(target: &str, counts: &mut Counts) {
    if !has_library(target) {
        return counts.skip(target, "Rust's standard library for it is not installed");
    }
    let mut check = Command::new("cargo");
    check
        .args([
            "check",
            "--locked",
            "--package",
            "tusk-runtime",
            "--package",
            "tusk-intercept",
            "--target",
        ])
        .arg(target)
        .current_dir(workspace::root());
    counts.note(
        &format!("{target}: native/runtime and native/intercept compile"),
        shell::run(&mut check),
    );
}

fn target_folder() -> PathBuf {
    workspace::extension()
        .ancestors()
        .nth(2)
        .map_or_else(|| workspace::root().join("target"), Path::to_path_buf)
}
