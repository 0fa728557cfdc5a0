//! The batcher's rules, one by one.

use tusk_infer::batcher::{
    Batch, Batcher, Item, ItemId, Options, Outcome, QueuePolicy, TimeoutAction, Verdict,
};
use tusk_runtime::error::Kind;

fn batcher(options: Options) -> Batcher {
    Batcher::new(options).expect("good options")
}

fn submit(batcher: &mut Batcher, count: usize, now: u64) -> Vec<ItemId> {
    (0..count)
        .map(|_| batcher.submit(Item::default(), now).expect("room"))
        .collect()
}

fn answers(batcher: &mut Batcher) -> Vec<(ItemId, Verdict)> {
    std::iter::from_fn(|| batcher.answer()).collect()
}

fn next(batcher: &mut Batcher, now: u64) -> Batch {
    batcher.next(now).expect("a batch is ready")
}

#[test]
fn one_item_waits_for_the_delay_and_then_runs_alone() {
    let mut batcher = batcher(Options {
        max_delay: 100,
        ..Options::default()
    });
    let items = submit(&mut batcher, 1, 1000);
    assert_eq!(batcher.next(1099), None);
    assert_eq!(batcher.next_at(1000), Some(1100));
    let batch = next(&mut batcher, 1100);
    assert_eq!(batch.items, items);
    batcher.finish(batch.id, Outcome::RAN, 1200);
    assert_eq!(answers(&mut batcher), [(items[0], Verdict::Done)]);
    assert_eq!(batcher.next_at(1200), None);
    assert_eq!(batcher.stats.queued_ns, 100);
    assert_eq!(batcher.stats.ran_ns, 100);
}

#[test]
fn a_full_batch_and_a_preferred_size_run_at_once() {
    let mut batcher = batcher(Options {
        max_batch: 8,
        preferred: vec![6, 4],
        max_delay: 100,
        ..Options::default()
    });
    submit(&mut batcher, 3, 0);
    assert_eq!(batcher.next(0), None);
    submit(&mut batcher, 2, 0);
    let batch = next(&mut batcher, 0);
    assert_eq!(batch.rows, 4, "the largest preferred size there is");
    submit(&mut batcher, 7, 0);
    assert_eq!(batcher.next(0), None, "its only instance is busy");
    batcher.finish(batch.id, Outcome::RAN, 50);
    assert_eq!(next(&mut batcher, 50).rows, 6);
}

#[test]
fn when_the_delay_is_over_everything_runs() {
    let mut batcher = batcher(Options {
        max_batch: 8,
        preferred: vec![4],
        max_delay: 100,
        ..Options::default()
    });
    submit(&mut batcher, 7, 0);
    assert_eq!(next(&mut batcher, 100).rows, 7);
}

#[test]
fn a_thousand_items_make_thirty_two_batches() {
    let mut batcher = batcher(Options {
        max_delay: 100,
        ..Options::default()
    });
    submit(&mut batcher, 1000, 0);
    let mut batches = 0;
    for now in 0.. {
        let Some(batch) = batcher.next(now) else {
            if batcher.is_empty() {
                break;
            }
            continue;
        };
        batches += 1;
        batcher.finish(batch.id, Outcome::RAN, now);
        answers(&mut batcher);
    }
    assert_eq!(batches, 32);
}

#[test]
fn the_next_batch_is_collected_while_one_runs_and_instances_overlap() {
    let mut batcher = batcher(Options {
        max_batch: 2,
        instances: 2,
        ..Options::default()
    });
    submit(&mut batcher, 6, 0);
    let (first, second) = (next(&mut batcher, 0), next(&mut batcher, 0));
    assert_eq!(batcher.next(0), None);
    assert_eq!(
        batcher.next_at(0),
        None,
        "all are busy, and nothing has a deadline"
    );
    batcher.finish(second.id, Outcome::RAN, 1);
    assert_eq!(batcher.next_at(1), Some(0));
    let third = next(&mut batcher, 1);
    assert_ne!(third.id, first.id);
}

#[test]
fn the_urgent_come_first_and_the_delayed_last() {
    let late = QueuePolicy {
        action: TimeoutAction::Delay,
        timeout: 10,
        ..QueuePolicy::default()
    };
    let mut batcher = batcher(Options {
        max_batch: 1,
        priorities: 3,
        default_priority: 2,
        policies: [(2, late)].into(),
        max_delay: 0,
        ..Options::default()
    });
    let at = |priority| Item {
        priority,
        ..Item::default()
    };
    let mut take = |priority, now| batcher.submit(at(priority), now).expect("room");
    let blocking = take(1, 0);
    let waited = take(2, 0);
    let low = take(3, 0);
    let fresh = take(0, 5);
    let urgent = take(1, 5);
    let mut order = Vec::new();
    for now in [0, 10, 10, 10, 10] {
        let batch = next(&mut batcher, now);
        order.extend(batch.items);
        batcher.finish(batch.id, Outcome::RAN, now);
    }
    assert_eq!(order, [blocking, urgent, fresh, waited, low]);
}

