//! Which part of the matrix is meant: `cargo xtask matrix [NAME...] [--pass PASS]... [--list] [PHPT OPTIONS]`.
//!
//! A NAME is a part of a PHP's name (`8.4`, `debug`, `/srv/php85`, `aarch64`) or of a target's
//! (`musl`). Without a NAME everything is meant, and without `--pass` every pass. Names end at
//! the first option; options that are not known here are `cargo xtask phpt`'s and go on to it.

#[derive(Debug, Default, PartialEq)]
pub struct Choice {
    names: Vec<String>,
    passes: Vec<String>,
    /// Say what would be tested, and stop.
    pub lists: bool,
    /// What goes on to `cargo xtask phpt`.
    pub phpt: Vec<String>,
}

impl Choice {
    /// Reads the command line; `known` are the passes there are.
    pub fn parse(arguments: &[String], known: &[&str]) -> Result<Self, String> {
        let mut choice = Self::default();
        let named = arguments
            .iter()
            .position(|argument| argument.starts_with('-'))
            .unwrap_or(arguments.len());
        choice.names = arguments[..named].to_vec();
        let mut options = arguments[named..].iter();
        while let Some(option) = options.next() {
            match option.as_str() {
                "--list" => choice.lists = true,
                "--pass" => {
                    let pass = options.next().map(String::as_str).unwrap_or_default();
                    if !known.contains(&pass) {
                        let known = known.join(", ");
                        return Err(format!("--pass {pass:?}: the passes are {known}"));
                    }
                    choice.passes.push(pass.to_owned());
                }
                _ => choice.phpt.push(option.clone()),
            }
        }
        Ok(choice)
    }

    /// Are all PHPs meant?
    pub fn is_whole(&self) -> bool {
        self.names.is_empty()
    }

    pub fn has_php(&self, name: &str) -> bool {
        self.is_whole() || self.names.iter().any(|part| name.contains(part.as_str()))
    }

    /// A target that is compiled for and not run.
    pub fn has_target(&self, target: &str) -> bool {
        self.has_php(target)
    }

    pub fn has_pass(&self, pass: &str) -> bool {
        self.passes.is_empty() || self.passes.iter().any(|chosen| chosen == pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSES: [&str; 2] = ["uring", "epoll-jit"];

    fn parse(line: &str) -> Result<Choice, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Choice::parse(&words, &PASSES)
    }

    #[test]
    fn everything_is_meant_by_nothing() {
        let choice = parse("").unwrap();
        assert!(choice.is_whole() && choice.has_php("PHP 8.4.1 (NTS)"));
        assert!(choice.has_target("x86_64-unknown-linux-musl"));
        assert!(PASSES.iter().all(|pass| choice.has_pass(pass)));
    }

    #[test]
    fn a_part_of_a_name_chooses() {
        let choice = parse("debug /srv/php85 --pass uring").unwrap();
        assert!(choice.has_php("PHP 8.2.1 (NTS debug)"));
        assert!(choice.has_php("PHP 8.5.7 (NTS, /srv/php85)"));
        assert!(!choice.has_php("PHP 8.2.1 (NTS)"));
        assert!(!choice.has_target("x86_64-unknown-linux-musl"));
        assert!(choice.has_pass("uring") && !choice.has_pass("epoll-jit"));
    }

    #[test]
    fn what_phpt_knows_goes_on_to_it() {
        let choice = parse("8.4 --filter php-tests/scope/ --list --jobs 2").unwrap();
        assert_eq!(choice.phpt, ["--filter", "php-tests/scope/", "--jobs", "2"]);
        assert!(choice.lists);
    }

    #[test]
    fn a_pass_that_is_not_there_is_told() {
        let said = parse("--pass jit").unwrap_err();
        assert!(said.contains("uring, epoll-jit"), "{said}");
    }
}
