//! `cargo xtask hooks-page`: runs the matrix on both drivers and writes docs/HOOKS.md.
//!
//! The page is what the run found, not what somebody believes: each area's phpt reports
//! its rows (php-tests/matrix/harness/run.php), and this joins the reports of the drivers.
//! What a machine cannot find out stands in docs/hooks/differences.md, which is appended.
//! A run in which a row failed writes no page.

use crate::{Outcome, phpt, workspace};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const DRIVERS: [&str; 2] = ["uring", "epoll"];

const INTRODUCTION: &str = "\
# What suspends instead of blocking

Written by `cargo xtask hooks-page` from a run of php-tests/matrix; do not edit it. Each row
is a call that was made in a coroutine beside a coroutine that wakes every 2 ms, and in a
PHP process without Tusk. *equal*: result, exceptions, warnings, output and the error numbers
PHP keeps were the same. *uring*, *epoll*: beside the call the other coroutine was never held
up for more than 10 ms, less the time the thread waited for a processor (best of 3).
*waits*: plain PHP really waits in the row, so that a call that blocks would show.
";

/// Runs the matrix; with `--check` compares the page instead of writing it.
pub fn run(arguments: &[String]) -> Outcome {
    let (check, passed_on): (Vec<_>, Vec<_>) = arguments
        .iter()
        .cloned()
        .partition(|argument| argument == "--check");
    let reports = std::env::temp_dir().join(format!("tusk-matrix-{}", std::process::id()));
    let page = matrix(&reports, &passed_on).and_then(|()| page(&reports));
    // What cannot be removed here lies among other temporary files.
    let _ = fs::remove_dir_all(&reports);
    let page = page?;
    let path = workspace::root().join("docs/HOOKS.md");
    if check.is_empty() {
        fs::write(&path, page).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let written =
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    match difference(&written, &page) {
        None => Ok(ExitCode::SUCCESS),
        Some(line) => Err(format!(
            "docs/HOOKS.md is not what the matrix found ({line}); run `cargo xtask hooks-page`"
        )),
    }
}

/// The first line in which the page differs from what was found. What could not be tried on
/// this machine proves nothing against a line about the same call.
fn difference(written: &str, found: &str) -> Option<String> {
    let call = |line: &str| line.split(" | ").next().map(str::to_owned);
    let (mut written, mut found) = (written.lines(), found.lines());
    loop {
        match (written.next(), found.next()) {
            (None, None) => return None,
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) if new.contains("| not run: ") && call(old) == call(new) => {}
            (_, Some(line)) | (Some(line), None) => return Some(line.to_owned()),
        }
    }
}

