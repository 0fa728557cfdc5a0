//! One connection: name, socket, TLS, HTTP/2, and its pings.

use crate::config::{Config, Names};
use crate::limits::{CONNECTION_WINDOW_BYTES, HEADER_BYTES};
use crate::target::Endpoint;
use bytes::Bytes;
use h2::client::{Connection, SendRequest};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::AsRawFd;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tusk_background::Handle;
use tusk_background::descriptors::Noted;

/// A connection that is there.
pub(crate) struct Connected {
    /// Starts requests.
    pub(crate) send: SendRequest<Bytes>,
    /// Runs the connection; ends with it.
    pub(crate) connection: Connection<Box<dyn Io>, Bytes>,
    /// The server's address in gRPC's form.
    pub(crate) peer: Arc<str>,
}

/// What HTTP/2 runs over.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

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

/// The addresses of an endpoint.
pub(crate) async fn resolve(
    endpoint: &Endpoint,
    names: Option<&Names>,
) -> Result<Vec<Endpoint>, String> {
    let Endpoint::Name(host, port) = endpoint else {
        return Ok(vec![endpoint.clone()]);
    };
    let found = match names {
        Some(names) => names(host, *port),
        None => tokio::net::lookup_host((host.as_str(), *port))
            .await
            .map(Iterator::collect),
    };
    match found {
        Ok(found) => {
            let found: Vec<Endpoint> = found.into_iter().map(Endpoint::Address).collect();
            match found.is_empty() {
                true => Err(format!("the name {host} has no address")),
                false => Ok(found),
            }
        }
        Err(error) => Err(format!("the name {host} cannot be resolved: {error}")),
    }
}

async fn connect_in_order(
    endpoint: &Endpoint,
    config: &Config,
    handle: &Handle,
) -> Result<Connected, String> {
    let mut failures = Vec::new();
    for address in resolve(endpoint, config.names.as_ref()).await? {
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
    let socket = match address {
        Endpoint::Address(address) => {
            let socket = TcpStream::connect(address)
                .await
                .map_err(|error| error.to_string())?;
            // Requests are small, and their answers are waited for.
            let _ = socket.set_nodelay(true);
            Socket::Tcp(socket)
        }
        Endpoint::Unix(path) => Socket::Unix(
            UnixStream::connect(path)
                .await
                .map_err(|error| error.to_string())?,
        ),
        Endpoint::Name(..) => return Err("its name was not resolved".to_owned()),
    };
    let fd = match &socket {
        Socket::Tcp(socket) => socket.as_raw_fd(),
        Socket::Unix(socket) => socket.as_raw_fd(),
    };
    let socket = Tracked {
        noted: handle.note(fd),
        socket,
    };
    let io: Box<dyn Io> = match &config.tls {
        None => Box::new(socket),
        Some(tls) => {
            let connector = tokio_rustls::TlsConnector::from(Arc::clone(&tls.config));
            let stream = connector
                .connect(tls.name.clone(), socket)
                .await
                .map_err(|error| format!("TLS failed: {error}"))?;
            if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                return Err(
                    "TLS failed: the server does not speak HTTP/2 (no h2 in ALPN)".to_owned(),
                );
            }
            Box::new(stream)
        }
    };
    let heard = Arc::new(AtomicBool::new(false));
    let io: Box<dyn Io> = Box::new(Listening {
        heard: Arc::clone(&heard),
        io,
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

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
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

/// A socket that a forked child closes. Fields are dropped in their order: the note first.
struct Tracked {
    #[allow(dead_code, reason = "it is kept for its end")]
    noted: Noted,
    socket: Socket,
}

impl AsyncRead for Tracked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_read(context, buffer),
            Socket::Unix(socket) => Pin::new(socket).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Tracked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write(context, bytes),
            Socket::Unix(socket) => Pin::new(socket).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_write_vectored(context, parts),
            Socket::Unix(socket) => Pin::new(socket).poll_write_vectored(context, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Sockets keep nothing back.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Tcp(socket) => Pin::new(socket).poll_shutdown(context),
            Socket::Unix(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}
