//! A copy of what tests need, in a temporary folder that an unprivileged user can use.
//!
//! The clone and the packages may lie in a home folder that nobody else can read, and
//! tests write files beside themselves; both are reasons not to run in the clone. The
//! copy has the clone's layout, so that `__DIR__ . '/../../php'` means the same thing,
//! and additionally `peers/`, `tmp/`, `servers/` (our own, that tests start), `libtusk.so`
//! and `bin/php`, which is PHP with the extension loaded.

use super::case::Php;
use super::options::Options;
use super::peers;
use crate::{shell, workspace};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian's `nobody` and `nogroup`; the same numbers nearly everywhere.
const NOBODY: u32 = 65534;

/// What of the clone tests may use.
const COPIED: [&str; 6] = ["php-tests", "docs", "php", "examples", "stubs", "benches"];

/// The folder that tests run in.
pub struct Sandbox {
    root: PathBuf,
    privileged: bool,
}

impl Sandbox {
    /// Copies everything.
    pub fn make(options: &Options) -> Result<Sandbox, String> {
        let root = std::env::temp_dir().join(format!("tusk-phpt-{}", std::process::id()));
        let sandbox = Sandbox {
            root,
            privileged: rustix::process::geteuid().is_root(),
        };
        sandbox
            .fill(options)
            .map_err(|error| format!("cannot fill {}: {error}", sandbox.root.display()))?;
        Ok(sandbox)
    }

    fn fill(&self, options: &Options) -> std::io::Result<()> {
        for folder in ["tmp", "bin", "peers"] {
            fs::create_dir_all(self.root.join(folder))?;
        }
        let clone = workspace::root();
        for folder in COPIED.iter().filter(|folder| clone.join(folder).is_dir()) {
            copy(&clone.join(folder), &self.root.join(folder))?;
        }
        for (name, folder) in peers::packages() {
            copy(&folder, &self.root.join("peers").join(name))?;
        }
        fs::copy(&options.extension, self.extension()).map_err(|error| {
            std::io::Error::other(format!(
                "{}: {error}; build it first",
                options.extension.display()
            ))
        })?;
        self.copy_servers()?;
        if self.privileged {
            give_away(&self.root)?;
        }
        Ok(())
    }

    /// Servers that tests talk to are examples of the native crates, named `<what>_server`,
    /// and drivers that they load are named `lib<what>_driver.so`. A test whose server was not built is skipped, and says how to build it.
    fn copy_servers(&self) -> std::io::Result<()> {
        let folder = workspace::servers();
        fs::create_dir_all(self.root.join("servers"))?;
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let text = name.to_string_lossy();
            // Simulated drivers of devices are libraries.
            let is_library = text.ends_with("_driver.so") || text.starts_with("libsimulated_");
            if text.ends_with("_server") || is_library {
                fs::copy(entry.path(), self.root.join("servers").join(name))?;
            }
        }
        Ok(())
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn extension(&self) -> PathBuf {
        self.root.join("libtusk.so")
    }

