//! A native channel of PHP values, and the waits on it: what `Tusk\Channel` and its
//! iterators share.
//!
//! Invariant: borrows last one call of the native channel, and no value is dropped inside
//! one, because that may run PHP code.

use std::cell::RefCell;

use tusk_runtime::sync::{Case, Channel, Chosen, Receive, Select, Send};
use tusk_runtime::task::Ends;

use super::wait::{Ended, check_may_wait, deadline_in, wait, was_woken};
use crate::core;
use crate::exception::{self, Thrown};
use crate::zend::value::Value;
use crate::zend::worker::Worker;

/// See the module's description.
pub struct Pipe(RefCell<Channel<Value>>);

/// A case of [`Pipe::select`].
pub type PipeCase<'a> = (&'a Pipe, Option<Value>);

impl Pipe {
    /// With room for `capacity` values.
    pub fn new(capacity: usize) -> Pipe {
        Pipe(RefCell::new(Channel::new(capacity)))
    }

    /// Gives a value; waits for room.
    pub fn send(&self, value: Value, timeout: Option<f64>) -> Result<(), Thrown> {
        let sent = core::with(|core| {
            self.0
                .borrow_mut()
                .try_send(&mut core.reactor.scheduler, value)
        });
        let mut value = match sent {
            Send::Sent => return Ok(()),
            Send::Closed(_) => return Err(refused()),
            Send::Full(value) => Some(value),
        };
        check_may_wait("Channel::send()")?;
        let mut place = None;
        let ended = wait(Ends::OnCancel, deadline_in(timeout), |_, waiter| {
            if let Some(value) = value.take() {
                place = Some(self.0.borrow_mut().wait_to_send(waiter, value));
            }
            true
        });
        let Some(place) = place else {
            return ended.map_err(|ended| ended.throw("Channel::send()"));
        };
        let kept = self.0.borrow_mut().settle(place);
        match (kept, ended) {
            (None, ended) => it_went(ended),
            (Some(_), Ok(())) => Err(refused()),
            (Some(_), Err(ended)) => Err(ended.throw("Channel::send()")),
        }
    }

    /// Takes a value; waits for one. `None`: closed and empty.
    pub fn receive(&self, timeout: Option<f64>) -> Result<Option<Value>, Thrown> {
        match self.try_receive(false) {
            Receive::Value(value) => return Ok(Some(value)),
            Receive::Closed => return Ok(None),
            Receive::Empty => {}
        }
        check_may_wait("Channel::receive()")?;
        let mut registered = false;
        let ended = wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
            self.0
                .borrow_mut()
                .wait_to_receive(&core.reactor.scheduler, waiter);
            registered = true;
            true
        });
        let promised = registered && was_woken();
        let Err(ended) = ended else {
            return match self.try_receive(true) {
                Receive::Value(value) => Ok(Some(value)),
                Receive::Closed | Receive::Empty => Ok(None),
            };
        };
        if promised {
            core::with(|core| self.0.borrow_mut().pass_on(&mut core.reactor.scheduler));
        }
        // One may have come after the deadline and before this ran.
        if ended == Ended::Deadline {
            if let Receive::Value(value) = self.try_receive(false) {
                return Ok(Some(value));
            }
        }
        Err(ended.throw("Channel::receive()"))
    }

    fn try_receive(&self, promised: bool) -> Receive<Value> {
        core::with(|core| {
            self.0
                .borrow_mut()
                .try_receive(&mut core.reactor.scheduler, promised)
        })
    }

    /// No more values.
    pub fn close(&self) {
        core::with(|core| self.0.borrow_mut().close(&mut core.reactor.scheduler));
    }

    /// Was it closed?
    pub fn is_closed(&self) -> bool {
        self.0.borrow().is_closed()
    }

    /// Values inside.
    pub fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// Senders and receivers that wait.
    pub fn waiting(&self) -> (usize, usize) {
        core::with(|core| {
            let queue = self.0.borrow();
            let scheduler = &core.reactor.scheduler;
            (
                queue.waiting_senders(scheduler),
                queue.waiting_receivers(scheduler),
            )
        })
    }

    /// For reports.
    pub fn describe(&self) -> String {
        core::with(|core| {
            let queue = self.0.borrow();
            let scheduler = &core.reactor.scheduler;
            format!(
                "{}{} of {} inside, {} sending, {} receiving",
                if queue.is_closed() { "closed, " } else { "" },
                queue.len(),
                queue.capacity(),
                queue.waiting_senders(scheduler),
                queue.waiting_receivers(scheduler)
            )
        })
    }

    /// Calls `visit` with each value inside.
    pub fn visit(&self, visit: impl FnMut(&Value)) {
        self.0.borrow().iter().for_each(visit);
    }

    /// The first of several that can send or receive, does. `None`: none could in time, and
    /// `may_wait` is false.
    pub fn select(
        cases: Vec<PipeCase<'_>>,
        timeout: Option<f64>,
        may_wait: bool,
    ) -> Result<Option<Chosen<Value>>, Thrown> {
        let count = cases.len();
        let cases = cases
            .into_iter()
            .map(|(pipe, value)| match value {
                Some(value) => Case::send(&pipe.0, value),
                None => Case::receive(&pipe.0),
            })
            .collect();
        let start = core::with(|core| core.random.below(count));
        let mut select = Select::new(cases, start);
        let now = core::with(|core| select.attempt(&mut core.reactor.scheduler));
        if now.is_some() || !may_wait {
            return Ok(now);
        }
        check_may_wait("Channel::select()")?;
        let ended = wait(Ends::OnCancel, deadline_in(timeout), |core, waiter| {
            select.wait(&core.reactor.scheduler, waiter);
            true
        });
        let Err(ended) = ended else {
            return Ok(core::with(|core| {
                select.resume(&mut core.reactor.scheduler)
            }));
        };
        let went = core::with(|core| {
            let scheduler = &mut core.reactor.scheduler;
            match select.give_up(scheduler) {
                Some(case) => Some(Chosen::Sent(case)),
                None if ended == Ended::Deadline => select.attempt(scheduler),
                None => None,
            }
        });
        match went {
            Some(Chosen::Sent(case)) => {
                it_went(Err(ended))?;
                Ok(Some(Chosen::Sent(case)))
            }
            Some(other) => Ok(Some(other)),
            None => Err(ended.throw("Channel::select()")),
        }
    }
}

/// A value that went is reported as sent even if the sender was cancelled before it ran: the
/// cancel is thrown at its next wait. Only the end of the script does not wait for that.
fn it_went(ended: Result<(), Ended>) -> Result<(), Thrown> {
    match ended {
        Err(ended) if Worker::current().must_end() => Err(ended.throw("Channel::send()")),
        _ => Ok(()),
    }
}

/// The error for sending to a closed channel.
#[cold]
pub fn refused() -> Thrown {
    exception::misuse("the channel is closed: nothing can be sent to it any more")
}
