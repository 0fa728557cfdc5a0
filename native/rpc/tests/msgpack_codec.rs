//! MessagePack: what is written is read back, the bytes are the specification's, and no bytes
//! do more than give an error.

mod common;

use common::{Random, seeds};
use tusk_rpc::msgpack::{Build, DEPTH, Writer, read};

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Large(u64),
    Float(f64),
    Text(Vec<u8>),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
}

struct Plain;

impl Build for Plain {
    type Value = Value;

    fn nil(&mut self) -> Value {
        Value::Nil
    }
    fn boolean(&mut self, yes: bool) -> Value {
        Value::Bool(yes)
    }
    fn integer(&mut self, number: i64) -> Value {
        Value::Int(number)
    }
    fn large(&mut self, number: u64) -> Value {
        Value::Large(number)
    }
    fn float(&mut self, number: f64) -> Value {
        Value::Float(number)
    }
    fn string(&mut self, bytes: &[u8]) -> Value {
        Value::Text(bytes.to_vec())
    }
    fn list(&mut self, len: usize) -> Value {
        Value::List(Vec::with_capacity(len))
    }
    fn push(&mut self, list: &mut Value, value: Value) {
        let Value::List(values) = list else {
            panic!("{list:?}")
        };
        values.push(value);
    }
    fn map(&mut self, len: usize) -> Value {
        Value::Map(Vec::with_capacity(len))
    }
    fn insert(&mut self, map: &mut Value, key: Value, value: Value) -> bool {
        let Value::Map(pairs) = map else {
            panic!("{map:?}")
        };
        let is_key = matches!(key, Value::Int(_) | Value::Text(_));
        pairs.push((key, value));
        is_key
    }
}

fn write(value: &Value, writer: &mut Writer) {
    match value {
        Value::Nil => writer.nil(),
        Value::Bool(yes) => writer.boolean(*yes),
        Value::Int(number) => writer.integer(*number),
        Value::Large(_) => unreachable!("nobody makes one"),
        Value::Float(number) => writer.float(*number),
        Value::Text(text) if std::str::from_utf8(text).is_ok() => writer.text(text),
        Value::Text(bytes) => writer.binary(bytes),
        Value::List(values) => {
            writer.list(values.len());
            values.iter().for_each(|value| write(value, writer));
        }
        Value::Map(pairs) => {
            writer.map(pairs.len());
            for (key, value) in pairs {
                write(key, writer);
                write(value, writer);
            }
        }
    }
}

fn arbitrary(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth > 3 { 6 } else { 8 }) {
        0 => Value::Nil,
        1 => Value::Bool(random.one_in(2)),
        2 => Value::Int(random.next() as i64 >> random.below(64)),
        3 => Value::Int((1i64 << random.below(63)) - random.below(2) as i64),
        4 => Value::Float(random.next() as f64 / 7.0),
        5 => {
            let most = [10, 40, 300, 70_000][random.below(4)];
            Value::Text(random.bytes(most))
        }
        6 => {
            let len = [3, 20][random.below(2)];
            Value::List((0..len).map(|_| arbitrary(random, depth + 1)).collect())
        }
        _ => Value::Map(
            (0..random.below(20))
                .map(|key| (Value::Int(key as i64), arbitrary(random, depth + 1)))
                .collect(),
        ),
    }
}

#[test]
fn what_is_written_is_read_back() {
    for seed in seeds() {
        let value = arbitrary(&mut Random::new(seed), 0);
        let mut writer = Writer::default();
        write(&value, &mut writer);
        let bytes = writer.into_bytes();
        assert_eq!(read(&bytes, &mut Plain).as_ref(), Ok(&value), "seed {seed}");
        let cut = Random::new(seed).below(bytes.len());
        assert!(read(&bytes[..cut], &mut Plain).is_err(), "seed {seed}");
    }
}

#[test]
fn arbitrary_bytes_are_a_value_or_an_error() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let _ = read(&random.bytes(100), &mut Plain);
    }
}

#[test]
fn the_bytes_of_the_specification() {
    let cases: [(&[u8], Value); 12] = [
        (&[0x7f], Value::Int(127)),
        (&[0xff], Value::Int(-1)),
        (&[0xcc, 0x80], Value::Int(128)),
        (&[0xcd, 1, 0], Value::Int(256)),
        (&[0xd0, 0xdf], Value::Int(-33)),
        (&[0xd1, 0xff, 0x7f], Value::Int(-129)),
        (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], Value::Int(i64::MIN)),
        (&[0xa2, b'o', b'k'], Value::Text(b"ok".to_vec())),
        (&[0xc4, 1, 0xff], Value::Text(vec![0xff])),
        (&[0x91, 0xc0], Value::List(vec![Value::Nil])),
        (
            &[0x81, 1, 0xc3],
            Value::Map(vec![(Value::Int(1), Value::Bool(true))]),
        ),
        (&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], Value::Float(1.5)),
    ];
    for (bytes, value) in cases {
        let mut writer = Writer::default();
        write(&value, &mut writer);
        assert_eq!(writer.into_bytes(), bytes, "{value:?}");
        assert_eq!(read(bytes, &mut Plain), Ok(value));
    }
    let large = [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(read(&large, &mut Plain), Ok(Value::Large(u64::MAX)));
    assert_eq!(
        read(&[0xca, 0x3f, 0xc0, 0, 0], &mut Plain),
        Ok(Value::Float(1.5))
    );
}

#[test]
fn lies_about_lengths_take_no_memory_and_depth_has_a_bound() {
    for bytes in [
        &[0xdd, 0xff, 0xff, 0xff, 0xff][..],
        &[0xdf, 0x7f, 0xff, 0xff, 0xff],
        &[0xdb, 9, 9, 9, 9],
    ] {
        assert!(read(bytes, &mut Plain).is_err());
    }
    let mut nested = vec![0x91; DEPTH];
    nested.push(0xc0);
    assert!(read(&nested, &mut Plain).is_ok());
    nested.insert(0, 0x91);
    let error = read(&nested, &mut Plain).expect_err("too deep");
    assert!(error.contains("512"), "{error}");
    assert!(read(&[0xc1], &mut Plain).is_err() && read(&[0xc0, 0xc0], &mut Plain).is_err());
    assert!(
        read(&[0x81, 0xc0, 0xc0], &mut Plain).is_err(),
        "nil is no key"
    );
}
