//! Deadlines, signals and wake-ups.

use super::rig::{Rig, raw, unix_pair};
use std::io::{Read as _, Write as _};
use std::time::Instant;
use tusk_runtime::driver::{Driver, Kind, Token, Wait, Waited};
use tusk_runtime::error::Kind as ErrorKind;
use tusk_runtime::op::{Poll, Timeout};
use tusk_runtime::sys::eventfd::EventFd;

const MILLISECOND: u64 = 1_000_000;

fn idle_poll(fd: i32) -> Poll {
    Poll {
        fd,
        events: libc::POLLIN as u16,
        multi: false,
    }
}

pub fn now_returns_at_once(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    assert_eq!(rig.wait(Wait::Now), Waited::Deadline);
    rig.submit(idle_poll(raw(&ours)));
    assert_eq!(rig.wait(Wait::Now), Waited::Deadline);
    assert_eq!(rig.wait(Wait::Until(0)), Waited::Deadline);
}

pub fn deadlines_are_kept(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    rig.submit(idle_poll(raw(&ours)));
    for wait in [MILLISECOND, 15 * MILLISECOND] {
        let at = rig.driver().now() + wait;
        assert_eq!(rig.wait(Wait::Until(at)), Waited::Deadline);
        let now = rig.driver().now();
        assert!(now >= at, "{} ns early", at - now);
        // Other work on the machine may delay us, a wrong unit would show.
        assert!(now - at < 500 * MILLISECOND, "{} ns late", now - at);
    }
}

/// As a wait has it that is asked for as long as a number can say.
pub fn a_deadline_at_the_clocks_end_never_comes(rig: &mut Rig) {
    if rig.driver().kind() == Kind::Fake {
        // It goes there.
        return;
    }
    let (ours, mut theirs) = unix_pair();
    let token = rig.submit(idle_poll(raw(&ours)));
    let writer = std::thread::spawn(move || {
        // Long enough that the wait below has begun; if it has not, nothing is shown.
        std::thread::sleep(std::time::Duration::from_millis(50));
        theirs.write_all(b"x").expect("written");
        theirs
    });
    while rig.unclaimed(token) == 0 {
        assert_ne!(rig.wait(Wait::Until(u64::MAX)), Waited::Deadline);
    }
    drop(writer.join());
}

pub fn short_deadlines_are_kept(rig: &mut Rig) {
    let mut best = u64::MAX;
    for _ in 0..50 {
        let at = rig.driver().now() + 100_000;
        assert_eq!(rig.wait(Wait::Until(at)), Waited::Deadline);
        let now = rig.driver().now();
        assert!(now >= at);
        best = best.min(now - at);
    }
    assert!(
        best < MILLISECOND,
        "no wait ended within a millisecond: {best} ns"
    );
}

pub fn timeouts_fire_in_order_and_not_early(rig: &mut Rig) {
    let start = rig.driver().now();
    let late = start + 4 * MILLISECOND;
    let soon = start + 2 * MILLISECOND;
    let late_token = rig.submit(Timeout::at(late));
    let soon_token = rig.submit(Timeout::at(soon));
    let past_token = rig.submit(Timeout::at(start - 1));
    assert_eq!(rig.end(past_token), -libc::ETIME);
    assert_eq!(rig.end(soon_token), -libc::ETIME);
    assert!(rig.driver().now() >= soon);
    assert_eq!(rig.end(late_token), -libc::ETIME);
    assert!(rig.driver().now() >= late);
    assert_eq!(rig.driver_in_flight(), 0);
}

/// Answers that come fast may be gathered; the one after them comes alone.
pub fn an_answer_after_many_fast_ones_is_not_kept_back(rig: &mut Rig) {
    let pairs: Vec<_> = (0..64).map(|_| unix_pair()).collect();
    let ask = |rig: &mut Rig| -> Vec<Token> {
        let polls = pairs.iter().map(|(ours, _)| idle_poll(raw(ours)));
        polls.map(|poll| rig.submit(poll)).collect()
    };
    let mut tokens = ask(rig);
    for _ in 0..20 {
        for ((ours, theirs), token) in pairs.iter().zip(&tokens) {
            (&*theirs).write_all(b"a").expect("write");
            assert_eq!(rig.end(*token), i32::from(libc::POLLIN));
            (&*ours).read_exact(&mut [0]).expect("read");
        }
        tokens = ask(rig);
    }
    rig.settle();
    let asked = rig.driver().now();
    (&pairs[0].1).write_all(b"a").expect("write");
    while rig.unclaimed(tokens[0]) == 0 && rig.driver().now() < asked + 10_000 * MILLISECOND {
        rig.wait(Wait::Until(asked + 10_000 * MILLISECOND));
    }
    let late = rig.driver().now() - asked;
    assert!(late < 5_000 * MILLISECOND, "after {late} ns");
}

