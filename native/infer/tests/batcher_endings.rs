//! How items of the batcher end, one rule after the other.

use tusk_infer::batcher::{Batch, Batcher, Item, ItemId, Options, Outcome, QueuePolicy, Verdict};

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
fn a_failed_batch_fails_its_items_or_is_run_again_singly() {
    for retry_singly in [false, true] {
        let mut batcher = batcher(Options {
            max_batch: 3,
            retry_singly,
            ..Options::default()
        });
        let items = submit(&mut batcher, 3, 0);
        let batch = next(&mut batcher, 0);
        batcher.finish(batch.id, Outcome::Failed, 1);
        if !retry_singly {
            let all = items.iter().map(|&item| (item, Verdict::Failed));
            assert_eq!(answers(&mut batcher), all.collect::<Vec<_>>());
            continue;
        }
        assert_eq!(answers(&mut batcher), []);
        assert!(batcher.cancel(items[2]));
        for (item, ran, verdict) in [
            (items[0], true, Verdict::Done),
            (items[1], false, Verdict::Failed),
        ] {
            let batch = next(&mut batcher, 2);
            assert_eq!(batch.items, [item]);
            let outcome = if ran { Outcome::RAN } else { Outcome::Failed };
            batcher.finish(batch.id, outcome, 3);
            assert_eq!(answers(&mut batcher), [(item, verdict)]);
        }
        assert!(batcher.is_empty());
        assert_eq!(batcher.stats.retried, 2);
    }
}

#[test]
fn an_item_that_fails_by_itself_leaves_the_others_alone() {
    let mut batcher = batcher(Options {
        max_batch: 2,
        ..Options::default()
    });
    let items = submit(&mut batcher, 2, 0);
    let batch = next(&mut batcher, 0);
    let outcome = Outcome::Ran {
        failed: &items[..1],
    };
    batcher.finish(batch.id, outcome, 1);
    let expected = [(items[0], Verdict::Failed), (items[1], Verdict::Done)];
    assert_eq!(answers(&mut batcher), expected);
    assert_eq!((batcher.stats.failed, batcher.stats.done), (1, 1));
}

#[test]
fn order_is_kept_and_what_has_gone_holds_nobody_up() {
    let mut batcher = batcher(Options {
        max_batch: 1,
        instances: 4,
        preserve_order: true,
        ..Options::default()
    });
    let items = submit(&mut batcher, 4, 0);
    let batches: Vec<Batch> = (0..4).map(|_| next(&mut batcher, 0)).collect();
    batcher.finish(batches[1].id, Outcome::RAN, 1);
    batcher.finish(batches[3].id, Outcome::Failed, 1);
    assert_eq!(answers(&mut batcher), []);
    batcher.finish(batches[0].id, Outcome::RAN, 2);
    let first_two = [(items[0], Verdict::Done), (items[1], Verdict::Done)];
    assert_eq!(answers(&mut batcher), first_two);
    assert!(batcher.cancel(items[2]));
    assert_eq!(answers(&mut batcher), [(items[3], Verdict::Failed)]);
    assert_eq!(batcher.abandoned(), Some(batches[2].id));
    batcher.finish(batches[2].id, Outcome::RAN, 3);
    assert_eq!(answers(&mut batcher), []);
}

#[test]
fn a_batch_nobody_wants_is_named_and_counts_until_it_has_ended() {
    let mut batcher = batcher(Options {
        max_batch: 2,
        ..Options::default()
    });
    let items = submit(&mut batcher, 3, 0);
    let batch = next(&mut batcher, 0);
    batcher.cancel(items[0]);
    assert_eq!(batcher.abandoned(), None);
    batcher.cancel(items[1]);
    assert_eq!(batcher.abandoned(), Some(batch.id));
    assert_eq!(batcher.abandoned(), None);
    assert_eq!(batcher.next(1 << 40), None, "its instance is not free yet");
    batcher.finish(batch.id, Outcome::Failed, 1);
    assert_eq!(next(&mut batcher, 1 << 40).items, [items[2]]);
}

#[test]
fn a_deadline_ends_waiting_and_running_items() {
    let mut batcher = batcher(Options {
        max_batch: 1,
        max_delay: 0,
        ..Options::default()
    });
    let item = Item {
        deadline: Some(10),
        ..Item::default()
    };
    let runs = batcher.submit(item, 0).expect("room");
    let batch = next(&mut batcher, 0);
    let waits = batcher.submit(item, 0).expect("room");
    assert_eq!(batcher.next_at(0), Some(10));
    batcher.expire(10);
    let expired = [(runs, Verdict::Expired), (waits, Verdict::Expired)];
    assert_eq!(answers(&mut batcher), expired);
    assert_eq!(batcher.abandoned(), Some(batch.id));
    batcher.finish(batch.id, Outcome::RAN, 11);
    assert!(batcher.is_empty());
}

/// A deadline equal to the queue's was forgotten when the item began to run.
#[test]
fn a_deadline_at_the_same_moment_as_the_queues_still_counts() {
    let mut batcher = batcher(Options {
        max_delay: 0,
        policy: QueuePolicy {
            timeout: 10,
            ..QueuePolicy::default()
        },
        ..Options::default()
    });
    let item = Item {
        deadline: Some(10),
        ..Item::default()
    };
    let id = batcher.submit(item, 0).expect("room");
    next(&mut batcher, 0);
    batcher.expire(10);
    assert_eq!(answers(&mut batcher), [(id, Verdict::Expired)]);
}
