//! The rules. Each looks at one file and says what is wrong with it, or nothing.

use crate::workspace;
use proc_macro2::{TokenStream, TokenTree};

/// A rule takes a file's path and text.
pub type Rule = fn(&str, &str) -> Option<String>;

const MAX_LINES: usize = 400;

/// Files that may be longer, one `path: reason` a line.
const LONG_FILES: &str = include_str!("long_files.txt");

/// Where `unsafe` may be written (CONTRIBUTING.md), and tests that fork or look at raw
/// memory to see what that code did.
const UNSAFE_ROOMS: [&str; 8] = [
    "native/runtime/src/sys",
    "native/runtime/src/buf",
    "native/runtime/tests/",
    "native/intercept/",
    "native/device/src/sys",
    "native/odbc/src/sys",
    "native/odbc/examples/odbc_bad_driver",
    "ext/zend/",
];

/// Sources stay short enough to be one idea.
pub fn short_files(path: &str, text: &str) -> Option<String> {
    let is_source = [".rs", ".c", ".h", ".php", ".inc", ".sh"]
        .iter()
        .any(|end| path.ends_with(end));
    let lines = text.lines().count();
    // What a tool writes is as long as what it describes.
    let has_reason = path.starts_with("stubs/")
        || LONG_FILES
            .lines()
            .any(|line| line.split(": ").next() == Some(path));
    (is_source && lines > MAX_LINES && !has_reason).then(|| format!("{path}: {lines} lines"))
}

/// Nobody else has the same folders.
pub fn no_machine_paths(path: &str, text: &str) -> Option<String> {
    if path == file!() {
        return None;
    }
    let folders = ["/work/", "/home/", "/tmp/src"];
    first_line(text, |line| {
        folders.iter().any(|folder| line.contains(folder)) || line.contains("/root/")
    })
    .map(|(number, line)| format!("{path}:{number}: {line}"))
}

/// What is left to do belongs into an issue.
pub fn no_left_work(path: &str, text: &str) -> Option<String> {
    if path == file!() {
        return None;
    }
    let is_note = |word: &str| ["TODO", "FIXME", "XXX", "HACK"].contains(&word);
    first_line(text, |line| {
        line.split(|letter: char| !letter.is_ascii_alphabetic())
            .any(is_note)
    })
    .map(|(number, line)| format!("{path}:{number}: {line}"))
}

/// Links between documents lead somewhere.
pub fn links_lead_somewhere(path: &str, text: &str) -> Option<String> {
    if !path.ends_with(".md") {
        return None;
    }
    let folder = workspace::root().join(path).parent()?.to_path_buf();
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next());
    targets
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .find(|target| !folder.join(target).exists())
        .map(|target| format!("{path}: there is no {target}"))
}

/// `unsafe` outside its rooms; comments and strings do not count.
pub fn unsafe_rooms(path: &str, text: &str) -> Option<String> {
    if !path.ends_with(".rs") || UNSAFE_ROOMS.iter().any(|room| path.starts_with(room)) {
        return None;
    }
    match text.parse::<TokenStream>() {
        Ok(tokens) => unsafe_line(tokens)
            .map(|line| format!("{path}:{line}: unsafe outside {UNSAFE_ROOMS:?}")),
        Err(error) => Some(format!("{path}: {error}")),
    }
}

fn unsafe_line(tokens: TokenStream) -> Option<usize> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "unsafe" => Some(word.span().start().line),
        TokenTree::Group(group) => unsafe_line(group.stream()),
        _ => None,
    })
}

fn first_line(text: &str, broken: impl Fn(&str) -> bool) -> Option<(usize, &str)> {
    text.lines()
        .enumerate()
        .find(|(_, line)| broken(line))
        .map(|(index, line)| (index + 1, line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_is_found_in_code_only() {
        assert!(unsafe_rooms("ext/a.rs", "fn f() { unsafe { g() } }").is_some());
        assert!(unsafe_rooms("ext/a.rs", "// unsafe\nfn f() { \"unsafe\"; }").is_none());
        assert!(unsafe_rooms("ext/zend/a.rs", "fn f() { unsafe { g() } }").is_none());
    }

    #[test]
    fn notes_are_found_as_words() {
        assert!(no_left_work("a.rs", "// TODO: later").is_some());
        assert!(no_left_work("a.rs", "let mastodon = METHODOLOGY;").is_none());
    }
}
