//! `cargo xtask matrix`: builds and tests against every PHP that this machine has, and says
//! which of those that are supported it has not.
//!
//! A PHP is a `php-config*` in PATH and the `php*` of the same name: php-config8.4 and
//! php8.4, or two wrappers that work in a chroot, php-config-trixie and php-trixie
//! (docs/platforms.md). Each is built in a folder of its own. Nothing is installed.

use crate::{Outcome, shell, workspace};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Versions that the project promises, the oldest first.
const SUPPORTED: [&str; 4] = ["8.2", "8.3", "8.4", "8.5"];

/// How the tests are run against each PHP.
const PASSES: [(&str, &[&str]); 4] = [
    ("uring", &["--driver", "uring"]),
    ("uring, JIT", &["--driver", "uring", "--jit"]),
    ("epoll", &["--driver", "epoll"]),
    ("epoll, JIT", &["--driver", "epoll", "--jit"]),
];

/// Other machines that the native crates are to compile for.
const TARGETS: [&str; 2] = ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-musl"];

/// A PHP of this machine.
struct Php {
    config: PathBuf,
    program: PathBuf,
    version: String,
    /// `NTS` or `ZTS`, and ` debug`.
    kind: String,
}

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

/// Runs it; arguments go on to `cargo xtask phpt`.
pub fn run(arguments: &[String]) -> Outcome {
    let mut counts = Counts::default();
    let found = find();
    for version in SUPPORTED {
        if !found.iter().any(|php| php.version.starts_with(version)) {
            counts.skip(
                &format!("PHP {version}"),
                "no php-config of it in PATH; docs/platforms.md has a chroot",
            );
        }
    }
    for kind in ["ZTS", "debug"] {
        if !found.iter().any(|php| php.kind.contains(kind)) {
            counts.skip(
                &format!("PHP ({kind})"),
                "no php-config of one in PATH; docs/platforms.md says how to build one",
            );
        }
    }
    for php in &found {
        test(php, arguments, &mut counts);
    }
    for target in TARGETS {
        check_target(target, &mut counts);
    }
    println!(
        "{} passed, {} failed, {} skipped",
        counts.passed, counts.failed, counts.skipped
    );
    Ok(if counts.failed == 0 && counts.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn test(php: &Php, arguments: &[String], counts: &mut Counts) {
    let name = format!("PHP {} ({})", php.version, php.kind);
    let folder = format!("{}-{}", php.version, php.kind.replace(' ', "-"));
    let target = target_folder().join("matrix").join(folder);
    let mut build = Command::new("cargo");
    build
        .args(["build", "--release", "--locked", "--package", "tusk"])
        .env("PHP_CONFIG", &php.config)
        .env("CARGO_TARGET_DIR", &target)
        .current_dir(workspace::root());
    let built = shell::run(&mut build);
    let usable = built.is_ok();
    counts.note(&format!("{name}: builds"), built);
    if !usable {
        return;
    }
    for (pass, options) in PASSES {
        let mut phpt = Command::new("cargo");
        phpt.args(["xtask", "phpt", "--php"])
            .arg(&php.program)
            .arg("--extension")
            .arg(target.join("release/libtusk.so"))
            .args(options)
            .args(arguments)
            .current_dir(workspace::root());
        counts.note(&format!("{name}: phpt, {pass}"), shell::run(&mut phpt));
    }
}

/// The native crates compile for another machine, where its standard library is here.
fn check_target(target: &str, counts: &mut Counts) {
    let sysroot = shell::output(Command::new("rustc").args(["--print", "sysroot"]));
    let library = sysroot.map(|path| {
        Path::new(path.trim())
            .join("lib/rustlib")
            .join(target)
            .join("lib")
    });
    if !library.is_ok_and(|folder| folder.is_dir()) {
        return counts.skip(target, "Rust's standard library for it is not installed");
    }
    let mut check = Command::new("cargo");
    check
        .args(["check", "--locked", "--package", "tusk-runtime", "--target"])
        .arg(target)
        .current_dir(workspace::root());
    counts.note(
        &format!("{target}: native/runtime compiles"),
        shell::run(&mut check),
    );
}

fn target_folder() -> PathBuf {
    workspace::extension()
        .ancestors()
        .nth(2)
        .map_or_else(|| workspace::root().join("target"), Path::to_path_buf)
}

/// Every PHP in PATH, each once.
fn find() -> Vec<Php> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut seen = BTreeSet::new();
    let mut found: Vec<Php> = std::env::split_paths(&path)
        .flat_map(|folder| configs(&folder))
        .filter_map(|config| describe(&config))
        .filter(|php| seen.insert((php.version.clone(), php.kind.clone())))
        .collect();
    found.sort_by(|one, other| one.version.cmp(&other.version));
    found
}

fn configs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut configs: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| name_of(path).starts_with("php-config"))
        .collect();
    configs.sort();
    configs
}

fn describe(config: &Path) -> Option<Php> {
    let program = config.with_file_name(name_of(config).replacen("php-config", "php", 1));
    let said = shell::output(Command::new(&program).args([
        "-n",
        "-r",
        "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION, '.', PHP_RELEASE_VERSION, ' ', PHP_ZTS ? 'ZTS' : 'NTS', PHP_DEBUG ? ' debug' : '';",
    ]));
    let said = said.ok()?;
    let (version, kind) = said.split_once(' ')?;
    Some(Php {
        config: config.to_path_buf(),
        program,
        version: version.to_owned(),
        kind: kind.to_owned(),
    })
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
