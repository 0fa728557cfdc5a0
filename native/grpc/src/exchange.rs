//! A call's life on the wire: one task of the background thread a call.
//!
//! It chooses a connection, sends the request, then sends and receives at the same time
//! until the server's status, the deadline or a cancel, whichever is first. Leaving early
//! drops the stream, which resets it, so that the server learns of it.

use crate::frame::Decoder;
use crate::limits::{SEND_BUFFER_BYTES, TRANSPARENT_RETRIES};
use crate::links::Shared as Channel;
use crate::metadata::Metadata;
use crate::state::State;
use crate::status::{Code, Origin, Status};
use crate::wire;
use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::uri::PathAndQuery;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How much earlier a server's timer may see the deadline than this side's: both count in
/// milliseconds.
const CLOCKS: Duration = Duration::from_millis(2);

/// A call, as both threads share it.
pub(crate) struct Shared {
    pub(crate) channel: Arc<Channel>,
    pub(crate) state: Mutex<State>,
    /// There is something to send, or nothing will be any more.
    pub(crate) outgoing: Notify,
    /// Messages were taken.
    pub(crate) taken: Notify,
    /// Somebody wants the call to end.
    pub(crate) cancel: Notify,
}

/// What a call asks for.
pub(crate) struct Request {
    pub(crate) path: PathAndQuery,
    pub(crate) metadata: Metadata,
    pub(crate) timeout: Option<Duration>,
}

/// The stream, once the request was sent.
struct Stream {
    response: ResponseFuture,
    send: SendStream<Bytes>,
}

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and posts the letters of those who waited for that.
    fn update(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.take_waiters(SEND_BUFFER_BYTES, |op| self.channel.handle.post(op));
    }
}