fn matrix(reports: &Path, passed_on: &[String]) -> Result<(), String> {
    for driver in DRIVERS {
        let mut arguments: Vec<String> = [
            "--filter",
            "php-tests/matrix/",
            "--driver",
            driver,
            "--reports",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(reports.display().to_string());
        arguments.extend_from_slice(passed_on);
        if phpt::run(&arguments)? != ExitCode::SUCCESS {
            return Err(format!(
                "the matrix failed on {driver}; no page was written"
            ));
        }
    }
    Ok(())
}

/// One line of a report.
#[derive(Clone, PartialEq)]
struct Row {
    call: String,
    layer: String,
    waits: String,
    compared: String,
    equal: String,
    gap: String,
    remark: String,
}

impl Row {
    fn parse(line: &str) -> Result<Row, String> {
        let mut fields = line.split('\t').map(str::to_owned);
        let mut field = || {
            fields
                .next()
                .ok_or(format!("a report of the matrix is cut short: {line}"))
        };
        Ok(Row {
            call: field()?,
            layer: field()?,
            waits: field()?,
            compared: field()?,
            equal: field()?,
            gap: field()?,
            remark: field()?,
        })
    }

    /// Why it did not run here.
    fn skipped(&self) -> Option<&str> {
        self.gap.strip_prefix("not run: ")
    }
}

fn page(reports: &Path) -> Result<String, String> {
    let mut page = INTRODUCTION.to_owned();
    let mut rows = 0;
    for area in areas(reports)? {
        let of_drivers = DRIVERS.map(|driver| read(&reports.join(format!("{area}.{driver}.tsv"))));
        let [uring, epoll] = of_drivers;
        let (uring, epoll) = (uring?, epoll?);
        let same_rows = uring
            .iter()
            .map(|row| &row.call)
            .eq(epoll.iter().map(|row| &row.call));
        if !same_rows {
            return Err(format!("the drivers ran different rows of {area}"));
        }
        rows += uring.len();
        table(&mut page, &area, &uring, &epoll);
    }
    let by_hand = workspace::root().join("docs/hooks/differences.md");
    let by_hand =
        fs::read_to_string(&by_hand).map_err(|error| format!("{}: {error}", by_hand.display()))?;
    // Writing to a String cannot fail.
    let _ = write!(page, "\n{rows} rows.\n\n{by_hand}");
    Ok(page)
}

fn areas(reports: &Path) -> Result<Vec<String>, String> {
    let is_report = |path: &Path| workspace::has_extension(path, &["tsv"]);
    let mut areas: Vec<String> = workspace::files_under(reports, &is_report)
        .iter()
        .filter_map(|path| {
            path.file_name()?
                .to_str()?
                .split('.')
                .next()
                .map(str::to_owned)
        })
        // The harness's own test has rows that are wrong on purpose.
        .filter(|area| area != "faulty_rows")
        .collect();
    areas.dedup();
    if areas.is_empty() {
        return Err("the matrix reported nothing".into());
    }
    Ok(areas)
}

fn read(path: &PathBuf) -> Result<Vec<Row>, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    text.lines().map(Row::parse).collect()
}

fn table(page: &mut String, area: &str, uring: &[Row], epoll: &[Row]) {
    let _ = write!(
        page,
        "\n## {area}\n\n| call | layer | waits | compared | equal | uring | epoll | remarks |\n|---|---|---|---|---|---|---|---|\n"
    );
    for (row, other) in uring.iter().zip(epoll) {
        if let Some(reason) = row.skipped() {
            println!("skipped: {}: {reason}", row.call);
        }
        let equal = if row.equal == other.equal {
            &row.equal
        } else {
            "no"
        };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            row.call, row.layer, row.waits, row.compared, equal, row.gap, other.gap, row.remark
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_becomes_a_line_and_a_cut_one_an_error() {
        let line = "flock\tplain file\tyes\tresult\tyes\tyes\tby tries";
        let row = Row::parse(line).expect("a whole line");
        let mut page = String::new();
        table(
            &mut page,
            "files",
            std::slice::from_ref(&row),
            std::slice::from_ref(&row),
        );
        assert!(
            page.contains("| flock | plain file | yes | result | yes | yes | yes | by tries |")
        );
        assert!(Row::parse("flock\tplain file").is_err());
    }

    #[test]
    fn what_could_not_be_tried_here_is_no_difference() {
        let page = "| flock | lock | yes |\n| stat | file | yes |\n";
        let skipped = "| flock | lock | not run: no server |\n| stat | file | yes |\n";
        assert_eq!(difference(page, page), None);
        assert_eq!(difference(page, skipped), None);
        let other = "| fcntl | lock | not run: no server |\n| stat | file | yes |\n";
        assert!(difference(page, other).is_some());
        assert!(difference(page, "| flock | lock | no |\n| stat | file | yes |\n").is_some());
        assert!(difference(page, "| flock | lock | yes |\n").is_some());
    }

    #[test]
    fn a_result_that_differs_on_one_driver_only_is_not_equal() {
        let row =
            |equal: &str| Row::parse(&format!("a\tb\tyes\tc\t{equal}\tyes\t")).expect("a line");
        let mut page = String::new();
        table(&mut page, "files", &[row("yes")], &[row("no")]);
        assert!(page.contains("| no | yes | yes |"));
    }
}
