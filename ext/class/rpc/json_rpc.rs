//! `Tusk\Rpc\JsonRpc`.

use super::future::{FUTURE, Future};
use crate::class::arguments::duration;
use crate::class::require_core;
use crate::coroutine::{check_may_wait, deadline_in};
use crate::exception::{self, Class as Exception, Thrown};
use crate::rpc::{
    Encoded, Lanes, Settings, Shared, count, given_up, json, settle, shown_stats, text, wrong,
};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method, static_method};
use crate::zend::encode::{Key, json_decode};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::{Array, Value};
use tusk_link::shown::shown;
use tusk_rpc::client::{Answer, CallId};
use tusk_rpc::jsonrpc::JsonRpc as Wire;
use tusk_rpc::wire::Request;

/// A client of JSON-RPC 2.0 servers, over TCP, TLS, Unix sockets and HTTP. Any number of
/// coroutines call at once, and each gets its own answer: on one connection, over HTTP on a few.
pub static CLASS: Class = Class {
    name: "Tusk\\Rpc\\JsonRpc",
    interfaces: &[],
    native: true,
    methods: &[
        /// Not this way: connect() makes clients.
        raw_method!("__construct()", construct),
        /// A client of `tcp://host:port`, `tls://host:port`, `unix:///path`,
        /// `http://host:port/path` or `https://…`. Options: those of Goridge::connect();
        /// framing, `newline` (the default) or `length` (four bytes, the highest first), where it
        /// is not HTTP; headers, a map, and connections, how many may be open (8), where it is.
        /// Throws ConnectionException. **Suspends.**
        static_method!(
            "connect(string $address, array $options = []): Tusk\\Rpc\\JsonRpc",
            connect
        ),
        /// Calls a method and returns its result. A list of parameters goes by position, a map
        /// by name. Throws RemoteException with the error's code and data, and what
        /// Goridge::call() throws. **Suspends.**
        method!(
            "call(string $method, array $params = [], ?float $timeout = null): mixed",
            JsonRpc,
            call_method
        ),
        /// Makes the call without waiting; its Future has the answer.
        method!(
            "callAsync(string $method, array $params = [], ?float $timeout = null): Tusk\\Rpc\\Future",
            JsonRpc,
            call_async
        ),
        /// Makes a call that the server does not answer.
        method!(
            "notify(string $method, array $params = []): void",
            JsonRpc,
            notify
        ),
        /// Makes calls as one message: a map of lists `[method, params]`, with a third element
        /// true for notifications. Returns their results under the same keys, an exception in
        /// the place of a result that failed. **Suspends.**
        method!(
            "batch(array $calls, ?float $timeout = null): array",
            JsonRpc,
            batch
        ),
        /// Is there a connection now? The next call makes one when there is none.
        method!("isConnected(): bool", JsonRpc, is_connected),
        /// The address as it was given.
        method!("address(): string", JsonRpc, address),
        /// Counters, as Goridge's.
        method!("stats(): array", JsonRpc, stats),
        /// Ends the connection. Whoever waits gets a ConnectionException; what was queued is
        /// still sent.
        method!("close(): void", JsonRpc, close),
    ],
};

/// Makes its objects.
pub static JSON_RPC: Kind<JsonRpc> = Kind::new();

/// The state behind the object.
pub struct JsonRpc {
    lanes: Lanes,
    timeout: Option<f64>,
}

impl NativeClass for JsonRpc {}

/// A call's method and encoded parameters.
struct Prepared {
    method: Vec<u8>,
    params: Option<Encoded>,
}

impl Prepared {
    /// Encoding may run PHP code, which may suspend.
    fn new(method: &[u8], params: &Value) -> Result<Prepared, Thrown> {
        let params = match params.len() {
            0 => None,
            _ => Some(json(params)?),
        };
        Ok(Prepared {
            method: method.to_vec(),
            params,
        })
    }

    fn of(call: &Call) -> Result<Prepared, Thrown> {
        let method = call.bytes(0)?.unwrap_or_default();
        if method.is_empty() {
            return Err(engine::argument_error(0, "must not be empty"));
        }
        call.array(1)?;
        Prepared::new(method, &call.value(1))
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            body: self.params.as_ref().map_or(&[], Encoded::bytes),
            codec: 0,
        }
    }

    fn shown(&self, client: &JsonRpc) -> String {
        let method = String::from_utf8_lossy(&self.method);
        format!("{method} at {}", client.lanes.address())
    }
}

/// The result of an answer, or its error thrown.
fn finish(mut answer: Answer, _: &Value, shows: &dyn Fn() -> String) -> Result<Value, Thrown> {
    let decoded = json_decode(&mut answer.body, 0);
    let value = decoded.map_err(|reason| {
        let body = &answer.body[..answer.body.len() - 1];
        exception::throw(
            Exception::Protocol,
            &format!(
                "{} answered with JSON that cannot be read: {reason}; it begins with {}",
                shows(),
                shown(body)
            ),
        )
    })?;
    if !answer.failed {
        return Ok(value);
    }
    let (mut code, mut message, mut data) = (0, String::new(), Value::NULL);
    value.each(|key, value| {
        match key {
            Key::Name(b"code") => code = value.as_long().unwrap_or(0),
            Key::Name(b"message") => message = value.text().unwrap_or_default(),
            Key::Name(b"data") => data = value.clone(),
            _ => {}
        }
        Ok(())
    })?;
    let text = format!("{} failed: {message} ({code})", shows());
    Err(engine::throw_remote(&text, code, &data))
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a client is made by Tusk\\Rpc\\JsonRpc::connect()",
    ))
}

