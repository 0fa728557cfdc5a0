//! What PHP's thread holds of a call.
//!
//! Nothing here waits: who has to wait registers a letter ([`Call::wait`]) and asks again
//! when it has come.

use crate::channel::Channel;
use crate::config::Rules;
use crate::exchange::{self, Request, Shared};
use crate::frame::PREFIX;
use crate::limits::SEND_BUFFER_BYTES;
use crate::metadata::Metadata;
use crate::state::State;
use crate::status::{Code, Origin, Status};
use crate::wire;
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use tusk_background::Handle;
use tusk_runtime::error::Error;
use tusk_runtime::reactor::OpId;

pub use crate::state::Interest;

/// How a call begins.
pub struct Start<'a> {
    /// `/package.Service/Method`
    pub method: &'a str,
    /// Sent with the request.
    pub metadata: Metadata,
    /// The whole call's time; the server is told.
    pub timeout: Option<Duration>,
    /// A request that is complete already: the cheapest way for calls with one message.
    pub message: Option<&'a [u8]>,
}

/// A call under way, or ended. Dropping it cancels it.
pub struct Call {
    shared: Option<Arc<Shared>>,
}

impl Call {
    /// Begins a call. Nothing is sent before the end of the loop's turn.
    ///
    /// # Errors
    /// `Misuse` for a bad method or a closed channel, `Overloaded` at a bound. A message
    /// that is too long is not an error here: the call ends with RESOURCE_EXHAUSTED.
    pub fn start(channel: &Channel, start: Start<'_>) -> Result<Call, Error> {
        Call::begin(channel.shared()?, start, None)
    }

    /// The same with a complete request that is framed already, as [`crate::frame::encode`] does
    /// it without compression: a large one is not copied again. [`Start::message`] is not looked at.
    ///
    /// # Errors
    /// As [`Call::start`].
    pub fn start_framed(channel: &Channel, start: Start<'_>, frame: Bytes) -> Result<Call, Error> {
        Call::begin(channel.shared()?, start, Some(frame))
    }

    fn begin(
        channel: &Arc<crate::links::Shared>,
        start: Start<'_>,
        frame: Option<Bytes>,
    ) -> Result<Call, Error> {
        let framed = frame
            .as_ref()
            .map(|frame| frame.len().saturating_sub(PREFIX));
        let length = framed.or(start.message.map(<[u8]>::len));
        let path = wire::path(start.method)?;
        let rules = channel.config.rules(path.path(), start.timeout);
        let keep = match (channel.config.retries, length) {
            (false, _) => 0,
            // It is here anyway.
            (true, Some(_)) => usize::MAX,
            (true, None) => channel.config.retry_buffer,
        };
        let mut state = State::new(channel.config.window, keep);
        if let Some(length) = length {
            if let Some(status) = too_long(length, rules.max_send) {
                state.status = Some(status);
                return Ok(Call::of(channel, state, rules));
            }
            let message = start.message.unwrap_or_default();
            let frame = frame.unwrap_or_else(|| channel.wire.frame(message, true));
            state.outgoing.push(frame);
            state.half_closed = true;
        }
        channel.begin_call()?;
        let call = Call::of(channel, state, rules);
        let request = Request {
            path,
            metadata: start.metadata,
        };
        let inside = Arc::clone(call.shared()?);
        let job = move || {
            let handle = inside.channel.handle.clone();
            handle.spawn(exchange::run(inside, request));
        };
        if let Err(error) = channel.handle.run(Box::new(job)) {
            channel.forget_call();
            call.shared()?.lock().status = Some(Status::new(
                Origin::Local,
                Code::CANCELLED,
                "it did not begin",
            ));
            return Err(error);
        }
        Ok(call)
    }

    fn of(channel: &Arc<crate::links::Shared>, state: State, rules: Rules) -> Call {
        Call {
            shared: Some(Arc::new(Shared {
                channel: Arc::clone(channel),
                rules,
                state: Mutex::new(state),
                outgoing: Notify::new(),
                taken: Notify::new(),
                cancel: Notify::new(),
            })),
        }
    }

    fn shared(&self) -> Result<&Arc<Shared>, Error> {
        match &self.shared {
            Some(shared) if !shared.channel.handle.is_lost() => Ok(shared),
            _ => Err(Handle::lost_error("use a gRPC call")),
        }
    }

