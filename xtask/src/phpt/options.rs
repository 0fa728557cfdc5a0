//! The command line of `cargo xtask phpt`.

use crate::workspace;
use std::path::PathBuf;

/// What the command line chose.
pub struct Options {
    /// `uring` or `epoll`; given to the tests as `TUSK_DRIVER`. None leaves the choice to Tusk.
    pub driver: Option<String>,
    /// Run with opcache and the tracing JIT.
    pub jit: bool,
    /// Parts of paths; a test runs if one of them is in its path, or if there are none.
    pub filters: Vec<String>,
    /// Parts of paths; a test does not run if one of them is in its path.
    pub except: Vec<String>,
    /// A file with a part of a path a line; a test runs if one of them is in its path.
    pub list: Option<PathBuf>,
    /// How many tests run at the same time.
    pub jobs: usize,
    /// The PHP to run.
    pub php: PathBuf,
    /// The extension to load.
    pub extension: PathBuf,
    /// A command that PHP is run under, such as valgrind, with its arguments.
    pub under: Vec<String>,
    /// Try a test that failed once more, alone.
    pub again: bool,
    /// How many of the tests that took longest are named at the end.
    pub slowest: usize,
    /// Leave the sandbox behind to look into.
    pub keep: bool,
    /// A folder for what the matrix reports of its rows (see the chore `hooks-page`).
    pub reports: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments after `phpt`.
    pub fn parse(arguments: &[String]) -> Result<Options, String> {
        let mut options = Options {
            driver: None,
            jit: false,
            filters: Vec::new(),
            except: Vec::new(),
            list: None,
            // Most tests wait for something most of the time.
            jobs: 3 * std::thread::available_parallelism().map_or(1, usize::from),
            php: php_in_path()?,
            extension: workspace::extension(),
            under: Vec::new(),
            again: false,
            slowest: 0,
            keep: false,
            reports: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .cloned()
                    .ok_or(format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--driver" => options.driver = Some(driver(value()?)?),
                "--jit" => options.jit = true,
                "--filter" => options.filters.push(value()?),
                "--except" => options.except.push(value()?),
                "--list" => options.list = Some(value()?.into()),
                "--jobs" => options.jobs = count("--jobs", &value()?)?,
                "--php" => options.php = value()?.into(),
                "--extension" => options.extension = value()?.into(),
                "--under" => {
                    options.under = value()?.split_whitespace().map(str::to_owned).collect()
                }
                "--again" => options.again = true,
                "--slowest" => options.slowest = count("--slowest", &value()?)?,
                "--keep" => options.keep = true,
                "--reports" => options.reports = Some(value()?.into()),
                name if !name.starts_with('-') => options.filters.push(name.to_owned()),
                unknown => return Err(format!("phpt knows no option {unknown}")),
            }
        }
        Ok(options)
    }
}

/// The `php` that a shell would run. Tests start more of it, so the whole path is needed.
fn php_in_path() -> Result<PathBuf, String> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&folders).map(|folder| folder.join("php"));
    found
        .filter(|path| path.is_file())
        .find_map(|path| path.canonicalize().ok())
        .ok_or("there is no php in PATH; name one with --php".into())
}

fn driver(name: String) -> Result<String, String> {
    match name.as_str() {
        "uring" | "epoll" => Ok(name),
        other => Err(format!(
            "there is no driver {other:?}; there are uring and epoll"
        )),
    }
}

fn count(option: &str, text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|count| *count > 0)
        .ok_or(format!("{option} {text}: a number above 0 is needed"))
}
