//! Where things lie: the root of the clone, the build folder, the built extension.

use std::path::{Path, PathBuf};

/// The root of the clone. It is asked of Cargo at run time, because a build folder that
/// several clones share would otherwise remember the first clone's root for all of them.
pub fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    match manifest {
        Some(folder) => folder.parent().map_or(folder.clone(), Path::to_path_buf),
        None => std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
    }
}

/// Cargo's build folder.
fn target() -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target)
}

/// The extension as `cargo build --release` leaves it.
pub fn extension() -> PathBuf {
    target().join("release/libtusk.so")
}

/// Where `cargo build --example <what>_server` leaves servers for tests.
pub fn servers() -> PathBuf {
    target().join("debug/examples")
}

/// Every file under `folder` that `wanted` takes, in the order of their names.
pub fn files_under(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else {
            continue;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Does the file's name end in one of these extensions?
pub fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .and_then(|end| end.to_str())
        .is_some_and(|end| extensions.contains(&end))
}
