//! Reads doc comments that belong to something PHP sees.
//!
//! Three places count, in the files below ext/:
//! - `/// …` before an entry `method!("name(…", …)`, `raw_method!(…)` or `static_method!(…)`;
//!   one whose name has a namespace is a function;
//! - `/// …` before `pub static CLASS` (or `const`), for the class that its `name:` says;
//! - in C, lines ` * Tusk\Name: text.` of a comment, for classes that are declared there.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::BTreeMap;

/// Docs by `Class`, `Class::method` or `function`, fully qualified and without a leading
/// backslash.
pub fn of_file(text: &str) -> Result<BTreeMap<String, String>, String> {
    let tokens: TokenStream = text
        .parse()
        .map_err(|error: proc_macro2::LexError| error.to_string())?;
    let mut reader = Reader::default();
    reader.read(tokens);
    let mut docs = reader.functions;
    let class = reader.class_name.unwrap_or_default();
    if !reader.class_docs.is_empty() {
        docs.insert(class.clone(), reader.class_docs);
    }
    for (method, text) in reader.methods {
        docs.insert(format!("{class}::{method}"), text);
    }
    Ok(docs)
}

#[derive(Default)]
struct Reader {
    /// Lines of the comment that was read last and belongs to nothing yet.
    pending: Vec<String>,
    class_name: Option<String>,
    class_docs: String,
    methods: Vec<(String, String)>,
    functions: BTreeMap<String, String>,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) => match word.to_string().as_str() {
                    "CLASS" => self.class_docs = self.take(),
                    "name" if self.class_name.is_none() => {
                        self.class_name = tokens.get(index + 2).and_then(literal)
                    }
                    "method" | "raw_method" | "static_method" => self.entry(tokens.get(index + 2)),
                    _ => {}
                },
                TokenTree::Group(group) => match doc_line(group) {
                    // `#![doc]` is about the file.
                    Some(_) if index > 0 && is_mark(&tokens[index - 1], '!') => {}
                    Some(line) => self.pending.push(line),
                    None => self.read(group.stream()),
                },
                TokenTree::Punct(mark) if matches!(mark.as_char(), ',' | ';' | '=') => {
                    self.take();
                }
                _ => {}
            }
        }
    }

    /// What is in the parentheses of `method!("signature", …)` and its like.
    fn entry(&mut self, arguments: Option<&TokenTree>) {
        let Some(TokenTree::Group(group)) = arguments else {
            return;
        };
        let Some(signature) = group.stream().into_iter().next().as_ref().and_then(literal) else {
            return;
        };
        let name = signature
            .split('(')
            .next()
            .unwrap_or_default()
            .trim()
            .to_owned();
        let docs = self.take();
        if name.contains('\\') {
            self.functions.insert(name, docs);
        } else {
            self.methods.push((name, docs));
        }
    }

    /// The pending comment.
    fn take(&mut self) -> String {
        std::mem::take(&mut self.pending).join("\n")
    }
}

/// Docs by class from the comments of a C file: a line that begins with a class name and a
/// colon, and the lines after it up to the next name or an empty line.
pub fn of_c_file(text: &str) -> BTreeMap<String, String> {
    let mut docs: BTreeMap<String, String> = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        let words = line
            .trim_start()
            .strip_prefix('*')
            .filter(|rest| *rest != "/")
            .map(str::trim);
        current = match (words, words.and_then(class_line), current) {
            (_, Some((class, text)), _) => {
                docs.insert(class.to_owned(), text.to_owned());
                Some(class.to_owned())
            }
            (Some(more), None, Some(class)) if !more.is_empty() => {
                docs.entry(class.clone())
                    .and_modify(|text| *text = format!("{text}\n{more}"));
                Some(class)
            }
            _ => None,
        };
    }
    docs
}

/// `Tusk\Name: text`
fn class_line(line: &str) -> Option<(&str, &str)> {
    let (class, text) = line.split_once(": ")?;
    (class.starts_with("Tusk\\") && !class.contains(' ')).then_some((class, text))
}

fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

/// The line of a `///` comment, which tokens show as `#[doc = "line"]`.
fn doc_line(group: &proc_macro2::Group) -> Option<String> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    match tokens.as_slice() {
        [TokenTree::Ident(word), TokenTree::Punct(_), line] if word == "doc" => {
            literal(line).map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        }
        _ => None,
    }
}

/// The value of a string literal with the escapes that signatures and comments have.
fn literal(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else {
        return None;
    };
    let text = literal.to_string();
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut value = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            value.push(letter);
            continue;
        }
        match letters.next()? {
            'n' => value.push('\n'),
            't' => value.push('\t'),
            // A line that goes on: the end of line and what indents the next are left out.
            '\n' => letters = letters.as_str().trim_start().chars(),
            other => value.push(other),
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::{of_c_file, of_file};

    #[test]
    fn finds_classes_methods_functions_and_named_comments() {
        let docs = of_file(
            r#"
            //! A file.
            /// Carries values.
            /// Suspends.
            pub static CLASS: Class = Class { name: "Tusk\\Channel", methods: &[
                /// Waits for an item.
                method!("receive(?float $timeout = null): mixed", Channel, receive),
                static_method!("bare()", bare),
            ] };
            static FUNCTIONS: &[Function] = &[
                /// Spawns.
                static_method!("Tusk\\go(callable $callable): Tusk\\Coroutine", go),
            ];
            "#,
        )
        .unwrap();
        assert_eq!(docs["Tusk\\Channel"], "Carries values.\nSuspends.");
        assert_eq!(docs["Tusk\\Channel::receive"], "Waits for an item.");
        assert_eq!(docs["Tusk\\Channel::bare"], "");
        assert_eq!(docs["Tusk\\go"], "Spawns.");
        assert_eq!(docs.len(), 4);
    }

    #[test]
    fn finds_classes_in_comments_of_c() {
        let docs = of_c_file(
            "/* All.\n *\n * Tusk\\A: One.\n * Two.\n * Tusk\\B: Three.\n *\n * Four.\n */\nint x;\n",
        );
        assert_eq!(docs["Tusk\\A"], "One.\nTwo.");
        assert_eq!(docs["Tusk\\B"], "Three.");
        assert_eq!(docs.len(), 2);
    }
}
