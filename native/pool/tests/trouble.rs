//! A pool in the troubles that pools are known for, each by its name.

use tusk_pool::config::Config;
use tusk_pool::limits::{BREAKER_FAILURES, BREAKER_FIRST_PAUSE, SECOND};
use tusk_pool::pool::{Fate, Lease, Pool, Refusal, Released, Taken};

fn pool(max: usize) -> Pool<&'static str> {
    Pool::new(
        Config {
            max,
            ..Config::default()
        },
        7,
    )
}

fn made(pool: &mut Pool<&'static str>, now: u64) -> Lease {
    let Taken::Create(lease) = pool.take(now) else {
        panic!("there should be room")
    };
    pool.created(lease, now);
    lease
}

fn lease(taken: Taken) -> Lease {
    match taken {
        Taken::Lease(lease) => lease,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_releases_and_takes_again_stands_behind_who_waits() {
    let mut pool = pool(1);
    let first = made(&mut pool, 0);
    assert_eq!(pool.take(1), Taken::Wait);
    let ticket = pool.wait("waiter", 1);
    assert_eq!(pool.release(first, Fate::Keep, 2), Released::Kept);
    assert_eq!(
        pool.take(2),
        Taken::Wait,
        "the connection is somebody's already"
    );
    assert_eq!(pool.woken(), Some("waiter"));
    lease(pool.collect(ticket));
}

#[test]
fn a_failure_to_connect_loses_no_waiter() {
    // php-async#141: waiters were never told that the connect they waited behind had failed.
    let mut pool = pool(1);
    let Taken::Create(lease) = pool.take(0) else {
        panic!()
    };
    let tickets = ["a", "b", "c", "d", "e"].map(|name| {
        assert_eq!(pool.take(0), Taken::Wait);
        pool.wait(name, 0)
    });
    let refused = |taken| matches!(taken, Taken::Refused(Refusal::Down(_)));
    assert!(
        refused(pool.failed(lease, 1)),
        "there is nobody to wait for"
    );
    // Each gets its chance until it is known that there is none.
    for (tries, name) in ["a", "b"].into_iter().enumerate() {
        assert_eq!(pool.woken(), Some(name));
        let Taken::Create(lease) = pool.collect(tickets[tries]) else {
            panic!()
        };
        pool.failed(lease, 1);
    }
    for (ticket, name) in tickets[2..].iter().zip(["c", "d", "e"]) {
        assert_eq!(pool.woken(), Some(name));
        assert_eq!(
            pool.collect(*ticket),
            Taken::Refused(Refusal::Down(1 + BREAKER_FIRST_PAUSE))
        );
    }
    assert_eq!(pool.live(), 0);
}

#[test]
fn a_cancelled_waiter_that_was_served_passes_it_on() {
    let mut pool = pool(1);
    let first = made(&mut pool, 0);
    let (doomed, next) = (pool.wait("doomed", 0), pool.wait("next", 0));
    pool.release(first, Fate::Keep, 1);
    assert_eq!(pool.woken(), Some("doomed"));
    pool.leave(doomed, 1);
    assert_eq!(pool.woken(), Some("next"));
    lease(pool.collect(next));
}

#[test]
fn a_server_that_is_down_is_asked_by_one_after_a_pause() {
    let mut pool = pool(4);
    for _ in 0..BREAKER_FAILURES {
        let Taken::Create(lease) = pool.take(0) else {
            panic!()
        };
        pool.failed(lease, 0);
    }
    assert_eq!(
        pool.take(1),
        Taken::Refused(Refusal::Down(BREAKER_FIRST_PAUSE))
    );
    let later = BREAKER_FIRST_PAUSE;
    assert_eq!(
        pool.next_due(1),
        Some(later),
        "the host connects ahead of the next taker"
    );
    let probe = pool.fill(later).expect("it is time to try");
    assert_eq!(pool.take(later), Taken::Wait, "one tries");
    let ticket = pool.wait("waiter", later);
    pool.created_idle(probe, later);
    assert_eq!(pool.woken(), Some("waiter"));
    lease(pool.collect(ticket));
    assert!(
        matches!(pool.take(later), Taken::Create(_)),
        "all may connect again"
    );
}

#[test]
fn too_many_connections_for_the_server_are_fewer_for_all_and_no_error() {
    let mut pool = pool(3);
    let first = made(&mut pool, 0);
    let Taken::Create(second) = pool.take(0) else {
        panic!()
    };
    assert_eq!(
        pool.failed(second, 0),
        Taken::Wait,
        "the first one will come back"
    );
    let ticket = pool.wait_first("second", 0);
    pool.release(first, Fate::Keep, 1);
    assert_eq!(pool.woken(), Some("second"));
    lease(pool.collect(ticket));
}

#[test]
fn when_one_breaks_those_that_were_idle_are_not_trusted() {
    let mut pool = pool(3);
    let (a, b) = (made(&mut pool, 0), made(&mut pool, 0));
    pool.release(a, Fate::Keep, 1);
    assert_eq!(pool.release(b, Fate::Retire, 2), Released::Close);
    let Taken::Check(suspect) = pool.take(2) else {
        panic!("it may be dead too")
    };
    let Taken::Create(again) = pool.recycled(suspect, false, 3) else {
        panic!()
    };
    pool.created(again, 3);
    pool.release(again, Fate::Keep, 4);
    lease(pool.take(4));
}

#[test]
fn what_is_idle_goes_above_min_and_what_is_old_goes_anyway() {
    let config = Config {
        max: 3,
        min: 1,
        max_lifetime: Some(100 * SECOND),
        ..Config::default()
    };
    let mut pool: Pool<&str> = Pool::new(config, 3);
    let leases: Vec<Lease> = (0..3)
        .map(|_| {
            let Taken::Create(lease) = pool.take(0) else {
                panic!()
            };
            pool.created(lease, 0);
            lease
        })
        .collect();
    for lease in leases {
        pool.release(lease, Fate::Keep, SECOND);
    }
    assert_eq!(pool.next_due(SECOND), Some(61 * SECOND));
    pool.tick(61 * SECOND);
    assert_eq!(
        (
            pool.retired().is_some(),
            pool.retired().is_some(),
            pool.retired()
        ),
        (true, true, None)
    );
    let due = pool.next_due(61 * SECOND).expect("its lifetime ends");
    assert!(
        (90 * SECOND..=100 * SECOND).contains(&due),
        "shortened by at most a tenth: {due}"
    );
    pool.tick(due);
    assert!(pool.retired().is_some());
    let fill = pool.fill(due).expect("min is one");
    pool.created_idle(fill, due);
    assert_eq!((pool.fill(due), pool.gauges().idle), (None, 1));
}

#[test]
fn an_old_connection_ends_when_it_comes_back_and_not_before() {
    let config = Config {
        max: 1,
        max_lifetime: Some(SECOND),
        ..Config::default()
    };
    let mut pool: Pool<&str> = Pool::new(config, 3);
    let lease = made(&mut pool, 0);
    pool.tick(5 * SECOND);
    assert!(pool.is_current(lease));
    let ticket = pool.wait("waiter", 5 * SECOND);
    assert_eq!(pool.release(lease, Fate::Keep, 5 * SECOND), Released::Close);
    assert_eq!(pool.woken(), Some("waiter"));
    assert!(
        matches!(pool.collect(ticket), Taken::Create(_)),
        "the waiter makes the new one"
    );
}

#[test]
fn a_loan_that_lasts_is_reported_once() {
    let config = Config {
        leak_after: Some(10),
        ..Config::default()
    };
    let mut pool: Pool<&str> = Pool::new(config, 3);
    let lease = made(&mut pool, 5);
    assert_eq!(pool.next_due(5), Some(15));
    assert!(pool.leaks(14).is_empty());
    assert_eq!(pool.leaks(15), vec![(lease, 5)]);
    assert!(pool.leaks(99).is_empty());
    pool.release(lease, Fate::Keep, 100);
    assert_eq!(pool.counters().leaked, 1);
}

#[test]
fn a_smaller_pool_closes_what_is_too_much_as_it_comes_back() {
    let mut pool = pool(3);
    let leases = [made(&mut pool, 0), made(&mut pool, 0), made(&mut pool, 0)];
    pool.release(leases[0], Fate::Keep, 1);
    pool.resize(0, 1, 2).expect("it is valid");
    assert_eq!(pool.retired(), Some(leases[0].index()));
    assert_eq!(pool.release(leases[1], Fate::Keep, 3), Released::Close);
    assert_eq!(pool.release(leases[2], Fate::Keep, 3), Released::Kept);
    assert!(pool.resize(2, 1, 3).is_err());
}

#[test]
fn a_closed_pool_refuses_all_and_is_empty_when_the_last_came_back() {
    let mut pool = pool(1);
    let lease = made(&mut pool, 0);
    let ticket = pool.wait("waiter", 0);
    pool.close(1);
    assert_eq!(pool.woken(), Some("waiter"));
    assert_eq!(pool.collect(ticket), Taken::Refused(Refusal::Closed));
    assert_eq!(pool.take(1), Taken::Refused(Refusal::Closed));
    assert!(!pool.is_drained());
    assert_eq!(pool.release(lease, Fate::Keep, 2), Released::Close);
    assert!(pool.is_drained());
    assert_eq!(pool.release(lease, Fate::Keep, 3), Released::Stale);
}

#[test]
fn a_thousand_takers_of_eight_wait_about_as_long_as_one_another() {
    let mut pool: Pool<u32> = Pool::new(Config::default(), 1);
    let mut lent: std::collections::VecDeque<Lease> = (0..8)
        .map(|_| {
            let Taken::Create(lease) = pool.take(0) else {
                panic!()
            };
            pool.created(lease, 0);
            lease
        })
        .collect();
    let mut line: Vec<_> = (0..992).map(|name| (pool.wait(name, 0), name)).collect();
    line.reverse();
    // Everybody works for eight ticks, eight at a time.
    for now in 1..=992 {
        let done = lent.pop_front().expect("eight are lent");
        pool.release(done, Fate::Keep, now);
        let (ticket, name) = line.pop().expect("somebody waits");
        assert_eq!(pool.woken(), Some(name));
        lent.push_back(lease(pool.collect(ticket)));
    }
    let counters = *pool.counters();
    let mean = counters.wait_sum / counters.waited;
    assert_eq!(
        (counters.waited, counters.wait_max, mean),
        (992, 992, 496),
        "the longest is twice the median"
    );
}

#[test]
fn who_cannot_connect_waits_for_one_that_is_being_made() {
    // A burst on a server that is nearly full: the first answers are refusals, the others are not.
    let mut pool = pool(3);
    let leases = [0, 1, 2].map(|_| match pool.take(0) {
        Taken::Create(lease) => lease,
        other => panic!("{other:?}"),
    });
    assert_eq!(pool.failed(leases[0], 1), Taken::Wait);
    let ticket = pool.wait_first("first", 1);
    pool.created(leases[1], 2);
    assert_eq!(pool.release(leases[1], Fate::Keep, 3), Released::Kept);
    // It got the right to try again when the other attempt left room; it gives that back.
    assert_eq!(pool.woken(), Some("first"));
    assert!(matches!(
        pool.collect(ticket),
        Taken::Lease(_) | Taken::Create(_)
    ));
}

#[test]
fn a_pool_gives_up_what_lies_idle_and_drops_what_was_found_broken() {
    let mut pool = pool(3);
    let leases = [0, 1, 2].map(|now| made(&mut pool, now));
    for (lease, now) in leases.iter().zip(3..) {
        pool.release(*lease, Fate::Keep, now);
    }
    assert!(pool.shed(10), "the one that was idle longest");
    assert_eq!(pool.retired(), Some(leases[0].index()));
    let idle: Vec<usize> = pool.idle().collect();
    assert_eq!(idle, [leases[1].index(), leases[2].index()]);
    pool.found_broken(leases[2].index(), 11);
    assert_eq!(pool.retired(), Some(leases[2].index()));
    pool.found_broken(leases[2].index(), 12);
    assert_eq!(pool.retired(), None, "it has gone already");
    // The other one was idle when this one broke, so it is not trusted.
    assert!(matches!(pool.take(12), Taken::Check(_)));
    assert!(!pool.shed(13), "nothing is idle");
}
