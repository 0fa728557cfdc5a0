//! `Tusk\Rpc\Goridge`.

use std::rc::Rc;

use super::future::{FUTURE, Finish, Future};
use crate::class::arguments::duration;
use crate::class::require_core;
use crate::exception::{self, Class as Exception, Thrown};
use crate::rpc::{Codec, Encoded, Settings, Shared, decode};
use crate::zend::call::Call;
use crate::zend::class::{Class, NativeClass, method, raw_method, static_method};
use crate::zend::engine;
use crate::zend::kind::Kind;
use crate::zend::value::Value;
use tusk_link::address::Address;
use tusk_rpc::client::Answer;
use tusk_rpc::connection::Connection;
use tusk_rpc::goridge::Goridge as Wire;
use tusk_rpc::wire::Request;

/// A client of Go services by the Goridge protocol, RoadRunner's among them. Any number of
/// coroutines call at once on its one connection, and each gets its own answer.
pub static CLASS: Class = Class {
    name: "Tusk\\Rpc\\Goridge",
    interfaces: &[],
    native: true,
    methods: &[
        /// Not this way: connect() makes clients.
        raw_method!("__construct()", construct),
        /// A client of `tcp://host:port`, `tls://host:port`, `unix:///path` or
        /// `pipes://stdin:stdout`. `$codec` is json, msgpack, protobuf or raw. Options: lazy,
        /// timeout, connect_timeout, ping_interval, max_in_flight, max_queue_bytes,
        /// tls_ca_file, tls_cert_file, tls_key_file, tls_server_name. Throws
        /// ConnectionException. **Suspends.**
        static_method!(
            "connect(string $address, string $codec = 'json', array $options = []): Tusk\\Rpc\\Goridge",
            connect
        ),
        /// Calls `Service.Method` and returns what it answered. `$into` is the message, or its
        /// class, that a protobuf answer is read into, or flags for json_decode(). Throws
        /// RemoteException, TimeoutException, ConnectionException, ProtocolException and
        /// OverloadedException. **Suspends.**
        method!(
            "call(string $method, mixed $payload = null, ?float $timeout = null, mixed $into = null): mixed",
            Goridge,
            call_method
        ),
        /// Makes the call without waiting; its Future has the answer.
        method!(
            "callAsync(string $method, mixed $payload = null, ?float $timeout = null): Tusk\\Rpc\\Future",
            Goridge,
            call_async
        ),
        /// Makes the call; nobody is told what came of it.
        method!(
            "callIgnoreResponse(string $method, mixed $payload = null): void",
            Goridge,
            call_ignore_response
        ),
        /// The same connection for the methods of one service: `call('set')` calls `kv.Set`.
        method!(
            "withServicePrefix(string $service): Tusk\\Rpc\\Goridge",
            Goridge,
            with_service_prefix
        ),
        /// The same connection with another codec.
        method!(
            "withCodec(string $codec): Tusk\\Rpc\\Goridge",
            Goridge,
            with_codec
        ),
        /// Is there a connection now? The next call makes one when there is none.
        method!("isConnected(): bool", Goridge, is_connected),
        /// The address as it was given.
        method!("address(): string", Goridge, address),
        /// Counters: connects, calls, answers, late_answers, failed, in_flight, abandoned.
        method!("stats(): array", Goridge, stats),
        /// Ends the connection, for all clients that share it. Whoever waits gets a
        /// ConnectionException; what was queued is still sent.
        method!("close(): void", Goridge, close),
    ],
};

/// Makes its objects.
pub static GORIDGE: Kind<Goridge> = Kind::new();

/// The state behind the object.
pub struct Goridge {
    shared: Rc<Shared<Wire>>,
    codec: Codec,
    /// With its dot.
    prefix: Option<Vec<u8>>,
    timeout: Option<f64>,
}

impl NativeClass for Goridge {}

impl Goridge {
    /// The whole name of the method that the first argument means.
    fn method(&self, call: &Call) -> Result<Vec<u8>, Thrown> {
        let name = call.bytes(0)?.unwrap_or_default();
        if name.is_empty() {
            return Err(engine::argument_error(0, "must not be empty"));
        }
        let prefix = self.prefix.as_deref().unwrap_or_default();
        let mut method = Vec::with_capacity(prefix.len() + name.len());
        method.extend_from_slice(prefix);
        method.extend_from_slice(name);
        if !prefix.is_empty() {
            method[prefix.len()].make_ascii_uppercase();
        }
        Ok(method)
    }

