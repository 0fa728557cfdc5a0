//! Rows as PHP arrays.

use std::cell::Cell;
use std::rc::Rc;

use tusk_postgres::job::{Column, Rows};
use tusk_postgres::types::{Datum, decode, type_name};

use crate::exception::{self, Thrown};
use crate::zend::value::{Array, Value};

/// Columns with the keys that rows have for them.
pub struct Table {
    columns: Rc<[Column]>,
    keys: Vec<Value>,
    by_number: Cell<bool>,
}

impl Table {
    /// For these columns.
    pub fn new(columns: Rc<[Column]>) -> Table {
        let keys = columns.iter().map(|column| Value::bytes(&column.name));
        let keys = keys.collect();
        Table {
            columns,
            keys,
            by_number: Cell::new(false),
        }
    }

    /// From now on rows are lists.
    pub fn by_number(&self) {
        self.by_number.set(true);
    }

    /// One row, by the columns' names; of two with the same name the last. Or as a list, which has
    /// both.
    pub fn row(&self, rows: &Rows, row: usize) -> Result<Value, Thrown> {
        let mut array = Array::new();
        if self.by_number.get() {
            for (column, field) in self.columns.iter().zip(rows.fields(row)) {
                array.push(value(column, field)?);
            }
            return Ok(array.into());
        }
        for ((column, key), field) in self.columns.iter().zip(&self.keys).zip(rows.fields(row)) {
            array.set_key(key, value(column, field)?);
        }
        Ok(array.into())
    }

    /// One column of a row.
    pub fn field(&self, rows: &Rows, row: usize, index: usize) -> Result<Value, Thrown> {
        match (self.columns.get(index), rows.fields(row).nth(index)) {
            (Some(column), Some(field)) => value(column, field),
            _ => Ok(Value::NULL),
        }
    }

    /// How many columns.
    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Their names and types.
    pub fn describe(&self) -> Value {
        Value::list(self.columns.iter().map(|column| {
            let mut array = Array::new();
            let name = type_name(column.oid);
            array
                .set("name", Value::bytes(&column.name))
                .set(
                    "type",
                    name.map_or(Value::NULL, |name| Value::string(&name)),
                )
                .set("oid", Value::long(column.oid.into()));
            array.into()
        }))
    }
}

fn value(column: &Column, field: Option<&[u8]>) -> Result<Value, Thrown> {
    let Some(bytes) = field else {
        return Ok(Value::NULL);
    };
    match decode(column.decoder, bytes) {
        Ok(datum) => Ok(from_datum(datum)),
        Err(error) => Err(exception::native(&error)),
    }
}

fn from_datum(datum: Datum<'_>) -> Value {
    match datum {
        Datum::Null => Value::NULL,
        Datum::Bool(yes) => Value::bool(yes),
        Datum::Int(number) => Value::long(number),
        Datum::Float(number) => Value::double(number),
        Datum::Text(bytes) => Value::bytes(&bytes),
        Datum::List(items) => Value::list(items.into_iter().map(from_datum)),
    }
}
