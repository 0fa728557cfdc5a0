//! How a coroutine gets a connection: at once, by making one, or through the line; all under
//! one deadline.

use std::rc::Rc;

use tusk_odbc::failure::Failure;
use tusk_odbc::flow::{Flow, Interest, Room};
use tusk_odbc::session::Job;
use tusk_pool::counters::Stage;
use tusk_pool::pool::{Lease, Refusal, Taken};
use tusk_runtime::sys::clock;
use tusk_runtime::task::Ends;
use tusk_runtime::timer::of_seconds;

use super::host::Loan;
use super::run::wait_for;
use super::{Shared, throw};
use crate::coroutine::{self, Ended, check_may_wait};
use crate::exception::{self, Class, Thrown};
use crate::zend::engine;

/// Opens a pool, and a first connection unless that may wait. Suspends.
pub fn connect(shared: &Rc<Shared>, lazy: bool) -> Result<(), Thrown> {
    if !lazy {
        let loan = take(shared, None)?;
        shared.with(|host, reactor| host.release(reactor, loan, tusk_pool::pool::Fate::Keep));
    }
    shared.with(|host, reactor| host.settle(reactor));
    Ok(())
}

/// A connection, before `deadline` and within the pool's `wait_timeout`. Suspends.
pub(super) fn take(shared: &Shared, deadline: Option<u64>) -> Result<Loan, Thrown> {
    engine::settle_fork();
    check_may_wait("a query")?;
    let now = clock::now();
    let mut taken = shared.with(|host, reactor| {
        let taken = host.pool.take(now);
        if !matches!(taken, Taken::Lease(_)) {
            host.settle(reactor);
        }
        taken
    });
    let patience = of_seconds(shared.wait_timeout);
    let deadline = deadline
        .unwrap_or(u64::MAX)
        .min(now.saturating_add(patience));
    let mut first = false;
    loop {
        taken = match taken {
            Taken::Lease(lease) => return Ok(shared.with(|host, _| host.loan(lease))),
            Taken::Create(lease) => create(shared, lease, deadline)?,
            Taken::Check(lease) => check(shared, lease, deadline)?,
            Taken::Wait => wait(shared, first, deadline)?,
            Taken::Refused(refusal) => return Err(refused(shared, refusal)),
        };
        first = true;
    }
}

fn create(shared: &Shared, lease: Lease, deadline: u64) -> Result<Taken, Thrown> {
    let started = shared.with(|host, reactor| host.start(lease, reactor));
    let flow = match started {
        Ok(flow) => flow,
        Err(failure) => {
            shared.with(|host, reactor| {
                host.pool.given_up(lease, clock::now());
                host.settle(reactor);
            });
            return Err(throw(&failure));
        }
    };
    let ended = wait_for(&flow, Interest::End, Some(deadline));
    let now = clock::now();
    match (ended, flow.end()) {
        (_, Some(Ok(()))) => Ok(shared.with(|host, reactor| {
            host.pool.created(lease, now);
            host.note_info(lease);
            host.settle(reactor);
            Taken::Lease(lease)
        })),
        (_, Some(Err(failure))) => not_made(shared, lease, &failure, now),
        (Err(Ended::Deadline), None) => {
            shared.with(|host, reactor| {
                host.last_error = "the driver did not come back".to_owned();
                host.forget(lease.index());
                host.pool.counters().timed_out(Stage::Create);
                let taken = host.pool.failed(lease, now);
                host.give_up(taken, now);
                host.settle(reactor);
            });
            Err(exception::throw(
                Class::Timeout,
                "no connection could be made in time (stage: create): the driver did not come back; the attempt \
                 goes on in its thread and is closed when it ends",
            ))
        }
        (ended, None) => {
            shared.with(|host, reactor| {
                host.forget(lease.index());
                host.pool.given_up(lease, now);
                host.settle(reactor);
            });
            Err(ended.err().unwrap_or(Ended::Cancelled).throw("connecting"))
        }
    }
}

fn not_made(shared: &Shared, lease: Lease, failure: &Failure, now: u64) -> Result<Taken, Thrown> {
    let taken = shared.with(|host, reactor| {
        host.last_error = failure.to_string();
        host.forget(lease.index());
        let taken = host.pool.failed(lease, now);
        host.settle(reactor);
        taken
    });
    match taken {
        // There are others to wait for: this one failing is no reason to fail.
        Taken::Lease(_) | Taken::Check(_) | Taken::Create(_) | Taken::Wait => Ok(taken),
        Taken::Refused(_) => Err(throw(failure)),
    }
}

