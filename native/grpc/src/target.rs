//! Where a channel connects to: gRPC's names, or several `host:port`.

use crate::limits::ADDRESSES;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use tusk_runtime::error::{Error, Kind};

/// One place to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A name that is still to be resolved.
    Name(String, u16),
    /// An address.
    Address(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// As `Call::peer()` tells it, in gRPC's form.
    pub fn peer(&self) -> String {
        match self {
            Endpoint::Name(host, port) => format!("dns:{host}:{port}"),
            Endpoint::Address(SocketAddr::V4(address)) => format!("ipv4:{address}"),
            Endpoint::Address(SocketAddr::V6(address)) => format!("ipv6:{address}"),
            Endpoint::Unix(path) => format!("unix:{}", path.display()),
        }
    }
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// In the order that they were given.
    pub endpoints: Vec<Endpoint>,
    /// The `:authority` of requests, and the name that a certificate must have.
    pub authority: String,
}

impl Target {
    /// Parses one target or several.
    ///
    /// # Errors
    /// `Misuse` with what is wrong.
    pub fn parse<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Target, Error> {
        let mut target = Target {
            endpoints: Vec::new(),
            authority: String::new(),
        };
        for text in texts {
            target.add(text)?;
        }
        if target.endpoints.is_empty() {
            return Err(refuse("no address was given".to_owned()));
        }
        if target.endpoints.len() > ADDRESSES {
            return Err(refuse(format!(
                "{} addresses were given, {ADDRESSES} are the bound",
                target.endpoints.len()
            )));
        }
        Ok(target)
    }

    fn add(&mut self, text: &str) -> Result<(), Error> {
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme @ ("dns" | "unix" | "ipv4" | "ipv6"), rest)) => (scheme, rest),
            _ => ("", text),
        };
        match scheme {
            "unix" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() {
                    return Err(refuse(format!("\"{text}\" names no path")));
                }
                self.push(Endpoint::Unix(path.into()), "localhost".to_owned());
            }
            "ipv4" | "ipv6" => {
                for part in rest.split(',') {
                    self.add_host(text, part)?;
                }
            }
            _ => {
                // dns://server/name: the resolver is the system's, whatever the server.
                let name = match rest.strip_prefix("//") {
                    Some(rest) => rest.split_once('/').map_or(rest, |(_, name)| name),
                    None => rest,
                };
                if rest.contains("://") {
                    return Err(refuse(format!(
                        "\"{text}\" has a scheme that is unknown here; known are host:port, dns:, ipv4:, \
                         ipv6: and unix:"
                    )));
                }
                self.add_host(text, name)?;
            }
        }
        Ok(())
    }

    fn add_host(&mut self, text: &str, part: &str) -> Result<(), Error> {
        let (host, port) = split_port(part).ok_or_else(|| {
            refuse(format!(
                "\"{text}\" is no host and port, as in example.org:50051"
            ))
        })?;
        // The port that gRPC takes where none is given.
        let port = port.unwrap_or(443);
        let endpoint = match host.parse::<IpAddr>() {
            Ok(address) => Endpoint::Address(SocketAddr::new(address, port)),
            Err(_) => Endpoint::Name(host.to_owned(), port),
        };
        let authority = match host.parse::<Ipv6Addr>() {
            Ok(_) => format!("[{host}]:{port}"),
            Err(_) => format!("{host}:{port}"),
        };
        self.push(endpoint, authority);
        Ok(())
    }

    fn push(&mut self, endpoint: Endpoint, authority: String) {
        self.endpoints.push(endpoint);
        if self.authority.is_empty() {
            self.authority = authority;
        }
    }

    /// The authority without its port.
    pub fn host(authority: &str) -> &str {
        split_port(authority).map_or(authority, |(host, _)| host)
    }
}

fn refuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "open a gRPC channel", detail)
}

/// Host and port of `host`, `host:port`, `[v6]:port` or a bare IPv6 address.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        match after {
            "" => (host, None),
            _ => (host, Some(after.strip_prefix(':')?)),
        }
    } else if text.matches(':').count() > 1 {
        (text, None)
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-._:%".contains(letter);
    if host.is_empty() || !host.chars().all(is_host) {
        return None;
    }
    match port {
        None => Some((host, None)),
        Some(port) => port.parse().ok().map(|port| (host, Some(port))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_target() {
        let name = |host: &str, port| Endpoint::Name(host.to_owned(), port);
        let address = |text: &str| Endpoint::Address(text.parse().expect("an address"));
        for (text, endpoint, authority) in [
            (
                "example.org:50051",
                name("example.org", 50051),
                "example.org:50051",
            ),
            ("example.org", name("example.org", 443), "example.org:443"),
            ("dns:example.org:1", name("example.org", 1), "example.org:1"),
            (
                "dns:///example.org:1",
                name("example.org", 1),
                "example.org:1",
            ),
            (
                "dns://8.8.8.8/example.org:1",
                name("example.org", 1),
                "example.org:1",
            ),
            ("127.0.0.1:80", address("127.0.0.1:80"), "127.0.0.1:80"),
            ("[::1]:80", address("[::1]:80"), "[::1]:80"),
            ("::1", address("[::1]:443"), "[::1]:443"),
            (
                "unix:/run/a.sock",
                Endpoint::Unix("/run/a.sock".into()),
                "localhost",
            ),
            (
                "unix:///run/a.sock",
                Endpoint::Unix("/run/a.sock".into()),
                "localhost",
            ),
            ("unix:a.sock", Endpoint::Unix("a.sock".into()), "localhost"),
        ] {
            let target = Target::parse([text]).expect(text);
            assert_eq!(target.endpoints, [endpoint], "{text}");
            assert_eq!(target.authority, authority, "{text}");
        }
    }

    #[test]
    fn several_addresses_in_one_text_or_many() {
        let one = Target::parse(["ipv4:10.0.0.1:1,10.0.0.2:2"]).expect("valid");
        let many = Target::parse(["10.0.0.1:1", "10.0.0.2:2"]).expect("valid");
        assert_eq!(one, many);
        assert_eq!(one.endpoints.len(), 2);
    }

    #[test]
    fn what_is_no_target_is_refused() {
        for text in [
            "",
            "host:port",
            "http://a:1",
            ":1",
            "a b:1",
            "[::1:80",
            "unix:",
            "a:99999",
        ] {
            assert_eq!(Target::parse([text]).expect_err(text).kind(), Kind::Misuse);
        }
        assert!(Target::parse([]).is_err());
    }

    #[test]
    fn the_host_of_an_authority() {
        for (authority, host) in [("a.b:1", "a.b"), ("[::1]:1", "::1"), ("a", "a")] {
            assert_eq!(Target::host(authority), host);
        }
    }
}
