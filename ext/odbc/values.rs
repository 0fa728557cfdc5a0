//! Parameters and rows between PHP and the native crate.

use tusk_odbc::value::{Batch, Cell, Column, Parameter};

use crate::exception::Thrown;
use crate::zend::engine;
use crate::zend::value::{Array, Value};

/// Columns with the keys that rows have for them.
pub struct Table {
    columns: Vec<Column>,
    keys: Vec<Value>,
    by_number: std::cell::Cell<bool>,
}

impl Table {
    /// For these columns.
    pub fn new(columns: Vec<Column>) -> Table {
        let keys = columns.iter().map(|column| Value::string(&column.name));
        Table {
            keys: keys.collect(),
            columns,
            by_number: std::cell::Cell::new(false),
        }
    }

    /// From now on rows are lists.
    pub fn by_number(&self) {
        self.by_number.set(true);
    }

    /// One row, by the columns' names; of two with the same name the last. Or as a list, which has
    /// both.
    pub fn row(&self, batch: &Batch, row: usize) -> Value {
        if self.by_number.get() {
            let cells = batch.row(row).iter();
            return Value::list(cells.map(|&cell| value(batch, cell)));
        }
        let mut array = Array::new();
        for (key, &cell) in self.keys.iter().zip(batch.row(row)) {
            array.set_key(key, value(batch, cell));
        }
        array.into()
    }

    /// One column of a row.
    pub fn field(&self, batch: &Batch, row: usize, column: usize) -> Value {
        let cell = batch.row(row).get(column);
        cell.map_or(Value::NULL, |&cell| value(batch, cell))
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Their names and types.
    pub fn describe(&self) -> Value {
        Value::list(self.columns.iter().map(|column| {
            let mut array = Array::new();
            array
                .set("name", Value::string(&column.name))
                .set("type", Value::string(column.kind))
                .set("size", Value::long(column.size as i64))
                .set("scale", Value::long(i64::from(column.scale)))
                .set("nullable", column.nullable.map_or(Value::NULL, Value::bool));
            array.into()
        }))
    }
}

fn value(batch: &Batch, cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::NULL,
        Cell::Bool(yes) => Value::bool(yes),
        Cell::Int(number) => Value::long(number),
        Cell::Float(number) => Value::double(number),
        Cell::Bytes(from, length) => Value::bytes(batch.bytes(from, length)),
    }
}

/// The parameters of a statement, in order. A value has PHP's type, or is `['type' => value]`.
pub fn parameters(list: &Value, argument: u32) -> Result<Vec<Parameter>, Thrown> {
    let entries = list.entries().unwrap_or_default();
    let mut parameters = Vec::with_capacity(entries.len());
    for (place, (key, value)) in entries.into_iter().enumerate() {
        if key.as_long() != Some(place as i64) {
            return Err(engine::argument_error(
                argument,
                "must be a list: ODBC knows parameters by their order, as question marks in the statement",
            ));
        }
        parameters.push(parameter(&value, place, argument)?);
    }
    Ok(parameters)
}

fn parameter(value: &Value, place: usize, argument: u32) -> Result<Parameter, Thrown> {
    if value.is_null() {
        return Ok(Parameter::Null);
    }
    if let Some(yes) = value.as_bool() {
        return Ok(Parameter::Bool(yes));
    }
    if let Some(number) = value.as_long() {
        return Ok(Parameter::Int(number));
    }
    if let Some(number) = value.as_double() {
        return Ok(Parameter::Float(number));
    }
    if value.is_string() {
        return text(value, place, argument).map(Parameter::Text);
    }
    let typed = value.entries().filter(|entries| entries.len() == 1);
    if let Some((kind, inner)) = typed.and_then(|mut entries| entries.pop()) {
        return of_type(&kind.text().unwrap_or_default(), &inner, place, argument);
    }
    Err(refuse(
        place,
        argument,
        "null, bool, int, float, string, or ['type' => value]",
    ))
}

fn of_type(kind: &str, inner: &Value, place: usize, argument: u32) -> Result<Parameter, Thrown> {
    if inner.is_null() {
        return Ok(Parameter::Null);
    }
    let make: fn(String) -> Parameter = match kind {
        "binary" => {
            let bytes = inner.as_bytes().map(<[u8]>::to_vec);
            let bytes = bytes.ok_or_else(|| refuse(place, argument, "['binary' => a string]"))?;
            return Ok(Parameter::Binary(bytes));
        }
        "text" => Parameter::Text,
        "decimal" => Parameter::Decimal,
        "date" => Parameter::Date,
        "time" => Parameter::Time,
        "timestamp" => Parameter::Timestamp,
        _ => {
            return Err(refuse(
                place,
                argument,
                "of a type among binary, text, decimal, date, time and timestamp",
            ));
        }
    };
    match inner.as_long() {
        Some(number) => Ok(make(number.to_string())),
        None => text(inner, place, argument).map(make),
    }
}

fn text(value: &Value, place: usize, argument: u32) -> Result<String, Thrown> {
    let bytes = value.as_bytes().unwrap_or_default().to_vec();
    let wanted = "a string in UTF-8; bytes are given as ['binary' => $bytes]";
    if value.is_string() {
        return String::from_utf8(bytes).map_err(|_| refuse(place, argument, wanted));
    }
    Err(refuse(place, argument, wanted))
}

#[cold]
fn refuse(place: usize, argument: u32, wanted: &str) -> Thrown {
    engine::argument_error(
        argument,
        &format!("has at place {place} a value that must be {wanted}"),
    )
}
