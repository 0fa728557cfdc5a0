//! `cargo xtask dist`: an archive that builds where no registry can be reached.
//!
//! It holds the committed sources, every crate they need, and the Cargo settings that
//! point at those. The minimum Rust version is checked against what each crate asks for
//! and written into the archive; that the archive resolves offline is tried before it
//! is packed.

use crate::{Outcome, shell, workspace};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// The folder of vendored crates inside the archive; `vendor/` is Composer's.
const CRATES: &str = "crates";

/// Makes the archive in the folder given, by default `target/dist`.
pub fn run(arguments: &[String]) -> Outcome {
    let folder = match arguments {
        [] => workspace::root().join("target/dist"),
        [folder] if !folder.starts_with('-') => PathBuf::from(folder),
        _ => return Err("usage: cargo xtask dist [FOLDER]".into()),
    };
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("tusk-{version}");
    let tree = folder.join(&name);
    if tree.exists() {
        std::fs::remove_dir_all(&tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    }
    std::fs::create_dir_all(&tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    copy_sources(&tree)?;
    vendor(&tree)?;
    let minimum = minimum_rust(&tree)?;
    write(&tree.join("BUILDING"), &building(&minimum))?;
    resolve_offline(&tree)?;
    let archive = pack(&folder, &name)?;
    println!("{} (needs Rust {minimum} or later)", archive.display());
    Ok(ExitCode::SUCCESS)
}

fn copy_sources(tree: &Path) -> Result<(), String> {
    let archive = tree.with_extension("sources.tar");
    let mut git = Command::new("git");
    git.current_dir(workspace::root())
        .args(["archive", "--format=tar", "HEAD", "--output"])
        .arg(&archive);
    shell::run(&mut git)?;
    shell::run(
        Command::new("tar")
            .arg("-xf")
            .arg(&archive)
            .arg("-C")
            .arg(tree),
    )?;
    std::fs::remove_file(&archive).map_err(|error| error.to_string())
}

fn vendor(tree: &Path) -> Result<(), String> {
    shell::output(cargo(tree).args(["vendor", "--quiet", "--locked", "--versioned-dirs", CRATES]))?;
    // All crates are of crates.io (deny.toml), so what Cargo would print is known; asked to be
    // quiet, it may print nothing.
    let settings = format!(
        "[source.crates-io]\nreplace-with = \"vendored-sources\"\n\n\
         [source.vendored-sources]\ndirectory = \"{CRATES}\"\n"
    );
    let own = tree.join(".cargo/config.toml");
    let before = std::fs::read_to_string(&own).unwrap_or_default();
    write(&own, &format!("{before}\n{settings}"))
}

/// The workspace's `rust-version`, if no crate of the extension asks for a newer one.
/// Crates that only tests use may.
fn minimum_rust(tree: &Path) -> Result<String, String> {
    let stated =
        rust_version(&tree.join("Cargo.toml")).ok_or("Cargo.toml states no rust-version")?;
    let mut list = cargo(tree);
    list.args([
        "tree",
        "--offline",
        "--locked",
        "--package",
        "tusk",
        "--edges",
        "normal,build",
    ]);
    list.args(["--prefix", "none", "--format", "{p}"]);
    for line in shell::output(&mut list)?.lines() {
        let mut words = line.split(' ');
        let (Some(name), Some(version)) = (words.next(), words.next()) else {
            continue;
        };
        let folder = format!("{name}-{}", version.trim_start_matches('v'));
        let needed = rust_version(&tree.join(CRATES).join(folder).join("Cargo.toml"));
        if let Some(needed) = needed.filter(|needed| parts(needed) > parts(&stated)) {
            return Err(format!(
                "{name} needs Rust {needed}, Cargo.toml states {stated}"
            ));
        }
    }
    Ok(stated)
}

fn rust_version(manifest: &Path) -> Option<String> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))?;
    Some(line.trim().trim_matches('"').to_owned())
}

/// Major, minor and patch; what is left out is 0.
fn parts(version: &str) -> [u32; 3] {
    let mut parts = [0; 3];
    for (part, text) in parts.iter_mut().zip(version.split('.')) {
        *part = text.parse().unwrap_or(0);
    }
    parts
}

/// With a Cargo home that has never seen a registry: a cache would hide what is missing.
fn resolve_offline(tree: &Path) -> Result<(), String> {
    let home = tree.with_extension("home");
    let mut metadata = cargo(tree);
    metadata
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .env("CARGO_HOME", &home);
    let resolved = shell::output(&mut metadata).map(drop);
    // Made by Cargo only when it wanted something there.
    let _ = std::fs::remove_dir_all(&home);
    resolved
}

fn pack(folder: &Path, name: &str) -> Result<PathBuf, String> {
    let archive = folder.join(format!("{name}.tar.gz"));
    // The same sources give the same bytes, whoever packs them and when.
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--mtime=@0",
        "--use-compress-program=gzip -n",
    ]);
    tar.arg("-cf").arg(&archive).arg("-C").arg(folder).arg(name);
    shell::run(&mut tar)?;
    Ok(archive)
}

fn building(minimum: &str) -> String {
    format!(
        "This archive holds every crate that Tusk needs; nothing is fetched.\n\n\
         Needed: Rust {minimum} or later, a C compiler, PHP 8.2 or later with its headers (php-config).\n\n\
         \x20 cargo build --release --offline\n\
         \x20 php -d extension=$PWD/target/release/libtusk.so --ri tusk\n\n\
         or, to install it: cd ext && phpize && ./configure && make && make install\n"
    )
}

fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.current_dir(folder);
    command
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn versions_compare_by_number_and_a_missing_patch_is_none() {
        assert_eq!(parts("1.85"), parts("1.85.0"));
        assert!(parts("1.9") < parts("1.85"));
        assert!(parts("1.85.1") > parts("1.85"));
    }
}
