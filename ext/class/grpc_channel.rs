//! `Tusk\Grpc\Channel`.

use tusk_grpc::call::{Call as NativeCall, Interest, Start};
use tusk_grpc::channel::Channel;
use tusk_grpc::health;
use tusk_grpc::metadata::Metadata;
use tusk_runtime::task::Ends;

use super::arguments::duration;
use crate::background;
use crate::coroutine::{self, Ended, check_may_wait, deadline_in};
use crate::exception::{self, Thrown};
use crate::grpc::{self, ChannelObject, Kept};
use crate::zend::call::Call;
use crate::zend::class::{Class, method, raw_method};
use crate::zend::engine;
use crate::zend::value::Value;

/// A gRPC client for one server or several. Connections are made when they are needed, are
/// shared by all coroutines, and run in the background thread.
pub static CLASS: Class = Class {
    name: "Tusk\\Grpc\\Channel",
    interfaces: &[],
    native: true,
    methods: &[
        /// A channel to `host:port`, `dns:`, `ipv4:`, `ipv6:` or `unix:`, or to a list of
        /// them, over which calls are then spread. docs/grpc.md describes the options.
        raw_method!(
            "__construct(string|array $target, array $options = [])",
            construct
        ),
        /// A call with one message each way; returns the answer. Every failure is an
        /// exception with gRPC's code: TimeoutException, ConnectionException,
        /// ProtocolException, OverloadedException, RemoteException. **Suspends.**
        method!(
            "unary(string $method, string $message, array $metadata = [], ?float $timeout = null): string",
            ChannelObject,
            unary
        ),
        /// What the server's health service says of `$service`: 0 unknown, 1 serving, 2 not
        /// serving, 3 no such service. **Suspends.**
        method!(
            "health(string $service = '', ?float $timeout = null): int",
            ChannelObject,
            check_health
        ),
        /// 0 idle, 1 connecting, 2 ready, 3 failing, 4 closed; with `$connect`, a connection
        /// is begun if there is none.
        method!("state(bool $connect = false): int", ChannelObject, state),
        /// Waits until the state is not `$last` any more; false after `$timeout`. **Suspends.**
        method!(
            "waitForState(int $last, ?float $timeout = null): bool",
            ChannelObject,
            wait_for_state
        ),
        /// Calls that have not ended.
        method!("count(): int", ChannelObject, count),
        /// What it was opened with.
        method!("target(): string", ChannelObject, target),
        /// No new calls; connections end with the last call.
        method!("close(): void", ChannelObject, close),
    ],
};

fn construct(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    super::require_core()?;
    engine::settle_fork();
    let target = call.value(0);
    let config = grpc::read_options(&target, &call.value(1))?;
    let shown = target
        .text()
        .unwrap_or_else(|| config.target.authority.clone());
    let channel =
        Channel::open(config, background::handle()?).map_err(|error| exception::native(&error))?;
    call.construct(ChannelObject {
        channel,
        target: shown,
    })
}

/// Calls with one message and waits for the end.
fn call_and_wait(
    channel: &Channel,
    method: &str,
    message: &[u8],
    metadata: Metadata,
    timeout: Option<f64>,
) -> Result<NativeCall, Thrown> {
    engine::settle_fork();
    check_may_wait("Channel::unary()")?;
    let start = Start {
        method,
        metadata,
        timeout: timeout.map(super::arguments::native_duration),
        message: Some(message),
    };
    let started = NativeCall::start(channel, start).map_err(|error| exception::native(&error))?;
    let kept = Kept::new(started);
    let waited = grpc::wait(
        &|look| kept.with(look),
        Interest::End,
        None,
        "Channel::unary()",
    );
    let call = kept.take();
    waited?;
    call.ok_or(Thrown)
}

fn unary(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(2, 4)?;
    super::require_core()?;
    let method = call.bytes(0)?.unwrap_or_default();
    let method = String::from_utf8_lossy(method).into_owned();
    let message = call.bytes(1)?.unwrap_or_default();
    let metadata = grpc::read_metadata(&call.value(2), 2)?;
    let timeout = duration(call, 3)?;
    let ended = call_and_wait(&channel.channel, &method, message, metadata, timeout)?;
    call.give(grpc::answer_of(&ended, &method)?);
    Ok(())
}

fn check_health(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 2)?;
    super::require_core()?;
    let service = String::from_utf8_lossy(call.bytes(0)?.unwrap_or_default()).into_owned();
    let timeout = duration(call, 1)?;
    let message = health::request(&service);
    let ended = call_and_wait(
        &channel.channel,
        health::CHECK,
        &message,
        Metadata::default(),
        timeout,
    )?;
    let answer = grpc::answer_of(&ended, health::CHECK)?;
    let serving = health::answer(answer.as_bytes().unwrap_or_default());
    call.give(Value::long(serving as i64));
    Ok(())
}

fn state(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 1)?;
    engine::settle_fork();
    let connect = call.value(0).is_true();
    let state = channel
        .channel
        .connectivity(connect)
        .map_err(|error| exception::native(&error))?;
    background::hand_over();
    call.give(Value::long(state as i64));
    Ok(())
}

fn wait_for_state(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    super::require_core()?;
    engine::settle_fork();
    let last = call.long(0, false)?.unwrap_or(0);
    let deadline = deadline_in(duration(call, 1)?);
    loop {
        let state = channel
            .channel
            .connectivity(false)
            .map_err(|error| exception::native(&error))?;
        if state as i64 != last {
            call.give(Value::bool(true));
            return Ok(());
        }
        check_may_wait("Channel::waitForState()")?;
        let ended = coroutine::wait_letter(
            Ends::OnCancel,
            deadline,
            |op| channel.channel.watch(last as u32, op).unwrap_or(false),
            |op| channel.channel.unwatch(op),
        );
        match ended {
            Ok(()) => {}
            Err(Ended::Deadline) => {
                call.give(Value::bool(false));
                return Ok(());
            }
            Err(ended) => return Err(ended.throw("Channel::waitForState()")),
        }
    }
}

fn count(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::long(channel.channel.calls() as i64));
    Ok(())
}

fn target(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(&channel.target));
    Ok(())
}

fn close(channel: &ChannelObject, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    engine::settle_fork();
    channel.channel.close();
    if crate::core::is_up() {
        background::hand_over();
    }
    Ok(())
}
