//! A statement on its way: whole, or as a stream.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use tusk_odbc::flow::{Flow, Interest, Room};
use tusk_odbc::session::{Job, Run};
use tusk_odbc::sql::{Class, classify};
use tusk_odbc::value::Parameter;
use tusk_pool::pool::Fate;
use tusk_runtime::sys::clock;
use tusk_runtime::task::Ends;

use super::host::Loan;
use super::take::take;
use super::{Shared, shown, throw};
use crate::core;
use crate::coroutine::{self, Ended, deadline_in};
use crate::exception::{self, Thrown};

/// What a statement is asked with.
pub struct Asked {
    /// Its text.
    pub sql: String,
    /// For its question marks.
    pub parameters: Vec<Parameter>,
    /// For all of it, the wait for a connection included.
    pub timeout: Option<f64>,
}

/// Waits until it is there.
pub(super) fn wait_for(
    flow: &Arc<Flow>,
    interest: Interest,
    deadline: Option<u64>,
) -> Result<(), Ended> {
    if flow.is_there(interest) {
        return Ok(());
    }
    coroutine::wait_letter(
        Ends::OnCancel,
        deadline,
        |op| flow.wait(interest, op),
        |op| flow.unwait(op),
    )
}

/// A job that a thread was given.
struct Begun {
    flow: Arc<Flow>,
    loan: Loan,
    job: u64,
    /// The connection is the transaction's.
    pinned: bool,
    /// It leaves something behind in the session: nobody gets the connection after it.
    dirty: bool,
}

fn begin(
    shared: &Shared,
    asked: Asked,
    room: Room,
    deadline: Option<u64>,
) -> Result<Begun, Thrown> {
    let pin = shared.pins.usable()?;
    let class = classify(&asked.sql);
    if class == Class::Transaction {
        return Err(exception::misuse(
            "BEGIN, COMMIT, ROLLBACK and SET AUTOCOMMIT are the pool's: call transaction(); throw to roll back",
        ));
    }
    let loan = match pin {
        Some(loan) => loan,
        None => take(shared, deadline)?,
    };
    let dirty = class == Class::Session;
    if dirty && pin.is_some() {
        shared.pins.set_dirty(loan);
    }
    let flow = Flow::new(room);
    let job = Job::Run(Run {
        sql: asked.sql,
        parameters: asked.parameters,
        blocks: shared.blocks,
        all_results: matches!(room, Room::Whole(_)),
    });
    let put = put(shared, loan, job, &flow);
    if put.is_err() && pin.is_none() {
        shared.with(|host, reactor| host.release(reactor, loan, Fate::Retire));
    }
    Ok(Begun {
        flow,
        loan,
        job: put?,
        pinned: pin.is_some(),
        dirty,
    })
}

/// Gives the thread of a loan something to do.
pub(super) fn put(shared: &Shared, loan: Loan, job: Job, flow: &Arc<Flow>) -> Result<u64, Thrown> {
    let put = shared.with(|host, _| Some(host.worker(loan)?.put(job, flow)));
    match put {
        Some(Ok(number)) => Ok(number),
        Some(Err(failure)) => Err(throw(&failure)),
        None => Err(exception::misuse(
            "this connection belongs to the process that opened it, and this one was forked from it; open pools in \
             the child: in workerman, in onWorkerStart",
        )),
    }
}

impl Begun {
    /// It was given up: the driver is asked to stop, and the connection recovers.
    fn give_up(&self, shared: &Shared) {
        self.flow.close();
        shared.with(|host, reactor| {
            if let Some(worker) = host.worker(self.loan) {
                worker.cancel(self.job);
            }
            if !self.pinned {
                let fate = if self.dirty {
                    Fate::Retire
                } else {
                    Fate::Reset
                };
                host.release(reactor, self.loan, fate);
            }
        });
        if self.pinned {
            shared.pins.set_doubtful(self.loan);
        }
    }

    /// Takes up how it ended; the connection goes back.
    fn settle(&self, shared: &Shared) -> Result<(), Thrown> {
        let end = self.flow.end().unwrap_or(Ok(()));
        let broken = end
            .as_ref()
            .is_err_and(|failure| failure.breaks_connection());
        if !self.pinned {
            let fate = if broken || self.dirty {
                Fate::Retire
            } else {
                Fate::Keep
            };
            shared.with(|host, reactor| host.release(reactor, self.loan, fate));
        } else if broken {
            shared.pins.set_doubtful(self.loan);
        }
        end.map_err(|failure| throw(&failure))
    }
}

