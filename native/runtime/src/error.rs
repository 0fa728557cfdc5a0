//! The one error type of the native crates.
//!
//! An error says what failed (`operation`), on what and why (`detail`), what the system
//! answered (`errno`) and what to try (`hint`). Its [`Kind`] is what a caller can act
//! upon; the PHP exception class follows from it. It carries no backtrace: a message
//! that needs one is not finished.

use std::borrow::Cow;
use std::fmt;

/// What the caller can do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The operation was cancelled; its effect did not happen or is undone.
    Cancelled,
    /// A deadline passed first.
    TimedOut,
    /// The other end refused, vanished or broke the connection.
    Connection,
    /// The other end said something that its protocol does not allow.
    Protocol,
    /// The other end did the work and reported a failure.
    Remote,
    /// A bound of [`crate::limits`] or of the system was reached; later it may work.
    Overloaded,
    /// The kernel, the platform or the build lacks what is needed.
    Unsupported,
    /// The call itself is wrong and will never work as written.
    Misuse,
    /// A device or its driver failed, or has no memory left.
    Device,
    /// The system refused for a reason that none of the above names.
    System,
}

/// Who has to change something before a retry makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The code that called.
    Caller,
    /// The process or host at the other end.
    Peer,
    /// The machine or its configuration.
    Host,
    /// Nobody: it was asked for or time ran out.
    Nobody,
}

/// A failure of the runtime.
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    operation: &'static str,
    detail: Cow<'static, str>,
    hint: Cow<'static, str>,
    errno: Option<i32>,
}

impl Error {
    /// An error of this kind: `operation` is a verb phrase ("open the ring"), `detail`
    /// says on what it failed and the likely cause.
    pub fn new(kind: Kind, operation: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Error {
            kind,
            operation,
            detail: detail.into(),
            hint: Cow::Borrowed(""),
            errno: None,
        }
    }

    /// The error of a system call that answered `errno`; the kind follows from it.
    pub fn from_errno(
        operation: &'static str,
        errno: i32,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        let mut error = Error::new(kind_of(errno), operation, detail);
        error.errno = Some(errno);
        error
    }

    /// Adds what the reader should try.
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = hint.into();
        self
    }

    /// Adds to what is said of it, without a space.
    pub fn note(mut self, text: &str) -> Self {
        self.detail.to_mut().push_str(text);
        self
    }

    /// What the caller can do about it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What was being done.
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The system's error number, where a system call failed.
    pub fn errno(&self) -> Option<i32> {
        self.errno
    }

    /// Who has to change something.
    pub fn fault(&self) -> Fault {
        match self.kind {
            Kind::Cancelled | Kind::TimedOut => Fault::Nobody,
            Kind::Connection | Kind::Protocol | Kind::Remote => Fault::Peer,
            Kind::Misuse => Fault::Caller,
            Kind::Overloaded | Kind::Unsupported | Kind::Device | Kind::System => Fault::Host,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot {}: {}", self.operation, self.detail)?;
        if let Some(errno) = self.errno {
            write!(f, " ({})", describe_errno(errno))?;
        }
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The system's words for an error number, with its name where we know it.
pub fn describe_errno(errno: i32) -> String {
    // std's text ends in " (os error N)", which repeats what the name says better.
    let text = std::io::Error::from_raw_os_error(errno).to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    match errno_name(errno) {
        Some(name) => format!("{name}: {text}"),
        None => format!("errno {errno}: {text}"),
    }
}

/// The symbol of the error numbers that this crate meets and explains.
pub fn errno_name(errno: i32) -> Option<&'static str> {
    Some(match errno {
        libc::EPERM => "EPERM",
        libc::ENOENT => "ENOENT",
        libc::EINTR => "EINTR",
        libc::EBADF => "EBADF",
        libc::EAGAIN => "EAGAIN",
        libc::ENOMEM => "ENOMEM",
        libc::EACCES => "EACCES",
        libc::EBUSY => "EBUSY",
        libc::EEXIST => "EEXIST",
        libc::EINVAL => "EINVAL",
        libc::EMFILE => "EMFILE",
        libc::ENFILE => "ENFILE",
        libc::ENOSYS => "ENOSYS",
        libc::EOPNOTSUPP => "EOPNOTSUPP",
        libc::ECONNREFUSED => "ECONNREFUSED",
        libc::ECONNRESET => "ECONNRESET",
        libc::ETIMEDOUT => "ETIMEDOUT",
        libc::ECANCELED => "ECANCELED",
        _ => return None,
    })
}

fn kind_of(errno: i32) -> Kind {
    match errno {
        libc::ECANCELED => Kind::Cancelled,
        libc::ETIMEDOUT | libc::ETIME => Kind::TimedOut,
        libc::ECONNREFUSED
        | libc::ECONNRESET
        | libc::ECONNABORTED
        | libc::EPIPE
        | libc::ENETUNREACH
        | libc::EHOSTUNREACH => Kind::Connection,
        libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS | libc::EAGAIN => {
            Kind::Overloaded
        }
        libc::ENOSYS | libc::EOPNOTSUPP => Kind::Unsupported,
        _ => Kind::System,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_failed_why_and_what_to_try() {
        let error = Error::from_errno("open the ring", libc::EPERM, "a seccomp filter forbids it")
            .hint("set TUSK_DRIVER=epoll");
        assert_eq!(
            error.to_string(),
            "cannot open the ring: a seccomp filter forbids it \
             (EPERM: Operation not permitted); set TUSK_DRIVER=epoll"
        );
        assert_eq!(error.fault(), Fault::Host);
    }

    #[test]
    fn the_kind_follows_from_the_error_number() {
        for (errno, kind, fault) in [
            (libc::ECANCELED, Kind::Cancelled, Fault::Nobody),
            (libc::ECONNRESET, Kind::Connection, Fault::Peer),
            (libc::EMFILE, Kind::Overloaded, Fault::Host),
            (libc::EACCES, Kind::System, Fault::Host),
        ] {
            let error = Error::from_errno("test", errno, "detail");
            assert_eq!((error.kind(), error.fault()), (kind, fault));
        }
    }
}