fn own_option(settings: &mut Settings, name: &[u8], value: &Value) -> Result<bool, Thrown> {
    match name {
        b"framing" => settings.framing = Some(text("framing", value)?),
        b"headers" if value.is_array() => value.each(|key, value| match (key, value.text()) {
            (Key::Name(name), Some(value)) if is_header(name, &value) => {
                let name = String::from_utf8_lossy(name).into_owned();
                settings.headers.push((name, value));
                Ok(())
            }
            _ => Err(wrong("headers", "a map of header names to their values")),
        })?,
        b"headers" => return Err(wrong("headers", "a map of header names to their values")),
        b"connections" => settings.connections = Some(count("connections", value)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// A line that cannot become two.
fn is_header(name: &[u8], value: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_graphic() && *byte != b':';
    !name.is_empty() && name.iter().all(is_name) && !value.contains(['\r', '\n', '\0'])
}

fn connect(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let text = String::from_utf8_lossy(call.bytes(0)?.unwrap_or_default()).into_owned();
    call.array(1)?;
    let settings = Settings::read_with(
        &call.value(1),
        ", framing, headers, connections",
        own_option,
    )?;
    require_core()?;
    let timeout = settings.timeout;
    let lanes = Lanes::connect(&text, settings)?;
    call.give(JSON_RPC.make(JsonRpc { lanes, timeout }));
    Ok(())
}

fn call_method(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let timeout = duration(call, 2)?.or(this.timeout);
    let prepared = Prepared::of(call)?;
    let shows = || prepared.shown(this);
    let answer = this
        .lanes
        .pick()?
        .call(&prepared.request(), timeout, &shows)?;
    call.give(finish(answer, &Value::NULL, &shows)?);
    Ok(())
}

fn call_async(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let timeout = duration(call, 2)?.or(this.timeout);
    let prepared = Prepared::of(call)?;
    let shared = this.lanes.pick()?;
    let id = shared.begin(&prepared.request(), false)?;
    call.give(FUTURE.make(Future::new(shared, id, prepared.method, timeout, finish)));
    Ok(())
}

fn notify(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let prepared = Prepared::of(call)?;
    this.lanes
        .pick()?
        .begin_batch(&[(prepared.request(), false)])?;
    Ok(())
}

/// The calls of a batch: their keys, and whether each is answered.
fn prepare(calls: &Value) -> Result<Vec<(Value, Prepared, bool)>, Thrown> {
    let mut prepared = Vec::new();
    calls.each(|key, call| {
        let key = match key {
            Key::Name(name) => Value::bytes(name),
            Key::Index(index) => Value::long(index),
        };
        let (mut method, mut params, mut silent) = (None, Value::NULL, false);
        call.each(|index, part| {
            match index {
                Key::Index(0) => method = part.as_bytes().map(<[u8]>::to_vec),
                Key::Index(1) => params = part.clone(),
                Key::Index(2) => silent = part.is_true(),
                _ => {}
            }
            Ok(())
        })?;
        let method = method.filter(|method| !method.is_empty()).ok_or_else(|| {
            exception::misuse("a call of a batch is a list of a method, its parameters, and true for a notification")
        })?;
        prepared.push((key, Prepared::new(&method, &params)?, !silent));
        Ok(())
    })?;
    Ok(prepared)
}

fn batch(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    call.array(0)?;
    let timeout = duration(call, 1)?.or(this.timeout);
    let deadline = deadline_in(timeout);
    let calls = prepare(&call.value(0))?;
    let mut results = Array::new();
    if calls.is_empty() {
        call.give(results.into());
        return Ok(());
    }
    check_may_wait("batch()")?;
    let requests: Vec<_> = calls
        .iter()
        .map(|(_, prepared, answered)| (prepared.request(), *answered))
        .collect();
    let lane = this.lanes.pick()?;
    let ids = lane.begin_batch(&requests)?;
    drop(requests);
    for (index, ((key, prepared, _), id)) in calls.iter().zip(&ids).enumerate() {
        let Some(id) = *id else { continue };
        let shows = || prepared.shown(this);
        let ended = lane.wait(id, deadline);
        let outcome = lane.with(|connection, reactor| connection.take(reactor, id));
        let result = match outcome {
            Some(outcome) if ended.is_ok() => {
                settle(outcome).and_then(|answer| finish(answer, &Value::NULL, &shows))
            }
            _ => {
                abandon(&lane, &ids[index..]);
                return Err(given_up(ended, true, timeout, &shows));
            }
        };
        let value = result.unwrap_or_else(|Thrown| engine::take_exception());
        match key.as_long() {
            Some(index) => results.set_index(index, value),
            None => results.set_bytes(key.as_bytes().unwrap_or_default(), value),
        };
    }
    call.give(results.into());
    Ok(())
}

fn abandon(lane: &Shared<Wire>, ids: &[Option<CallId>]) {
    lane.with(|connection, reactor| {
        for id in ids.iter().flatten() {
            connection.abandon(reactor, *id);
        }
    });
}

fn is_connected(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(
        this.lanes.all().iter().any(|lane| lane.is_up()),
    ));
    Ok(())
}

fn address(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(this.lanes.address()));
    Ok(())
}

fn stats(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(shown_stats(this.lanes.counts()));
    Ok(())
}

fn close(this: &JsonRpc, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.lanes.close();
    Ok(())
}