    /// Registers a letter for what is waited for. False: it is there already.
    ///
    /// # Errors
    /// `Misuse` in the child of a fork.
    pub fn wait(&self, interest: Interest, op: OpId) -> Result<bool, Error> {
        let mut state = self.shared()?.lock();
        if state.is_there(interest, SEND_BUFFER_BYTES) {
            return Ok(false);
        }
        state.add_waiter(op, interest);
        Ok(true)
    }

    /// The letter is not wanted any more. True: nobody will post it.
    pub fn unwait(&self, op: OpId) -> bool {
        self.shared()
            .is_ok_and(|shared| shared.lock().remove_waiter(op))
    }

    /// Is it there?
    ///
    /// # Errors
    /// `Misuse` in the child of a fork; so below.
    pub fn is_there(&self, interest: Interest) -> Result<bool, Error> {
        Ok(self.shared()?.lock().is_there(interest, SEND_BUFFER_BYTES))
    }

    /// Queues a message, whether or not there is room. False: the call has ended, or its
    /// request was closed.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn send(&self, message: &[u8], compress: bool) -> Result<bool, Error> {
        let shared = self.shared()?;
        if let Some(status) = too_long(message.len(), shared.rules.max_send) {
            // The call is of no use any more, but it ends once, in its task.
            self.cancel()?;
            let mut state = shared.lock();
            state.status.get_or_insert(status);
            return Ok(false);
        }
        let frame = shared.channel.wire.frame(message, compress);
        {
            let mut state = shared.lock();
            if state.status.is_some() || state.half_closed {
                return Ok(false);
            }
            state.outgoing.push(frame);
        }
        self.tell(|shared| shared.outgoing.notify_one())?;
        Ok(true)
    }

    /// There will be no more messages.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn close_send(&self) -> Result<(), Error> {
        {
            let mut state = self.shared()?.lock();
            if state.half_closed || state.status.is_some() {
                return Ok(());
            }
            state.half_closed = true;
        }
        self.tell(|shared| shared.outgoing.notify_one())
    }

    /// Takes a message.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn take(&self) -> Result<Option<Bytes>, Error> {
        let shared = self.shared()?;
        let (taken, full) = {
            let mut state = shared.lock();
            let full = state.is_full();
            (state.take(), full)
        };
        let Some((message, give_back)) = taken else {
            return Ok(None);
        };
        if give_back || full {
            self.tell(|shared| {
                shared.lock().give_back();
                shared.taken.notify_one();
            })?;
        }
        Ok(Some(message))
    }

    /// The server's initial metadata; `None` before it came. A server that ends a call at
    /// once sends none.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn headers(&self) -> Result<Option<Metadata>, Error> {
        Ok(self.shared()?.lock().headers.clone())
    }

    /// How it ended; `None` while it has not.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn status(&self) -> Result<Option<Status>, Error> {
        Ok(self.shared()?.lock().status.clone())
    }

    /// The server's address, once there is a connection.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn peer(&self) -> Result<Option<String>, Error> {
        Ok(self.shared()?.lock().peer.as_deref().map(str::to_owned))
    }

    /// Ends it, if it has not: the server is told.
    ///
    /// # Errors
    /// See [`Call::is_there`].
    pub fn cancel(&self) -> Result<(), Error> {
        if self.shared()?.lock().status.is_some() {
            return Ok(());
        }
        self.tell(|shared| shared.cancel.notify_one())
    }

    /// Does something in the background thread.
    fn tell(&self, what: impl FnOnce(&Shared) + Send + 'static) -> Result<(), Error> {
        let shared = self.shared()?;
        let inside = Arc::clone(shared);
        shared.channel.handle.run(Box::new(move || what(&inside)))
    }
}

fn too_long(length: usize, limit: usize) -> Option<Status> {
    (length > limit).then(|| {
        Status::new(
            Origin::Local,
            Code::RESOURCE_EXHAUSTED,
            format!("a message of {length} bytes was to be sent; the limit is {limit} bytes (maxSend of the channel, or its service config)"),
        )
    })
}

impl Drop for Call {
    fn drop(&mut self) {
        let Some(shared) = self.shared.take() else {
            return;
        };
        if shared.channel.handle.is_lost() {
            // Its locks may be held for ever.
            std::mem::forget(shared);
            return;
        }
        if shared.lock().status.is_none() {
            let inside = Arc::clone(&shared);
            let cancel = move || inside.cancel.notify_one();
            let _ = shared.channel.handle.run(Box::new(cancel));
        }
    }
}
