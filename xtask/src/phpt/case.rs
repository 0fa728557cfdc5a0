//! One test: its sections, how it is run, and what came of it.

use super::diff;
use super::pattern::{self, Pattern};
use super::process::{self, End};
use super::sandbox::Sandbox;
use super::sections::Sections;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A test that waits longer than this waits for something that does not come. Under
/// valgrind everything takes some thirty times as long.
const TIME_LIMIT: Duration = Duration::from_secs(60);
const TIME_LIMIT_UNDER: Duration = Duration::from_secs(300);

/// How PHP is started.
pub struct Php {
    pub program: PathBuf,
    /// A command that PHP runs under, or nothing.
    pub under: Vec<String>,
    /// INI settings as name=value.
    pub settings: Vec<String>,
    pub environment: Vec<(String, String)>,
    /// Where tests and what they start leave temporary files.
    pub temporary: PathBuf,
    /// The user and group to run as; None is whoever runs the runner.
    pub user: Option<u32>,
}

/// What came of a test.
pub enum Verdict {
    Passed,
    Failed {
        report: String,
        /// By a signal or the time limit.
        ended_badly: bool,
    },
    Skipped(String),
}

/// One test file.
pub struct Case {
    name: String,
    /// The test's path in the sandbox without its ending.
    stem: PathBuf,
    sections: Result<Sections, String>,
}

impl Case {
    /// Reads `test`, a path relative to the root, from the sandbox.
    pub fn read(test: &Path, sandbox: &Sandbox) -> Case {
        let path = sandbox.root().join(test);
        let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()));
        let sections = text.and_then(|text| Sections::parse(&String::from_utf8_lossy(&text)));
        Case {
            name: test.display().to_string(),
            stem: path.with_extension(""),
            sections,
        }
    }

    /// The test's path relative to the root.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the test says it is about.
    pub fn title(&self) -> &str {
        self.sections
            .as_ref()
            .ok()
            .and_then(|sections| sections.lines("TEST").next())
            .unwrap_or("unreadable")
    }

    /// Does the test want the machine for itself (`--CONFLICTS--`)?
    pub fn runs_alone(&self) -> bool {
        self.sections
            .as_ref()
            .is_ok_and(|sections| sections.get("CONFLICTS").is_some())
    }

    /// Runs the test; problems with the test itself are failures.
    pub fn run(&self, php: &Php) -> Verdict {
        let verdict = self.try_run(php).unwrap_or_else(|problem| Verdict::Failed {
            report: format!("  {problem}"),
            ended_badly: true,
        });
        if let Ok(sections) = &self.sections {
            if let Some(script) = sections.get("CLEAN") {
                // What cannot be cleaned up here goes with the sandbox.
                let _ = self.run_script(php, sections, "clean", script, Stdio::null());
            }
        }
        verdict
    }

    fn try_run(&self, php: &Php) -> Result<Verdict, String> {
        let sections = self.sections.as_ref().map_err(Clone::clone)?;
        let expected = Pattern::of(sections)?;
        if let Some(reason) = self.skip_reason(php, sections)? {
            return Ok(Verdict::Skipped(reason));
        }
        let stdin = self.stdin(sections)?;
        let end = self.run_script(
            php,
            sections,
            "php",
            sections.get("FILE").unwrap_or_default(),
            stdin,
        )?;
        let output = pattern::normal(&without_remarks(&end.output, php));
        if end.note.is_none() && expected.matches(&output) {
            return Ok(Verdict::Passed);
        }
        let ended_badly = end.note.is_some();
        let note = end
            .note
            .map(|note| format!("\n  the process was {note}"))
            .unwrap_or_default();
        Ok(Verdict::Failed {
            report: format!("{}{note}", diff::lines(&expected, &output)),
            ended_badly,
        })
    }

    /// Why the test cannot run here, asked of its SKIPIF and EXTENSIONS sections.
    fn skip_reason(&self, php: &Php, sections: &Sections) -> Result<Option<String>, String> {
        let needed: Vec<&str> = sections.lines("EXTENSIONS").collect();
        if !needed.is_empty() {
            let list = format!("'{}'", needed.join("','"));
            let script = format!(
                "<?php foreach ([{list}] as $e) extension_loaded($e) || die(\"skip needs the PHP extension $e\");"
            );
            if let Some(reason) =
                skip(&self.run_script(php, sections, "extensions", &script, Stdio::null())?)?
            {
                return Ok(Some(reason));
            }
        }
        match sections.get("SKIPIF") {
            Some(script) => skip(&self.run_script(php, sections, "skip", script, Stdio::null())?),
            None => Ok(None),
        }
    }

    fn stdin(&self, sections: &Sections) -> Result<Stdio, String> {
        let Some(text) = sections.get("STDIN") else {
            return Ok(Stdio::null());
        };
        let path = self.stem.with_extension("stdin");
        fs::write(&path, text).map_err(|error| error.to_string())?;
        File::open(&path)
            .map(Stdio::from)
            .map_err(|error| error.to_string())
    }

    fn run_script(
        &self,
        php: &Php,
        sections: &Sections,
        kind: &str,
        text: &str,
        stdin: Stdio,
    ) -> Result<End, String> {
        let ending = if kind == "php" {
            "php".to_owned()
        } else {
            format!("{kind}.php")
        };
        let script = self.stem.with_extension(ending);
        fs::write(&script, text).map_err(|error| format!("{}: {error}", script.display()))?;
        let mut command = php.command(if kind == "php" { &php.under } else { &[] });
        for line in sections.lines("INI") {
            command.args(["-d", &self.filled_in(php, line)]);
        }
        for (name, value) in sections
            .lines("ENV")
            .filter_map(|line| line.split_once('='))
        {
            command.env(name.trim(), self.filled_in(php, value.trim()));
        }
        command.arg("-f").arg(&script).arg("--");
        if kind == "php" {
            command.args(sections.get("ARGS").unwrap_or_default().split_whitespace());
        }
        command.current_dir(script.parent().unwrap_or(Path::new("/")));
        let limit = if php.under.is_empty() {
            TIME_LIMIT
        } else {
            TIME_LIMIT_UNDER
        };
        process::run(
            &mut command,
            stdin,
            &self.stem.with_extension(format!("{kind}.out")),
            limit,
        )
    }

    /// `{PWD}` is the test's folder, `{TMP}` the test run's folder for temporary files.
    fn filled_in(&self, php: &Php, line: &str) -> String {
        let folder = self.stem.parent().unwrap_or(Path::new("/"));
        line.replace("{PWD}", &folder.display().to_string())
            .replace("{TMP}", &php.temporary.display().to_string())
    }
}

