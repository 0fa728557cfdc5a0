//! PHP values as parameters of statements, and as rows of COPY.

use tusk_postgres::types::Param;

use crate::exception::{self, Thrown};
use crate::zend::call::Callable;
use crate::zend::encode::{self, Failure};
use crate::zend::value::Value;

/// How deep arrays may be nested.
const DEPTH: usize = 64;

/// The parameters of a statement, in order. Runs PHP code of objects, which may suspend.
pub fn params(array: &Value) -> Result<Vec<Param>, Thrown> {
    if array.len() > 0 && !array.is_list() {
        return Err(exception::misuse(
            "parameters are a list: the first is $1 in the SQL; there are no names",
        ));
    }
    let mut params = Vec::with_capacity(array.len());
    array.each(|_, value| {
        params.push(param(value, 0)?);
        Ok(())
    })?;
    Ok(params)
}

fn param(value: &Value, depth: usize) -> Result<Param, Thrown> {
    if value.is_null() {
        return Ok(Param::Null);
    }
    if let Some(yes) = value.as_bool() {
        return Ok(Param::Bool(yes));
    }
    if let Some(number) = value.as_long() {
        return Ok(Param::Int(number));
    }
    if let Some(number) = value.as_double() {
        return Ok(Param::Float(number));
    }
    if let Some(bytes) = value.as_bytes() {
        return Ok(Param::Text(bytes.to_vec()));
    }
    if value.is_array() {
        return list(value, depth);
    }
    object(value, depth)
}

fn list(array: &Value, depth: usize) -> Result<Param, Thrown> {
    if depth >= DEPTH {
        return Err(exception::misuse(&format!(
            "a parameter is nested deeper than {DEPTH} levels"
        )));
    }
    let mut items = array.is_list().then(Vec::new);
    if let Some(items) = &mut items {
        array.each(|_, value| {
            items.push(param(value, depth + 1)?);
            Ok(())
        })?;
    }
    Ok(Param::Array {
        items,
        json: json(array)?,
    })
}

/// Its JSON; `None`: it has none.
fn json(value: &Value) -> Result<Option<Vec<u8>>, Thrown> {
    match encode::json_encode(value) {
        Ok(text) => Ok(Some(text.bytes().to_vec())),
        Err(Failure::Because(_)) => Ok(None),
        Err(Failure::Thrown) => Err(Thrown),
    }
}

/// Dates, enums and what can be a string by its text; anything else by its JSON.
fn object(value: &Value, depth: usize) -> Result<Param, Thrown> {
    let has = |method: &str| Callable::from_value(&pair(value, method)).is_some();
    let call = |method: &str, args: &[Value]| {
        let pair = pair(value, method);
        let callable = Callable::from_value(&pair);
        callable.map_or(Err(Thrown), |mut callable| callable.call_with(args))
    };
    if has("format") && has("getTimestamp") && has("getTimezone") {
        let text = call("format", &[Value::string("Y-m-d H:i:s.uP")])?;
        return Ok(Param::Text(text.as_bytes().unwrap_or_default().to_vec()));
    }
    if has("__toString") {
        let text = call("__toString", &[])?;
        return Ok(Param::Text(text.as_bytes().unwrap_or_default().to_vec()));
    }
    let json = json(value)?;
    if has("cases") && has("from") {
        let mut text = json.unwrap_or_default();
        if let Ok(backing) = encode::json_decode(&mut text, 0) {
            return param(&backing, depth + 1);
        }
    } else if json.is_some() {
        return Ok(Param::Array { items: None, json });
    }
    Err(exception::misuse(
        "a parameter is an object that has no form: give scalars, lists, dates, backed enums, objects with \
         __toString(), or what json_encode() takes for a json parameter",
    ))
}

fn pair(object: &Value, method: &str) -> Value {
    Value::list([object.clone(), Value::string(method)])
}

/// A row for COPY's text format: columns apart by tabs, NULL as `\N`.
pub fn text_row(row: &Value, out: &mut Vec<u8>) -> Result<(), Thrown> {
    let mut first = true;
    row.each(|_, value| {
        if !std::mem::take(&mut first) {
            out.push(b'\t');
        }
        match param(value, 0)? {
            Param::Null => out.extend(b"\\N"),
            Param::Bool(yes) => out.push(if yes { b't' } else { b'f' }),
            Param::Int(number) => out.extend(number.to_string().bytes()),
            Param::Float(number) => out.extend(float(number).bytes()),
            Param::Text(bytes) => escaped(&bytes, out),
            Param::Array {
                json: Some(json), ..
            } => escaped(&json, out),
            Param::Array { json: None, .. } => {
                return Err(exception::misuse(
                    "a row of copyIn() holds an array that has no JSON form",
                ));
            }
        }
        Ok(())
    })?;
    out.push(b'\n');
    Ok(())
}

fn float(number: f64) -> String {
    if number.is_infinite() {
        let sign = if number < 0.0 { "-" } else { "" };
        return format!("{sign}Infinity");
    }
    number.to_string()
}

fn escaped(bytes: &[u8], out: &mut Vec<u8>) {
    for &byte in bytes {
        match byte {
            b'\\' => out.extend(b"\\\\"),
            b'\n' => out.extend(b"\\n"),
            b'\r' => out.extend(b"\\r"),
            b'\t' => out.extend(b"\\t"),
            byte => out.push(byte),
        }
    }
}
