//! A call's life on the wire: one task of the background thread a call.
//!
//! It chooses a connection, sends the request, then sends and receives at the same time
//! until the server's status, the deadline or a cancel, whichever is first. Leaving early
//! drops the stream, which resets it, so that the server learns of it.
//!
//! An attempt that failed is repeated while nothing of an answer has come: at once when no
//! server can have acted, else as the service config says (`retry`).

use crate::config::Rules;
use crate::frame::Decoder;
use crate::limits::{SEND_BUFFER_BYTES, UNSEEN_RETRIES, UNSENT_RETRIES};
use crate::links::Shared as Channel;
use crate::metadata::Metadata;
use crate::retry::Attempts;
use crate::state::State;
use crate::status::{Code, Origin, Status};
use crate::wire;
use bytes::Bytes;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::uri::PathAndQuery;
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
    pub(crate) rules: Rules,
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

/// The task. The call ends with it, also when it panics or its thread ends and drops it.
pub(crate) fn run(call: Arc<Shared>, request: Request) -> impl Future<Output = ()> {
    let ends = Ends(call, None);
    async move {
        let mut ends = ends;
        let status = conduct(&ends.0, &request).await;
        ends.1 = Some(status);
    }
}

/// Ends the call when it is dropped; its status, if it has one.
struct Ends(Arc<Shared>, Option<Status>);

impl Drop for Ends {
    fn drop(&mut self) {
        let status = self.1.take().unwrap_or_else(|| {
            let words = "the call's task ended before the call did; this is a bug of Tusk, \
                         unless the script is ending";
            Status::new(Origin::Local, Code::INTERNAL, words)
        });
        self.0.update(|state| {
            state.set_flow(None);
            // What was not sent will not be.
            state.outgoing.clear();
            // A message that was too long to send has ended it already.
            state.status.get_or_insert(status);
        });
        self.0.channel.end_call();
    }
}

async fn conduct(call: &Arc<Shared>, request: &Request) -> Status {
    let timeout = call.rules.timeout;
    // What lies beyond the clock's end is no deadline.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    {
        let mut work = pin!(work(call, request, deadline));
        let mut cancelled = pin!(call.cancel.notified());
        let mut late = pin!(sleep_until(deadline));
        poll_fn(|context| {
            // Before the work, so that a call that is cancelled at once is never sent: servers
            // take many of those for an attack.
            if cancelled.as_mut().poll(context).is_ready() {
                let words = "the call was cancelled by the client";
                return Poll::Ready(Status::new(Origin::Local, Code::CANCELLED, words));
            }
            if timeout == Some(Duration::ZERO) || late.as_mut().poll(context).is_ready() {
                return Poll::Ready(deadline_exceeded(call));
            }
            let status = std::task::ready!(work.as_mut().poll(context));
            Poll::Ready(match deadline {
                // A server whose clock was a little faster cancels what is too late.
                Some(deadline)
                    if status.code == Code::CANCELLED && Instant::now() + CLOCKS >= deadline =>
                {
                    deadline_exceeded(call)
                }
                _ => status,
            })
        })
        .await
    }
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
    let throttle = call.channel.throttle.as_ref();
    let mut attempts = Attempts::new(call.rules.retry.as_ref(), throttle);
    let (mut unsent, mut unseen) = (UNSENT_RETRIES, UNSEEN_RETRIES);
    loop {
        let ended = once(call, request, deadline, attempts.previous()).await;
        let (status, how) = ended.unwrap_or_else(|failure| failure);
        let left = match how {
            How::Unsent => &mut unsent,
            How::Unseen => &mut unseen,
            How::Perhaps => &mut 0,
        };
        let committed = call.lock().outgoing.is_committed();
        if *left > 0 && !committed {
            *left -= 1;
        } else {
            let Some(pause) = attempts.after(&status, committed) else {
                return status;
            };
            tokio::time::sleep(pause).await;
        }
        call.lock().outgoing.rewind();
    }
}

/// How far an attempt came.
enum How {
    /// Nothing has left this process.
    Unsent,
    /// The server says that it has not looked at it: it refused the stream, or said GOAWAY
    /// with a lower number.
    Unseen,
    /// The server may have acted, or there was none: only a service config knows whether
    /// that is worth another attempt.
    Perhaps,
}

async fn once(
    call: &Arc<Shared>,
    request: &Request,
    deadline: Option<Instant>,
    previous: u32,
) -> Result<(Status, How), (Status, How)> {
    let channel = &call.channel;
    let (id, link) = channel
        .pick(call.rules.wait_for_ready)
        .await
        .map_err(|status| (status, How::Perhaps))?;
    let serial = link.serial();
    let not_sent = |error: h2::Error| {
        channel.lost(id, serial);
        (Status::of_h2(&error), How::Unsent)
    };
    let mut sender = link.send.ready().await.map_err(not_sent)?;
    let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
    let wire = &channel.wire;
    let head = wire.request(request.path.clone(), &request.metadata, left, previous);
    let (nothing_to_send, first) = {
        let mut state = call.lock();
        state.peer = Some(link.peer);
        let first = match state.half_closed && state.outgoing.len() == 1 {
            true => state.outgoing.take(),
            false => None,
        };
        let nothing = state.half_closed && state.outgoing.len() == 0 && first.is_none();
        (nothing, first)
    };
    let (response, mut send) = sender
        .send_request(head, nothing_to_send)
        .map_err(not_sent)?;
    let mut sent = nothing_to_send;
    if let Some(message) = first {
        // A whole request: HTTP/2 keeps what the window does not take yet.
        let length = message.len();
        sent = send.send_data(message, true).is_ok();
        call.update(|state| state.outgoing.done(length));
    }
    let stream = Stream { response, send };
    match exchange(call, stream, sent).await {
        Ok(status) => Ok((status, How::Perhaps)),
        Err(error) => {
            // h2 gives this error of a GOAWAY only to streams beyond the number in it.
            let left_out = error.is_go_away() && error.is_remote();
            let refused = error.reason() == Some(Reason::REFUSED_STREAM) && error.is_remote();
            let how = if refused || left_out {
                How::Unseen
            } else {
                How::Perhaps
            };
            Err((Status::of_h2(&error), how))
        }
    }
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
            let message = state.outgoing.take();
            (message, state.half_closed && state.outgoing.len() == 0)
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
                call.update(|state| state.outgoing.done(length));
                return;
            }
        }
        call.update(|state| state.outgoing.done(length));
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
        // What came was seen: the call cannot begin anew.
        state.outgoing.commit();
        state.set_flow(Some(body.flow_control().clone()));
    });
    let mut decoder = Decoder::new(call.rules.max_receive);
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
    let limit = call.rules.max_receive;
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
