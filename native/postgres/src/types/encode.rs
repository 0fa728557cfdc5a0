//! Parameters: from what PHP has to what the statement's parameter is.
//!
//! The server parses text for every type, and it alone knows all its types, so text is what is
//! sent; only bytea goes as its bytes. A value's form depends on the parameter's type: `true` is
//! `t`, a list is an array's literal or JSON.

use std::fmt::Write;

use bytes::{BufMut, BytesMut};
use postgres_types::{Kind as TypeKind, Type};
use tusk_runtime::error::{Error, Kind};

/// A value that a statement is given.
#[derive(Clone, Debug, PartialEq)]
pub enum Param {
    /// NULL.
    Null,
    /// A truth.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A floating point number.
    Float(f64),
    /// Text, or the bytes of a bytea.
    Text(Vec<u8>),
    /// A list or map: `items` for array types, `json` for json and jsonb.
    Array {
        /// Its values, if it is a list of what an array can hold.
        items: Option<Vec<Param>>,
        /// Itself as JSON, if it has that form.
        json: Option<Vec<u8>>,
    },
}

/// 0 for text, 1 for binary.
pub fn format_of(param: &Param, oid: u32) -> i16 {
    i16::from(matches!(param, Param::Text(_)) && oid == Type::BYTEA.oid())
}

/// Writes the value, without its length. False: it is NULL.
///
/// # Errors
/// `Misuse` for a list where the type takes none.
pub fn write(param: &Param, oid: u32, number: usize, out: &mut BytesMut) -> Result<bool, Error> {
    match param {
        Param::Null => return Ok(false),
        Param::Array { items, json } => {
            let known = Type::from_oid(oid);
            let is_json = oid == Type::JSON.oid() || oid == Type::JSONB.oid();
            let element = known.as_ref().and_then(element_of);
            let has_elements = element.is_some() || known.is_none();
            match (items, json) {
                (_, Some(json)) if is_json => out.put_slice(json),
                (_, None) if is_json => {
                    return Err(misuse(
                        number,
                        "cannot be sent as JSON: it holds what JSON has no form for",
                    ));
                }
                (Some(items), _) if has_elements => {
                    literal(items, element.as_ref(), number, out)?;
                }
                (None, _) if has_elements => {
                    return Err(misuse(
                        number,
                        "is an array with names or with values that have no form in a PostgreSQL array; give a list",
                    ));
                }
                _ => {
                    return Err(misuse(
                        number,
                        &format!(
                            "is an array, and the statement wants {}; did you mean = ANY($n)?",
                            known.map_or("something else".into(), |known| known.name().to_owned())
                        ),
                    ));
                }
            }
        }
        Param::Text(bytes) => out.put_slice(bytes),
        simple => out.put_slice(text(simple, oid).as_bytes()),
    }
    Ok(true)
}

fn element_of(known: &Type) -> Option<Type> {
    match known.kind() {
        TypeKind::Array(element) => Some(element.clone()),
        _ => None,
    }
}

/// Of what is neither NULL nor bytes nor a list.
fn text(param: &Param, oid: u32) -> String {
    match param {
        // PHP's true is 1 to everything that counts.
        Param::Bool(yes) if is_number(oid) => u8::from(*yes).to_string(),
        Param::Bool(yes) => if *yes { "t" } else { "f" }.to_owned(),
        Param::Int(number) => number.to_string(),
        Param::Float(number) if number.is_nan() => "NaN".into(),
        Param::Float(number) if number.is_infinite() && *number > 0.0 => "Infinity".into(),
        Param::Float(number) if number.is_infinite() => "-Infinity".into(),
        Param::Float(number) => number.to_string(),
        _ => String::new(),
    }
}

fn is_number(oid: u32) -> bool {
    [
        Type::INT2,
        Type::INT4,
        Type::INT8,
        Type::FLOAT4,
        Type::FLOAT8,
        Type::NUMERIC,
    ]
    .iter()
    .any(|known| known.oid() == oid)
}

