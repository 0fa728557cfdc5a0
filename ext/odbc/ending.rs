//! The end of the request: connections are closed, and drivers get a moment to say goodbye.
//!
//! Pools are noted here without being kept alive; one that has gone before had no thread left.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use super::host::Host;
use crate::zend::global::PhpThread;

/// How long the end of the request waits for drivers to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

static HOSTS: PhpThread<Vec<Weak<RefCell<Host>>>> = PhpThread::new(Vec::new());

/// A pool was opened.
pub(super) fn note(host: &Rc<RefCell<Host>>) {
    HOSTS.with(|hosts| {
        hosts.retain(|host| host.strong_count() > 0);
        hosts.push(Rc::downgrade(host));
    });
}

/// The request ends.
pub fn request_ended() {
    let hosts = HOSTS.with(std::mem::take);
    let hosts = hosts.iter().filter_map(Weak::upgrade);
    let crews: Vec<_> = hosts.map(|host| host.borrow_mut().end()).collect();
    let deadline = Instant::now() + GOODBYE;
    while crews.iter().any(|crew| crew.threads() > 0) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_micros(200));
    }
}
