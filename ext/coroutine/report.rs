//! Who is where and waits for what: for `Tusk\Runtime`, the deadlock error and the dump
//! signal. All of it is read when somebody asks; nothing is noted before.

use std::fmt::Write;

use tusk_runtime::metrics::{Kind, Page};
use tusk_runtime::sys::clock;
use tusk_runtime::task::{State, TaskId};

use crate::core;
use crate::zend::engine;
use crate::zend::report::{Place, memory_usage};
use crate::zend::worker::{self, CoroutineRef, Worker};

/// Lines of a deadlock's report: enough to see the circle, short enough for a log.
const DEADLOCK_LINES: usize = 20;
/// Coroutines of a dump: at some 300 bytes each a few hundred kilobytes.
const DUMP_COROUTINES: usize = 1000;

/// Waits that are shorter are told without a time: it is coarse, and they are many.
const WORTH_TELLING: f64 = 1.0;

/// What is known of one coroutine.
pub struct CoroutineReport {
    /// Its number; 0 is the main script.
    pub id: i64,
    /// queued, running, ready or waiting.
    pub state: &'static str,
    /// Where it is; nowhere before it started.
    pub place: Place,
    /// What is known of what it waits for.
    pub waits_for: Option<String>,
    /// For how long it has waited, in seconds, about: since the loop last looked at the kernel
    /// before.
    pub waited: Option<f64>,
    /// Where it was spawned; unknown for a callback.
    pub spawned_at: Option<String>,
    /// Was it asked to stop?
    pub cancelled: bool,
    worker: Option<Worker>,
}

impl CoroutineReport {
    /// The call it waits in.
    pub fn waits_in(&self) -> Option<&str> {
        self.place
            .call
            .as_deref()
            .filter(|_| self.state == "waiting")
    }

    fn line(&self) -> String {
        let mut line = format!("coroutine #{}", self.id);
        if self.id == 0 {
            line.push_str(" (the main script)");
        }
        match self.waits_in() {
            Some(call) => {
                let _ = write!(line, " waits in {call}");
            }
            None => {
                let _ = write!(line, " is {}", self.state);
            }
        }
        if let Some(site) = self.place.site() {
            let _ = write!(line, " at {site}");
        }
        if let Some(what) = &self.waits_for {
            let _ = write!(line, ", for {what}");
        }
        if let Some(seconds) = self.waited.filter(|&seconds| seconds >= WORTH_TELLING) {
            let _ = write!(line, ", since about {seconds:.1} s");
        }
        if let Some(site) = &self.spawned_at {
            let _ = write!(line, ", spawned at {site}");
        }
        if self.cancelled {
            line.push_str(", asked to stop");
        }
        line
    }
}

/// At most `limit` coroutines, by their number.
pub fn report(limit: usize) -> Vec<CoroutineReport> {
    let now = clock::now();
    let mut hosts: Vec<(Option<f64>, State, usize, bool)> = core::with(|core| {
        let scheduler = &core.reactor.scheduler;
        scheduler
            .ids()
            .filter(|&task| !scheduler.is_placeholder(task))
            .filter_map(|task| {
                let state = scheduler.state(task)?;
                let since = scheduler.waits_since(task);
                Some((
                    since.map(|since| now.saturating_sub(since) as f64 / 1e9),
                    state,
                    scheduler.host(task)?,
                    scheduler.is_cancelled(task),
                ))
            })
            .collect()
    });
    hosts.truncate(limit);
    let mut all: Vec<CoroutineReport> = hosts
        .into_iter()
        .map(|(waited, state, host, cancelled)| one(waited, state, host, cancelled))
        .collect();
    all.sort_by_key(|one| one.id);
    all
}

fn one(waited: Option<f64>, state: State, host: usize, cancelled: bool) -> CoroutineReport {
    let worker = (state != State::Queued).then(|| Worker::from_host(host));
    let coroutine = match worker {
        Some(worker) => worker.known_coroutine(),
        None => Some(CoroutineRef::from_host(host)),
    };
    let mut place = worker.map(Worker::place).unwrap_or_default();
    let waits_for = place.object.take().filter(|_| state == State::Waiting);
    CoroutineReport {
        id: match (worker, coroutine) {
            (_, Some(coroutine)) => coroutine.id(),
            (Some(worker), None) => worker.id(),
            (None, None) => 0,
        },
        state: match state {
            State::Queued => "queued",
            State::Running => "running",
            State::Waiting => "waiting",
            State::Ready => "ready",
        },
        place,
        waits_for,
        waited,
        spawned_at: coroutine
            .filter(|coroutine| !coroutine.is_main())
            .and_then(CoroutineRef::spawned_at),
        cancelled,
        worker,
    }
}

