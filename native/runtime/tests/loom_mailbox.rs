//! All interleavings of the mailbox's races, one a model.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p tusk-runtime --release --test loom_mailbox`
//!
//! Under `cfg(loom)` a locked queue stands for the lock-free one, and a counter for the
//! eventfd: `fd()` is then the number of writes that were not cleared.
#![cfg(loom)]

use loom::thread;
use tusk_runtime::mailbox::Mailbox;

fn drained(mailbox: &Mailbox<u32>) -> Vec<u32> {
    let mut values = Vec::new();
    mailbox.drain(|value| values.push(value));
    values.sort_unstable();
    values
}

#[test]
fn a_sleeper_is_woken_or_does_not_sleep() {
    loom::model(|| {
        let mailbox = Mailbox::new().expect("mailbox");
        let sender = mailbox.sender();
        let thread = thread::spawn(move || sender.send(1).expect("room"));
        let sleeps = mailbox.prepare_sleep();
        thread.join().expect("sender");
        // Whoever went to sleep finds the descriptor readable once the sender is through.
        assert!(!sleeps || mailbox.fd() > 0);
        mailbox.awake(true);
        assert_eq!(drained(&mailbox), [1]);
    });
}

#[test]
fn several_values_and_one_wake() {
    loom::model(|| {
        let mailbox = Mailbox::new().expect("mailbox");
        let sender = mailbox.sender();
        let thread = thread::spawn(move || {
            sender.put(1).expect("room");
            sender.put(2).expect("room");
            sender.wake();
        });
        let sleeps = mailbox.prepare_sleep();
        thread.join().expect("sender");
        assert!(!sleeps || mailbox.fd() == 1);
        mailbox.awake(true);
        assert_eq!(drained(&mailbox), [1, 2]);
    });
}

#[test]
fn two_senders_write_once() {
    loom::model(|| {
        let mailbox = Mailbox::new().expect("mailbox");
        assert!(mailbox.prepare_sleep());
        let threads = [1, 2].map(|value| {
            let sender = mailbox.sender();
            thread::spawn(move || sender.send(value).expect("room"))
        });
        for thread in threads {
            thread.join().expect("sender");
        }
        assert_eq!(mailbox.fd(), 1);
        mailbox.awake(true);
        assert_eq!(mailbox.fd(), 0);
        assert_eq!(drained(&mailbox), [1, 2]);
    });
}

#[test]
fn a_late_write_after_waking_loses_nothing() {
    loom::model(|| {
        let mailbox = Mailbox::new().expect("mailbox");
        let sender = mailbox.sender();
        let thread = thread::spawn(move || {
            sender.send(1).expect("room");
            sender.send(2).expect("room");
        });
        // Woken by something else, and asleep again while the sender is still at it.
        let mut got = Vec::new();
        for _ in 0..2 {
            let sleeps = mailbox.prepare_sleep();
            if sleeps {
                mailbox.awake(false);
            }
            got.extend(drained(&mailbox));
        }
        let sleeps = mailbox.prepare_sleep();
        thread.join().expect("sender");
        assert!(!sleeps || got.len() == 2 || mailbox.fd() > 0);
        mailbox.awake(true);
        got.extend(drained(&mailbox));
        got.sort_unstable();
        assert_eq!(got, [1, 2]);
    });
}

#[test]
fn a_receiver_that_goes_leaves_no_value_behind() {
    loom::model(|| {
        let value = loom::sync::Arc::new(());
        let mailbox = Mailbox::new().expect("mailbox");
        let sender = mailbox.sender();
        let sent = loom::sync::Arc::clone(&value);
        let thread = thread::spawn(move || drop(sender.send(sent)));
        drop(mailbox);
        thread.join().expect("sender");
        // Given back, taken out by the receiver, or dropped with the last sender.
        assert_eq!(loom::sync::Arc::strong_count(&value), 1);
    });
}
