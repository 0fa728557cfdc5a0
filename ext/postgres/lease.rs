//! Who has a connection for himself.

use std::cell::{Cell, RefCell};

use tusk_runtime::task::TaskId;

use super::Shared;
use crate::core;
use crate::coroutine::current_task;
use crate::exception::Thrown;
use crate::zend::worker::Worker;
use tusk_postgres::job::Work;

/// Connections of coroutines that are inside a transaction; at most as many as connections.
#[derive(Default)]
pub struct Pins(RefCell<Vec<Pin>>);

struct Pin {
    task: TaskId,
    connection: u64,
    /// Transactions inside one another.
    depth: u32,
    /// Its connection is in the middle of something that must end first.
    streaming: bool,
}

impl Pins {
    /// The running coroutine's connection.
    pub fn current(&self) -> Option<u64> {
        let pins = self.0.borrow();
        if pins.is_empty() {
            return None;
        }
        let task = Worker::current().task();
        let pin = pins.iter().find(|pin| pin.task == task);
        pin.map(|pin| pin.connection)
    }

    /// From now on the running coroutine's work goes to this connection.
    pub fn pin(&self, connection: u64) -> Result<(), Thrown> {
        let task = current_task(Worker::current()).ok_or(Thrown)?;
        self.0.borrow_mut().push(Pin {
            task,
            connection,
            depth: 1,
            streaming: false,
        });
        Ok(())
    }

    /// No more.
    pub fn unpin(&self, connection: u64) {
        self.0
            .borrow_mut()
            .retain(|pin| pin.connection != connection);
    }

    /// How deep its transaction is nested, after one step in or out.
    pub fn step(&self, connection: u64, inwards: bool) -> u32 {
        let mut pins = self.0.borrow_mut();
        let pin = pins.iter_mut().find(|pin| pin.connection == connection);
        pin.map_or(0, |pin| {
            pin.depth = if inwards {
                pin.depth + 1
            } else {
                pin.depth.saturating_sub(1)
            };
            pin.depth
        })
    }

    /// Is its connection in the middle of a stream?
    pub fn is_streaming(&self, connection: u64) -> bool {
        let pins = self.0.borrow();
        pins.iter()
            .any(|pin| pin.connection == connection && pin.streaming)
    }

    fn set_streaming(&self, connection: u64, streaming: bool) {
        let mut pins = self.0.borrow_mut();
        for pin in pins.iter_mut().filter(|pin| pin.connection == connection) {
            pin.streaming = streaming;
        }
    }
}

/// A connection for a stream or a COPY: the transaction's, or one that is leased until the
/// value is dropped.
pub struct Lease {
    shared: std::rc::Rc<Shared>,
    /// Its number.
    pub connection: u64,
    owned: bool,
    given_back: Cell<bool>,
}

impl Lease {
    /// Takes one. Suspends.
    pub fn take(
        shared: &std::rc::Rc<Shared>,
        pinned: Option<u64>,
        timeout: Option<f64>,
        shows: &str,
    ) -> Result<Lease, Thrown> {
        let connection = match pinned {
            Some(connection) => {
                shared.pins.set_streaming(connection, true);
                connection
            }
            None => lease(shared, timeout, shows)?,
        };
        Ok(Lease {
            shared: std::rc::Rc::clone(shared),
            connection,
            owned: pinned.is_none(),
            given_back: Cell::new(false),
        })
    }

    /// Gives it back, once.
    pub fn give_back(&self) {
        if self.given_back.replace(true) || !core::is_up() {
            return;
        }
        if self.owned {
            self.shared
                .with(|pool, reactor| pool.release(reactor, self.connection));
        } else {
            self.shared.pins.set_streaming(self.connection, false);
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Waits for a connection of one's own. Suspends.
pub fn lease(shared: &Shared, timeout: Option<f64>, shows: &str) -> Result<u64, Thrown> {
    let ticket = shared.perform(Work::Lease, None, timeout, shows)?;
    let connection = ticket.with(|job| job.reply.connection);
    connection.ok_or_else(|| crate::exception::misuse("the pool was used before a fork"))
}