/// A task's name in reports.
pub fn name_of(task: TaskId) -> String {
    let host = core::with(|core| {
        let scheduler = &core.reactor.scheduler;
        Some((scheduler.state(task)?, scheduler.host(task)?))
    });
    match host {
        Some((State::Queued, host)) => {
            format!("coroutine #{}", CoroutineRef::from_host(host).id())
        }
        Some((_, host)) => format!("coroutine #{}", Worker::from_host(host).id()),
        None => "a coroutine that has ended".into(),
    }
}

/// One line for each that waits, for the deadlock error.
pub(super) fn who_waits() -> String {
    let all = report(usize::MAX);
    let mut text = String::new();
    for one in all.iter().take(DEADLOCK_LINES) {
        let _ = write!(text, "\n  {}", one.line());
    }
    if all.len() > DEADLOCK_LINES {
        let _ = write!(text, "\n  and {} more", all.len() - DEADLOCK_LINES);
    }
    text
}

/// Every coroutine with its stack.
pub fn dump() -> String {
    let (count, ready, timers, ops) = core::with(|core| {
        let reactor = &core.reactor;
        (
            reactor.scheduler.len(),
            reactor.scheduler.ready_len(),
            reactor.scheduler.timers.len(),
            reactor.in_flight(),
        )
    });
    let mut text = format!(
        "Tusk {}, process {}: {count} coroutines, {ready} ready to run, {timers} timers, {ops} operations under way\n",
        env!("CARGO_PKG_VERSION"),
        std::process::id()
    );
    for one in report(DUMP_COROUTINES) {
        let _ = writeln!(text, "{}", one.line());
        let stack = one.worker.map(Worker::stack).unwrap_or_default();
        for frame in stack.lines() {
            let _ = writeln!(text, "    {frame}");
        }
    }
    if count > DUMP_COROUTINES {
        let _ = writeln!(text, "and {} more", count - DUMP_COROUTINES);
    }
    text
}

/// Numbers for Prometheus.
pub fn metrics() -> String {
    use Kind::{Counter, Gauge};
    let (workers, idle) = worker::counts();
    let memory = memory_usage() as i64;
    let php = engine::php_version();
    core::with(|core| {
        let mut page = Page::default();
        let driver = match core.reactor.report() {
            Ok(report) => report.driver.to_string(),
            Err(_) => "none".into(),
        };
        page.info(
            "tusk_info",
            "What runs here.",
            &[
                ("version", env!("CARGO_PKG_VERSION")),
                ("php", &php),
                ("driver", &driver),
            ],
        );
        let reactor = &core.reactor;
        let scheduler = &reactor.scheduler;
        let rows: [(&str, Kind, &str, i64); 14] = [
            (
                "tusk_coroutines",
                Gauge,
                "Coroutines that have not ended, the main script included.",
                scheduler.len() as i64,
            ),
            (
                "tusk_coroutines_spawned_total",
                Counter,
                "Coroutines spawned.",
                core.spawned as i64,
            ),
            (
                "tusk_ready",
                Gauge,
                "Coroutines and callbacks that are ready to run.",
                scheduler.ready_len() as i64,
            ),
            (
                "tusk_switches_total",
                Counter,
                "Times that somebody was picked to run.",
                core.switches as i64,
            ),
            (
                "tusk_timers",
                Gauge,
                "Timers and deadlines that are armed.",
                scheduler.timers.len() as i64,
            ),
            (
                "tusk_watches",
                Gauge,
                "Descriptors that an event loop watches.",
                reactor.watch_len() as i64,
            ),
            (
                "tusk_operations_in_flight",
                Gauge,
                "Operations that the kernel or a thread is at.",
                reactor.in_flight() as i64,
            ),
            (
                "tusk_operations_total",
                Counter,
                "Operations begun.",
                reactor.stats.ops as i64,
            ),
            (
                "tusk_completions_total",
                Counter,
                "Completions seen.",
                reactor.stats.completions as i64,
            ),
            (
                "tusk_turns_total",
                Counter,
                "Times that the loop looked for events.",
                reactor.stats.turns as i64,
            ),
            (
                "tusk_workers",
                Gauge,
                "Stacks that coroutines run on.",
                i64::from(workers),
            ),
            (
                "tusk_workers_idle",
                Gauge,
                "Stacks that are kept for the next coroutine.",
                i64::from(idle),
            ),
            (
                "tusk_stacks_mapped_bytes",
                Gauge,
                "Address space of stacks.",
                core.stacks.stats().mapped as i64,
            ),
            ("tusk_php_heap_bytes", Gauge, "PHP's heap in use.", memory),
        ];
        for (name, kind, help, value) in rows {
            page.add(name, kind, help, value);
        }
        crate::pool::add_metrics(&mut page);
        page.finish()
    })
}
