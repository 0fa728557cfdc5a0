//! `cargo xtask deps`: the direction of dependencies, checked on what Cargo resolves.
//!
//! Nothing below `native/` may need anything of PHP, and the crates there know each other
//! only through `tusk-runtime` (ARCHITECTURE.md, "Direction"). deny.toml says the first
//! half again for those who have cargo-deny; this check needs nothing but Cargo.

use crate::{Outcome, shell, workspace};
use std::process::{Command, ExitCode};

/// Crates that bind PHP, and our own extension.
const OF_PHP: [&str; 6] = ["tusk", "ext-php-rs", "phper", "php-rs", "phprs", "zend"];

/// Which native crate may use which besides `tusk-runtime`.
const ALSO_ALLOWED: [(&str, &str); 3] = [
    ("tusk-infer", "tusk-device"),
    ("tusk-grpc", "tusk-background"),
    ("tusk-postgres", "tusk-rpc"),
];

/// Checks every crate in `native/`; prints one line for each broken rule.
pub fn run() -> Outcome {
    let mut broken = Vec::new();
    let crates = native_crates()?;
    for name in &crates {
        for dependency in dependencies(name, None)? {
            if OF_PHP.contains(&dependency.as_str()) {
                broken.push(format!(
                    "{name} depends on {dependency}; nothing below native/ may know PHP"
                ));
            }
        }
        for dependency in dependencies(name, Some(1))? {
            let own = dependency == "tusk-runtime" || !crates.contains(&dependency);
            if !own && !ALSO_ALLOWED.contains(&(name.as_str(), dependency.as_str())) {
                broken.push(format!(
                    "{name} depends on {dependency}; let both meet in tusk-runtime"
                ));
            }
        }
    }
    broken.iter().for_each(|line| println!("FAIL {line}"));
    println!(
        "{} passed, {} failed, 0 skipped",
        crates.len(),
        broken.len()
    );
    Ok(if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn native_crates() -> Result<Vec<String>, String> {
    // Fuzz targets are outside the workspace, and nothing depends on them.
    let is_manifest =
        |path: &std::path::Path| path.ends_with("Cargo.toml") && !path.ends_with("fuzz/Cargo.toml");
    let manifests = workspace::files_under(&workspace::root().join("native"), &is_manifest);
    let names = manifests.iter().filter_map(|manifest| {
        let text = std::fs::read_to_string(manifest).ok()?;
        let name = text.lines().find_map(|line| line.strip_prefix("name = "))?;
        Some(name.trim_matches('"').to_owned())
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        Err("no crate found in native/".into())
    } else {
        Ok(names)
    }
}

/// The names of what `package` needs to be built and run, itself left out.
fn dependencies(package: &str, depth: Option<u32>) -> Result<Vec<String>, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(workspace::root());
    command.args([
        "tree",
        "--package",
        package,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ]);
    command.args(["--format", "{p}", "--target", "all"]);
    if let Some(depth) = depth {
        command.args(["--depth", &depth.to_string()]);
    }
    let tree = shell::output(&mut command)?;
    Ok(tree
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect())
}
