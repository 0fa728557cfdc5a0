//! How a job gets a lease: the short way, and the long one through the line, a check or a
//! connect, all under one deadline.

use std::rc::Rc;

use tusk_pool::counters::Stage;
use tusk_pool::limits::ALLOWANCE_RETRY;
use tusk_pool::pool::{Lease, Refusal, Taken};
use tusk_runtime::sys::clock;
use tusk_runtime::task::Ends;

use super::{Host, upkeep};
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Class, Thrown};
use crate::zend::engine;
use crate::zend::value::Value;

/// How long the answer to a check may take, in seconds. A ping is answered in milliseconds; what has
/// not answered by now is gone without a word (half open), and the taker's time is better spent on
/// another connection.
const CHECK_PATIENCE: f64 = 2.0;

/// A lease, within so many seconds. `look`: not of a connection that its peer has closed, as far
/// as the kernel knows. **Suspends.**
#[inline]
pub fn take(host: &Rc<Host>, timeout: Option<f64>, look: bool) -> Result<Lease, Thrown> {
    engine::settle_fork();
    let now = clock::now();
    let taken = host.pool.borrow_mut().take(now);
    match taken {
        Taken::Lease(lease)
            if host.leak_after.is_none() && !(look && host.has_rested(lease, now)) =>
        {
            host.own(lease);
            return Ok(lease);
        }
        _ => {}
    }
    take_slowly(host, taken, timeout, look)
}

/// A lease, if one is to be had without waiting and connecting.
pub fn try_take(host: &Rc<Host>) -> Option<Lease> {
    engine::settle_fork();
    let now = clock::now();
    let taken = host.pool.borrow_mut().take(now);
    match taken {
        Taken::Lease(lease) => {
            host.own(lease);
            return Some(lease);
        }
        Taken::Check(lease) => host.pool.borrow_mut().unchecked(lease, now),
        Taken::Create(lease) => host.pool.borrow_mut().given_up(lease, now),
        Taken::Wait | Taken::Refused(_) => {}
    }
    host.settle();
    None
}

#[cold]
fn take_slowly(
    host: &Rc<Host>,
    mut taken: Taken,
    timeout: Option<f64>,
    look: bool,
) -> Result<Lease, Thrown> {
    let seconds = timeout.unwrap_or(host.wait_timeout);
    let deadline = deadline_in(Some(seconds)).unwrap_or(u64::MAX);
    // Who was served and lost it goes back to the front.
    let mut first = false;
    loop {
        host.settle();
        taken = match taken {
            Taken::Lease(lease)
                if look && host.has_rested(lease, clock::now()) && host.has_hung_up(lease) =>
            {
                host.close_hung_up(lease);
                host.pool.borrow_mut().take(clock::now())
            }
            Taken::Lease(lease) => {
                host.own(lease);
                if let Some(after) = host.leak_after {
                    upkeep::arm_by(host, clock::now().saturating_add(after));
                }
                return Ok(lease);
            }
            Taken::Check(lease) => check(host, lease, deadline)?,
            Taken::Create(lease) => create(host, lease, deadline, seconds)?,
            Taken::Wait => wait(host, first, deadline, seconds)?,
            Taken::Refused(refusal) => return Err(refused(host, refusal)),
        };
        first = true;
    }
}

/// Seconds until the deadline; never nothing, or what it bounds could not even fail.
fn left(deadline: u64) -> f64 {
    deadline.saturating_sub(clock::now()).max(1_000_000) as f64 / 1e9
}

fn check(host: &Rc<Host>, lease: Lease, deadline: u64) -> Result<Taken, Thrown> {
    let thing = host.at(lease.index()).unwrap_or(Value::NULL);
    let maker = host.maker.clone();
    let alive = may_call(host, "check")
        .map(|()| maker.check(&thing, left(deadline).min(CHECK_PATIENCE)))
        .inspect_err(|_| host.pool.borrow_mut().unchecked(lease, clock::now()))?;
    if engine::has_exception() {
        // Only a cancel is left to be one.
        host.pool.borrow_mut().unchecked(lease, clock::now());
        host.settle();
        return Err(Thrown);
    }
    let broken = if alive {
        None
    } else {
        host.remove(lease.index())
    };
    let now = clock::now();
    let taken = host.pool.borrow_mut().recycled(lease, alive, now);
    let late = now >= deadline && !matches!(taken, Taken::Lease(_));
    drop(broken);
    if late {
        let mut pool = host.pool.borrow_mut();
        pool.counters().timed_out(Stage::Recycle);
        match taken {
            Taken::Check(lease) => pool.unchecked(lease, now),
            Taken::Create(lease) => pool.given_up(lease, now),
            _ => {}
        }
        drop(pool);
        host.settle();
        return Err(timed_out(host, Stage::Recycle));
    }
    Ok(taken)
}

