//! The ops in flight: found by slot key on completion, by token for cancelling.
//!
//! Invariant: a key is the slot's index and generation, and the generation changes when
//! the slot is freed; a late completion of a former op finds nothing.

use super::Token;
use crate::error::{Error, Kind};
use crate::limits::OPS_IN_FLIGHT;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Names a slot. The top bit is never set, which leaves room for a driver's own marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(pub(super) u64);

const GENERATION_MASK: u32 = u32::MAX >> 1;

impl Key {
    fn new(index: u32, generation: u32) -> Self {
        Key(u64::from(generation) << 32 | u64::from(index))
    }

    fn index(self) -> usize {
        self.0 as u32 as usize
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

struct Slot<T> {
    generation: u32,
    token: Token,
    /// `None` in a free slot.
    value: Option<T>,
}

/// A slab with a second way in.
pub(super) struct Table<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    by_token: HashMap<Token, Key, BuildHasherDefault<NumberHasher>>,
}

impl<T> Table<T> {
    pub(super) fn new() -> Self {
        Table {
            slots: Vec::new(),
            free: Vec::new(),
            by_token: HashMap::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.by_token.len()
    }

    #[inline]
    pub(super) fn insert(&mut self, token: Token, value: T) -> Result<Key, Error> {
        let live = self.by_token.len();
        let vacant = match self.by_token.entry(token) {
            Entry::Occupied(_) => {
                return Err(Error::new(
                    Kind::Misuse,
                    "submit an op",
                    format!("token {} is in flight already", token.0),
                ));
            }
            Entry::Vacant(_) if live >= OPS_IN_FLIGHT => {
                return Err(Error::new(
                    Kind::Overloaded,
                    "submit an op",
                    format!("{OPS_IN_FLIGHT} ops are in flight already"),
                )
                .hint("bound the number of coroutines that wait at once"));
            }
            Entry::Vacant(vacant) => vacant,
        };
        let key = match self.free.pop() {
            Some(index) => {
                let slot = &mut self.slots[index as usize];
                slot.token = token;
                slot.value = Some(value);
                Key::new(index, slot.generation)
            }
            None => {
                let index = self.slots.len() as u32;
                self.slots.push(Slot {
                    generation: 0,
                    token,
                    value: Some(value),
                });
                Key::new(index, 0)
            }
        };
        vacant.insert(key);
        Ok(key)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: Key) -> Option<(Token, &mut T)> {
        let slot = self.slots.get_mut(key.index())?;
        if slot.generation != key.generation() {
            return None;
        }
        Some((slot.token, slot.value.as_mut()?))
    }

    pub(super) fn find(&self, token: Token) -> Option<Key> {
        self.by_token.get(&token).copied()
    }

    #[inline]
    pub(super) fn remove(&mut self, key: Key) -> Option<(Token, T)> {
        let slot = self.slots.get_mut(key.index())?;
        if slot.generation != key.generation() {
            return None;
        }
        let value = slot.value.take()?;
        slot.generation = (slot.generation + 1) & GENERATION_MASK;
        self.free.push(key.index() as u32);
        self.by_token.remove(&slot.token);
        Some((slot.token, value))
    }

    pub(super) fn keys(&self) -> Vec<Key> {
        self.by_token.values().copied().collect()
    }
}

/// Spreads small numbers with one multiplication. Tokens and descriptors are our own or
/// the kernel's, so nobody can choose them to collide.
#[derive(Default)]
pub(super) struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio; the fold brings the well-mixed high bits down
        // to where the hash table looks.
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }

    fn write_i32(&mut self, number: i32) {
        self.write_u64(number as u32 as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_keys_and_tokens_find_nothing() {
        let mut table = Table::new();
        let first = table.insert(Token(1), 'a').expect("insert");
        assert!(table.insert(Token(1), 'b').is_err());
        assert_eq!(table.remove(first), Some((Token(1), 'a')));
        let second = table
            .insert(Token(1), 'c')
            .expect("the token is free again");
        assert!(table.get_mut(first).is_none() && table.remove(first).is_none());
        assert_eq!(table.find(Token(1)), Some(second));
        assert_eq!(table.len(), 1);
    }
}