/// The timeout that ends a wait for several may end while the loop computes, just before it waits.
pub fn answers_after_a_burst_are_not_kept_back(rig: &mut Rig) {
    const BURST: usize = 25;
    let pairs: Vec<_> = (0..60).map(|_| unix_pair()).collect();
    let mut tokens: Vec<_> = pairs
        .iter()
        .map(|(ours, _)| rig.submit(idle_poll(raw(ours))))
        .collect();
    let mut answer = |rig: &mut Rig, count: usize| {
        for (_, theirs) in &pairs[..count] {
            (&*theirs).write_all(b"a").expect("write");
        }
        let computing = Instant::now();
        while computing.elapsed().as_micros() < 60 {
            std::hint::spin_loop();
        }
        for (at, (ours, _)) in pairs[..count].iter().enumerate() {
            while rig.unclaimed(tokens[at]) == 0 {
                let deadline = rig.driver().now() + 2_000 * MILLISECOND;
                rig.wait(Wait::Until(deadline));
            }
            (&*ours).read_exact(&mut [0]).expect("read");
            tokens[at] = rig.submit(idle_poll(raw(ours)));
        }
    };
    for trial in 0..40 {
        // Another phase of the timeout each time.
        for _ in 0..40 + trial {
            answer(rig, BURST);
        }
        let asked = rig.driver().now();
        answer(rig, 2);
        let late = rig.driver().now() - asked;
        assert!(late < 1_000 * MILLISECOND, "trial {trial}: after {late} ns");
    }
}

pub fn a_signal_ends_a_wait(rig: &mut Rig) {
    super::process::count_signals();
    let (ours, _theirs) = unix_pair();
    let token = rig.submit(idle_poll(raw(&ours)));
    rig.settle();
    let guard = tusk_runtime::sys::signal::block_all();
    let mut mask = *guard.previous();
    mask.remove(libc::SIGUSR1);
    for wait in [Wait::Forever, Wait::Until(u64::MAX / 2), Wait::Forever] {
        // With something to submit the ring's call returns a count instead of EINTR.
        let fresh = rig.submit(idle_poll(raw(&ours)));
        if rig.driver().kind() == Kind::Fake && wait != Wait::Forever {
            // Its clock jumps to the deadline instead of waiting.
            continue;
        }
        super::process::raise_here(libc::SIGUSR1);
        let before = super::process::signals_here();
        let mut out = Vec::new();
        let waited = rig.driver().wait(wait, Some(&mask), &mut out);
        assert_eq!((waited, out.len()), (Waited::Interrupted, 0));
        assert_eq!(super::process::signals_here(), before + 1);
        rig.driver_cancel(fresh);
        assert_eq!(rig.end(fresh), -libc::ECANCELED);
    }
    drop(guard);
    assert_eq!(rig.unclaimed(token), 0);
}

pub fn a_wakeup_from_another_thread(rig: &mut Rig) {
    let eventfd = std::sync::Arc::new(EventFd::new().expect("eventfd"));
    let token = rig.submit(Poll {
        fd: eventfd.fd(),
        events: libc::POLLIN as u16,
        multi: true,
    });
    let started = Instant::now();
    for _ in 0..100 {
        let other = std::sync::Arc::clone(&eventfd);
        let thread = std::thread::spawn(move || other.signal());
        assert!(rig.event(token).more);
        thread.join().expect("thread");
        eventfd.clear();
        rig.settle();
    }
    assert!(started.elapsed().as_secs() < 30);
}

pub fn a_token_in_flight_is_refused(rig: &mut Rig) {
    let (ours, _theirs) = unix_pair();
    let token = rig.submit(idle_poll(raw(&ours)));
    let refused = rig.driver().submit(token, idle_poll(raw(&ours)).into());
    assert_eq!(refused.expect_err("twice").kind(), ErrorKind::Misuse);
    assert_eq!(rig.driver_in_flight(), 1);
    rig.driver_cancel(token);
    assert_eq!(rig.end(token), -libc::ECANCELED);
    assert_eq!(rig.unclaimed(Token(0)), 0);
}
