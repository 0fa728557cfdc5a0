//! `http://host:port/path` and `https://…`.

use tusk_link::address::{Address, Target};
use tusk_runtime::error::{Error, Kind};

use super::Http;

impl Http {
    /// What a URL means: where to connect, and what to ask there. `None`: it is no URL of HTTP.
    ///
    /// # Errors
    /// `Misuse` for a URL that cannot be used.
    pub fn target(
        url: &str,
        headers: &[(String, String)],
    ) -> Option<Result<(Address, Http), Error>> {
        let (scheme, rest) = url.split_once("://")?;
        let tls = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let (place, path) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let path = match path.strip_prefix('?') {
            Some(query) => format!("/?{query}"),
            None => path.to_owned(),
        };
        let has_port = place.rsplit_once(':').is_some_and(|(_, port)| {
            !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
        });
        let full = match has_port {
            true => format!("tcp://{place}"),
            false => format!("tcp://{place}:{}", if tls { 443 } else { 80 }),
        };
        let bad_path = path.bytes().any(|byte| !byte.is_ascii_graphic());
        Some(match Address::parse(&full).map(|address| address.target) {
            Ok(Target::Tcp { host, port, .. }) if !bad_path => Ok((
                Address::new(url, &host, port, tls),
                Http::new(place, &path, headers),
            )),
            _ => Err(Error::new(
                Kind::Misuse,
                "connect",
                format!("\"{}\" is no address", url.escape_debug()),
            )
            .hint("write http://host:port/path, with what is no ASCII percent-encoded")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let target = |url: &str| Http::target(url, &[]);
        for (url, host, port, tls) in [
            ("http://h", "h", 80, false),
            ("https://h:8443/rpc?x=1", "h", 8443, true),
            ("HTTP://[::1]/x", "::1", 80, false),
            ("http://h?q", "h", 80, false),
        ] {
            let (address, _) = target(url).expect("HTTP").expect(url);
            let host = host.to_owned();
            assert_eq!(address.target, Target::Tcp { host, port, tls });
        }
        assert!(target("tcp://h:1").is_none() && target("h").is_none());
        for url in [
            "http://",
            "http://h/a b",
            "http://h/\r\nX: y",
            "http://u@h/",
        ] {
            assert!(target(url).expect("HTTP").is_err(), "{url}");
        }
    }
}
