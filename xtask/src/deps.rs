//! `cargo xtask deps`: the direction of dependencies, checked on what Cargo resolves.
//!
//! Nothing below `native/` may need anything of PHP, and the crates there know each other
//! only through `tusk-runtime` (ARCHITECTURE.md, "Direction"). deny.toml says the first
//! half again for those who have cargo-deny; this check needs nothing but Cargo.
//!
//! And no package that Cargo.lock names may need a newer Rust than the workspace promises: Cargo
//! itself says so only to those who have the older one.

use crate::{Outcome, shell, workspace};
use std::process::{Command, ExitCode};

/// Crates that bind PHP, and our own extension.
const OF_PHP: [&str; 6] = ["tusk", "ext-php-rs", "phper", "php-rs", "phprs", "zend"];

/// Which native crate may use which besides `tusk-runtime`.
const ALSO_ALLOWED: &[(&str, &str)] = &[
    ("tusk-infer", "tusk-device"),
    ("tusk-infer", "tusk-grpc"),
    ("tusk-infer", "tusk-background"),
    ("tusk-grpc", "tusk-background"),
    ("tusk-rpc", "tusk-link"),
    ("tusk-postgres", "tusk-link"),
    ("tusk-grpc", "tusk-link"),
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
    broken.extend(too_new(&metadata()?));
    broken.iter().for_each(|line| println!("FAIL {line}"));
    println!(
        "{} passed, {} failed, 0 skipped",
        crates.len() + 1,
        broken.len()
    );
    Ok(if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The Rust we promise to need, which the whole workspace shares.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

/// Where the promise holds.
const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// What Cargo knows of every package that is built on Linux, as JSON.
fn metadata() -> Result<String, String> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(workspace::root());
    command.args(["metadata", "--format-version", "1", "--locked"]);
    shell::output(command.args(["--filter-platform", PLATFORM]))
}

/// Packages that need a newer Rust than the workspace; a package's id stands before its
/// `rust_version`.
fn too_new(metadata: &str) -> Vec<String> {
    let needs = metadata
        .match_indices("\"rust_version\":\"")
        .filter_map(|(at, key)| {
            let version = metadata[at + key.len()..].split('"').next()?;
            let id = metadata[..at].rsplit_once("\"id\":\"")?.1;
            Some((id.split('"').next()?, version))
        });
    needs
        .filter(|(_, version)| number(version) > number(OLDEST))
        .map(|(id, version)| {
            let name = id.rsplit(['/', '#']).next().unwrap_or(id);
            format!("{name} needs Rust {version}, and we promise {OLDEST}")
        })
        .collect()
}

/// A version as numbers; 1.85 is 1.85.0.
fn number(version: &str) -> Vec<u32> {
    let mut parts: Vec<u32> = version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect();
    parts.resize(3, 0);
    parts
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_that_need_a_newer_rust_are_named() {
        let metadata = r#"{"packages":[
            {"name":"old","id":"registry+https://x#old@1.0.0","rust_version":"1.85.0"},
            {"name":"new","id":"registry+https://x#new@0.14.9","rust_version":"1.88"}]}"#;
        let found = too_new(metadata);
        assert_eq!(
            found,
            [format!(
                "new@0.14.9 needs Rust 1.88, and we promise {OLDEST}"
            )]
        );
    }
}