#[test]
fn who_waits_longer_than_the_policy_allows_is_rejected_and_may_only_shorten_it() {
    let mut batcher = batcher(Options {
        max_delay: 1000,
        policy: QueuePolicy {
            timeout: 50,
            allow_override: true,
            ..QueuePolicy::default()
        },
        ..Options::default()
    });
    let mut with = |queue_timeout| {
        let item = Item {
            queue_timeout,
            ..Item::default()
        };
        batcher.submit(item, 0).expect("room")
    };
    let (short, long) = (with(Some(20)), with(Some(80)));
    assert_eq!(batcher.next_at(0), Some(20));
    assert_eq!(batcher.next(20), None);
    assert_eq!(answers(&mut batcher), [(short, Verdict::Rejected)]);
    batcher.expire(49);
    assert_eq!(answers(&mut batcher), []);
    batcher.expire(50);
    assert_eq!(answers(&mut batcher), [(long, Verdict::Rejected)]);
}

#[test]
fn bounds_refuse_and_say_which() {
    let mut batcher = batcher(Options {
        max_batch: 4,
        max_items: 3,
        priorities: 2,
        policies: [(
            2,
            QueuePolicy {
                max_queue_size: 1,
                ..QueuePolicy::default()
            },
        )]
        .into(),
        ..Options::default()
    });
    let mut refused = |item: Item| batcher.submit(item, 0).expect_err("it is refused");
    let item = Item::default();
    assert_eq!(
        refused(Item {
            priority: 3,
            ..item
        })
        .kind(),
        Kind::Misuse
    );
    assert_eq!(refused(Item { rows: 5, ..item }).kind(), Kind::Misuse);
    let second = Item {
        priority: 2,
        ..item
    };
    batcher.submit(second, 0).expect("room");
    let error = batcher.submit(second, 0).expect_err("one waits");
    assert!(error.to_string().contains("priority 2"), "{error}");
    submit(&mut batcher, 2, 0);
    let error = batcher.submit(item, 0).expect_err("three wait");
    assert_eq!(error.kind(), Kind::Overloaded);
    assert_eq!(batcher.stats.refused, 2);
    batcher.close();
    assert_eq!(
        batcher.submit(item, 0).expect_err("closed").kind(),
        Kind::Misuse
    );
}

#[test]
fn options_that_cannot_be_are_refused_by_name() {
    let base = Options::default();
    for (options, name) in [
        (
            Options {
                max_batch: 0,
                ..base.clone()
            },
            "maxBatch",
        ),
        (
            Options {
                instances: 0,
                ..base.clone()
            },
            "instances",
        ),
        (
            Options {
                preferred: vec![33],
                ..base.clone()
            },
            "preferred size",
        ),
        (
            Options {
                default_priority: 2,
                ..base.clone()
            },
            "defaultPriority",
        ),
        (
            Options {
                policies: [(2, QueuePolicy::default())].into(),
                ..base
            },
            "policy's priority",
        ),
    ] {
        let error = Batcher::new(options).expect_err("it is refused");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn shapes_do_not_share_a_batch_and_do_not_block_one_another() {
    let mut batcher = batcher(Options {
        max_batch: 2,
        max_delay: 100,
        ..Options::default()
    });
    let mut shaped = |bucket| {
        let item = Item {
            bucket,
            ..Item::default()
        };
        batcher.submit(item, 0).expect("room")
    };
    let (lonely, first, second) = (shaped(1), shaped(2), shaped(2));
    let batch = next(&mut batcher, 0);
    assert_eq!(batch.items, [first, second]);
    batcher.finish(batch.id, Outcome::RAN, 0);
    assert_eq!(batcher.next(99), None);
    assert_eq!(next(&mut batcher, 100).items, [lonely]);
}

/// The delay of an adaptive batcher is never longer than the configured one, and an item that
/// comes alone, as before, does not wait.
#[test]
fn an_adaptive_delay_follows_the_arrivals() {
    let mut batcher = batcher(Options {
        max_delay: 1000,
        adaptive: true,
        ..Options::default()
    });
    let mut alone = 0;
    for round in 0..20u64 {
        let now = round * 100_000;
        submit(&mut batcher, 1, now);
        let at = batcher.next_at(now).expect("it is there").max(now);
        assert!(at <= now + 1000);
        alone += u64::from(at == now);
        let batch = next(&mut batcher, at);
        batcher.finish(batch.id, Outcome::RAN, at);
    }
    assert!(alone >= 15, "{alone}");
}
