//! `cargo xtask php-src-tests PATH [AREA...]`: php-src's own tests, plainly and beside a
//! coroutine that keeps every hook busy (bin/lib/php-src.sh runs and compares them).
//!
//! A test that fails only with Tusk is a difference. Each must be explained in
//! docs/hooks/differences.md, on a line that begins with "- `path of the test`"; what is not
//! explained fails this chore, and so does an explanation of a difference that is gone.

use crate::{Outcome, workspace};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Runs the tests of the areas and judges the differences.
pub fn run(arguments: &[String]) -> Outcome {
    let Some((source, areas)) = arguments.split_first() else {
        return Err(
            "php-src-tests needs the folder of PHP's sources (apt-get source php8.2)".into(),
        );
    };
    if !Path::new(source).join("run-tests.php").is_file() {
        return Err(format!(
            "{source} has no run-tests.php: it is not PHP's source"
        ));
    }
    let whole = areas.is_empty();
    let report = compare(source, &areas.join(" "))?;
    let (summary, details): (Vec<_>, Vec<_>) = report.lines().partition(|line| is_summary(line));
    println!("{}", details.join("\n"));
    let [summary] = summary[..] else {
        return Err("the tests did not run".into());
    };
    let found = differences(&report);
    let explained = explained(&workspace::root().join("docs/hooks/differences.md"))?;
    let unexplained: Vec<_> = found.difference(&explained).collect();
    let gone: Vec<_> = explained.difference(&found).filter(|_| whole).collect();
    for test in &unexplained {
        println!("not explained: {test}");
    }
    for test in &gone {
        println!("explained, but it is no difference any more: {test}");
    }
    println!("{}", summary_of(summary, found.len(), unexplained.len()));
    Ok(if unexplained.is_empty() && gone.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What bin/lib/php-src.sh says of the two runs.
fn compare(source: &str, areas: &str) -> Result<String, String> {
    let chosen = if areas.is_empty() {
        String::new()
    } else {
        format!("PHP_SRC_AREAS=({areas}); ")
    };
    let script = format!(
        ". bin/lib/common.sh; use_build_cache; . bin/lib/php-src.sh; {chosen}php_src_tests; php_src_compare beside"
    );
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script, "bin/php-src-tests"])
        .current_dir(workspace::root())
        .env("TUSK_PHP_SRC", source)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot start bash: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// "N passed, N failed, N skipped".
fn is_summary(line: &str) -> bool {
    line.contains(" passed, ") && line.ends_with(" skipped")
}

/// The same, in which what is explained did not fail.
fn summary_of(summary: &str, differ: usize, unexplained: usize) -> String {
    let explained = differ - unexplained;
    summary.replace(
        &format!("{differ} failed"),
        &format!("{unexplained} failed ({explained} differ and are explained)"),
    )
}

/// Tests that failed only with Tusk.
fn differences(report: &str) -> BTreeSet<String> {
    let failed = report.lines().filter_map(|line| line.strip_prefix("FAIL "));
    failed.map(str::to_owned).collect()
}

fn explained(file: &Path) -> Result<BTreeSet<String>, String> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(explanations(&text))
}

fn explanations(text: &str) -> BTreeSet<String> {
    let tests = text
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split_once('`'))
        .map(|(test, _)| test.to_owned());
    tests.filter(|test| test.ends_with(".phpt")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_and_explanations_are_read() {
        let report = "FAIL ext/a.phpt\n001- x\n\n3 passed, 1 failed, 0 skipped\n";
        assert_eq!(
            differences(report),
            BTreeSet::from(["ext/a.phpt".to_owned()])
        );
        let summary = report.lines().find(|line| is_summary(line)).unwrap_or("");
        assert_eq!(
            summary_of(summary, 1, 0),
            "3 passed, 0 failed (1 differ and are explained), 0 skipped"
        );
        let text = "- `ext/a.phpt`: because\n- `not a test`: x\n";
        assert_eq!(
            explanations(text),
            BTreeSet::from(["ext/a.phpt".to_owned()])
        );
    }
}
