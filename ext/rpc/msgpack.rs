//! MessagePack of PHP values: lists are arrays, other arrays are maps, strings that are no
//! UTF-8 are binary. Objects have no form: an application says itself what of them is sent.

use crate::exception::{self, Thrown};
use crate::zend::encode::Key;
use crate::zend::value::{Array, Value};
use tusk_rpc::msgpack::{Build, DEPTH, Writer, read};

/// Encodes a value; throws a `MisuseError` when it has no form.
pub fn encode(value: &Value) -> Result<Vec<u8>, Thrown> {
    let mut writer = Writer::default();
    write(value, &mut writer, 0)?;
    Ok(writer.into_bytes())
}

fn write(value: &Value, writer: &mut Writer, depth: usize) -> Result<(), Thrown> {
    if value.is_null() {
        writer.nil();
    } else if let Some(yes) = value.as_bool() {
        writer.boolean(yes);
    } else if let Some(number) = value.as_long() {
        writer.integer(number);
    } else if let Some(number) = value.as_double() {
        writer.float(number);
    } else if let Some(bytes) = value.as_bytes() {
        match std::str::from_utf8(bytes) {
            Ok(_) => writer.text(bytes),
            Err(_) => writer.binary(bytes),
        }
    } else if value.is_array() {
        return write_array(value, writer, depth);
    } else {
        return Err(exception::misuse(
            "the payload cannot be sent as MessagePack: an object, closure or resource has no form; give \
             arrays, strings, numbers, booleans and null",
        ));
    }
    Ok(())
}

fn write_array(array: &Value, writer: &mut Writer, depth: usize) -> Result<(), Thrown> {
    if depth >= DEPTH {
        return Err(exception::misuse(&format!(
            "the payload cannot be sent as MessagePack: it is nested deeper than {DEPTH} levels"
        )));
    }
    let is_list = array.is_list();
    if is_list {
        writer.list(array.len());
    } else {
        writer.map(array.len());
    }
    array.each(|key, value| {
        match key {
            _ if is_list => {}
            Key::Index(index) => writer.integer(index),
            Key::Name(name) => writer.text(name),
        }
        write(value, writer, depth + 1)
    })
}

/// Decodes a value.
pub fn decode(bytes: &[u8]) -> Result<Value, String> {
    read(bytes, &mut Values)
}

struct Values;

impl Build for Values {
    type Value = Value;

    fn nil(&mut self) -> Value {
        Value::NULL
    }

    fn boolean(&mut self, yes: bool) -> Value {
        Value::bool(yes)
    }

    fn integer(&mut self, number: i64) -> Value {
        Value::long(number)
    }

    fn large(&mut self, number: u64) -> Value {
        // As PHP does with integers that overflow.
        Value::double(number as f64)
    }

    fn float(&mut self, number: f64) -> Value {
        Value::double(number)
    }

    fn string(&mut self, bytes: &[u8]) -> Value {
        Value::bytes(bytes)
    }

    fn list(&mut self, _: usize) -> Value {
        Array::new().into()
    }

    fn push(&mut self, list: &mut Value, value: Value) {
        list.edit(|array| array.push(value));
    }

    fn map(&mut self, _: usize) -> Value {
        Array::new().into()
    }

    fn insert(&mut self, map: &mut Value, key: Value, value: Value) -> bool {
        if let Some(index) = key.as_long() {
            map.edit(|array| {
                array.set_index(index, value);
            });
            return true;
        }
        let Some(name) = key.as_bytes() else {
            return false;
        };
        map.edit(|array| {
            array.set_bytes(name, value);
        });
        true
    }
}
