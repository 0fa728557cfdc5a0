//! A server that speaks HTTP/2 and breaks gRPC's rules, one way a method:
//! `/bad/<Way>`; see [`answer`].
#![allow(dead_code, reason = "each test and example uses a part of it")]

use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Response};
use tokio::net::{TcpListener, TcpStream};

/// Serves for ever.
pub async fn serve(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(async move {
            if let Ok(connection) = h2::server::handshake(socket).await {
                requests(connection).await;
            }
        });
    }
}

async fn requests(mut connection: Connection<TcpStream, Bytes>) {
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let way = request
            .uri()
            .path()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        match way.as_str() {
            "Close" => return,
            "GoAway" => connection.abrupt_shutdown(Reason::INTERNAL_ERROR),
            "Later" => {
                // The first stream of a connection is refused, others are answered.
                if respond.stream_id().as_u32() == 1 {
                    respond.send_reset(Reason::REFUSED_STREAM);
                    connection.graceful_shutdown();
                } else {
                    tokio::spawn(answer("Fine".to_owned(), request.into_body(), respond));
                }
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
        "Html" => send(begin(head("text/html", 503), false), b"<h1>busy</h1>", None),
        "Number" => send(begin(grpc(), false), b"", Some("99")),
        "Reset" => respond.send_reset(Reason::INTERNAL_ERROR),
        "Calm" => respond.send_reset(Reason::ENHANCE_YOUR_CALM),
        _ => drop(begin(head("application/grpc", 404), true)),
    }
}
