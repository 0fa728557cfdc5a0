//! What a test expects, and whether an output is that.

use super::sections::Sections;
use regex_lite::Regex;

/// The expectation of one test.
pub enum Pattern {
    /// The very text.
    Text(String),
    /// A text with placeholders, or a regular expression; the source is kept for the diff.
    Regex { source: String, regex: Box<Regex> },
}

impl Pattern {
    /// Takes the one expectation that the sections have.
    pub fn of(sections: &Sections) -> Result<Pattern, String> {
        let (source, expression) = if let Some(text) = sections.get("EXPECT") {
            return Ok(Pattern::Text(normal(text)));
        } else if let Some(text) = sections.get("EXPECTF") {
            (normal(text), from_format(&normal(text)))
        } else {
            let text = normal(sections.get("EXPECTREGEX").unwrap_or_default());
            (text.clone(), text)
        };
        let regex = Regex::new(&format!("(?s)^(?:{expression})$"))
            .map_err(|error| format!("the expectation is no valid expression: {error}"))?;
        Ok(Pattern::Regex {
            source,
            regex: Box::new(regex),
        })
    }

    /// Is `output`, as [`normal`] leaves it, what was expected?
    pub fn matches(&self, output: &str) -> bool {
        match self {
            Pattern::Text(text) => text == output,
            Pattern::Regex { regex, .. } => regex.is_match(output),
        }
    }

    /// What was expected, as written in the test.
    pub fn source(&self) -> &str {
        match self {
            Pattern::Text(text) | Pattern::Regex { source: text, .. } => text,
        }
    }

    /// Does this line of the expectation stand for that line of output? For the diff only.
    pub fn line_matches(&self, expected: &str, line: &str) -> bool {
        let by_format = || {
            Regex::new(&format!("^(?:{})$", from_format(expected)))
                .is_ok_and(|line_regex| line_regex.is_match(line))
        };
        expected == line || (matches!(self, Pattern::Regex { .. }) && by_format())
    }
}

/// Line ends as \n, and no space around the whole: what run-tests compares.
pub fn normal(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}

/// The regular expression of an EXPECTF text: placeholders as documented for php-src's
/// tests, and `%r...%r` for a piece of regular expression.
fn from_format(format: &str) -> String {
    let mut expression = String::new();
    for (index, piece) in format.split("%r").enumerate() {
        if index % 2 == 1 {
            expression.push_str(&format!("(?:{piece})"));
        } else {
            push_placeholders(&mut expression, piece);
        }
    }
    expression
}

fn push_placeholders(expression: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        expression.push_str(&regex_lite::escape(&rest[..at]));
        let stands_for = match rest[at + 1..].chars().next() {
            Some('e') => "/",
            Some('s') => "[^\n]+",
            Some('S') => "[^\n]*",
            Some('a') => "(?s:.)+?",
            Some('A') => "(?s:.)*?",
            Some('w') => r"\s*",
            Some('i') => r"[+-]?\d+",
            Some('d') => r"\d+",
            Some('x') => "[0-9a-fA-F]+",
            Some('f') => r"[+-]?(?:\d+|\.\d+|\d+\.\d*)(?:[Ee][+-]?\d+)?",
            Some('c') => "(?s:.)",
            Some('0') => "\0",
            _ => "",
        };
        if stands_for.is_empty() {
            expression.push('%');
            rest = &rest[at + 1..];
        } else {
            expression.push_str(stands_for);
            rest = &rest[at + 2..];
        }
    }
    expression.push_str(&regex_lite::escape(rest));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectf(format: &str) -> Pattern {
        Pattern::of(
            &Sections::parse(&format!("--TEST--\nt\n--FILE--\n--EXPECTF--\n{format}\n")).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn placeholders_stand_for_what_run_tests_says() {
        assert!(expectf("took %f ms at %s:%d (100%)").matches("took 1.5 ms at /a b.php:12 (100%)"));
        assert!(expectf("a%Ab").matches("a\nx\nb"));
        assert!(expectf("%r(one|two)%r.").matches("two."));
        assert!(!expectf("%d").matches("-1"));
        assert!(!expectf("%s").matches("two\nlines"));
        assert!(!expectf("a.c").matches("abc"));
    }
}
