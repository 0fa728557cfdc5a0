//! Connection strings: `NAME`, or `Key=value;Key={value};…`.
//!
//! Invariant: what a user gives as user or password is one value, whatever is in it: it is
//! quoted as ODBC quotes, and refused where ODBC has no way to write it. A password is never
//! part of a message.

/// A connection string with its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Dsn {
    given: String,
    user: Option<String>,
    password: Option<String>,
}

impl std::fmt::Debug for Dsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Dsn({})", self.shown())
    }
}

impl Dsn {
    /// From what a user writes.
    ///
    /// # Errors
    /// What cannot be written in a connection string, in words for its user.
    pub fn new(given: &str, user: Option<&str>, password: Option<&str>) -> Result<Dsn, String> {
        if given.trim().is_empty() {
            return Err("the connection string is empty".to_owned());
        }
        for (what, value) in [
            ("the connection string", Some(given)),
            ("the user", user),
            ("the password", password),
        ] {
            if value.is_some_and(|value| value.contains('\0')) {
                return Err(format!("{what} contains a zero byte"));
            }
        }
        Ok(Dsn {
            given: given.trim().trim_end_matches(';').to_owned(),
            user: user.map(str::to_owned),
            password: password.map(str::to_owned),
        })
    }

    /// What the driver manager is given.
    pub fn text(&self) -> String {
        // `odbc:` is what PDO's users are used to write in front.
        let given = self.given.strip_prefix("odbc:").unwrap_or(&self.given);
        let mut text = if given.contains('=') {
            given.to_owned()
        } else {
            format!("DSN={given}")
        };
        for (key, value) in [("UID", &self.user), ("PWD", &self.password)] {
            if let Some(value) = value {
                text.push_str(&format!(";{key}={}", quoted(value)));
            }
        }
        text
    }

    /// For messages: without what could be secret.
    pub fn shown(&self) -> String {
        let parts = split(&self.given);
        let shown: Vec<String> = parts
            .iter()
            .map(|part| match part.split_once('=') {
                Some((key, _)) if is_secret(key) => format!("{key}=…"),
                _ => (*part).to_owned(),
            })
            .collect();
        shown.join(";")
    }
}

fn is_secret(key: &str) -> bool {
    let key = key.trim().to_ascii_lowercase();
    ["pwd", "password", "passwd", "secret", "token"]
        .iter()
        .any(|word| key.contains(word))
}

/// The parts between semicolons that are not inside braces.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut braced) = (Vec::new(), 0, false);
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => braced = true,
            '}' => braced = false,
            ';' if !braced => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

/// A value as ODBC quotes it: in braces where it has to be, with closing braces doubled.
fn quoted(value: &str) -> String {
    let plain = |letter: char| !"[]{}(),;?*=!@ '\"".contains(letter);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    format!("{{{}}}", value.replace('}', "}}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_is_a_data_source() {
        let dsn = Dsn::new("sales", Some("me"), Some("a;b}c")).expect("valid");
        assert_eq!(dsn.text(), "DSN=sales;UID=me;PWD={a;b}}c}");
        let dsn = Dsn::new("odbc:Driver={DM8 ODBC DRIVER};Server=h;", None, None).expect("valid");
        assert_eq!(dsn.text(), "Driver={DM8 ODBC DRIVER};Server=h");
    }

    #[test]
    fn secrets_are_not_shown() {
        let dsn = Dsn::new("Driver=x;PWD={a;b};Server=h;UID=u", None, Some("top")).expect("valid");
        assert_eq!(dsn.shown(), "Driver=x;PWD=…;Server=h;UID=u");
        assert!(!format!("{dsn:?}").contains("top"));
        assert!(Dsn::new(" ", None, None).is_err());
        assert!(Dsn::new("a", None, Some("b\0")).is_err());
    }
}