impl Php {
    fn command(&self, under: &[String]) -> Command {
        let mut command = match under {
            [program, arguments @ ..] => {
                let mut command = Command::new(program);
                command.args(arguments).arg(&self.program);
                command
            }
            [] => Command::new(&self.program),
        };
        command.env_clear();
        command.envs(std::env::vars_os().filter(|(name, _)| name == "PATH"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        for setting in &self.settings {
            command.args(["-d", setting]);
        }
        if let Some(user) = self.user {
            // As root this also drops the supplementary groups.
            command.uid(user).gid(user);
        }
        command
    }
}

/// Valgrind marks errors `==1234==`, and `--1234--` what it wants to say besides, such as
/// that it does not know a system call: to the test that call is one the kernel lacks.
fn without_remarks(output: &str, php: &Php) -> String {
    if php.under.is_empty() {
        return output.to_owned();
    }
    let is_remark = |line: &str| {
        line.strip_prefix("--")
            .and_then(|rest| rest.split_once("-- "))
            .is_some_and(|(id, _)| id.bytes().all(|byte| byte.is_ascii_digit()))
    };
    output
        .split_inclusive('\n')
        .filter(|line| !is_remark(line))
        .collect()
}

/// Reads the answer of a SKIPIF script. Anything but silence or "skip" is a mistake in it;
/// PHP may have complained before of what the test wants and is not there.
fn skip(end: &End) -> Result<Option<String>, String> {
    let output = end.output.trim();
    let last = output.lines().last().unwrap_or_default();
    let answer = if last.starts_with("skip") {
        last
    } else {
        output
    };
    if let Some(note) = &end.note {
        return Err(format!("--SKIPIF-- was {note}: {answer}"));
    }
    match answer.get(..4) {
        Some(word) if word.eq_ignore_ascii_case("skip") => {
            Ok(Some(answer[4..].trim_start_matches([':', ' ']).to_owned()))
        }
        _ if answer.is_empty() => Ok(None),
        _ => Err(format!(
            "--SKIPIF-- said neither nothing nor skip: {answer}"
        )),
    }
}
