//! The URL of a remote model.
//!
//! `grpc://host:port/MODEL`, `http://host/prefix/v2/models/MODEL` and both with
//! `/versions/VERSION` at their end; `grpcs` and `https` mean TLS. Several servers of gRPC are
//! separated by commas.

use crate::exception::Thrown;
use crate::zend::engine;

/// See the module's description.
pub(super) struct Address {
    pub http: bool,
    pub tls: bool,
    /// With their ports.
    pub hosts: Vec<String>,
    /// As it was written.
    pub authority: String,
    /// Before `/v2`, without a slash at its end.
    pub prefix: String,
    pub model: String,
    pub version: String,
}

const FORM: &str = "must be grpc://host:port/MODEL or http://host:port/v2/models/MODEL (grpcs and https for \
                    TLS), with /versions/VERSION after the model where one is wanted";

impl Address {
    pub(super) fn parse(url: &str) -> Result<Address, Thrown> {
        read(url).ok_or_else(|| engine::argument_error(0, &format!("{FORM}; \"{url}\" given")))
    }
}

fn read(url: &str) -> Option<Address> {
    let (scheme, rest) = url.split_once("://")?;
    let (http, tls, port) = match scheme.to_ascii_lowercase().as_str() {
        "grpc" => (false, false, ""),
        "grpcs" => (false, true, ""),
        "http" => (true, false, ":80"),
        "https" => (true, true, ":443"),
        _ => return None,
    };
    let (authority, path) = rest.split_once('/')?;
    let (prefix, named) = match path.strip_prefix("v2/models/") {
        Some(named) => (String::new(), named),
        None => match path.split_once("/v2/models/") {
            Some((prefix, named)) if http => (format!("/{prefix}"), named),
            Some(_) => return None,
            None => (String::new(), path),
        },
    };
    let (model, version) = match named.split_once("/versions/") {
        Some((model, version)) if !version.is_empty() => (model, version),
        Some(_) => return None,
        None => (named, ""),
    };
    let bad = |part: &str| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_graphic());
    if bad(authority) || model.contains('/') || version.contains('/') || authority.contains('@') {
        return None;
    }
    if !prefix.is_empty() && bad(&prefix) {
        return None;
    }
    let hosts = authority.split(',').map(|host| match has_port(host) {
        true => host.to_owned(),
        false => format!("{host}{port}"),
    });
    let hosts: Vec<String> = hosts.collect();
    if http && hosts.len() > 1 {
        return None;
    }
    Some(Address {
        http,
        tls,
        hosts,
        authority: authority.to_owned(),
        prefix,
        model: unescaped(model).filter(|model| !model.is_empty())?,
        version: unescaped(version)?,
    })
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':')
        .is_some_and(|(_, port)| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}
