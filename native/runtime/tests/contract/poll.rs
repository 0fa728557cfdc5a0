//! Readiness, once and at every change.

use super::rig::{Rig, raw, unix_pair};
use std::collections::HashSet;
use std::io::{Read as _, Write as _};
use std::os::fd::RawFd;
use tusk_runtime::driver::{Driver, Token, Wait};
use tusk_runtime::op::Poll;
use tusk_runtime::sys::eventfd::EventFd;

const IN: i32 = libc::POLLIN as i32;
const OUT: i32 = libc::POLLOUT as i32;

fn poll(fd: RawFd, events: i32, multi: bool) -> Poll {
    Poll {
        fd,
        events: events as u16,
        multi,
    }
}

pub fn one_shot_waits_and_completes_once(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    let token = rig.submit(poll(raw(&ours), IN, false));
    rig.settle();
    assert_eq!(rig.unclaimed(token), 0);
    theirs.write_all(b"1").expect("write");
    assert_eq!(rig.end(token), IN);
    theirs.write_all(b"2").expect("write");
    rig.settle();
    assert_eq!(rig.driver_in_flight(), 0);
}

pub fn readiness_that_is_there_is_reported(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    theirs.write_all(b"x").expect("write");
    assert_eq!(rig.run(poll(raw(&ours), IN | OUT, false)), IN | OUT);
    // And again: one-shot polls are level-triggered.
    assert_eq!(rig.run(poll(raw(&ours), IN, false)), IN);
}

pub fn multishot_reports_every_change(rig: &mut Rig) {
    let (mut ours, mut theirs) = unix_pair();
    let token = rig.submit(poll(raw(&ours), IN, true));
    rig.settle();
    assert_eq!(rig.unclaimed(token), 0);
    for round in 0..3 {
        theirs.write_all(b"x").expect("write");
        let event = rig.event(token);
        assert!(event.more && event.result & IN != 0, "{round}: {event:?}");
        // What was not read is not reported again, however often one asks.
        rig.settle();
        assert_eq!(rig.unclaimed(token), 0);
        if round == 1 {
            // New bytes are a change even while older ones lie there unread.
            let mut bytes = [0; 2];
            ours.read_exact(&mut bytes).expect("read");
        }
    }
}

pub fn a_hangup_is_reported(rig: &mut Rig) {
    let (ours, theirs) = unix_pair();
    let events = IN | libc::POLLRDHUP as i32;
    let once = rig.submit(poll(raw(&ours), events, false));
    let every = rig.submit(poll(raw(&ours), events, true));
    rig.settle();
    drop(theirs);
    for token in [once, every] {
        let event = rig.event(token);
        assert!(event.result & libc::POLLHUP as i32 != 0, "{event:?}");
        assert!(event.result & libc::POLLRDHUP as i32 != 0, "{event:?}");
    }
    // It goes on being there, which is no change: no event follows, and no end.
    rig.forget_events();
    rig.settle();
    assert_eq!(rig.unclaimed(every), 0);
    rig.driver_cancel(every);
    assert_eq!(rig.end(every), -libc::ECANCELED);
}

pub fn a_reset_is_reported(rig: &mut Rig) {
    let (ours, theirs) = super::rig::tcp_pair();
    (&ours).write_all(b"unread").expect("write");
    let every = rig.submit(poll(raw(&ours), IN | libc::POLLRDHUP as i32, true));
    rig.settle();
    // Closing with unread bytes makes the kernel send a reset.
    drop(theirs);
    let event = rig.event(every);
    let wanted = (libc::POLLERR | libc::POLLHUP | libc::POLLRDHUP) as i32;
    assert!(event.more && event.result & wanted != 0, "{event:?}");
    rig.forget_events();
    rig.settle();
    assert_eq!(rig.unclaimed(every), 0);
}

pub fn waiters_of_one_descriptor_are_independent(rig: &mut Rig) {
    let (ours, mut theirs) = unix_pair();
    let reader = rig.submit(poll(raw(&ours), IN, false));
    let every = rig.submit(poll(raw(&ours), IN, true));
    let writer = rig.submit(poll(raw(&ours), OUT, false));
    assert_eq!(rig.end(writer), OUT);
    rig.settle();
    assert_eq!((rig.unclaimed(reader), rig.unclaimed(every)), (0, 0));
    rig.driver_cancel(every);
    theirs.write_all(b"x").expect("write");
    assert_eq!(rig.end(reader) & IN, IN);
    assert_eq!(rig.end(every), -libc::ECANCELED);
}

pub fn files_are_always_ready(rig: &mut Rig) {
    let file = std::fs::File::open("/proc/self/exe").expect("open");
    for multi in [false, true] {
        let result = rig.run(poll(raw(&file), IN, multi));
        assert_eq!(result, IN, "multi {multi}");
    }
}

pub fn more_completions_than_the_ring_holds(rig: &mut Rig) {
    let ready = EventFd::new().expect("eventfd");
    ready.signal();
    // The ring's queue has 4096 places.
    let mut open: HashSet<Token> = (0..10_000)
        .map(|_| rig.submit(poll(ready.fd(), IN, false)))
        .collect();
    while !open.is_empty() {
        let mut out = Vec::new();
        rig.driver_wait(Wait::Forever, &mut out);
        for completion in out {
            assert_eq!((completion.result, completion.more), (IN, false));
            assert!(open.remove(&completion.token), "twice: {completion:?}");
        }
    }
    assert_eq!(rig.driver_in_flight(), 0);
}

pub fn multishot_survives_a_full_queue(rig: &mut Rig) {
    let counters: Vec<EventFd> = (0..50).map(|_| EventFd::new().expect("eventfd")).collect();
    let tokens: Vec<Token> = counters
        .iter()
        .map(|counter| rig.submit(poll(counter.fd(), IN, true)))
        .collect();
    rig.settle();
    for _ in 0..3 {
        // Nothing is collected meanwhile, so a small queue overflows; the kernel may then
        // end a multishot poll, which the caller must not notice.
        for counter in &counters {
            counter.signal();
        }
        rig.driver().flush();
    }
    for round in 0..3 {
        for &token in &tokens {
            let event = rig.event(token);
            assert!(event.more && event.result == IN, "{round}: {event:?}");
        }
        rig.forget_events();
        for counter in &counters {
            counter.clear();
            counter.signal();
        }
    }
    for token in tokens {
        rig.driver_cancel(token);
        assert_eq!(rig.end(token), -libc::ECANCELED);
    }
}
