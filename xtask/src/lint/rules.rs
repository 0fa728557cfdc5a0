//! The rules. Each looks at one file and says what is wrong with it, or nothing.

use crate::workspace;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A rule takes a file's path and text.
pub type Rule = fn(&str, &str) -> Option<String>;

const MAX_LINES: usize = 400;

/// Files that may be longer, one `path: reason` a line.
const LONG_FILES: &str = include_str!("long_files.txt");

/// Where `unsafe` may be written (CONTRIBUTING.md), and tests that fork or look at raw
/// memory to see what that code did.
const UNSAFE_ROOMS: [&str; 9] = [
    "native/runtime/src/sys",
    "native/runtime/src/buf",
    "native/runtime/tests/",
    "native/intercept/",
    "native/device/src/sys",
    "native/infer/src/sys",
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
    let has_reason = (path.starts_with("stubs/") || path.starts_with("php/stubs/"))
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

/// Conditions that mix `let` with `&&`: the oldest Rust we promise (`rust-version`, what
/// Debian 12 and 13 ship) cannot read them, and a newer one says nothing.
pub fn no_let_chains(path: &str, text: &str) -> Option<String> {
    if !path.ends_with(".rs") {
        return None;
    }
    let tokens = text.parse::<TokenStream>().ok()?;
    let_chain_line(tokens)
        .map(|line| format!("{path}:{line}: a chain of conditions with `let` needs Rust 1.88"))
}

fn let_chain_line(tokens: TokenStream) -> Option<usize> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |index: usize, text: &str| {
        tokens.get(index).is_some_and(|token| match token {
            TokenTree::Ident(word) => word == text,
            TokenTree::Punct(mark) => text.len() == 1 && text.starts_with(mark.as_char()),
            _ => false,
        })
    };
    let is_and = |index: usize| is(index, "&") && is(index + 1, "&");
    for (index, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                if let Some(line) = let_chain_line(group.stream()) {
                    return Some(line);
                }
            }
            TokenTree::Ident(word) if word == "let" && index > 0 => {
                let begins = is(index - 1, "if") || is(index - 1, "while");
                // What follows the pattern, up to the body; `= &&x` borrows twice.
                let is_body = |at: &usize| match &tokens[*at] {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                        !is(at + 1, "=") && !is_and(at + 1)
                    }
                    _ => false,
                };
                let goes_on = || {
                    (index + 1..tokens.len())
                        .take_while(|at| !is_body(at))
                        .any(|at| is_and(at) && !is(at - 1, "=") && !is(at - 1, "let"))
                };
                if (index > 1 && is_and(index - 2)) || (begins && goes_on()) {
                    return Some(word.span().start().line);
                }
            }
            _ => {}
        }
    }
    None
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
    fn chains_of_let_are_found() {
        let chains = |body: &str| no_let_chains("a.rs", &format!("fn f() {{ {body} }}")).is_some();
        assert!(chains("if a && let Some(b) = c { }"));
        assert!(chains("while let Some(b) = c && d { }"));
        assert!(chains("if let A { .. } = b && c { }"));
        assert!(chains("{ if let Some(b) = c.d() && b { } }"));
        assert!(!chains("if let Some(b) = (c && d) { }"));
        assert!(!chains("if let Some(&&b) = c { d && e }"));
        assert!(!chains("let a = b && c; if d && e { }"));
    }

    #[test]
    fn notes_are_found_as_words() {
        assert!(no_left_work("a.rs", "// TODO: later").is_some());
        assert!(no_left_work("a.rs", "let mastodon = METHODOLOGY;").is_none());
    }
}
