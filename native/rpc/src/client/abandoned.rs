//! Numbers of calls that were given up while their answers were on their way.
//!
//! The answer, when it comes, is dropped and the number is free again. Beyond the bound the
//! oldest numbers are forgotten, and it is remembered that some were.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// See the module's description.
#[derive(Debug)]
pub(super) struct Abandoned {
    bound: usize,
    /// With the place of the call's message, and whether that has other calls too.
    numbers: HashMap<u32, (u64, bool), BuildHasherDefault<Mix>>,
    /// In the order of giving up; may name numbers whose answers have come.
    order: VecDeque<u32>,
    forgot: bool,
}

impl Abandoned {
    pub(super) fn new(bound: usize) -> Abandoned {
        Abandoned {
            bound,
            numbers: HashMap::default(),
            order: VecDeque::new(),
            forgot: false,
        }
    }

    pub(super) fn insert(&mut self, seq: u32, message: u64, shared: bool) {
        if self.order.len() >= 2 * self.bound.max(1) {
            self.order.retain(|seq| self.numbers.contains_key(seq));
        }
        while self.numbers.len() >= self.bound {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            self.forgot |= self.numbers.remove(&oldest).is_some();
        }
        self.numbers.insert(seq, (message, shared));
        self.order.push_back(seq);
    }

    pub(super) fn contains(&self, seq: u32) -> bool {
        !self.numbers.is_empty() && self.numbers.contains_key(&seq)
    }

    /// An answer with this number came: is it a late one?
    pub(super) fn take(&mut self, seq: u32) -> bool {
        self.numbers.remove(&seq).is_some() || self.forgot
    }

    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// The connection is gone, and with it all late answers but those to the messages that
    /// will be sent on the next.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(u64, bool) -> bool) {
        self.numbers
            .retain(|_, (message, shared)| keep(*message, *shared));
        self.order.retain(|seq| self.numbers.contains_key(seq));
        self.forgot = false;
    }
}

/// Numbers that count up need little mixing.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u32(u32::from(byte));
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_unknown_numbers_pass_as_late() {
        let mut abandoned = Abandoned::new(3);
        (0..3).for_each(|seq| abandoned.insert(seq, 0, false));
        assert!(!abandoned.take(9), "nobody gave 9 up");
        abandoned.insert(3, 7, false);
        assert_eq!(abandoned.len(), 3);
        assert!(abandoned.take(0) && abandoned.take(9));
        abandoned.retain(|message, _| message == 7);
        assert!(!abandoned.take(2) && abandoned.take(3));
    }

    #[test]
    fn order_stays_short_when_answers_come() {
        let mut abandoned = Abandoned::new(4);
        for seq in 0..1000 {
            abandoned.insert(seq, 0, false);
            assert!(abandoned.take(seq));
        }
        assert!(abandoned.order.len() <= 8 && abandoned.len() == 0);
    }
}
