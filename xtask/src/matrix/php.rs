//! The PHPs that this machine has: in PATH, and in roots of other systems.
//!
//! A PHP is a `php-config*` and the `php*` of the same name beside it: php-config8.4 and php8.4.
//! Roots are what `$TUSK_CHROOTS` names, or the folders of /srv that hold such a pair in usr/bin
//! (docs/platforms.md makes them). A folder without a usr/bin that holds one in bin is where a
//! PHP of this system was installed (`./configure --prefix`). Its version is asked by running it, so a root of a machine
//! that nothing here can run is left out, and told.

use crate::shell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A PHP of this machine.
pub struct Php {
    /// As their own system names them.
    pub config: PathBuf,
    pub program: PathBuf,
    /// The root of that system, if it is not this one.
    pub root: Option<PathBuf>,
    pub version: String,
    /// `NTS` or `ZTS`, and ` debug`.
    pub kind: String,
    /// What `uname -m` says there.
    pub machine: String,
}

impl Php {
    /// Is it built for the processor that this program runs on?
    pub fn is_native(&self) -> bool {
        self.machine == std::env::consts::ARCH
    }

    /// Version, kind and, of another system, where it is.
    pub fn name(&self) -> String {
        let machine = if self.is_native() { "" } else { &self.machine };
        let root = self.root.as_deref().map(|root| root.display().to_string());
        let words = [
            self.kind.clone(),
            machine.to_owned(),
            root.unwrap_or_default(),
        ];
        let words: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| !word.is_empty())
            .collect();
        format!("PHP {} ({})", self.version, words.join(", "))
    }

    /// A folder name of its own.
    pub fn folder(&self) -> String {
        format!(
            "{}-{}-{}",
            self.version,
            self.kind.replace(' ', "-"),
            self.machine
        )
    }
}

/// Every PHP, each version, kind and machine once, and what was found but does not run.
pub fn find() -> (Vec<Php>, Vec<String>) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<(Option<PathBuf>, PathBuf)> = std::env::split_paths(&path)
        .flat_map(|folder| configs(&folder))
        .map(|config| (None, config))
        .collect();
    for root in roots() {
        if !root.join("usr/bin").is_dir() {
            let own = configs(&root.join("bin")).into_iter();
            places.extend(own.map(|config| (None, config)));
            continue;
        }
        for config in configs(&root.join("usr/bin")) {
            let inside = Path::new("/").join(config.strip_prefix(&root).unwrap_or(&config));
            places.push((Some(root.clone()), inside));
        }
    }
    let (mut found, mut broken, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (root, config) in places {
        match describe(root.clone(), &config) {
            Ok(php) if seen.insert(php.folder()) => found.push(php),
            Ok(_) => {}
            Err(why) => broken.push(format!(
                "{}{}: {why}",
                root.unwrap_or_default().display(),
                config.display()
            )),
        }
    }
    found.sort_by_key(Php::folder);
    (found, broken)
}

/// Roots of other systems.
fn roots() -> Vec<PathBuf> {
    match std::env::var_os("TUSK_CHROOTS") {
        Some(named) => std::env::split_paths(&named).collect(),
        None => children(Path::new("/srv")),
    }
}

fn configs(folder: &Path) -> Vec<PathBuf> {
    let mut configs = children(folder);
    configs.retain(|path| {
        name_of(path).starts_with("php-config")
            // A link in a root may lead to what is there only inside.
            && program_of(path).symlink_metadata().is_ok()
    });
    configs
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut children: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    children.sort();
    children
}

fn describe(root: Option<PathBuf>, config: &Path) -> Result<Php, String> {
    let program = program_of(config);
    let mut asked = match &root {
        None => Command::new(&program),
        Some(root) => {
            let mut chroot = Command::new("chroot");
            chroot.arg(root).arg(&program);
            chroot
        }
    };
    asked.args([
        "-n",
        "-r",
        "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION, '.', PHP_RELEASE_VERSION, ' ', php_uname('m'), ' ', PHP_ZTS ? 'ZTS' : 'NTS', PHP_DEBUG ? ' debug' : '';",
    ]);
    let said = shell::output(&mut asked)?;
    let mut words = said.splitn(3, ' ');
    let (Some(version), Some(machine), Some(kind)) = (words.next(), words.next(), words.next())
    else {
        return Err(format!("it said \"{said}\""));
    };
    Ok(Php {
        config: config.to_path_buf(),
        program,
        root,
        version: version.to_owned(),
        kind: kind.to_owned(),
        machine: machine.to_owned(),
    })
}

fn program_of(config: &Path) -> PathBuf {
    config.with_file_name(name_of(config).replacen("php-config", "php", 1))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