/// The task.
pub(crate) async fn run(call: Arc<Shared>, request: Request) {
    let deadline = request.timeout.map(|timeout| Instant::now() + timeout);
    let status = {
        let mut work = pin!(work(&call, &request, deadline));
        let mut cancelled = pin!(call.cancel.notified());
        let mut late = pin!(sleep_until(deadline));
        poll_fn(|context| {
            // Before the work, so that a call that is cancelled at once is never sent: servers
            // take many of those for an attack.
            if cancelled.as_mut().poll(context).is_ready() {
                let words = "the call was cancelled by the client";
                return Poll::Ready(Status::new(Origin::Local, Code::CANCELLED, words));
            }
            if request.timeout == Some(Duration::ZERO) || late.as_mut().poll(context).is_ready() {
                return Poll::Ready(deadline_exceeded(&call));
            }
            let status = std::task::ready!(work.as_mut().poll(context));
            Poll::Ready(match deadline {
                // A server whose clock was a little faster cancels what is too late.
                Some(deadline)
                    if status.code == Code::CANCELLED && Instant::now() + CLOCKS >= deadline =>
                {
                    deadline_exceeded(&call)
                }
                _ => status,
            })
        })
        .await
    };
    call.update(|state| {
        state.set_flow(None);
        // What was not sent will not be.
        state.outgoing.clear();
        state.outgoing_bytes = 0;
        // A message that was too long to send has ended it already.
        state.status.get_or_insert(status);
    });
    call.channel.end_call();
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn deadline_exceeded(call: &Shared) -> Status {
    let state = call.lock();
    let words = match (&state.peer, &state.headers) {
        (None, _) => "the deadline passed before a connection was there".to_owned(),
        (Some(peer), None) => format!("the deadline passed before {peer} answered"),
        (Some(peer), Some(_)) => format!("the deadline passed before {peer} had sent everything"),
    };
    Status::new(Origin::Local, Code::DEADLINE_EXCEEDED, words)
}

async fn work(call: &Arc<Shared>, request: &Request, deadline: Option<Instant>) -> Status {
    // A whole request can be sent again as long as no server has looked at it.
    let whole: Option<VecDeque<Bytes>> = {
        let state = call.lock();
        state.half_closed.then(|| state.outgoing.clone())
    };
    let mut left = TRANSPARENT_RETRIES;
    loop {
        let ended = once(call, request, deadline).await;
        let Err((status, again)) = ended else {
            return ended.unwrap_or_else(|(status, _)| status);
        };
        let nothing_came = call.lock().headers.is_none();
        let again = match again {
            Again::Never => false,
            Again::Whole => whole.is_some() && nothing_came,
            Again::Always => true,
        };
        if !again || left == 0 {
            return status;
        }
        left -= 1;
        if let Some(whole) = &whole {
            let mut state = call.lock();
            state.outgoing = whole.clone();
            state.outgoing_bytes = whole.iter().map(Bytes::len).sum();
        }
    }
}

/// May a call that failed be tried on another connection without a risk that a server does
/// its work twice?
enum Again {
    Never,
    /// The server refused the stream unseen; what was sent has to be sent again.
    Whole,
    /// Nothing was sent.
    Always,
}

async fn once(
    call: &Arc<Shared>,
    request: &Request,
    deadline: Option<Instant>,
) -> Result<Status, (Status, Again)> {
    let channel = &call.channel;
    let never = |status| (status, Again::Never);
    let (id, link) = channel
        .pick(channel.config.wait_for_ready)
        .await
        .map_err(never)?;
    let serial = link.serial();
    let not_sent = |error: h2::Error| {
        channel.lost(id, serial);
        (Status::of_h2(&error), Again::Always)
    };
    let mut sender = link.send.ready().await.map_err(not_sent)?;
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let head = channel
        .wire
        .request(request.path.clone(), &request.metadata, left);
    let (nothing_to_send, first) = {
        let mut state = call.lock();
        state.peer = Some(link.peer);
        let only = state.half_closed && state.outgoing.len() == 1;
        let first = if only {
            state.outgoing.pop_front()
        } else {
            None
        };
        (
            state.half_closed && state.outgoing.is_empty() && first.is_none(),
            first,
        )
    };
    let (response, mut send) = sender
        .send_request(head, nothing_to_send)
        .map_err(not_sent)?;
    let mut sent = nothing_to_send;
    if let Some(message) = first {
        // A whole request: HTTP/2 keeps what the window does not take yet.
        sent = send.send_data(message, true).is_ok();
        call.update(|state| state.outgoing_bytes = 0);
    }
    let stream = Stream { response, send };
    exchange(call, stream, sent).await.map_err(|error| {
        let refused = error.reason() == Some(Reason::REFUSED_STREAM) && error.is_remote();
        let again = if refused { Again::Whole } else { Again::Never };
        (Status::of_h2(&error), again)
    })
}

/// Sends and receives. `sent`: there is nothing more to send.
async fn exchange(call: &Arc<Shared>, stream: Stream, mut sent: bool) -> Result<Status, h2::Error> {
    let Stream { response, mut send } = stream;
    let mut sending = pin!(send_messages(call, &mut send));
    let mut receiving = pin!(receive(call, response));
    poll_fn(|context| {
        if !sent && sending.as_mut().poll(context).is_ready() {
            sent = true;
        }
        receiving.as_mut().poll(context)
    })
    .await
}

/// Sends what is queued, as the server's window allows. It ends early when the stream does;
/// why that was, the receiving side learns.
async fn send_messages(call: &Shared, send: &mut SendStream<Bytes>) {
    loop {
        let mut more = pin!(call.outgoing.notified());
        more.as_mut().enable();
        let (message, closed) = {
            let mut state = call.lock();
            let message = state.outgoing.pop_front();
            (message, state.half_closed && state.outgoing.is_empty())
        };
        let Some(mut message) = message else {
            if closed {
                let _ = send.send_data(Bytes::new(), true);
                return;
            }
            more.await;
            continue;
        };
        let length = message.len();
        while !message.is_empty() {
            send.reserve_capacity(message.len());
            let granted = match poll_fn(|context| send.poll_capacity(context)).await {
                Some(Ok(granted)) => granted,
                Some(Err(_)) | None => return,
            };
            let part = message.split_to(granted.min(message.len()));
            if part.is_empty() {
                continue;
            }
            let last = closed && message.is_empty();
            if send.send_data(part, last).is_err() || last {
                call.update(|state| state.outgoing_bytes = 0);
                return;
            }
        }
        call.update(|state| state.outgoing_bytes = state.outgoing_bytes.saturating_sub(length));
    }
}

async fn receive(call: &Shared, response: ResponseFuture) -> Result<Status, h2::Error> {
    let (parts, mut body) = response.await?.into_parts();
    if let Err(status) = wire::check(&parts) {
        return Ok(*status);
    }
    let encoding = wire::encoding(&parts.headers);
    call.update(|state| {
        state.headers = Some(Metadata::of_headers(&parts.headers));
        state.set_flow(Some(body.flow_control().clone()));
    });
    let mut decoder = Decoder::new(call.channel.config.max_receive);
    while let Some(chunk) = body.data().await {
        decoder.add(chunk?);
        if let Err(status) = take_messages(call, &mut decoder, &encoding).await {
            return Ok(status);
        }
    }
    let pending = decoder.pending();
    end(body, pending).await
}

/// Queues the messages that are complete.
async fn take_messages(call: &Shared, decoder: &mut Decoder, encoding: &str) -> Result<(), Status> {
    let limit = call.channel.config.max_receive;
    while let Some(message) = decoder
        .take()
        .map_err(|failure| wire::failure(failure, limit))?
    {
        let length = State::wire_length(&message);
        if message.compressed {
            wait_for_room(call).await;
        }
        let data = wire::open(message, encoding, limit)?;
        call.update(|state| state.push(data, length));
    }
    let mut state = call.lock();
    state.set_partial(decoder.pending());
    state.give_back();
    Ok(())
}

/// Waits until less than a window is waiting to be taken.
async fn wait_for_room(call: &Shared) {
    loop {
        let mut taken = pin!(call.taken.notified());
        taken.as_mut().enable();
        if !call.lock().is_full() {
            return;
        }
        taken.await;
    }
}

/// The status at the end of the stream.
async fn end(mut body: RecvStream, pending: usize) -> Result<Status, h2::Error> {
    let trailers = body.trailers().await?;
    let Some(status) = trailers.as_ref().and_then(Status::of_trailers) else {
        return Ok(Status::protocol(
            "the server ended the call without a status (no grpc-status in its trailers)",
        ));
    };
    if pending > 0 && status.is_ok() {
        return Ok(Status::protocol(format!(
            "the server ended the call in the middle of a message, after {pending} of its bytes"
        )));
    }
    Ok(status)
}
