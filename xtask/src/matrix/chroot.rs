//! Building for, and testing in, the root of another system.
//!
//! The clone, the build folder and the packages appear in the root under their own paths, as
//! bind mounts of a mount namespace that ends with the command: nothing is left mounted.

use super::php::Php;
use crate::workspace;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Binds each folder named before `--` and runs the rest in the root, in the clone.
const ENTER: &str = r#"
root=$1 clone=$2
shift 2
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    mount --rbind "$1" "$root$1" || exit
    shift
done
shift
exec chroot "$root" sh -c 'cd "$0" && exec "$@"' "$clone" "$@"
"#;

/// A php-config for builds on this system: its answers, with the headers where they are from here.
pub fn config(php: &Php, root: &Path, folder: &Path) -> Result<PathBuf, String> {
    let script = folder.join("php-config");
    let (root, config) = (root.display(), php.config.display());
    let text = format!(
        "#!/bin/sh\nsaid=$(chroot {root} {config} \"$@\") || exit\n\
         case \"$1\" in --includes) said=$(printf '%s' \"$said\" | sed 's|-I/|-I{root}/|g') ;; esac\n\
         printf '%s\\n' \"$said\"\n"
    );
    let named = |error: std::io::Error| format!("{}: {error}", script.display());
    std::fs::create_dir_all(folder).map_err(named)?;
    std::fs::write(&script, text).map_err(named)?;
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).map_err(named)?;
    Ok(script)
}

/// `cargo xtask` as it runs in the root: this very program.
pub fn xtask(root: &Path, build: &Path) -> Result<Command, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let clone = workspace::root();
    let mut folders: Vec<PathBuf> = ["/proc", "/sys", "/dev"].map(PathBuf::from).to_vec();
    folders.push(clone.clone());
    folders.push(build.to_path_buf());
    folders.extend(own.parent().map(Path::to_path_buf));
    folders.push(workspace::servers());
    folders.extend(crate::phpt::package_folders());
    folders.retain(|folder| folder.is_dir());
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", ENTER, "matrix"]);
    command
        .arg(root)
        .arg(&clone)
        .args(&folders)
        .arg("--")
        .arg(own);
    command.env("CARGO_MANIFEST_DIR", clone.join("xtask"));
    command.env("TMPDIR", "/tmp");
    Ok(command)
}
