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
pub struct Pins(RefCell<Vec<Pin>>, Cell<u64>);

struct Pin {
    task: TaskId,
    connection: u64,
    /// Its connection is in the middle of something that must end first.
    streaming: bool,
    /// Numbers of the transaction and of the savepoints inside that are open, and of those that
    /// were rolled back.
    open: Vec<u64>,
    undone: Vec<u64>,
}

/// Where in a transaction something was begun: it ends with any of these.
pub struct Place {
    connection: u64,
    inside: Vec<u64>,
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
            streaming: false,
            open: vec![self.number()],
            undone: Vec::new(),
        });
        Ok(())
    }

    /// A number that was never given before.
    fn number(&self) -> u64 {
        self.1.set(self.1.get() + 1);
        self.1.get()
    }

    /// Where the transaction of this connection is now.
    pub fn place(&self, connection: u64) -> Place {
        let pins = self.0.borrow();
        let pin = pins.iter().find(|pin| pin.connection == connection);
        Place {
            connection,
            inside: pin.map_or_else(Vec::new, |pin| pin.open.clone()),
        }
    }

    /// Is what was begun there still there?
    pub fn is_there(&self, place: &Place) -> bool {
        let pins = self.0.borrow();
        let Some(pin) = pins.iter().find(|pin| pin.connection == place.connection) else {
            return false;
        };
        pin.open.first() == place.inside.first()
            && !place
                .inside
                .iter()
                .any(|number| pin.undone.contains(number))
    }

    /// No more.
    pub fn unpin(&self, connection: u64) {
        self.0
            .borrow_mut()
            .retain(|pin| pin.connection != connection);
    }

    /// A savepoint begins: how deep its transaction is nested then.
    pub fn enter(&self, connection: u64) -> u32 {
        let number = self.number();
        let mut pins = self.0.borrow_mut();
        let pin = pins.iter_mut().find(|pin| pin.connection == connection);
        pin.map_or(0, |pin| {
            pin.open.push(number);
            pin.open.len() as u32
        })
    }

    /// It ends; `undone`: by a rollback, and what was begun inside with it.
    pub fn leave(&self, connection: u64, undone: bool) {
        let mut pins = self.0.borrow_mut();
        let pin = pins.iter_mut().find(|pin| pin.connection == connection);
        if let Some(pin) = pin {
            let number = pin.open.pop();
            pin.undone.extend(number.filter(|_| undone));
        }
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

    /// A transaction's, beside what else it does.
    pub fn beside(shared: &std::rc::Rc<Shared>, connection: u64) -> Lease {
        Lease {
            shared: std::rc::Rc::clone(shared),
            connection,
            owned: false,
            given_back: Cell::new(true),
        }
    }

    /// Is it for this alone, and not a transaction's?
    pub fn is_owned(&self) -> bool {
        self.owned
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
