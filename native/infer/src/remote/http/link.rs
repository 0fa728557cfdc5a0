//! One HTTP/1.1 connection, which carries one request at a time.
//!
//! Dropping it closes the socket, whatever is under way: that is how a server learns that a
//! request was given up.

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tusk_grpc::dial::Dialed;

/// See the module's description.
pub(super) struct Link {
    pub(super) send: SendRequest<Pieces>,
    /// When it was last used.
    pub(super) used: Instant,
    task: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Link {
    /// In the background thread.
    pub(super) async fn new(dialed: Dialed) -> Result<Link, hyper::Error> {
        let (send, connection) = http1::handshake(TokioIo::new(dialed.io)).await?;
        let task = tokio::spawn(async move {
            // Why it ended is told to the request that is under way.
            let _ = connection.await;
        });
        Ok(Link {
            send,
            used: Instant::now(),
            task: task.abort_handle(),
        })
    }
}

/// The body of a request, in pieces that are not copied together.
#[derive(Clone, Default)]
pub(super) struct Pieces(pub(super) VecDeque<Bytes>);

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    /// Known, so that the request has a Content-Length: not every server takes chunks.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

/// Why a body was not read to its end.
pub(super) enum Unread {
    /// It is longer than this bound.
    TooLong,
    /// The connection broke.
    Broken(hyper::Error),
}

/// All of a response's body, which may have `limit` bytes.
pub(super) async fn read_all(mut body: Incoming, limit: usize) -> Result<Bytes, Unread> {
    let hint = body.size_hint();
    if hint.lower() > limit as u64 {
        return Err(Unread::TooLong);
    }
    let mut all = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.map_err(Unread::Broken)?.into_data() else {
            continue;
        };
        if all.is_empty() && hint.exact() == Some(data.len() as u64) {
            return Ok(data);
        }
        if all.len() + data.len() > limit {
            return Err(Unread::TooLong);
        }
        if all.is_empty() {
            // What was announced is within the limit.
            all.reserve(hint.lower() as usize);
        }
        all.extend_from_slice(&data);
    }
    Ok(all.freeze())
}