    /// How PHP is started for every test.
    pub fn php(&self, options: &Options) -> Result<Php, String> {
        let mut settings = vec![format!("extension={}", self.extension().display())];
        // What is logged is not output; a test that wants to see it sets its own file.
        settings.push(format!(
            "error_log={}",
            self.root.join("tmp/php.log").display()
        ));
        settings.extend(COMMON_SETTINGS.iter().map(|line| (*line).to_owned()));
        settings.extend(
            if options.jit {
                JIT_SETTINGS.iter()
            } else {
                PLAIN_SETTINGS.iter()
            }
            .map(|line| (*line).to_owned()),
        );
        let wrapper = self.root.join("bin/php");
        let mut loads = String::new();
        for line in &settings {
            loads += &format!(" -d '{line}'");
        }
        let script = format!("#!/bin/sh\nexec {}{loads} \"$@\"\n", options.php.display());
        fs::write(&wrapper, script).map_err(|error| error.to_string())?;
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755))
            .map_err(|error| error.to_string())?;
        let mut environment = vec![
            ("TUSK_PHP".to_owned(), wrapper.display().to_string()),
            (
                "TUSK_PEERS".to_owned(),
                self.root.join("peers").display().to_string(),
            ),
            (
                "TUSK_SERVERS".to_owned(),
                self.root.join("servers").display().to_string(),
            ),
            (
                "TEST_PHP_EXECUTABLE".to_owned(),
                options.php.display().to_string(),
            ),
            (
                "TMPDIR".to_owned(),
                self.root.join("tmp").display().to_string(),
            ),
            ("HOME".to_owned(), self.root.display().to_string()),
            ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
        ];
        // Tests that have a long schedule ask for this; bin/test --long sets it.
        if let Ok(long) = std::env::var("TUSK_LONG") {
            environment.push(("TUSK_LONG".to_owned(), long));
        }
        environment.extend(
            options
                .driver
                .iter()
                .map(|driver| ("TUSK_DRIVER".to_owned(), driver.clone())),
        );
        if !options.under.is_empty() {
            // PHP's own allocator hides from valgrind what is freed too early, and code
            // that PCRE makes reads past the ends of strings on purpose.
            settings.push("pcre.jit=0".to_owned());
            environment.push(("USE_ZEND_ALLOC".to_owned(), "0".to_owned()));
        }
        loads_tusk(&wrapper)?;
        Ok(Php {
            program: options.php.clone(),
            under: options.under.clone(),
            settings,
            environment,
            temporary: self.root.join("tmp"),
            user: self.privileged.then_some(NOBODY),
        })
    }

    /// Copies what the matrix reported (php-tests/matrix/harness/run.php) to `folder`.
    pub fn collect_reports(&self, folder: &Path) -> Result<(), String> {
        let reports = self.root.join("tmp/matrix");
        if reports.is_dir() {
            copy(&reports, folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(())
    }

    /// Removes the folder; a helper that is just ending may hold a file a moment longer.
    pub fn remove(&self) {
        if let Err(error) = fs::remove_dir_all(&self.root) {
            eprintln!("xtask: cannot remove {}: {error}", self.root.display());
        }
    }
}

/// As php-src's run-tests sets them, so that tests read alike.
const COMMON_SETTINGS: [&str; 13] = [
    // As of PHP 8.5 fatal errors print a trace, which no test expects.
    "fatal_error_backtraces=0",
    "display_errors=1",
    "display_startup_errors=1",
    "log_errors=0",
    "html_errors=0",
    "error_reporting=32767",
    "output_buffering=0",
    "precision=14",
    "serialize_precision=-1",
    "memory_limit=128M",
    "date.timezone=UTC",
    "zend.assertions=1",
    "opcache.file_update_protection=0",
];

const PLAIN_SETTINGS: [&str; 1] = ["opcache.enable_cli=0"];

/// Everything is hot at once, so that short tests run as machine code too.
const JIT_SETTINGS: [&str; 8] = [
    "opcache.enable=1",
    "opcache.enable_cli=1",
    "opcache.jit=tracing",
    "opcache.jit_buffer_size=64M",
    "opcache.jit_hot_loop=1",
    "opcache.jit_hot_func=1",
    "opcache.jit_hot_return=1",
    "opcache.jit_hot_side_exit=1",
];

/// One clear message instead of a failure of every test.
fn loads_tusk(wrapper: &Path) -> Result<(), String> {
    let mut php = Command::new(wrapper);
    let said = shell::output(php.args(["-r", "echo phpversion('tusk');"]))?;
    match said.trim() {
        env!("CARGO_PKG_VERSION") => Ok(()),
        "" => Err("PHP loads the extension, but it is not Tusk".into()),
        other => Err(format!("PHP does not load the extension: {other}")),
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)?.flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == ".git" {
            continue;
        }
        if source.is_dir() {
            copy(&source, &target)?;
        } else if source.is_file() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}

fn give_away(path: &Path) -> std::io::Result<()> {
    chown(path, Some(NOBODY), Some(NOBODY))?;
    let is_program = path
        .parent()
        .is_some_and(|folder| folder.ends_with("servers"));
    let readable = if path.is_dir() || is_program {
        0o755
    } else {
        0o644
    };
    fs::set_permissions(path, fs::Permissions::from_mode(readable))?;
    if path.is_dir() {
        for entry in fs::read_dir(path)?.flatten() {
            give_away(&entry.path())?;
        }
    }
    Ok(())
}
