//! Calls that have a number: an array that is indexed by the number's low bits.
//!
//! Numbers are 32 bits and wrap. The next one is the next whose cell is free, so numbers in
//! use, and those that share a cell with one, are skipped. At most half of the cells are
//! occupied: the array doubles before. A cell knows its whole number, so an old number that
//! maps to it finds nobody.

use tusk_runtime::error::Error;
use tusk_runtime::task::Waiter;

/// Cells of an empty table.
const FIRST_CELLS: usize = 64;

/// What came of a call.
#[derive(Debug)]
pub enum Outcome {
    /// The other side answered.
    Answer(Answer),
    /// There will be no answer.
    Failed(Error),
}

/// An answer, still encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How the body is encoded.
    pub codec: u8,
    /// Is the body the other side's failure?
    pub failed: bool,
    /// The encoded result.
    pub body: Vec<u8>,
}

/// How far a call is.
#[derive(Debug)]
pub(super) enum State {
    /// Its answer is awaited; this wait is woken by it.
    Open(Option<Waiter>),
    /// Its answer is awaited by nobody.
    Ignored,
    /// Ready to be taken.
    Done(Outcome),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) state: State,
    /// [`crate::wire::method_tag`] of its method.
    pub(super) method: u64,
    /// Its message's place in the queue.
    pub(super) message: u64,
    /// Has its message other calls too? Then it cannot be taken back.
    pub(super) shared: bool,
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Table {
    cells: Vec<Option<(u32, Call)>>,
    len: usize,
    next: u32,
}

impl Table {
    /// An empty table whose first number is `first`.
    pub(super) fn new(first: u32) -> Table {
        Table {
            cells: Vec::new(),
            len: 0,
            next: first,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    fn cell(&self, seq: u32) -> usize {
        seq as usize & (self.cells.len() - 1)
    }

    /// A number that no call has and `taken` does not know. The table has room for it
    /// until the next call of this.
    pub(super) fn free_number(&mut self, taken: impl Fn(u32) -> bool) -> u32 {
        if self.len * 2 >= self.cells.len() {
            self.grow();
        }
        loop {
            let seq = self.next;
            self.next = self.next.wrapping_add(1);
            if self.cells[self.cell(seq)].is_none() && !taken(seq) {
                return seq;
            }
        }
    }

    /// Numbers that had different cells still have.
    fn grow(&mut self) {
        let size = (self.cells.len() * 2).max(FIRST_CELLS);
        let mut cells = Vec::new();
        cells.resize_with(size, || None);
        for (seq, call) in std::mem::take(&mut self.cells).into_iter().flatten() {
            cells[seq as usize & (size - 1)] = Some((seq, call));
        }
        self.cells = cells;
    }

    /// Enters a call under a number from [`Table::free_number`].
    pub(super) fn insert(&mut self, seq: u32, call: Call) {
        let cell = self.cell(seq);
        self.len += 1;
        self.cells[cell] = Some((seq, call));
    }

    pub(super) fn get_mut(&mut self, seq: u32) -> Option<&mut Call> {
        if self.cells.is_empty() {
            return None;
        }
        let cell = self.cell(seq);
        match &mut self.cells[cell] {
            Some((number, call)) if *number == seq => Some(call),
            _ => None,
        }
    }

    pub(super) fn remove(&mut self, seq: u32) -> Option<Call> {
        self.get_mut(seq)?;
        let cell = self.cell(seq);
        self.len -= 1;
        self.cells[cell].take().map(|(_, call)| call)
    }

    /// All calls with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Call> {
        self.cells.iter().flatten().map(|(_, call)| call)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u32, &mut Call)> {
        self.cells
            .iter_mut()
            .flatten()
            .map(|(seq, call)| (*seq, call))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> Call {
        Call {
            state: State::Ignored,
            method: 0,
            message: 0,
            shared: false,
        }
    }

    #[test]
    fn numbers_in_use_and_numbers_that_are_taken_are_skipped() {
        let mut table = Table::new(u32::MAX - 1);
        let given: Vec<u32> = (0..4)
            .map(|_| {
                let seq = table.free_number(|seq| seq == u32::MAX);
                table.insert(seq, call());
                seq
            })
            .collect();
        assert_eq!(given, [u32::MAX - 1, 0, 1, 2]);
        // The counter comes round to calls that are still there.
        table.next = u32::MAX - 1;
        table.remove(1);
        assert_eq!(table.free_number(|_| false), u32::MAX);
        table.next = 0;
        assert_eq!(table.free_number(|_| false), 1);
    }

    #[test]
    fn an_old_number_in_the_same_cell_finds_nobody() {
        let mut table = Table::new(5);
        let seq = table.free_number(|_| false);
        table.insert(seq, call());
        assert!(table.get_mut(seq + FIRST_CELLS as u32).is_none());
        assert!(table.remove(seq + 2 * FIRST_CELLS as u32).is_none());
        assert_eq!(table.len(), 1);
        assert!(table.remove(seq).is_some() && table.remove(seq).is_none());
    }

    #[test]
    fn it_grows_and_keeps_what_is_there() {
        let mut table = Table::new(u32::MAX - 100);
        let given: Vec<u32> = (0..1000)
            .map(|_| {
                let seq = table.free_number(|_| false);
                table.insert(seq, call());
                seq
            })
            .collect();
        assert_eq!(table.len(), 1000);
        assert!(given.iter().all(|&seq| table.get_mut(seq).is_some()));
        assert!(table.cells.len() <= 4096);
    }
}
