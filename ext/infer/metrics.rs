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
    let all = batching.numbers();
    let mut row = Array::new();
    for number in &NUMBERS {
        row.set(number.name, Value::long((number.of)(&all) as i64));
    }
    let stats = all.stats;
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

/// What is known of a batcher, or of several.
struct Numbers {
    waiting: usize,
    running: usize,
    stats: Stats,
}

impl Numbers {
    fn add(&mut self, other: &Numbers) {
        self.waiting += other.waiting;
        self.running += other.running;
        self.stats.add(&other.stats);
    }
}

impl Batching {
    fn numbers(&self) -> Numbers {
        let state = self.state.borrow();
        let batcher = &state.batcher;
        Numbers {
            waiting: batcher.waiting(),
            running: batcher.running(),
            stats: batcher.stats.clone(),
        }
    }
}

/// One number under its name in `stats()`; metrics add `tusk_batcher_` and what a kind asks for.
struct Number {
    name: &'static str,
    kind: Kind,
    help: &'static str,
    of: fn(&Numbers) -> u64,
}

const fn gauge(name: &'static str, help: &'static str, of: fn(&Numbers) -> u64) -> Number {
    let kind = Kind::Gauge;
    Number {
        name,
        kind,
        help,
        of,
    }
}

const fn counter(name: &'static str, help: &'static str, of: fn(&Numbers) -> u64) -> Number {
    let kind = Kind::Counter;
    Number {
        name,
        kind,
        help,
        of,
    }
}

const NUMBERS: [Number; 11] = [
    gauge("queued", "Items that wait for a batch.", |all| {
        all.waiting as u64
    }),
    gauge("running", "Batches that run.", |all| all.running as u64),
    counter("items", "Items taken.", |all| all.stats.items),
    counter("done", "Items answered.", |all| all.stats.done),
    counter("failed", "Items that failed.", |all| all.stats.failed),
    counter("expired", "Items whose deadline passed.", |all| {
        all.stats.expired
    }),
    counter("rejected", REJECTED, |all| all.stats.rejected),
    counter("cancelled", "Items given up by who asked.", |all| {
        all.stats.cancelled
    }),
    counter(
        "refused",
        "Items not taken because a queue was full.",
        |all| all.stats.refused,
    ),
    counter("batches", "Batches that were begun.", |all| {
        all.stats.batches
    }),
    counter("retried", RETRIED, |all| all.stats.retried),
];
const REJECTED: &str = "Items that waited longer than the queue's policy allows.";
const RETRIED: &str = "Items of a failed batch that were run again alone.";

/// The batchers' part of `Runtime::metrics()`; a batcher is known there by its name, and those
/// of one name are added up.
pub fn runtime_metrics() -> String {
    let mut rows: Vec<(String, Numbers)> = Vec::new();
    let alive: Vec<Rc<Batching>> = ALL.with(|all| all.iter().filter_map(Weak::upgrade).collect());
    for batching in &alive {
        let numbers = batching.numbers();
        match rows.iter_mut().find(|(name, _)| *name == batching.name) {
            Some((_, sum)) => sum.add(&numbers),
            None => rows.push((batching.name.clone(), numbers)),
        }
    }
    let mut page = Page::default();
    if rows.is_empty() {
        return page.finish();
    }
    for Number {
        name,
        kind,
        help,
        of,
    } in NUMBERS
    {
        let total = if matches!(kind, Kind::Counter) {
            "_total"
        } else {
            ""
        };
        let name = format!("tusk_batcher_{name}{total}");
        page.family(&name, kind, help);
        for (batcher, numbers) in &rows {
            page.sample(&name, &[("batcher", batcher)], of(numbers));
        }
    }
    page.family(
        "tusk_batcher_batch_size",
        Kind::Histogram,
        "Rows of the batches that were begun.",
    );
    for (batcher, Numbers { stats, .. }) in &rows {
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
    for (batcher, Numbers { stats, .. }) in &rows {
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
    for (batcher, Numbers { stats, .. }) in &rows {
        let labels = [("batcher", batcher.as_str())];
        page.sample(
            "tusk_batcher_run_seconds_total",
            &labels,
            seconds(stats.ran_ns),
        );
    }
    page.finish()
}
