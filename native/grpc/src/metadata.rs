//! Metadata: names and values that travel as HTTP/2 headers, in order, names repeating.
//!
//! Values are bytes. Those of names that end in `-bin` are base64 on the wire; others are
//! printable ASCII. Headers that belong to gRPC or HTTP/2 are never metadata.

use crate::base64;
use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use tusk_runtime::error::{Error, Kind};

/// Headers that gRPC and HTTP/2 use themselves.
const RESERVED: [&str; 10] = [
    "content-type",
    "te",
    "grpc-status",
    "grpc-message",
    "grpc-encoding",
    "grpc-accept-encoding",
    "grpc-timeout",
    "user-agent",
    "content-length",
    "host",
];

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Metadata(Vec<(HeaderName, Bytes)>);

impl Metadata {
    /// Adds a value. Names are made lower case.
    ///
    /// # Errors
    /// `Misuse` when the name is no metadata name, is reserved, or the value is not
    /// printable ASCII and the name does not end in `-bin`.
    pub fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        let refuse = |why: String| Error::new(Kind::Misuse, "send metadata", why);
        let shown = String::from_utf8_lossy(name);
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        if name.is_empty() || !name.iter().all(allowed) {
            return Err(refuse(format!(
                "\"{shown}\" is no name for it: letters, digits, hyphens, underscores and dots are allowed"
            )));
        }
        let header = HeaderName::from_bytes(name)
            .map_err(|_| refuse(format!("\"{shown}\" is no header name")))?;
        if RESERVED.contains(&header.as_str()) {
            return Err(refuse(format!("\"{shown}\" belongs to gRPC itself")));
        }
        let printable = |byte: &u8| (b' '..=b'~').contains(byte);
        if !header.as_str().ends_with("-bin") && !value.iter().all(printable) {
            return Err(refuse(format!(
                "the value of \"{shown}\" is not printable ASCII; name it \"{shown}-bin\" to send bytes"
            )));
        }
        self.0.push((header, Bytes::copy_from_slice(value)));
        Ok(())
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), &value[..]))
    }

    /// Is there nothing?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Puts it into a request.
    pub(crate) fn write_to(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.0 {
            let value = if name.as_str().ends_with("-bin") {
                HeaderValue::from_maybe_shared(Bytes::from(base64::encode(value)))
            } else {
                HeaderValue::from_maybe_shared(value.clone())
            };
            // `add` let only printable values in.
            if let Ok(value) = value {
                headers.append(name.clone(), value);
            }
        }
    }

    /// The metadata of a response's headers or trailers. Binary values may come joined by
    /// commas; one that is no base64 is left out.
    pub(crate) fn of_headers(headers: &HeaderMap) -> Metadata {
        let mut metadata = Vec::new();
        for (name, value) in headers {
            if RESERVED.contains(&name.as_str()) {
                continue;
            }
            if !name.as_str().ends_with("-bin") {
                metadata.push((name.clone(), Bytes::copy_from_slice(value.as_bytes())));
                continue;
            }
            for part in value.as_bytes().split(|&byte| byte == b',') {
                if let Some(bytes) = base64::decode(part.trim_ascii()) {
                    metadata.push((name.clone(), bytes.into()));
                }
            }
        }
        Metadata(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_comes_back() {
        let mut sent = Metadata::default();
        sent.add(b"X-Name", b"one").expect("fine");
        sent.add(b"x-name", b"two").expect("fine");
        sent.add(b"trace-bin", &[0, 255, 10]).expect("fine");
        let mut headers = HeaderMap::new();
        headers.insert("content-type", HeaderValue::from_static("application/grpc"));
        sent.write_to(&mut headers);
        assert_eq!(headers["trace-bin"], "AP8K");
        let back = Metadata::of_headers(&headers);
        let back: Vec<_> = back.iter().collect();
        assert_eq!(
            back,
            [
                ("x-name", &b"one"[..]),
                ("x-name", b"two"),
                ("trace-bin", &[0, 255, 10])
            ]
        );
    }

    #[test]
    fn joined_binary_values_are_several_and_bad_ones_none() {
        let mut headers = HeaderMap::new();
        headers.insert("a-bin", HeaderValue::from_static("Zg==, Zm8,***"));
        let metadata = Metadata::of_headers(&headers);
        let values: Vec<_> = metadata.iter().map(|(_, value)| value).collect();
        assert_eq!(values, [b"f" as &[u8], b"fo"]);
    }

    #[test]
    fn names_and_values_are_checked() {
        let mut metadata = Metadata::default();
        for (name, value) in [
            ("", "x"),
            (":path", "x"),
            ("a b", "x"),
            ("grpc-timeout", "x"),
            ("Content-Type", "x"),
            ("name", "a\nb"),
            ("name", "ü"),
        ] {
            let refused = metadata.add(name.as_bytes(), value.as_bytes());
            assert_eq!(refused.expect_err(name).kind(), Kind::Misuse);
        }
        assert!(metadata.is_empty());
    }
}