fn create(host: &Rc<Host>, lease: Lease, deadline: u64, seconds: f64) -> Result<Taken, Thrown> {
    let maker = host.maker.clone();
    if let Err(thrown) = may_call(host, "connect") {
        host.pool.borrow_mut().given_up(lease, clock::now());
        host.settle();
        return Err(thrown);
    }
    match maker.create(left(deadline)) {
        Ok(thing) => {
            host.keep(lease.index(), thing);
            host.pool.borrow_mut().created(lease, clock::now());
            Ok(Taken::Lease(lease))
        }
        Err(Thrown) if engine::exception_is("Throwable") => {
            let now = clock::now();
            let late = now >= deadline && engine::exception_is("Tusk\\TimeoutException");
            let mut thrown = engine::take_exception();
            if late {
                not_made(host, seconds);
                thrown = engine::take_exception();
            }
            note(host, &thrown);
            let taken = host.pool.borrow_mut().failed(lease, now);
            if now >= deadline {
                host.pool.borrow_mut().counters().timed_out(Stage::Create);
            }
            host.settle();
            upkeep::arm(host);
            match taken {
                // There are others to wait for: this one failing is no reason to fail.
                Taken::Lease(_) | Taken::Check(_) | Taken::Wait if now < deadline => Ok(taken),
                Taken::Lease(lease) => {
                    host.pool.borrow_mut().release(
                        lease,
                        tusk_pool::pool::Fate::Keep,
                        clock::now(),
                    );
                    host.settle();
                    Err(engine::throw_value(&thrown))
                }
                Taken::Check(lease) => {
                    host.pool.borrow_mut().unchecked(lease, clock::now());
                    host.settle();
                    Err(engine::throw_value(&thrown))
                }
                _ => Err(engine::throw_value(&thrown)),
            }
        }
        Err(Thrown) => {
            // A cancel, or exit(): that says nothing of the server.
            host.pool.borrow_mut().given_up(lease, clock::now());
            host.settle();
            Err(Thrown)
        }
    }
}

pub(super) fn note(host: &Host, thrown: &Value) {
    *host.last_error.borrow_mut() = engine::message_of(thrown);
}

/// PHP code that may wait is called from where one may wait.
fn may_call(host: &Host, what: &str) -> Result<(), Thrown> {
    check_may_wait(&format!("{} (to {what})", host.name))
}

fn wait(host: &Rc<Host>, first: bool, deadline: u64, seconds: f64) -> Result<Taken, Thrown> {
    check_may_wait(&host.name)?;
    if host.budget.is_some() {
        // Nobody here may have what is waited for; other processes cannot wake this one.
        upkeep::arm_by(host, clock::now().saturating_add(ALLOWANCE_RETRY));
    }
    let mut ticket = None;
    let ended = coroutine::wait(Ends::OnCancel, Some(deadline), |_, waiter| {
        let mut pool = host.pool.borrow_mut();
        let now = clock::now();
        ticket = Some(match first {
            true => pool.wait_first(waiter, now),
            false => pool.wait(waiter, now),
        });
        true
    });
    let Some(ticket) = ticket else {
        return Err(ended.err().map_or(Thrown, |ended| ended.throw(&host.name)));
    };
    let late = match ended {
        Ok(()) => return Ok(host.pool.borrow_mut().collect(ticket)),
        Err(Ended::Deadline) => true,
        Err(_) => false,
    };
    // It may have been served between its deadline and its turn to run.
    if late {
        let taken = host.pool.borrow_mut().collect(ticket);
        if let Taken::Lease(_) | Taken::Refused(_) = taken {
            return Ok(taken);
        }
        match taken {
            Taken::Check(lease) => host.pool.borrow_mut().unchecked(lease, clock::now()),
            Taken::Create(lease) => host.pool.borrow_mut().given_up(lease, clock::now()),
            _ => host.pool.borrow_mut().leave(ticket, clock::now()),
        }
        host.pool.borrow_mut().counters().timed_out(Stage::Wait);
        host.settle();
        return Err(waited_in_vain(host, seconds));
    }
    {
        let mut pool = host.pool.borrow_mut();
        pool.leave(ticket, clock::now());
        pool.counters().cancelled += 1;
    }
    host.settle();
    Err(ended.err().map_or(Thrown, |ended| ended.throw(&host.name)))
}

#[cold]
fn waited_in_vain(host: &Rc<Host>, seconds: f64) -> Thrown {
    let gauges = host.pool.borrow().gauges();
    let max = host.config().max;
    let places = host.places(3);
    let holders = match places.is_empty() {
        true => String::new(),
        false => format!(" Lent to: {}.", places.join("; ")),
    };
    let error = host.last_error.borrow().clone();
    let error = match error.is_empty() {
        true => String::new(),
        false => format!(" The last failure to connect: {error}."),
    };
    let budget = host.budget.as_ref().map(|budget| budget.describe());
    let budget = budget.unwrap_or_default();
    exception::throw(
        Class::Timeout,
        &format!(
            "{}: no connection became free within {seconds} seconds (stage: wait): {} of at most {max} are lent, \
             {} wait{budget}.{holders}{error} Hold a connection only while it is used, or raise max",
            host.name, gauges.leased, gauges.waiting
        ),
    )
}

#[cold]
fn not_made(host: &Host, seconds: f64) {
    exception::throw(
        Class::Timeout,
        &format!(
            "{}: no connection could be made within {seconds} seconds (stage: create): the server did not answer",
            host.name
        ),
    );
}

#[cold]
fn timed_out(host: &Host, stage: Stage) -> Thrown {
    exception::throw(
        Class::Timeout,
        &format!(
            "{}: the deadline passed (stage: {}): the connection did not answer a check in time",
            host.name,
            stage.name()
        ),
    )
}

#[cold]
fn refused(host: &Host, refusal: Refusal) -> Thrown {
    match refusal {
        Refusal::Closed => exception::misuse(&format!(
            "{} was closed: nobody can take a connection any more",
            host.name
        )),
        Refusal::Full => exception::throw(
            Class::Overloaded,
            &format!(
                "{}: {} coroutines wait for a connection already, as many as may; limit how many requests \
                 are taken on at once",
                host.name,
                host.config().max_waiters
            ),
        ),
        Refusal::Down(at) => {
            let wait = at.saturating_sub(clock::now()) as f64 / 1e9;
            let failures = host.pool.borrow().breaker().failures();
            let error = host.last_error.borrow().clone();
            exception::throw(
                Class::Connection,
                &format!(
                    "{}: the server cannot be reached, {failures} attempts failed, the last with: {error}. \
                     Not tried again for {wait:.1} seconds",
                    host.name
                ),
            )
        }
    }
}
