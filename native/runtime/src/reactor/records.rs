//! Records of ops in flight.

use crate::task::Waiter;

/// Names an op in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpId(pub(super) u64);

/// Who is told of a completion.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    /// A task's wait; the result stays in the record until it is taken.
    Task(Option<Waiter>),
    /// A watch of an event loop.
    Watch(u64),
    /// An actor.
    Actor(super::ActorId),
    /// The mailbox's eventfd.
    Mailbox,
    /// Nobody: a poll of this descriptor that is kept for the next wait.
    Kept(i32),
}

#[derive(Debug)]
pub(super) struct Record {
    generation: u32,
    pub(super) owner: Owner,
    pub(super) result: Option<i32>,
    in_use: bool,
}

/// The table: slots with generations, so that a late completion of a closed record finds
/// nobody.
#[derive(Debug, Default)]
pub(super) struct Records {
    records: Vec<Record>,
    free: Vec<u32>,
}

impl Records {
    pub(super) fn open(&mut self, owner: Owner) -> OpId {
        match self.free.pop() {
            Some(slot) => {
                let record = &mut self.records[slot as usize];
                record.owner = owner;
                record.result = None;
                record.in_use = true;
                OpId(u64::from(record.generation) << 32 | u64::from(slot))
            }
            None => {
                let slot = self.records.len() as u64;
                self.records.push(Record {
                    generation: 1,
                    owner,
                    result: None,
                    in_use: true,
                });
                OpId(1 << 32 | slot)
            }
        }
    }

    pub(super) fn close(&mut self, id: OpId) {
        if let Some(record) = self.get_mut(id) {
            record.in_use = false;
            record.generation = record.generation.wrapping_add(1).max(1);
            self.free.push(id.0 as u32);
        }
    }

    pub(super) fn get(&self, id: OpId) -> Option<&Record> {
        self.records
            .get(id.0 as u32 as usize)
            .filter(|record| record.in_use && u64::from(record.generation) == id.0 >> 32)
    }

    pub(super) fn get_mut(&mut self, id: OpId) -> Option<&mut Record> {
        self.records
            .get_mut(id.0 as u32 as usize)
            .filter(|record| record.in_use && u64::from(record.generation) == id.0 >> 32)
    }
}