fn check(shared: &Shared, lease: Lease, deadline: u64) -> Result<Taken, Thrown> {
    let flow = Flow::new(Room::Stream);
    let put = shared.with(|host, _| {
        let loan = host.loan(lease);
        let job = Job::Recover(host.check.clone());
        host.worker(loan)
            .is_some_and(|worker| worker.put(job, &flow).is_ok())
    });
    let ended = if put {
        wait_for(&flow, Interest::End, Some(deadline))
    } else {
        Ok(())
    };
    let now = clock::now();
    let alive = match (put, flow.end()) {
        (true, Some(end)) => end.is_ok(),
        (false, _) => false,
        (true, None) => {
            // It hangs: the connection is of no use, whoever was waiting.
            let late = ended == Err(Ended::Deadline);
            shared.with(|host, reactor| {
                host.forget(lease.index());
                let taken = host.pool.recycled(lease, false, now);
                host.give_up(taken, now);
                if late {
                    host.pool.counters().timed_out(Stage::Recycle);
                }
                host.settle(reactor);
            });
            return Err(ended
                .err()
                .unwrap_or(Ended::Cancelled)
                .throw("looking whether a connection still works (stage: recycle)"));
        }
    };
    Ok(shared.with(|host, reactor| {
        if !alive {
            host.forget(lease.index());
        }
        let taken = host.pool.recycled(lease, alive, now);
        host.settle(reactor);
        taken
    }))
}

fn wait(shared: &Shared, first: bool, deadline: u64) -> Result<Taken, Thrown> {
    let mut ticket = None;
    let ended = coroutine::wait(Ends::OnCancel, Some(deadline), |core, waiter| {
        let mut host = shared.host.borrow_mut();
        let now = clock::now();
        ticket = Some(if first {
            host.pool.wait_first(waiter, now)
        } else {
            host.pool.wait(waiter, now)
        });
        host.settle(&mut core.reactor);
        true
    });
    let Some(ticket) = ticket else {
        return Err(ended.err().unwrap_or(Ended::Cancelled).throw("a query"));
    };
    if ended.is_ok() {
        return Ok(shared.with(|host, _| host.pool.collect(ticket)));
    }
    let gauges = shared.with(|host, reactor| {
        host.pool.leave(ticket, clock::now());
        match ended {
            Err(Ended::Deadline) => host.pool.counters().timed_out(Stage::Wait),
            _ => host.pool.counters().cancelled += 1,
        }
        host.settle(reactor);
        host.pool.gauges()
    });
    match ended {
        Err(Ended::Deadline) => Err(exception::throw(
            Class::Timeout,
            &format!(
                "no connection became free in time (stage: wait): {} are lent, {} are being recovered, {} coroutines \
                 wait; hold a connection only while it is used, or raise max{}",
                gauges.leased,
                gauges.recycling,
                gauges.waiting,
                last_error(shared)
            ),
        )),
        Err(ended) => Err(ended.throw("a query")),
        Ok(()) => Ok(Taken::Wait),
    }
}

fn last_error(shared: &Shared) -> String {
    let (error, budget) = shared.with(|host, _| {
        let budget = host.budget.as_ref().map(|budget| budget.describe());
        (host.last_error.clone(), budget.unwrap_or_default())
    });
    match error.as_str() {
        "" => budget,
        error => format!("; the last failure to connect: {error}{budget}"),
    }
}

#[cold]
fn refused(shared: &Shared, refusal: Refusal) -> Thrown {
    match refusal {
        Refusal::Closed => {
            exception::misuse("the pool was closed: nothing can be asked of it any more")
        }
        Refusal::Full => exception::throw(
            Class::Overloaded,
            "as many coroutines wait for a connection as may; limit how many requests are taken on at once",
        ),
        Refusal::Down(at) => {
            let pause = at.saturating_sub(clock::now()) as f64 / 1e9;
            exception::throw(
                Class::Connection,
                &format!(
                    "the database cannot be reached, and is tried again in {pause:.1} s{}",
                    last_error(shared)
                ),
            )
        }
    }
}
