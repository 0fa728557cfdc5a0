//! Signatures as PHP writes them, the one source of argument checks, Reflection and stubs:
//! `receive(?float $timeout = null): mixed`.

/// One parameter.
#[derive(Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Without the dollar sign.
    pub name: String,
    /// As written; empty for none.
    pub kind: String,
    /// Its default, as PHP code.
    pub fallback: Option<String>,
    /// `...$args`
    pub variadic: bool,
}

/// A whole signature.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// Function or method name.
    pub name: String,
    /// In order.
    pub parameters: Vec<Parameter>,
    /// Return type; empty for none (constructors).
    pub returns: String,
}

impl Signature {
    /// Parses a signature of our own tables. `None` when it is malformed, which a start-up
    /// error reports and no release can ship: the module would not load.
    pub fn parse(text: &str) -> Option<Signature> {
        let (name, rest) = text.split_once('(')?;
        let (inside, after) = rest.rsplit_once(')')?;
        let returns = after
            .trim()
            .strip_prefix(':')
            .map_or("", str::trim)
            .to_owned();
        let parameters = inside
            .split(", ")
            .filter(|part| !part.is_empty())
            .map(Parameter::parse)
            .collect::<Option<Vec<_>>>()?;
        Some(Signature {
            name: name.to_owned(),
            parameters,
            returns,
        })
    }

    /// How many arguments a caller must give.
    pub fn required(&self) -> usize {
        self.parameters
            .iter()
            .filter(|p| p.fallback.is_none() && !p.variadic)
            .count()
    }
}

impl Parameter {
    fn parse(text: &str) -> Option<Parameter> {
        let (declared, fallback) = match text.split_once(" = ") {
            Some((declared, fallback)) => (declared, Some(fallback.to_owned())),
            None => (text, None),
        };
        let (kind, name) = declared.split_once('$')?;
        let kind = kind.trim();
        let (kind, variadic) = match kind.strip_suffix("...") {
            Some(kind) => (kind.trim(), true),
            None => (kind, false),
        };
        Some(Parameter {
            name: name.to_owned(),
            kind: kind.to_owned(),
            fallback,
            variadic,
        })
    }
}