    fn encode(&self, call: &Call) -> Result<Encoded, Thrown> {
        self.codec.encode(call.value(1))
    }

    fn like(&self, codec: Codec, prefix: Option<Vec<u8>>) -> Goridge {
        Goridge {
            shared: Rc::clone(&self.shared),
            codec,
            prefix,
            timeout: self.timeout,
        }
    }
}

/// How an answer becomes a value, or its failure is thrown.
fn finish_of(codec: Codec) -> Finish {
    match codec {
        Codec::Bytes(_) => |answer, _, shows| {
            check(&answer, shows)?;
            Ok(Value::bytes(&answer.body))
        },
        // By the codec that the answer names.
        _ => |answer, into, shows| {
            check(&answer, shows)?;
            decode(answer.codec, answer.body, into, shows)
        },
    }
}

fn check(answer: &Answer, shows: &dyn Fn() -> String) -> Result<(), Thrown> {
    if !answer.failed {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&answer.body);
    Err(exception::throw(
        Exception::Remote,
        &format!("{} failed: {text}", shows()),
    ))
}

fn construct(_: &Call) -> Result<(), Thrown> {
    Err(exception::misuse(
        "a client is made by Tusk\\Rpc\\Goridge::connect()",
    ))
}

fn connect(call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let address = String::from_utf8_lossy(call.bytes(0)?.unwrap_or_default()).into_owned();
    let codec = Codec::parse(call.bytes(1)?.unwrap_or(b"json"), 1)?;
    call.array(2)?;
    let settings = Settings::read(&call.value(2))?;
    require_core()?;
    let address = Address::parse(&address).map_err(|error| exception::native(&error))?;
    let settings = settings.for_address(&address)?;
    let shared = Shared::open(address, &settings, Wire)?;
    call.give(GORIDGE.make(Goridge {
        shared,
        codec,
        prefix: None,
        timeout: settings.timeout,
    }));
    Ok(())
}

fn call_method(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 4)?;
    let method = this.method(call)?;
    let timeout = duration(call, 2)?.or(this.timeout);
    let body = this.encode(call)?;
    let shows = || shown(&method, &this.shared.address());
    let request = Request {
        method: &method,
        body: body.bytes(),
        codec: this.codec.flag(),
    };
    let answer = this.shared.call(&request, timeout, &shows)?;
    drop(body);
    call.give(finish_of(this.codec)(answer, &call.value(3), &shows)?);
    Ok(())
}

/// What messages call a call.
pub fn shown(method: &[u8], address: &str) -> String {
    format!("{} at {address}", String::from_utf8_lossy(method))
}

fn call_async(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 3)?;
    let method = this.method(call)?;
    let timeout = duration(call, 2)?.or(this.timeout);
    let body = this.encode(call)?;
    let request = Request {
        method: &method,
        body: body.bytes(),
        codec: this.codec.flag(),
    };
    let id = this.shared.begin(&request, false)?;
    let future = Future::new(
        Rc::clone(&this.shared),
        id,
        method,
        timeout,
        finish_of(this.codec),
    );
    call.give(FUTURE.make(future));
    Ok(())
}

fn call_ignore_response(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 2)?;
    let method = this.method(call)?;
    let body = this.encode(call)?;
    let request = Request {
        method: &method,
        body: body.bytes(),
        codec: this.codec.flag(),
    };
    this.shared.begin(&request, true)?;
    Ok(())
}

fn with_service_prefix(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let mut prefix = call.bytes(0)?.unwrap_or_default().to_vec();
    if prefix.is_empty() {
        return Err(engine::argument_error(0, "must not be empty"));
    }
    prefix.push(b'.');
    call.give(GORIDGE.make(this.like(this.codec, Some(prefix))));
    Ok(())
}

fn with_codec(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(1, 1)?;
    let codec = Codec::parse(call.bytes(0)?.unwrap_or_default(), 0)?;
    call.give(GORIDGE.make(this.like(codec, this.prefix.clone())));
    Ok(())
}

fn is_connected(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::bool(this.shared.is_up()));
    Ok(())
}

fn address(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(Value::string(&this.shared.address()));
    Ok(())
}

fn stats(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    call.give(this.shared.stats());
    Ok(())
}

fn close(this: &Goridge, call: &Call) -> Result<(), Thrown> {
    call.expect(0, 0)?;
    this.shared.with(Connection::close);
    Ok(())
}
