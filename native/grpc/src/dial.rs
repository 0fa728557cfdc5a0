//! A byte stream to an address: name, socket and TLS, in the background thread.
//!
//! What runs over it (HTTP/2 here, HTTP/1.1 for KServe) is the caller's business, and so is
//! how long all of it may take. A child of a fork closes its copies of the sockets.

use crate::config::Names;
use crate::target::Endpoint;
use crate::tls::Tls;
use std::io;
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tusk_background::Handle;
use tusk_background::descriptors::Noted;

/// What a protocol runs over.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection that is there.
pub struct Dialed {
    /// Its bytes.
    pub io: Box<dyn Io>,
    /// The protocol that TLS agreed upon.
    pub protocol: Option<Vec<u8>>,
}

/// The addresses of an endpoint.
///
/// # Errors
/// For people, so below.
pub async fn resolve(endpoint: &Endpoint) -> Result<Vec<Endpoint>, String> {
    resolve_by(endpoint, None).await
}

/// The same, asking `names` instead of the system.
///
/// # Errors
/// As [`resolve`].
pub async fn resolve_by(
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

/// Connects to an address; names have to be resolved before.
///
/// # Errors
/// What the system or TLS said.
pub async fn dial(
    address: &Endpoint,
    tls: Option<&Tls>,
    handle: &Handle,
) -> Result<Dialed, String> {
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
    let Some(tls) = tls else {
        return Ok(Dialed {
            io: Box::new(socket),
            protocol: None,
        });
    };
    let connector = tokio_rustls::TlsConnector::from(Arc::clone(&tls.config));
    let stream = connector
        .connect(tls.name.clone(), socket)
        .await
        .map_err(|error| format!("TLS failed: {error}"))?;
    let protocol = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    Ok(Dialed {
        io: Box::new(stream),
        protocol,
    })
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
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
