//! Composer packages that tests run against: found, never fetched.
//!
//! They are looked for in the clone's vendor/, then in `$TUSK_PEERS`, then in
//! `~/.local/share/tusk/peers`, each laid out as <vendor>/<package>. What PyPI has (ONNX Runtime's
//! library, models) lies there as pypi/<package>, as its wheel is unpacked, or in `$TUSK_WHEELS`,
//! into which bin/lib/wheels.sh fetches it.

use crate::workspace;
use std::path::PathBuf;

/// Folders that may hold packages, the first one first.
pub fn folders() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| home.map(|home| home.join(".local/share")));
    let own = std::env::var_os("TUSK_PEERS").map(PathBuf::from);
    let own = own.or_else(|| data.map(|data| data.join("tusk/peers")));
    let fetched = std::env::var_os("TUSK_WHEELS").map(PathBuf::from);
    let found = [Some(workspace::root().join("vendor")), own, fetched]
        .into_iter()
        .flatten();
    found.filter(|folder| folder.is_dir()).collect()
}

/// Every package found, as its <vendor>/<package> name and its folder.
pub fn packages() -> Vec<(PathBuf, PathBuf)> {
    let mut packages: Vec<(PathBuf, PathBuf)> = Vec::new();
    for folder in folders() {
        for vendor in children(&folder) {
            for package in children(&vendor) {
                let name: PathBuf = [vendor.file_name(), package.file_name()]
                    .into_iter()
                    .flatten()
                    .collect();
                let known = packages.iter().any(|(other, _)| *other == name);
                let is_package =
                    package.join("composer.json").is_file() || vendor.ends_with("pypi");
                if is_package && !known {
                    packages.push((name, package));
                }
            }
        }
    }
    packages
}

fn children(folder: &std::path::Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}
