//! How a call ended: a code, words, trailing metadata, and who decided.

use crate::metadata::Metadata;
use std::borrow::Cow;

/// A status code. Servers may send numbers that have no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u32);

macro_rules! codes {
    ($($name:ident = $number:literal),* $(,)?) => {
        #[allow(missing_docs)]
        impl Code {
            $(pub const $name: Code = Code($number);)*

            /// Its name in the specification, or `UNKNOWN` for a number without one.
            pub fn name(self) -> &'static str {
                match self.0 {
                    $($number => stringify!($name),)*
                    _ => "UNKNOWN",
                }
            }

            /// The code of that name, in capitals or not.
            pub fn of_name(name: &str) -> Option<Code> {
                let named = |known: &str| name.eq_ignore_ascii_case(known);
                match () {
                    $(() if named(stringify!($name)) => Some(Code($number)),)*
                    () => None,
                }
            }
        }
    };
}

codes! {
    OK = 0, CANCELLED = 1, UNKNOWN = 2, INVALID_ARGUMENT = 3, DEADLINE_EXCEEDED = 4,
    NOT_FOUND = 5, ALREADY_EXISTS = 6, PERMISSION_DENIED = 7, RESOURCE_EXHAUSTED = 8,
    FAILED_PRECONDITION = 9, ABORTED = 10, OUT_OF_RANGE = 11, UNIMPLEMENTED = 12,
    INTERNAL = 13, UNAVAILABLE = 14, DATA_LOSS = 15, UNAUTHENTICATED = 16,
}

/// Who decided how the call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server, with a status of its own.
    Server,
    /// There was no connection, or it broke.
    Connection,
    /// What came is no gRPC.
    Protocol,
    /// This side: a cancel, a deadline, a limit.
    Local,
}

/// See the module's description.
#[derive(Clone, Debug)]
pub struct Status {
    /// The code.
    pub code: Code,
    /// Words for people.
    pub details: Cow<'static, str>,
    /// Trailing metadata.
    pub metadata: Metadata,
    /// Who decided.
    pub origin: Origin,
}

impl Status {
    /// A status of this side.
    pub fn new(origin: Origin, code: Code, details: impl Into<Cow<'static, str>>) -> Status {
        Status {
            code,
            details: details.into(),
            metadata: Metadata::default(),
            origin,
        }
    }

    /// What came is no gRPC.
    pub fn protocol(details: impl Into<Cow<'static, str>>) -> Status {
        Status::new(Origin::Protocol, Code::INTERNAL, details)
    }

    /// There is no connection.
    pub fn unavailable(details: impl Into<Cow<'static, str>>) -> Status {
        Status::new(Origin::Connection, Code::UNAVAILABLE, details)
    }

    /// The status of trailers; `None` when they name none.
    pub fn of_trailers(trailers: &http::HeaderMap) -> Option<Status> {
        let code = trailers.get("grpc-status")?;
        let code = std::str::from_utf8(code.as_bytes())
            .ok()
            .and_then(|text| text.parse().ok());
        let words = trailers.get("grpc-message");
        Some(Status {
            code: code.map_or(Code::UNKNOWN, Code),
            details: Cow::Owned(words.map_or_else(String::new, |words| unescape(words.as_bytes()))),
            metadata: Metadata::of_headers(trailers),
            origin: Origin::Server,
        })
    }

    /// The status of an HTTP response that is no gRPC, as gRPC maps HTTP's codes.
    pub fn of_http(status: http::StatusCode, content_type: &str) -> Status {
        let code = match status.as_u16() {
            400 => Code::INTERNAL,
            401 => Code::UNAUTHENTICATED,
            403 => Code::PERMISSION_DENIED,
            404 => Code::UNIMPLEMENTED,
            429 | 502 | 503 | 504 => Code::UNAVAILABLE,
            _ => Code::UNKNOWN,
        };
        let details = format!(
            "the server answered HTTP {} with content type \"{content_type}\" instead of gRPC; \
             is this a gRPC port, and does a proxy in between speak HTTP/2?",
            status.as_u16()
        );
        Status::new(Origin::Protocol, code, details)
    }

    /// The status of a stream or connection that broke, as gRPC maps HTTP/2's codes.
    pub fn of_h2(error: &h2::Error) -> Status {
        use h2::Reason;
        let by_server = error.is_remote();
        let origin = match by_server {
            true => Origin::Connection,
            false if error.is_io() => Origin::Connection,
            false => Origin::Protocol,
        };
        let code = match error.reason() {
            _ if error.is_io() => Code::UNAVAILABLE,
            Some(Reason::REFUSED_STREAM) => Code::UNAVAILABLE,
            Some(Reason::CANCEL) => Code::CANCELLED,
            Some(Reason::ENHANCE_YOUR_CALM) => Code::RESOURCE_EXHAUSTED,
            Some(Reason::INADEQUATE_SECURITY) => Code::PERMISSION_DENIED,
            Some(Reason::NO_ERROR) if error.is_go_away() => Code::UNAVAILABLE,
            Some(_) if error.is_go_away() && by_server => Code::UNAVAILABLE,
            _ => Code::INTERNAL,
        };
        let what = match (error.is_io(), error.is_go_away()) {
            (true, _) => "the connection broke while the call was under way",
            (_, true) => "the connection was given up while the call was under way",
            _ => "the call's stream was reset",
        };
        Status::new(origin, code, format!("{what}: {error}"))
    }

    /// Is it OK?
    pub fn is_ok(&self) -> bool {
        self.code == Code::OK
    }
}

/// Undoes the percent-encoding of `grpc-message`; what is no valid escape stays.
fn unescape(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() {
            &after[2..]
        } else {
            after
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_unescaped_and_bad_escapes_stay() {
        for (escaped, plain) in [
            ("plain", "plain"),
            ("a%20b%25", "a b%"),
            ("%E4%BD%A0", "你"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%+1", "%+1"),
        ] {
            assert_eq!(unescape(escaped.as_bytes()), plain);
        }
    }

    #[test]
    fn trailers_name_code_words_and_metadata() {
        let mut trailers = http::HeaderMap::new();
        assert!(Status::of_trailers(&trailers).is_none());
        trailers.insert("grpc-status", "5".parse().expect("a value"));
        trailers.insert("grpc-message", "no%20such".parse().expect("a value"));
        trailers.insert("x-more", "1".parse().expect("a value"));
        let status = Status::of_trailers(&trailers).expect("a status");
        assert_eq!(
            (status.code, &*status.details),
            (Code::NOT_FOUND, "no such")
        );
        assert_eq!(status.metadata.iter().count(), 1);
        trailers.insert("grpc-status", "abc".parse().expect("a value"));
        let status = Status::of_trailers(&trailers).expect("a status");
        assert_eq!(status.code, Code::UNKNOWN);
    }

    #[test]
    fn codes_of_http_are_those_of_the_specification() {
        for (http, code) in [
            (400, Code::INTERNAL),
            (401, Code::UNAUTHENTICATED),
            (403, Code::PERMISSION_DENIED),
            (404, Code::UNIMPLEMENTED),
            (429, Code::UNAVAILABLE),
            (500, Code::UNKNOWN),
            (503, Code::UNAVAILABLE),
        ] {
            let status = http::StatusCode::from_u16(http).expect("a status");
            assert_eq!(Status::of_http(status, "text/html").code, code);
        }
    }
}
