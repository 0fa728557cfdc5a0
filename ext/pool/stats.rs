//! What is known of pools: for `stats()`, messages and Prometheus.

use tusk_pool::pool::Lease;
use tusk_runtime::metrics::{Kind, Page};

use super::{Host, all};
use crate::zend::value::{Array, Value};

const STAGES: [&str; 3] = ["wait", "create", "recycle"];
const CLOSED: [&str; 5] = ["idle", "lifetime", "broken", "resized", "drained"];

/// Numbers of one pool, for PHP.
pub fn stats(host: &Host) -> Value {
    let mut pool = host.pool.borrow_mut();
    let gauges = pool.gauges();
    let counters = *pool.counters();
    let config = *pool.config();
    drop(pool);
    let mut list = Array::new();
    for (name, number) in [
        ("max", config.max),
        ("min", config.min),
        ("leased", gauges.leased),
        ("idle", gauges.idle),
        ("creating", gauges.creating),
        ("recycling", gauges.recycling),
        ("waiting", gauges.waiting),
    ] {
        list.set(name, Value::long(number as i64));
    }
    for (name, number) in [
        ("taken", counters.taken),
        ("waited", counters.waited),
        ("created", counters.created),
        ("create_failed", counters.create_failed),
        ("cancelled", counters.cancelled),
        ("refused", counters.refused),
        ("leaked", counters.leaked),
    ] {
        list.set(name, Value::long(number as i64));
    }
    list.set("wait_sum", Value::double(counters.wait_sum as f64 / 1e9));
    list.set("wait_max", Value::double(counters.wait_max as f64 / 1e9));
    let numbers = |names: &[&str], counts: &[u64]| {
        let mut list = Array::new();
        for (name, count) in names.iter().zip(counts) {
            list.set(name, Value::long(*count as i64));
        }
        Value::from(list)
    };
    list.set("timed_out", numbers(&STAGES, &counters.timed_out));
    list.set("closed", numbers(&CLOSED, &counters.closed));
    list.set("last_error", Value::string(&host.last_error.borrow()));
    list.into()
}

/// A number of some pool with its labels.
type Row<'a> = (Vec<(&'a str, &'a str)>, i64);

/// Adds the numbers of all pools to a page.
pub fn add_metrics(page: &mut Page) {
    let hosts = all();
    if hosts.is_empty() {
        return;
    }
    let mut now = Vec::new();
    let mut done: Vec<(&str, &str, Vec<Row<'_>>)> = vec![
        ("tusk_pool_taken_total", "Connections lent.", Vec::new()),
        (
            "tusk_pool_waited_total",
            "Of those, to somebody who waited in line.",
            Vec::new(),
        ),
        (
            "tusk_pool_wait_microseconds_total",
            "How long they waited, in sum.",
            Vec::new(),
        ),
        ("tusk_pool_created_total", "Connections made.", Vec::new()),
        (
            "tusk_pool_create_failed_total",
            "Attempts to connect that failed.",
            Vec::new(),
        ),
        (
            "tusk_pool_cancelled_total",
            "Takers cancelled while they waited.",
            Vec::new(),
        ),
        (
            "tusk_pool_refused_total",
            "Takers turned away at once.",
            Vec::new(),
        ),
        (
            "tusk_pool_leaked_total",
            "Loans that lasted longer than leakAfter.",
            Vec::new(),
        ),
    ];
    let (mut timed_out, mut closed) = (Vec::new(), Vec::new());
    for host in &hosts {
        let mut pool = host.pool.borrow_mut();
        let gauges = pool.gauges();
        let counters = *pool.counters();
        let name = host.name.as_str();
        for (state, count) in [
            ("leased", gauges.leased),
            ("idle", gauges.idle),
            ("creating", gauges.creating),
            ("recycling", gauges.recycling),
            ("waiting", gauges.waiting),
        ] {
            now.push((vec![("pool", name), ("state", state)], count as i64));
        }
        let numbers = [
            counters.taken,
            counters.waited,
            counters.wait_sum / 1000,
            counters.created,
            counters.create_failed,
            counters.cancelled,
            counters.refused,
            counters.leaked,
        ];
        for (row, number) in done.iter_mut().zip(numbers) {
            row.2.push((vec![("pool", name)], number as i64));
        }
        for (stage, count) in STAGES.iter().zip(counters.timed_out) {
            timed_out.push((vec![("pool", name), ("stage", *stage)], count as i64));
        }
        for (why, count) in CLOSED.iter().zip(counters.closed) {
            closed.push((vec![("pool", name), ("why", *why)], count as i64));
        }
    }
    page.add_each(
        "tusk_pool_connections",
        Kind::Gauge,
        "Connections by their state, and who waits for one.",
        &now,
    );
    for (name, help, rows) in &done {
        page.add_each(name, Kind::Counter, help, rows);
    }
    page.add_each(
        "tusk_pool_timed_out_total",
        Kind::Counter,
        "Deadlines of takers that passed, by what they were at.",
        &timed_out,
    );
    page.add_each(
        "tusk_pool_closed_total",
        Kind::Counter,
        "Connections closed, by the reason.",
        &closed,
    );
}

impl Host {
    /// Who has a loan, where it is now, and its stack.
    pub(super) fn place_of(&self, lease: Lease) -> String {
        let owner = self.owners.borrow().get(lease.index()).copied().flatten();
        let Some(worker) = owner else {
            return "Nobody is known to have it".into();
        };
        let site = worker.place().site().unwrap_or_else(|| "unknown".into());
        let stack = worker.stack();
        format!(
            "Lent to coroutine #{}, which is at {site}:\n{stack}",
            worker.id()
        )
    }

    /// Where some of those who have a connection are.
    pub(super) fn places(&self, limit: usize) -> Vec<String> {
        let owners: Vec<_> = self
            .owners
            .borrow()
            .iter()
            .flatten()
            .copied()
            .take(limit)
            .collect();
        let place = |worker: crate::zend::worker::Worker| {
            let site = worker.place().site()?;
            Some(format!("coroutine #{} at {site}", worker.id()))
        };
        owners.into_iter().filter_map(place).collect()
    }

    /// One line for reports of who waits.
    pub fn describe(&self) -> String {
        let gauges = self.pool.borrow().gauges();
        format!(
            "{}: {} lent, {} idle, {} waiting",
            self.name, gauges.leased, gauges.idle, gauges.waiting
        )
    }
}
