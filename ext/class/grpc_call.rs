//! `Tusk\Grpc\Call`.

use std::cell::Cell;

use tusk_grpc::call::{Call as NativeCall, Interest, Start};
use tusk_runtime::error::Error;

use super::arguments::{duration, native_duration};
use crate::background;
use crate::exception::{self, Class as Exception, Thrown};
use crate::grpc::{self, CallObject, Waited};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::engine;
use crate::zend::value::{Array, Value};

/// A gRPC call of any kind: messages out, messages in, and a status at the end. One
/// coroutine may send while another receives. A call that nobody holds any more, or whose
/// coroutine is cancelled while it waits in it, is cancelled, and the server learns of it.
pub static CLASS: Class = Class {
    name: "Tusk\\Grpc\\Call",
    interfaces: &[],
    native: true,
    methods: &[
        /// Begins a call. `$timeout` is the time of the whole call, and the server is told.
        /// With `$message`, that is the whole request; without it, `send()` and
        /// `closeSend()` make it.
        raw_method!(
            "__construct(Tusk\\Grpc\\Channel $channel, string $method, array $metadata = [], ?float $timeout = null, ?string $message = null)",
            construct
        ),
        /// Sends a message; waits while too much is on its way already. False: the call has
        /// ended, or its request was closed. **Suspends.**
        method!(
            "send(string $message, bool $compress = true): bool",
            CallObject,
            send
        ),
        /// The request is complete.
        method!("closeSend(): void", CallObject, close_send),
        /// The next message, or null when there are no more; then `status()` says why. Throws
        /// TimeoutException after `$timeout`; the call goes on. **Suspends.**
        method!(
            "receive(?float $timeout = null): ?string",
            CallObject,
            receive
        ),
        /// The server's initial metadata, as names to lists of values; empty when the call
        /// ended without any. **Suspends.**
        method!(
            "headers(?float $timeout = null): array",
            CallObject,
            headers
        ),
        /// How the call ended: `code`, `details` and trailing `metadata`. **Suspends.**
        method!("status(?float $timeout = null): array", CallObject, status),
        /// The server's address, or null while there is no connection.
        method!("peer(): ?string", CallObject, peer),
        /// Ends the call with CANCELLED, if it has not ended.
        method!("cancel(): void", CallObject, cancel),
    ],
};

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(2, 5)?;
    super::require_core()?;
    engine::settle_fork();
    let channel = call.value(0);
    let Some(channel) = grpc::CHANNEL.get(&channel) else {
        return Err(engine::argument_type_error(
            0,
            "must be of type Tusk\\Grpc\\Channel",
        ));
    };
    let method = String::from_utf8_lossy(call.bytes(1)?.unwrap_or_default()).into_owned();
    let metadata = grpc::read_metadata(&call.value(2), 2)?;
    let timeout = duration(call, 3)?.map(native_duration);
    let message = if call.value(4).is_null() {
        None
    } else {
        call.bytes(4)?
    };
    let start = Start {
        method: &method,
        metadata,
        timeout,
        message,
    };
    let started = NativeCall::start(&channel.channel, start).map_err(native)?;
    if message.is_some() {
        background::hand_over();
    }
    call.construct(CallObject {
        call: started,
        method,
        reading: Cell::new(false),
    })
}

fn native(error: Error) -> Thrown {
    exception::native(&error)
}

/// Waits; a deadline is thrown.
fn wait(
    call: &CallObject,
    interest: Interest,
    timeout: Option<f64>,
    what: &str,
) -> Result<(), Thrown> {
    engine::settle_fork();
    match grpc::wait(&|look| look(&call.call), interest, timeout, what)? {
        Waited::There => Ok(()),
        Waited::Late => Err(exception::throw(
            Exception::Timeout,
            &format!("{what} of {} timed out; the call goes on", call.method),
        )),
    }
}

fn send(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let compress = call.given() < 2 || call.value(1).is_true();
    let _ = call.bytes(0)?;
    wait(this, Interest::Room, None, "Call::send()")?;
    let message = call.bytes(0)?.unwrap_or_default();
    let sent = this.call.send(message, compress).map_err(native)?;
    background::hand_over();
    call.give(Value::bool(sent));
    Ok(())
}

fn close_send(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    this.call.close_send().map_err(native)?;
    background::hand_over();
    Ok(())
}

fn receive(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    let timeout = duration(call, 0)?;
    if this.reading.replace(true) {
        return Err(exception::misuse(&format!(
            "another coroutine is in receive() of this call of {}; let one receive and hand the messages on, \
             for example through a Tusk\\Channel",
            this.method
        )));
    }
    let waited = wait(this, Interest::Message, timeout, "Call::receive()");
    this.reading.set(false);
    waited?;
    if let Some(message) = this.call.take().map_err(native)? {
        call.give(Value::bytes(&message));
        background::hand_over();
    }
    Ok(())
}

fn headers(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    wait(
        this,
        Interest::Headers,
        duration(call, 0)?,
        "Call::headers()",
    )?;
    let headers = this.call.headers().map_err(native)?;
    call.give(headers.map_or_else(
        || Array::new().into(),
        |headers| grpc::metadata_to_php(&headers),
    ));
    Ok(())
}

fn status(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    wait(this, Interest::End, duration(call, 0)?, "Call::status()")?;
    if let Some(status) = this.call.status().map_err(native)? {
        call.give(grpc::status_to_php(&status));
    }
    Ok(())
}

fn peer(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    if let Some(peer) = this.call.peer().map_err(native)? {
        call.give(Value::string(&peer));
    }
    Ok(())
}

fn cancel(this: &CallObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    this.call.cancel().map_err(native)?;
    background::hand_over();
    Ok(())
}
