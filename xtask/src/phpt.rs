//! `cargo xtask phpt`: runs php-tests/**/*.phpt.
//!
//! Tests run on several threads, each as an unprivileged user, in a copy of what they
//! need (`sandbox`), with a time limit that ends the whole process group. A skipped test
//! is counted as skipped and says why; it never counts as passed. With `--again` a test that
//! failed among others gets two more tries alone, and the first failure is told: `UNSTEADY`.

#[path = "phpt/case.rs"]
mod case;
#[path = "phpt/diff.rs"]
mod diff;
#[path = "phpt/options.rs"]
mod options;
#[path = "phpt/pattern.rs"]
mod pattern;
#[path = "phpt/peers.rs"]
mod peers;
#[path = "phpt/process.rs"]
mod process;
#[path = "phpt/sandbox.rs"]
mod sandbox;
#[path = "phpt/sections.rs"]
mod sections;

pub use peers::folders as package_folders;

use crate::{Outcome, workspace};
use case::{Case, Verdict};
use options::Options;
use sandbox::Sandbox;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Runs the chosen tests and prints failures, skips and the totals.
pub fn run(arguments: &[String]) -> Outcome {
    let options = Options::parse(arguments)?;
    let tests = chosen(&options)?;
    if tests.is_empty() {
        return Err("no test was chosen".into());
    }
    let sandbox = Sandbox::make(&options)?;
    let php = sandbox.php(&options)?;
    let (together, alone): (Vec<Case>, Vec<Case>) = tests
        .iter()
        .map(|test| Case::read(test, &sandbox))
        .partition(|case| !case.runs_alone());
    let mut totals = Totals::default();
    let mut failures = run_all(&together, &php, options.jobs, &mut totals);
    failures.append(&mut run_all(&alone, &php, 1, &mut totals));
    if options.again && failures.len() <= UNSTEADY_LIMIT {
        failures.retain(|failure| !passes_alone(failure, &php, &mut totals));
    }
    for Failure { case, report, .. } in &failures {
        println!("FAIL {} [{}]\n{report}", case.name(), case.title());
    }
    totals.failed = failures.len();
    if let Some(folder) = &options.reports {
        sandbox.collect_reports(folder)?;
    }
    if options.keep {
        println!(
            "The tests and what they wrote are in {}",
            sandbox.root().display()
        );
    } else {
        sandbox.remove();
    }
    totals.times.sort_by(|a, b| b.cmp(a));
    for (time, name) in totals.times.iter().take(options.slowest) {
        println!("{:7.1} s {name}", time.as_secs_f64());
    }
    println!(
        "{} passed, {} failed, {} skipped",
        totals.passed, totals.failed, totals.skipped
    );
    Ok(if totals.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// More failures than this are no accident of a crowded machine; none is tried again.
const UNSTEADY_LIMIT: usize = 3;

struct Failure<'a> {
    case: &'a Case,
    report: String,
    /// It crashed or hung: that is never forgiven.
    ended_badly: bool,
}

/// Tries a failed test again, twice at most, with nothing beside it.
fn passes_alone(failure: &Failure<'_>, php: &case::Php, totals: &mut Totals) -> bool {
    let passes = || matches!(failure.case.run(php), Verdict::Passed);
    if failure.ended_badly || !(passes() || passes()) {
        return false;
    }
    totals.passed += 1;
    println!(
        "UNSTEADY {} [{}]: passed alone, after it had failed among others with\n{}",
        failure.case.name(),
        failure.case.title(),
        failure.report
    );
    true
}

#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    skipped: usize,
    times: Vec<(Duration, String)>,
}

/// Paths of the tests to run, relative to the root.
fn chosen(options: &Options) -> Result<Vec<PathBuf>, String> {
    let root = workspace::root();
    let is_test = |path: &Path| workspace::has_extension(path, &["phpt"]);
    let all = workspace::files_under(&root.join("php-tests"), &is_test);
    let all = all
        .iter()
        .filter_map(|path| path.strip_prefix(&root).ok())
        .map(Path::to_path_buf);
    let listed = options.list.as_deref().map(read_list).transpose()?;
    let wanted = |path: &PathBuf| {
        let name = path.to_string_lossy();
        let has_one_of = |parts: &[String]| parts.iter().any(|part| name.contains(part.as_str()));
        !has_one_of(&options.except)
            && (options.filters.is_empty() || has_one_of(&options.filters))
            && listed.as_deref().is_none_or(has_one_of)
    };
    Ok(all.filter(wanted).collect())
}

/// Lines of a list file; empty lines and lines that begin with `#` are left out.
fn read_list(file: &Path) -> Result<Vec<String>, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// Runs `cases` on `jobs` threads, prints skips as they come, and returns what failed.
fn run_all<'a>(
    cases: &'a [Case],
    php: &case::Php,
    jobs: usize,
    totals: &mut Totals,
) -> Vec<Failure<'a>> {
    let next = AtomicUsize::new(0);
    let mut failures = Vec::new();
    let (sender, verdicts) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(cases.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let begun = Instant::now();
                    let verdict = case.run(php);
                    // The receiver lives until every sender is gone.
                    let _ = sender.send((case, verdict, begun.elapsed()));
                }
            });
        }
        drop(sender);
        for (case, verdict, time) in verdicts {
            totals.times.push((time, case.name().to_owned()));
            match verdict {
                Verdict::Passed => totals.passed += 1,
                Verdict::Skipped(reason) => {
                    totals.skipped += 1;
                    println!("SKIP {}: {reason}", case.name());
                }
                Verdict::Failed {
                    report,
                    ended_badly,
                } => failures.push(Failure {
                    case,
                    report,
                    ended_badly,
                }),
            }
        }
    });
    failures
}
