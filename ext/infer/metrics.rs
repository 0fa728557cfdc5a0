//! The numbers of batchers, for their own `stats()` and for `Runtime::metrics()`.

use std::rc::{Rc, Weak};

use tusk_infer::batcher::{QUEUE_BOUNDS, Stats};
use tusk_runtime::metrics::{Kind, Page};

use super::Batching;
use crate::zend::global::PhpThread;
use crate::zend::value::{Array, Value};

/// All batchers of this process, some of which have gone.
static ALL: PhpThread<Vec<Weak<Batching>>> = PhpThread::new(Vec::new());

/// A batcher was made.
pub fn register(batching: &Rc<Batching>) {
    ALL.with(|all| {
        all.retain(|one| one.strong_count() > 0);
        all.push(Rc::downgrade(batching));
    });
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

/// What `Batcher::stats()` returns.
pub fn stats(batching: &Batching) -> Value {
    let (waiting, running, stats) = batching.numbers();
    let mut row = Array::new();
    let numbers = [
        ("queued", waiting as u64),
        ("running", running as u64),
        ("items", stats.items),
        ("done", stats.done),
        ("failed", stats.failed),
        ("expired", stats.expired),
        ("rejected", stats.rejected),
        ("cancelled", stats.cancelled),
        ("refused", stats.refused),
        ("batches", stats.batches),
        ("retried", stats.retried),
    ];
    for (name, number) in numbers {
        row.set(name, Value::long(number as i64));
    }
    let mut sizes = Array::new();
    for (size, &count) in stats
        .sizes
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
    {
        sizes.set_index(size as i64, Value::long(count as i64));
    }
    row.set("sizes", sizes.into())
        .set("queue_seconds", Value::double(seconds(stats.queued_ns)))
        .set(
            "queue_seconds_max",
            Value::double(seconds(stats.queued_max_ns)),
        )
        .set("run_seconds", Value::double(seconds(stats.ran_ns)));
    row.into()
}

impl Batching {
    fn numbers(&self) -> (usize, usize, Stats) {
        let state = self.state.borrow();
        let batcher = &state.batcher;
        (batcher.waiting(), batcher.running(), batcher.stats.clone())
    }
}

type Number = fn(&(usize, usize, Stats)) -> u64;

const NUMBERS: [(&str, Kind, &str, Number); 10] = [
    (
        "tusk_batcher_queued",
        Kind::Gauge,
        "Items that wait for a batch.",
        |all| all.0 as u64,
    ),
    (
        "tusk_batcher_running",
        Kind::Gauge,
        "Batches that run.",
        |all| all.1 as u64,
    ),
    (
        "tusk_batcher_items_total",
        Kind::Counter,
        "Items taken.",
        |all| all.2.items,
    ),
    (
        "tusk_batcher_done_total",
        Kind::Counter,
        "Items answered.",
        |all| all.2.done,
    ),
    (
        "tusk_batcher_failed_total",
        Kind::Counter,
        "Items that failed.",
        |all| all.2.failed,
    ),
    (
        "tusk_batcher_expired_total",
        Kind::Counter,
        "Items whose deadline passed.",
        |all| all.2.expired,
    ),
    (
        "tusk_batcher_rejected_total",
        Kind::Counter,
        "Items that waited longer than the queue's policy allows.",
        |all| all.2.rejected,
    ),
    (
        "tusk_batcher_cancelled_total",
        Kind::Counter,
        "Items given up by who asked.",
        |all| all.2.cancelled,
    ),
    (
        "tusk_batcher_refused_total",
        Kind::Counter,
        "Items not taken because a queue was full.",
        |all| all.2.refused,
    ),
    (
        "tusk_batcher_retried_total",
        Kind::Counter,
        "Items of a failed batch that were run again alone.",
        |all| all.2.retried,
    ),
];

/// The batchers' part of `Runtime::metrics()`; a batcher is known there by its name, and those
/// of one name are added up.
pub fn runtime_metrics() -> String {
    let mut rows: Vec<(String, (usize, usize, Stats))> = Vec::new();
    let alive: Vec<Rc<Batching>> = ALL.with(|all| all.iter().filter_map(Weak::upgrade).collect());
    for batching in &alive {
        let numbers = batching.numbers();
        match rows.iter_mut().find(|(name, _)| *name == batching.name) {
            Some((_, sum)) => {
                sum.0 += numbers.0;
                sum.1 += numbers.1;
                sum.2.add(&numbers.2);
            }
            None => rows.push((batching.name.clone(), numbers)),
        }
    }
    let mut page = Page::default();
    if rows.is_empty() {
        return page.finish();
    }
    for (name, kind, help, number) in NUMBERS {
        page.family(name, kind, help);
        for (batcher, numbers) in &rows {
            page.sample(name, &[("batcher", batcher)], number(numbers));
        }
    }
    page.family(
        "tusk_batcher_batch_size",
        Kind::Histogram,
        "Rows of the batches that were begun.",
    );
    for (batcher, (_, _, stats)) in &rows {
        let steps = (0..).map(|power| 1usize << power);
        let steps = steps.take_while(|&step| step < 2 * stats.sizes.len().max(2));
        let upto = |bound: usize| stats.sizes.iter().take(bound + 1).sum::<u64>();
        let buckets = steps.map(|step| (step as f64, upto(step)));
        let rows = stats.sizes.iter().enumerate();
        let sum = rows.map(|(size, &count)| size as f64 * count as f64).sum();
        let labels = [("batcher", batcher.as_str())];
        page.histogram(
            "tusk_batcher_batch_size",
            &labels,
            buckets,
            sum,
            stats.batches,
        );
    }
    page.family(
        "tusk_batcher_queue_seconds",
        Kind::Histogram,
        "Time of items in the queue.",
    );
    for (batcher, (_, _, stats)) in &rows {
        let mut count = 0;
        let buckets = QUEUE_BOUNDS
            .iter()
            .zip(&stats.queued)
            .map(|(&bound, &more)| {
                count += more;
                (seconds(bound), count)
            });
        let buckets: Vec<_> = buckets.collect();
        let all = stats.queued.iter().sum();
        let labels = [("batcher", batcher.as_str())];
        let sum = seconds(stats.queued_ns);
        page.histogram("tusk_batcher_queue_seconds", &labels, buckets, sum, all);
    }
    page.family(
        "tusk_batcher_run_seconds_total",
        Kind::Counter,
        "Time that batches ran.",
    );
    for (batcher, (_, _, stats)) in &rows {
        let labels = [("batcher", batcher.as_str())];
        page.sample(
            "tusk_batcher_run_seconds_total",
            &labels,
            seconds(stats.ran_ns),
        );
    }
    page.finish()
}
