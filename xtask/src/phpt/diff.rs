//! A short line diff for failures.

use super::pattern::Pattern;

/// Diffs longer than this tell nobody more than their beginning does.
const MAX_LINES: usize = 80;

/// Lines of `output` and of what was expected: `-` is missing, `+` is too much.
pub fn lines(pattern: &Pattern, output: &str) -> String {
    let expected: Vec<&str> = pattern.source().lines().collect();
    let actual: Vec<&str> = output.lines().collect();
    let same = |e: usize, a: usize| pattern.line_matches(expected[e], actual[a]);
    let mut shown = Vec::new();
    let (mut e, mut a) = (0, 0);
    while e < expected.len() || a < actual.len() {
        if e < expected.len() && a < actual.len() && same(e, a) {
            shown.push(format!("    {}", actual[a]));
            (e, a) = (e + 1, a + 1);
            continue;
        }
        let (skip_expected, skip_actual) =
            next_match(expected.len() - e, actual.len() - a, &|i, j| {
                same(e + i, a + j)
            });
        shown.extend(
            expected[e..e + skip_expected]
                .iter()
                .map(|line| format!("  - {line}")),
        );
        shown.extend(
            actual[a..a + skip_actual]
                .iter()
                .map(|line| format!("  + {line}")),
        );
        (e, a) = (e + skip_expected, a + skip_actual);
    }
    let more = shown.len().saturating_sub(MAX_LINES);
    shown.truncate(MAX_LINES);
    if more > 0 {
        shown.push(format!("  … {more} more lines"));
    }
    shown.join("\n")
}

/// How many expected and actual lines to leave out until both agree again: the fewest
/// within a small window, else everything.
fn next_match(
    expected: usize,
    actual: usize,
    same: &dyn Fn(usize, usize) -> bool,
) -> (usize, usize) {
    const WINDOW: usize = 40;
    for distance in 1..=WINDOW {
        for i in 0..=distance {
            let j = distance - i;
            if i < expected && j < actual && same(i, j) {
                return (i, j);
            }
        }
    }
    (expected, actual)
}
