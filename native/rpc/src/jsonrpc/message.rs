//! Requests as JSON, and what responses say.
//!
//! Source: jsonrpc.org/specification. Identifiers are the client's numbers.

use tusk_link::shown::shown;
use tusk_runtime::error::Error;

use super::scan::{self, Span};
use crate::wire::{Incoming, Request, malformed};

/// An id of the other side's, which is sent back as it came. Numbers and UUIDs are far shorter.
/// Beyond it: `Protocol`.
const ID_BYTES: usize = 1024;

/// Writes the refusal of a call: there are no methods on this side.
pub fn write_refusal(id: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"id\":");
    out.extend_from_slice(id);
    out.extend_from_slice(b",\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}");
}

/// Writes a request; without a number it is a notification.
pub fn write(seq: Option<u32>, request: &Request<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"jsonrpc\":\"2.0\",");
    if let Some(seq) = seq {
        out.extend_from_slice(format!("\"id\":{seq},").as_bytes());
    }
    out.extend_from_slice(b"\"method\":");
    write_string(request.method, out);
    if !request.body.is_empty() {
        out.extend_from_slice(b",\"params\":");
        out.extend_from_slice(request.body);
    }
    out.push(b'}');
}

/// Writes text as a JSON string. It is UTF-8: whoever takes method names checks that.
fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

/// Hands the response, or the batch of responses, that is the whole text to `sink`; the
/// numbers it answers go to `answered`.
///
/// # Errors
/// `Protocol` for anything else; the sink's own errors.
pub fn read(
    text: &[u8],
    answered: &mut dyn FnMut(u32),
    sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    if scan::first(text) != Some(b'[') {
        return response(text, answered, sink);
    }
    let mut parts = Vec::new();
    let scanned = scan::elements(text, |part| {
        parts.push(part);
        Ok(())
    });
    scanned.map_err(|reason| no_message(reason, text))?;
    for part in parts {
        response(&text[part], answered, sink)?;
    }
    Ok(())
}

fn no_message(reason: &str, text: &[u8]) -> Error {
    malformed(format!("{reason}; the message begins with {}", shown(text)))
}

fn response(
    text: &[u8],
    answered: &mut dyn FnMut(u32),
    sink: &mut impl FnMut(Incoming<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut id, mut result, mut error, mut method) = (None, None, None, None);
    let scanned = scan::members(text, |name, value| {
        match name {
            b"\"id\"" => id = Some(value),
            b"\"result\"" => result = Some(value),
            b"\"error\"" => error = Some(value),
            b"\"method\"" => method = Some(value),
            _ => {}
        }
        Ok(())
    });
    scanned.map_err(|reason| no_message(reason, text))?;
    if method.is_some() {
        // A server that calls back. A notification has no id and wants no answer.
        return match id {
            None => Ok(()),
            Some(id) if id.len() > ID_BYTES => Err(no_message("its id is too long", text)),
            Some(id) => sink(Incoming::Asked { id: &text[id] }),
        };
    }
    let is_null = |span: &Span| &text[span.clone()] == b"null";
    // Some servers send both, and one of them is null.
    let error = error.filter(|span| result.is_none() || !is_null(span));
    let seq = id
        .clone()
        .and_then(|span| std::str::from_utf8(&text[span]).ok()?.parse().ok());
    let (failed, body) = match (error, result) {
        (Some(error), _) => (true, error),
        (None, Some(result)) => (false, result),
        (None, None) => return Err(no_message("neither a result nor an error is there", text)),
    };
    let Some(seq) = seq else {
        return Err(match id.filter(|id| !is_null(id)) {
            Some(_) => no_message("its id is none of ours", text),
            None => no_message("the other side could not read what it was sent", text),
        });
    };
    answered(seq);
    sink(Incoming::Answer {
        seq,
        method: None,
        codec: 0,
        failed,
        body: &text[body],
    })
}
