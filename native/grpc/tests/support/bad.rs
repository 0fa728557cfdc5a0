//! A server that speaks HTTP/2 and breaks gRPC's rules, one way a method:
//! `/bad/<Way>`; see [`answer`]. `/busy/<n>` and `/busy-early/<n>` fail by their status until
//! a call comes for the n-th time again; see [`busy`].
#![allow(dead_code, reason = "each test and example uses a part of it")]

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Serves for ever.
pub async fn serve(listener: TcpListener) {
    let refused = Arc::new(AtomicBool::new(false));
    while let Ok((socket, _)) = listener.accept().await {
        let refused = Arc::clone(&refused);
        tokio::spawn(async move {
            if let Ok(connection) = h2::server::handshake(socket).await {
                requests(connection, &refused).await;
            }
        });
    }
}

/// Leaves the first connection at its first request, which it says it has not seen (GOAWAY with
/// a lower number); serves the others.
pub async fn serve_after_leaving(listener: TcpListener) {
    if let Ok((mut socket, _)) = listener.accept().await {
        leave_at_the_first_request(&mut socket).await;
    }
    serve(listener).await;
}

async fn leave_at_the_first_request(socket: &mut TcpStream) {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    // Empty settings; then that it leaves, and no stream above 0 was looked at.
    let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let goes_away = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let _ = socket.write_all(&settings).await;
    let mut frame = [0; 9];
    let mut skip = PREFACE;
    loop {
        let mut rest = vec![0; skip];
        if socket.read_exact(&mut rest).await.is_err()
            || socket.read_exact(&mut frame).await.is_err()
        {
            return;
        }
        if frame[3] == HEADERS {
            break;
        }
        skip = u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize;
    }
    let _ = socket.write_all(&goes_away).await;
    // Until the client closes: a reset could overtake the frame.
    let mut sink = [0; 4096];
    while matches!(socket.read(&mut sink).await, Ok(1..)) {}
}

async fn requests(mut connection: Connection<TcpStream, Bytes>, refused: &AtomicBool) {
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let way = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let busy = ["/busy/", "/busy-early/"];
        if let Some(prefix) = busy
            .iter()
            .find(|prefix| request.uri().path().starts_with(**prefix))
        {
            let times = way.parse().expect("a number of times");
            tokio::spawn(self::busy(times, *prefix == busy[1], request, respond));
            continue;
        }
        match way.as_str() {
            "Close" => return,
            "Refuse" => respond.send_reset(Reason::REFUSED_STREAM),
            "GoAway" => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
            "Later" => {
                // The first such request is refused unseen, others are answered.
                if !refused.swap(true, Ordering::SeqCst) {
                    respond.send_reset(Reason::REFUSED_STREAM);
                    connection.graceful_shutdown();
                } else {
                    tokio::spawn(answer("Fine".to_owned(), request.into_body(), respond));
                }
            }
            "Leave" => {
                connection.graceful_shutdown();
                tokio::spawn(answer("Fine".to_owned(), request.into_body(), respond));
            }
            _ => drop(tokio::spawn(answer(way, request.into_body(), respond))),
        }
    }
}

fn head(content_type: &'static str, status: u16) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static(content_type));
    response
}

/// Fails with the status that metadata `code` names (14 else), and `pushback` in its trailers,
/// until that has happened `times` times; then echoes the messages as they came, with how
/// often it was tried before as metadata. `early`: it does not wait for the messages first.
async fn busy(
    times: u32,
    early: bool,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) {
    let (parts, mut body) = request.into_parts();
    let named = |name: &str| parts.headers.get(name).cloned();
    let before = named("grpc-previous-rpc-attempts");
    let count = before
        .as_ref()
        .and_then(|value| value.to_str().ok()?.parse().ok());
    if early && count.unwrap_or(0) < times && body.data().await.is_some() {
        return refuse(&mut respond, &named);
    }
    let mut messages = Vec::new();
    while let Some(Ok(bytes)) = body.data().await {
        let _ = body.flow_control().release_capacity(bytes.len());
        messages.extend_from_slice(&bytes);
    }
    if count.unwrap_or(0) < times {
        return refuse(&mut respond, &named);
    }
    let mut response = head("application/grpc", 200);
    if let Some(before) = before {
        response.headers_mut().insert("before", before);
    }
    if let Ok(mut stream) = respond.send_response(response, false) {
        let _ = stream.send_data(messages.into(), false);
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from_static("0"));
        let _ = stream.send_trailers(trailers);
    }
}

/// Headers and trailers in one, without a message.
fn refuse(respond: &mut SendResponse<Bytes>, named: &dyn Fn(&str) -> Option<HeaderValue>) {
    let mut response = head("application/grpc", 200);
    let status = named("code").unwrap_or(HeaderValue::from_static("14"));
    response.headers_mut().insert("grpc-status", status);
    if let Some(pause) = named("pushback") {
        response
            .headers_mut()
            .insert("grpc-retry-pushback-ms", pause);
    }
    let _ = respond.send_response(response, true);
}

async fn answer(way: String, mut body: RecvStream, mut respond: SendResponse<Bytes>) {
    while body.data().await.is_some() {}
    let mut begin = |head: Response<()>, end: bool| -> Option<SendStream<Bytes>> {
        respond.send_response(head, end).ok()
    };
    let grpc = || head("application/grpc", 200);
    let send =
        |stream: Option<SendStream<Bytes>>, bytes: &'static [u8], status: Option<&'static str>| {
            let mut stream = stream.expect("the client is there");
            let _ = stream.send_data(Bytes::from_static(bytes), status.is_none());
            if let Some(status) = status {
                let mut trailers = HeaderMap::new();
                trailers.insert("grpc-status", HeaderValue::from_static(status));
                let _ = stream.send_trailers(trailers);
            }
        };
    match way.as_str() {
        "Fine" => send(begin(grpc(), false), b"\0\0\0\0\x04fine", Some("0")),
        "Flag" => send(begin(grpc(), false), b"\x07\0\0\0\0", Some("0")),
        "Long" => send(begin(grpc(), false), b"\0\x7f\xff\xff\xff", Some("0")),
        "Half" => send(begin(grpc(), false), b"\0\0\0\0\x09half", Some("0")),
        "NoStatus" => send(begin(grpc(), false), b"\0\0\0\0\x01x", None),
        "Compressed" => send(begin(grpc(), false), b"\x01\0\0\0\x01x", Some("0")),
        "Snappy" => {
            let mut response = grpc();
            response
                .headers_mut()
                .insert("grpc-encoding", HeaderValue::from_static("snappy"));
            send(begin(response, false), b"\x01\0\0\0\x01x", Some("0"));
        }
        "Begun" => send(begin(grpc(), false), b"", Some("14")),
        "Html" => send(begin(head("text/html", 503), false), b"<h1>busy</h1>", None),
        "Number" => send(begin(grpc(), false), b"", Some("99")),
        "Reset" => respond.send_reset(Reason::INTERNAL_ERROR),
        "Calm" => respond.send_reset(Reason::ENHANCE_YOUR_CALM),
        _ => drop(begin(head("application/grpc", 404), true)),
    }
}
