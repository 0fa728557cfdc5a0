//! What this kernel lets us do, found by doing it, with the reason for everything that
//! is missing.
//!
//! Versions and feature bits are not asked: distributions backport, containers filter.
//! A feature counts as there when using it worked.

mod plan;
mod reason;
mod ring;

pub use plan::Plan;
pub(crate) use ring::probe_ring;

use crate::sys::epoll;
use crate::sys::file::read_small;
use std::fmt;

/// The drivers there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// io_uring.
    Uring,
    /// epoll and plain calls.
    Epoll,
    /// The seeded driver for tests.
    Fake,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Uring => "uring",
            Kind::Epoll => "epoll",
            Kind::Fake => "fake",
        })
    }
}

/// One line of the table: a feature, and why it is missing if it is.
#[derive(Clone, Debug)]
pub struct Feature {
    /// The kernel's name for it, or `op <verb>`.
    pub name: &'static str,
    /// `None`: it works. Otherwise what happened, and what is done instead.
    pub missing: Option<String>,
}

/// What was found, for `phpinfo()` and `Runtime::info()`.
#[derive(Clone, Debug)]
pub struct Report {
    /// The driver that was chosen.
    pub driver: Kind,
    /// Why the other one was not.
    pub why_not_other: String,
    /// Release of the running kernel.
    pub kernel: String,
    /// What was tried.
    pub features: Vec<Feature>,
}

/// Release of the running kernel, as `uname -r` prints it.
pub fn kernel_release() -> String {
    read_small(c"/proc/sys/kernel/osrelease")
        .map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// What the epoll driver would use.
pub(crate) fn probe_epoll() -> Vec<Feature> {
    let missing = match epoll::precise_errno() {
        0 => None,
        errno => Some(format!(
            "{}; a timerfd gives sub-millisecond waits instead",
            reason::of_errno(errno)
        )),
    };
    vec![Feature {
        name: "epoll_pwait2",
        missing,
    }]
}
