//! grpc.health.v1: its two messages, and a watch over one connection.

use crate::frame::{self, Decoder};
use crate::metadata::Metadata;
use crate::status::{Code, Status};
use crate::wire::{self, Wire};
use bytes::Bytes;
use h2::client::SendRequest;
use http::uri::PathAndQuery;

/// The method that asks once.
pub const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";

/// Its answers, by the numbers of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Serving {
    Unknown = 0,
    Serving = 1,
    NotServing = 2,
    ServiceUnknown = 3,
}

/// A longer answer is none.
const ANSWER_BYTES: usize = 1024;

/// `HealthCheckRequest { string service = 1; }`
pub fn request(service: &str) -> Vec<u8> {
    let mut message = Vec::with_capacity(service.len() + 6);
    if !service.is_empty() {
        message.push(0x0a);
        let mut length = service.len();
        while length >= 0x80 {
            message.push(length as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(service.as_bytes());
    }
    message
}

/// `HealthCheckResponse { ServingStatus status = 1; }`
pub fn answer(message: &[u8]) -> Serving {
    match message {
        [0x08, 1, ..] => Serving::Serving,
        [0x08, 2, ..] => Serving::NotServing,
        [0x08, 3, ..] => Serving::ServiceUnknown,
        _ => Serving::Unknown,
    }
}

/// Tells every answer of the server; returns how the watch ended.
pub(crate) async fn watch(
    send: SendRequest<Bytes>,
    wire: &Wire,
    service: &str,
    mut tell: impl FnMut(Serving),
) -> Status {
    match watch_until_error(send, wire, service, &mut tell).await {
        Ok(status) => status,
        Err(error) => Status::of_h2(&error),
    }
}

async fn watch_until_error(
    send: SendRequest<Bytes>,
    wire: &Wire,
    service: &str,
    tell: &mut impl FnMut(Serving),
) -> Result<Status, h2::Error> {
    let request_head = wire.request(
        PathAndQuery::from_static(WATCH),
        &Metadata::default(),
        None,
        0,
    );
    let (response, mut stream) = send.ready().await?.send_request(request_head, false)?;
    stream.send_data(wire.frame(&request(service), false), true)?;
    let (parts, mut body) = response.await?.into_parts();
    if let Err(status) = wire::check(&parts) {
        return Ok(*status);
    }
    let encoding = wire::encoding(&parts.headers);
    let mut decoder = Decoder::new(ANSWER_BYTES);
    while let Some(chunk) = body.data().await {
        let chunk = chunk?;
        body.flow_control().release_capacity(chunk.len())?;
        decoder.add(chunk);
        loop {
            let opened = match decoder.take() {
                Ok(None) => break,
                Ok(Some(message)) => wire::open(message, &encoding, ANSWER_BYTES),
                Err(failure) => Err(wire::failure(failure, ANSWER_BYTES)),
            };
            match opened {
                Ok(message) => tell(answer(&message)),
                Err(status) => return Ok(status),
            }
        }
    }
    let trailers = body.trailers().await?;
    let status = trailers.as_ref().and_then(Status::of_trailers);
    Ok(status.unwrap_or_else(|| Status::protocol("the health watch ended without a status")))
}

/// Does this end of a watch mean that the server has no health service? It is then taken
/// for healthy, as gRPC says.
pub(crate) fn is_missing(status: &Status) -> bool {
    status.code == Code::UNIMPLEMENTED
}

const _: () = assert!(ANSWER_BYTES > frame::PREFIX);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_protobuf() {
        assert_eq!(request(""), b"");
        assert_eq!(request("a.B"), b"\x0a\x03a.B");
        let long = "x".repeat(300);
        assert_eq!(request(&long)[..3], [0x0a, 0xac, 0x02]);
        assert_eq!(answer(b""), Serving::Unknown);
        assert_eq!(answer(b"\x08\x01"), Serving::Serving);
        assert_eq!(answer(b"\x08\x02"), Serving::NotServing);
        assert_eq!(answer(b"\x08\x03"), Serving::ServiceUnknown);
    }
}
