//! One connection: HTTP/2 over what [`dial`] opened, and its pings.

use crate::config::Config;
use crate::dial::{Io, dial, resolve_by};
use crate::limits::{CONNECTION_WINDOW_BYTES, HEADER_BYTES};
use crate::target::Endpoint;
use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tusk_background::Handle;

/// A connection that is there.
pub(crate) struct Connected {
    /// Starts requests.
    pub(crate) send: SendRequest<Bytes>,
    /// Runs the connection; ends with it.
    pub(crate) connection: Connection<Box<dyn Io>, Bytes>,
    /// The server's address in gRPC's form.
    pub(crate) peer: Arc<str>,
}

/// Connects to an endpoint; a name's addresses are tried in their order. The error is for
/// people.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    config: &Config,
    handle: &Handle,
) -> Result<Connected, String> {
    let work = connect_in_order(endpoint, config, handle);
    match tokio::time::timeout(config.connect_timeout, work).await {
        Ok(connected) => connected,
        Err(_) => Err(format!(
            "{}: no connection within {:.1} seconds",
            endpoint.peer(),
            config.connect_timeout.as_secs_f64()
        )),
    }
}

async fn connect_in_order(
    endpoint: &Endpoint,
    config: &Config,
    handle: &Handle,
) -> Result<Connected, String> {
    let mut failures = Vec::new();
    for address in resolve_by(endpoint, config.names.as_ref()).await? {
        let peer = address.peer();
        match connect_to(&address, config, handle).await {
            Ok(connected) => return Ok(connected),
            Err(failure) => failures.push(format!("{peer}: {failure}")),
        }
    }
    Err(failures.join("; "))
}

async fn connect_to(
    address: &Endpoint,
    config: &Config,
    handle: &Handle,
) -> Result<Connected, String> {
    let dialed = dial(address, config.tls.as_ref(), handle).await?;
    if config.tls.is_some() && dialed.protocol.as_deref() != Some(b"h2") {
        return Err("TLS failed: the server does not speak HTTP/2 (no h2 in ALPN)".to_owned());
    }
    let heard = Arc::new(AtomicBool::new(false));
    let io: Box<dyn Io> = Box::new(Listening {
        heard: Arc::clone(&heard),
        io: dialed.io,
    });
    let failed = |error| format!("the HTTP/2 handshake failed: {error}");
    let (send, mut connection) = h2::client::Builder::new()
        .initial_window_size(config.window)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(HEADER_BYTES)
        .enable_push(false)
        // h2 counts what arrives for calls that were cancelled (their answers were on the
        // way), and after 1024 in its life the connection would end, with all its calls.
        // The bound protects servers from clients; a client chose its server, and what it
        // answers to such a frame is 13 bytes.
        .max_local_error_reset_streams(None)
        .handshake(io)
        .await
        .map_err(failed)?;
    // h2 calls it done when its own greeting is sent. Until the server's has come it may be
    // anything that accepts connections, and calls on it would wait for ever.
    poll_fn(|context| match Pin::new(&mut connection).poll(context) {
        Poll::Ready(Ok(())) => Poll::Ready(Err("the server closed the connection".to_owned())),
        Poll::Ready(Err(error)) => Poll::Ready(Err(failed(error))),
        Poll::Pending if heard.load(Ordering::Relaxed) => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    })
    .await?;
    Ok(Connected {
        send,
        connection,
        peer: address.peer().into(),
    })
}

/// Runs a connection to its end; says why it ended. `busy` tells whether there are calls.
pub(crate) async fn run(
    mut connection: Connection<Box<dyn Io>, Bytes>,
    config: &Config,
    busy: impl Fn() -> bool,
) -> String {
    let pings = connection.ping_pong();
    let mut alive = pin!(keep_alive(pings, config, busy));
    let mut connection = pin!(connection);
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(match ended {
                Ok(()) => "the server closed the connection".to_owned(),
                Err(error) => format!("the connection broke: {error}"),
            });
        }
        alive.as_mut().poll(context)
    })
    .await
}

/// Pings; ends when one is not answered.
async fn keep_alive(
    pings: Option<h2::PingPong>,
    config: &Config,
    busy: impl Fn() -> bool,
) -> String {
    let (Some(mut pings), Some(pause)) = (pings, config.keepalive) else {
        return std::future::pending().await;
    };
    loop {
        tokio::time::sleep(pause).await;
        if !config.keepalive_idle && !busy() {
            continue;
        }
        let answer = pings.ping(h2::Ping::opaque());
        match tokio::time::timeout(config.keepalive_timeout, answer).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return format!("a keepalive ping failed: {error}"),
            Err(_) => {
                return format!(
                    "a keepalive ping was not answered within {:.1} seconds",
                    config.keepalive_timeout.as_secs_f64()
                );
            }
        }
    }
}

/// Notes that the server has said something.
struct Listening {
    heard: Arc<AtomicBool>,
    io: Box<dyn Io>,
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut *self.io).poll_read(context, buffer);
        if buffer.filled().len() > before {
            self.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.io).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io).poll_shutdown(context)
    }
}
