//! The sections of a .phpt file, as php-src's run-tests reads them.

use std::collections::BTreeMap;

/// Sections that this runner understands. Others fail the test, so that none is ignored
/// silently.
const KNOWN: [&str; 15] = [
    "TEST",
    "DESCRIPTION",
    "CREDITS",
    "EXTENSIONS",
    "CONFLICTS",
    "SKIPIF",
    "INI",
    "ENV",
    "ARGS",
    "STDIN",
    "FILE",
    "EXPECT",
    "EXPECTF",
    "EXPECTREGEX",
    "CLEAN",
];

/// A parsed test file.
pub struct Sections(BTreeMap<String, String>);

impl Sections {
    /// Splits `text` at its `--NAME--` lines.
    pub fn parse(text: &str) -> Result<Sections, String> {
        let mut sections = BTreeMap::new();
        let mut current: Option<String> = None;
        for line in text.split_inclusive('\n') {
            if let Some(name) = heading(line) {
                if !KNOWN.contains(&name) {
                    return Err(format!(
                        "section --{name}-- is not supported by this runner"
                    ));
                }
                if sections.insert(name.to_owned(), String::new()).is_some() {
                    return Err(format!("section --{name}-- is there twice"));
                }
                current = Some(name.to_owned());
            } else {
                let name = current
                    .as_ref()
                    .ok_or("the file does not begin with --TEST--")?;
                sections.entry(name.clone()).or_default().push_str(line);
            }
        }
        let sections = Sections(sections);
        sections.check()?;
        Ok(sections)
    }

    fn check(&self) -> Result<(), String> {
        for needed in ["TEST", "FILE"] {
            if self.get(needed).is_none() {
                return Err(format!("section --{needed}-- is missing"));
            }
        }
        match ["EXPECT", "EXPECTF", "EXPECTREGEX"]
            .iter()
            .filter(|name| self.get(name).is_some())
            .count()
        {
            1 => Ok(()),
            _ => Err("exactly one of --EXPECT--, --EXPECTF-- and --EXPECTREGEX-- is needed".into()),
        }
    }

    /// The text of a section, if it is there.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The lines of a section that are not empty, without space around them.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = &str> {
        self.get(name)
            .unwrap_or_default()
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    }
}

fn heading(line: &str) -> Option<&str> {
    let name = line.trim_end().strip_prefix("--")?.strip_suffix("--")?;
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_uppercase() || letter == '_');
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::Sections;

    #[test]
    fn splits_at_headings() {
        let text = "--TEST--\ntitle\n--FILE--\n<?php\n--$x--;\n--EXPECT--\nout\n";
        let sections = Sections::parse(text).unwrap();
        assert_eq!(sections.get("FILE"), Some("<?php\n--$x--;\n"));
        assert_eq!(sections.get("EXPECT"), Some("out\n"));
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        assert!(Sections::parse("--TEST--\nt\n--FILE--\n--POST--\nx\n--EXPECT--\n").is_err());
        assert!(Sections::parse("--TEST--\nt\n--FILE--\nx\n").is_err());
    }
}
