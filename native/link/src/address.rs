//! Where the other side is, as text says it.
//!
//! `tcp://host:port`, `tls://host:port`, `unix:///path`, `pipes://in:out` with descriptor
//! numbers or `stdin`, `stdout`, and `pipes` alone for both of these.

use std::fmt;
use std::os::fd::RawFd;
use std::path::PathBuf;

use tusk_runtime::error::{Error, Kind};

/// What is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A TCP port, with TLS or without.
    Tcp {
        /// A name or a numeric address.
        host: String,
        /// Its port.
        port: u16,
        /// Is the connection encrypted?
        tls: bool,
    },
    /// A Unix socket.
    Unix(PathBuf),
    /// Two descriptors that are open already and stay their owner's.
    Pipe {
        /// Answers are read from it.
        input: RawFd,
        /// Calls are written to it.
        output: RawFd,
    },
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// What it means.
    pub target: Target,
    text: String,
}

impl Address {
    /// Understands the text.
    ///
    /// # Errors
    /// `Misuse` when it is none of the forms above.
    pub fn parse(text: &str) -> Result<Address, Error> {
        let (scheme, rest) = text.split_once("://").unwrap_or((text, ""));
        let target = match scheme.to_ascii_lowercase().as_str() {
            "tcp" => host_and_port(rest, false),
            "tls" => host_and_port(rest, true),
            "unix" if !rest.is_empty() && rest.len() < 108 && !rest.contains('\0') => {
                Some(Target::Unix(PathBuf::from(rest)))
            }
            "pipes" if rest.is_empty() => Some(Target::Pipe {
                input: 0,
                output: 1,
            }),
            "pipes" => rest.split_once(':').and_then(|(input, output)| {
                Some(Target::Pipe {
                    input: descriptor(input)?,
                    output: descriptor(output)?,
                })
            }),
            _ => None,
        };
        let target = target.ok_or_else(|| {
            Error::new(
                Kind::Misuse,
                "connect",
                format!("\"{}\" is no address", text.escape_debug()),
            )
            .hint("write tcp://host:port, tls://host:port, unix:///path or pipes://stdin:stdout")
        })?;
        Ok(Address {
            target,
            text: text.to_owned(),
        })
    }

    /// A TCP or TLS target that was written in another way, such as a URL.
    pub fn new(text: &str, host: &str, port: u16, tls: bool) -> Address {
        Address {
            target: Target::Tcp {
                host: host.to_owned(),
                port,
                tls,
            },
            text: text.to_owned(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `host:port`, with an IPv6 address in brackets.
fn host_and_port(text: &str, tls: bool) -> Option<Target> {
    let (host, port) = text.trim_end_matches('/').rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(host) => host.strip_suffix(']')?,
        None if host.contains(':') => return None,
        None => host,
    };
    let port = port.parse().ok().filter(|&port| port > 0)?;
    let is_host = !host.is_empty() && !host.contains(['/', '\0', '@', ' ']);
    is_host.then(|| Target::Tcp {
        host: host.to_ascii_lowercase(),
        port,
        tls,
    })
}

fn descriptor(text: &str) -> Option<RawFd> {
    match text {
        "stdin" => Some(0),
        "stdout" => Some(1),
        "stderr" => Some(2),
        number => number.parse().ok().filter(|&number| number >= 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        Address::parse(text).expect(text).target
    }

    #[test]
    fn every_form() {
        let tcp = |host: &str, port, tls| Target::Tcp {
            host: host.into(),
            port,
            tls,
        };
        assert_eq!(
            target("tcp://127.0.0.1:6001"),
            tcp("127.0.0.1", 6001, false)
        );
        assert_eq!(target("TCP://LocalHost:1/"), tcp("localhost", 1, false));
        assert_eq!(target("tls://[::1]:443"), tcp("::1", 443, true));
        assert_eq!(
            target("unix:///run/rr.sock"),
            Target::Unix("/run/rr.sock".into())
        );
        let pipe = |input, output| Target::Pipe { input, output };
        assert_eq!(target("pipes"), pipe(0, 1));
        assert_eq!(target("pipes://stdin:4"), pipe(0, 4));
    }

    #[test]
    fn what_is_no_address() {
        for text in [
            "",
            "tcp://",
            "tcp://host",
            "tcp://host:0",
            "tcp://host:70000",
            "tcp://::1:5",
            "tcp://:5",
            "unix://",
            "pipes://a:b",
            "http://x:1",
            "host:5",
            "tcp://u@h:5",
            "unix://a\0b",
        ] {
            let error = Address::parse(text).expect_err(text);
            assert_eq!(error.kind(), Kind::Misuse);
        }
    }
}
