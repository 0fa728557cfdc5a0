//! What a poll costs on each driver: prints nanoseconds a round trip, in all and in our
//! own code (user time as the kernel accounts it, so good to some per cent).
//!
//! `cargo run --release -p tusk-runtime --example polls`

use std::time::Instant;
use tusk_runtime::driver::{AnyDriver, Choice, Completion, Driver, Op, Token, Wait, open};
use tusk_runtime::op::Poll;
use tusk_runtime::sys::eventfd::EventFd;

const POLLS: u64 = 2_000_000;

fn main() {
    println!("nanoseconds a poll (in all / user)");
    for choice in [Choice::Uring, Choice::Epoll] {
        match open(choice) {
            Ok((mut driver, report)) => {
                println!("{}, Linux {}:", driver.kind(), report.kernel);
                measure(&mut driver, "one at a time", 1);
                measure(&mut driver, "64 a turn", 64);
                multishot(&mut driver);
                empty_turns(&mut driver);
            }
            Err(error) => println!("{choice:?}: SKIP: {error}"),
        }
    }
}

fn report(what: &str, count: u64, run: impl FnOnce()) {
    let user = user_ticks();
    let started = Instant::now();
    run();
    let total = started.elapsed().as_nanos() as u64 / count;
    // A tick is 10 ms on every Linux that PHP runs on.
    let user = (user_ticks() - user) * 10_000_000 / count;
    println!("  {what:<28} {total:>6} / {user}");
}

/// One-shot polls of a readable descriptor, `batch` a turn.
fn measure(driver: &mut AnyDriver, what: &str, batch: u64) {
    // Each its own, as connections are.
    let ready: Vec<EventFd> = (0..batch)
        .map(|_| EventFd::new().expect("an eventfd"))
        .collect();
    ready.iter().for_each(EventFd::signal);
    let mut out: Vec<Completion> = Vec::new();
    report(what, POLLS, || {
        for _ in 0..POLLS / batch {
            for (token, eventfd) in ready.iter().enumerate() {
                let op = Op::from(Poll {
                    fd: eventfd.fd(),
                    events: libc::POLLIN as u16,
                    multi: false,
                });
                driver
                    .submit(Token(token as u64), op)
                    .expect("the token is free");
            }
            while (out.len() as u64) < batch {
                driver.wait(Wait::Forever, None, &mut out);
            }
            out.clear();
        }
    });
}

/// A multishot poll; each event is made by a write to an eventfd, whose cost is included.
fn multishot(driver: &mut AnyDriver) {
    let eventfd = EventFd::new().expect("an eventfd");
    let token = Token(1 << 40);
    let op = Op::from(Poll {
        fd: eventfd.fd(),
        events: libc::POLLIN as u16,
        multi: true,
    });
    driver.submit(token, op).expect("the token is free");
    let mut out = Vec::new();
    report("multishot, and a write each", POLLS, || {
        for _ in 0..POLLS {
            eventfd.signal();
            while out.is_empty() {
                driver.wait(Wait::Forever, None, &mut out);
            }
            out.clear();
        }
    });
    driver.cancel(token);
    while driver.in_flight() > 0 {
        driver.wait(Wait::Forever, None, &mut out);
    }
}

/// `Wait::Now` with nothing to do, as a busy scheduler calls it.
fn empty_turns(driver: &mut AnyDriver) {
    let mut out = Vec::new();
    report("Wait::Now, nothing to do", POLLS, || {
        for _ in 0..POLLS {
            driver.wait(Wait::Now, None, &mut out);
        }
    });
}

/// User time of this process in ticks: field 14 of /proc/self/stat.
fn user_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("/proc is mounted");
    // The name in parentheses may hold spaces; fields are counted after it.
    let fields = stat.rsplit(')').next().expect("a name");
    let user = fields.split_whitespace().nth(11).expect("14 fields");
    user.parse().expect("a number")
}
