//! MessagePack: a value or an error, and what is written from the value is read back equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tusk_rpc::msgpack::{Build, Writer, read};

/// Writes what it is told, in the shortest form.
struct Again;

impl Build for Again {
    type Value = Vec<Vec<u8>>;

    fn nil(&mut self) -> Self::Value {
        written(Writer::nil)
    }
    fn boolean(&mut self, yes: bool) -> Self::Value {
        written(|writer| writer.boolean(yes))
    }
    fn integer(&mut self, number: i64) -> Self::Value {
        written(|writer| writer.integer(number))
    }
    fn large(&mut self, number: u64) -> Self::Value {
        written(|writer| writer.float(number as f64))
    }
    fn float(&mut self, number: f64) -> Self::Value {
        written(|writer| writer.float(number))
    }
    fn string(&mut self, bytes: &[u8]) -> Self::Value {
        written(|writer| writer.binary(bytes))
    }
    fn list(&mut self, len: usize) -> Self::Value {
        written(|writer| writer.list(len))
    }
    fn push(&mut self, list: &mut Self::Value, value: Self::Value) {
        list.extend(value);
    }
    fn map(&mut self, len: usize) -> Self::Value {
        written(|writer| writer.map(len))
    }
    fn insert(&mut self, map: &mut Self::Value, key: Self::Value, value: Self::Value) -> bool {
        map.extend(key);
        map.extend(value);
        true
    }
}

fn written(write: impl FnOnce(&mut Writer)) -> Vec<Vec<u8>> {
    let mut writer = Writer::default();
    write(&mut writer);
    vec![writer.into_bytes()]
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(parts) = read(bytes, &mut Again) {
        let again = parts.concat();
        assert_eq!(
            read(&again, &mut Again).map(|parts| parts.concat()),
            Ok(again)
        );
    }
});