/// `{1,NULL,"a \"b\"",{…}}` (8.15.6 of PostgreSQL's documentation).
fn literal(
    items: &[Param],
    element: Option<&Type>,
    number: usize,
    out: &mut BytesMut,
) -> Result<(), Error> {
    let oid = element.map_or(0, Type::oid);
    out.put_u8(b'{');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            // box alone has another delimiter.
            out.put_u8(if oid == Type::BOX.oid() { b';' } else { b',' });
        }
        match item {
            Param::Null => out.put_slice(b"NULL"),
            Param::Array {
                json: Some(json), ..
            } if oid == Type::JSON.oid() || oid == Type::JSONB.oid() => {
                quoted(json, out);
            }
            Param::Array {
                items: Some(items), ..
            } => literal(items, element, number, out)?,
            Param::Array { .. } => {
                return Err(misuse(
                    number,
                    "holds an array with names; a PostgreSQL array holds lists",
                ));
            }
            Param::Text(bytes) if oid == Type::BYTEA.oid() => {
                let mut hex = String::with_capacity(2 + 2 * bytes.len());
                hex.push_str("\\x");
                for byte in bytes {
                    let _ = write!(hex, "{byte:02x}");
                }
                quoted(hex.as_bytes(), out);
            }
            Param::Text(bytes) => quoted(bytes, out),
            simple => out.put_slice(text(simple, oid).as_bytes()),
        }
    }
    out.put_u8(b'}');
    Ok(())
}

fn quoted(bytes: &[u8], out: &mut BytesMut) {
    out.put_u8(b'"');
    for &byte in bytes {
        if byte == b'"' || byte == b'\\' {
            out.put_u8(b'\\');
        }
        out.put_u8(byte);
    }
    out.put_u8(b'"');
}

#[cold]
fn misuse(number: usize, what: &str) -> Error {
    Error::new(
        Kind::Misuse,
        "send the query",
        format!("parameter ${} {what}", number + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(param: &Param, known: &Type) -> String {
        let mut out = BytesMut::new();
        assert!(write(param, known.oid(), 0, &mut out).unwrap());
        String::from_utf8(out.to_vec()).unwrap()
    }

    fn list(items: Vec<Param>) -> Param {
        Param::Array {
            items: Some(items),
            json: Some(b"[1]".to_vec()),
        }
    }

    #[test]
    fn a_value_takes_the_form_of_its_parameter() {
        assert_eq!(written(&Param::Bool(true), &Type::BOOL), "t");
        assert_eq!(written(&Param::Bool(true), &Type::INT4), "1");
        assert_eq!(written(&Param::Float(1.0), &Type::INT4), "1");
        assert_eq!(written(&Param::Float(0.1), &Type::FLOAT8), "0.1");
        assert_eq!(
            written(&Param::Float(f64::NEG_INFINITY), &Type::FLOAT8),
            "-Infinity"
        );
        assert_eq!(format_of(&Param::Text(vec![0]), Type::BYTEA.oid()), 1);
        assert_eq!(format_of(&Param::Text(vec![0]), Type::TEXT.oid()), 0);
    }

    #[test]
    fn lists_are_arrays_or_json() {
        let text = |text: &str| Param::Text(text.into());
        let items = list(vec![text("a\"b\\"), Param::Null, text("NULL"), text("")]);
        assert_eq!(
            written(&items, &Type::TEXT_ARRAY),
            r#"{"a\"b\\",NULL,"NULL",""}"#
        );
        let nested = list(vec![list(vec![Param::Int(1)]), list(vec![Param::Int(2)])]);
        assert_eq!(written(&nested, &Type::INT4_ARRAY), "{{1},{2}}");
        assert_eq!(written(&nested, &Type::JSONB), "[1]");
        let bytes = list(vec![Param::Text(vec![0, 255])]);
        assert_eq!(written(&bytes, &Type::BYTEA_ARRAY), r#"{"\\x00ff"}"#);
        assert!(write(&nested, Type::INT4.oid(), 0, &mut BytesMut::new()).is_err());
    }
}
