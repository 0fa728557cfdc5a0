//! The driver that is in use, and how it is chosen.

use super::{Completion, Driver, Epoll, Fake, Kind, Op, Token, Uring, Wait, Waited};
use crate::Nanos;
use crate::error::{Error, Kind as ErrorKind};
use crate::probe::{self, Report};
use crate::sys::signal::SigSet;

/// Which driver to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// io_uring, or epoll where it cannot be used.
    Auto,
    /// io_uring or an error.
    Uring,
    /// epoll.
    Epoll,
}

/// Opens a driver for this thread, and reports what the kernel offers.
///
/// # Errors
/// With [`Choice::Uring`] `Unsupported` when the ring cannot be used; `Overloaded` when no
/// descriptor or memory is left, not even for epoll.
pub fn open(choice: Choice) -> Result<(AnyDriver, Report), Error> {
    if choice == Choice::Epoll {
        return epoll("TUSK_DRIVER asked for epoll".to_owned(), Vec::new());
    }
    let (plan, features) = probe::probe_ring();
    let opened = plan.and_then(|plan| {
        Uring::open(plan).map_err(|errno| {
            format!(
                "opening the ring failed: {}",
                crate::error::describe_errno(errno)
            )
        })
    });
    match (opened, choice) {
        (Ok(uring), _) => {
            let report = Report {
                driver: Kind::Uring,
                why_not_other: "io_uring works and needs fewer system calls than epoll".to_owned(),
                kernel: probe::kernel_release(),
                features,
            };
            Ok((AnyDriver::Uring(Box::new(uring)), report))
        }
        (Err(reason), Choice::Uring) => {
            // Where epoll cannot be opened either, that says what is missing.
            Epoll::open()?;
            Err(Error::new(ErrorKind::Unsupported, "use io_uring", reason)
                .hint("set TUSK_DRIVER=epoll, or leave it out to fall back by itself"))
        }
        (Err(reason), _) => epoll(reason, features),
    }
}

fn epoll(
    why_not_ring: String,
    mut features: Vec<probe::Feature>,
) -> Result<(AnyDriver, Report), Error> {
    features.extend(probe::probe_epoll());
    let report = Report {
        driver: Kind::Epoll,
        why_not_other: why_not_ring,
        kernel: probe::kernel_release(),
        features,
    };
    Ok((AnyDriver::Epoll(Box::new(Epoll::open()?)), report))
}

/// One of the drivers; a match costs less than a virtual call, and the compiler sees
/// through it.
pub enum AnyDriver {
    /// io_uring.
    Uring(Box<Uring>),
    /// epoll.
    Epoll(Box<Epoll>),
    /// The seeded driver for tests.
    Fake(Box<Fake>),
}

impl AnyDriver {
    /// In the child of a fork, before anything else of the driver is used: forgets
    /// everything. Nothing is submitted and nothing that the parent owns is released;
    /// only the child's copies of memory and descriptors go.
    pub fn abandon(self) {
        match self {
            AnyDriver::Uring(uring) => uring.abandon(),
            AnyDriver::Epoll(epoll) => epoll.abandon(),
            AnyDriver::Fake(_) => {}
        }
    }
}

macro_rules! each_driver {
    ($any:expr, $driver:ident => $body:expr) => {
        match $any {
            AnyDriver::Uring($driver) => $body,
            AnyDriver::Epoll($driver) => $body,
            AnyDriver::Fake($driver) => $body,
        }
    };
}

impl Driver for AnyDriver {
    #[inline]
    fn submit(&mut self, token: Token, op: Op) -> Result<(), Error> {
        each_driver!(self, driver => driver.submit(token, op))
    }

    fn cancel(&mut self, token: Token) {
        each_driver!(self, driver => driver.cancel(token))
    }

    fn flush(&mut self) {
        each_driver!(self, driver => driver.flush())
    }

    #[inline]
    fn wait(&mut self, wait: Wait, mask: Option<&SigSet>, out: &mut Vec<Completion>) -> Waited {
        each_driver!(self, driver => driver.wait(wait, mask, out))
    }

    fn in_flight(&self) -> usize {
        each_driver!(self, driver => driver.in_flight())
    }

    fn kind(&self) -> Kind {
        each_driver!(self, driver => driver.kind())
    }

    fn now(&self) -> Nanos {
        each_driver!(self, driver => driver.now())
    }
}