#[cold]
fn too_late(ended: Ended, shows: &str, timeout: Option<f64>) -> Thrown {
    if ended != Ended::Deadline {
        return ended.throw(shows);
    }
    exception::throw(
        exception::Class::Timeout,
        &format!(
            "{shows} did not end within {} s; it was sent, is being cancelled, and may have been executed",
            timeout.unwrap_or_default()
        ),
    )
}

/// Waits for the end, with a look first where that has been worth it.
fn await_end(shared: &Shared, flow: &Arc<Flow>, deadline: Option<u64>) -> Result<(), Ended> {
    let many_cores = shared.with(|host, _| host.crew.many_cores());
    if shared.glance.sees(flow, many_cores) {
        return Ok(());
    }
    let since = clock::now();
    let ended = wait_for(flow, Interest::End, deadline);
    shared.glance.waited(clock::now().saturating_sub(since));
    ended
}

/// Runs a statement to its end. Suspends.
pub fn query(shared: &Shared, asked: Asked) -> Result<Arc<Flow>, Thrown> {
    let (shows, timeout) = (shown(&asked.sql), asked.timeout);
    let deadline = deadline_in(timeout);
    let begun = begin(shared, asked, Room::Whole(shared.max_result), deadline)?;
    let ended = await_end(shared, &begun.flow, deadline);
    if ended.is_err()
        && !matches!(ended, Err(Ended::Deadline) if begun.flow.is_there(Interest::End))
    {
        begun.give_up(shared);
        return Err(too_late(
            ended.err().unwrap_or(Ended::Cancelled),
            &shows,
            timeout,
        ));
    }
    begun.settle(shared)?;
    Ok(begun.flow)
}

/// A result that is read while it is fetched. It has its connection until it has ended.
pub struct Stream {
    shared: Rc<Shared>,
    begun: Begun,
    shows: String,
    timeout: Option<f64>,
    over: Cell<bool>,
}

/// Runs a query whose rows are fetched as they are read. Suspends.
pub fn stream(shared: &Rc<Shared>, asked: Asked) -> Result<Stream, Thrown> {
    let (shows, timeout) = (shown(&asked.sql), asked.timeout);
    let deadline = deadline_in(timeout);
    let begun = begin(shared, asked, Room::Stream, deadline)?;
    let ended = wait_for(&begun.flow, Interest::Head, deadline);
    if !begun.flow.is_there(Interest::Head) || matches!(ended, Err(Ended::Cancelled)) {
        begun.give_up(shared);
        return Err(too_late(
            ended.err().unwrap_or(Ended::Cancelled),
            &shows,
            timeout,
        ));
    }
    if begun.flow.head().is_none() {
        begun.settle(shared)?;
    }
    if begun.pinned {
        shared.pins.set_streams(begun.loan, true);
    }
    Ok(Stream {
        shared: Rc::clone(shared),
        begun,
        shows,
        timeout,
        over: Cell::new(false),
    })
}

impl Stream {
    /// The flow, for its head.
    pub fn flow(&self) -> &Arc<Flow> {
        &self.begun.flow
    }

    /// The next rows; `None` at the end. Each wait has the stream's timeout. Suspends.
    pub fn next(&self) -> Result<Option<tusk_odbc::value::Batch>, Thrown> {
        if let Some(batch) = self.begun.flow.take() {
            return Ok(Some(batch));
        }
        if self.over.get() {
            return Ok(None);
        }
        let ended = wait_for(&self.begun.flow, Interest::Rows, deadline_in(self.timeout));
        if let Err(ended) = ended {
            self.close();
            return Err(too_late(ended, &self.shows, self.timeout));
        }
        let batch = self.begun.flow.take();
        if batch.is_none() && !self.over.replace(true) {
            self.unpin();
            self.begun.settle(&self.shared)?;
        }
        Ok(batch)
    }

    /// Ends it before its end: the driver is asked to stop.
    pub fn close(&self) {
        if self.over.replace(true) || !core::is_up() {
            return;
        }
        self.unpin();
        self.begun.give_up(&self.shared);
    }

    fn unpin(&self) {
        if self.begun.pinned {
            self.shared.pins.set_streams(self.begun.loan, false);
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}
