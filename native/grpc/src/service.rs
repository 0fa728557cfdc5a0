//! A service config: what the owner of a service says about calling it, as gRPC's JSON
//! (service_config.md; its field names are those here). Of a method: how long a call may
//! take, whether it waits for a connection, how long messages may be, and whether failures are
//! tried again (proposal A6). Of the whole: how calls are spread, health, throttling.
//!
//! Hedging and what else a config may hold is left alone, as gRPC's own clients leave alone
//! what they do not know.

use crate::status::Code;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;
use tusk_runtime::error::{Error, Kind};

/// More attempts than these are taken for these, whatever a config says: a server that is in
/// trouble is not asked any more often (A6, "Limits on Retries and Hedges").
pub const MOST_ATTEMPTS: u64 = 5;

/// How calls are spread over addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// All to the first address that can be reached.
    PickFirst,
    /// To each that can be reached in turn.
    RoundRobin,
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceConfig {
    /// How calls are spread.
    pub policy: Option<Policy>,
    /// The service that servers must say they serve.
    pub health: Option<String>,
    /// When failures are too many to try again.
    pub throttling: Option<Throttling>,
    /// By `/service/method`, `/service/`, and the empty name for all others.
    methods: HashMap<String, Method>,
}

/// What is said of one method, or of all that have no words of their own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Method {
    /// Does a call wait for a connection?
    pub wait_for_ready: Option<bool>,
    /// The longest that a call may take.
    pub timeout: Option<Duration>,
    /// Longest message sent.
    pub max_request: Option<usize>,
    /// Longest message received.
    pub max_response: Option<usize>,
    /// What is tried again.
    pub retry: Option<RetryPolicy>,
}

/// When and how often a call that failed is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first one included.
    pub attempts: u32,
    /// The first pause.
    pub initial: Duration,
    /// The longest.
    pub longest: Duration,
    /// How they grow.
    pub multiplier: f64,
    /// A bit for each code that is worth another attempt.
    codes: u32,
}

/// In thousandths: what there is of tokens at first, and what a call that went well adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// Tokens at first, and at most.
    pub most: u32,
    /// What one success is worth.
    pub ratio: u32,
}

impl Policy {
    /// By gRPC's name for it.
    pub fn of_name(name: &str) -> Option<Policy> {
        match name {
            "pick_first" => Some(Policy::PickFirst),
            "round_robin" => Some(Policy::RoundRobin),
            _ => None,
        }
    }
}

impl RetryPolicy {
    /// Is this failure worth another attempt?
    pub fn retries(&self, code: Code) -> bool {
        code.0 < 32 && self.codes & (1 << code.0) != 0
    }
}

impl ServiceConfig {
    /// Reads the JSON.
    ///
    /// # Errors
    /// `Misuse` naming what is not as gRPC's documentation says. A config that is wrong in
    /// one place is not used at all.
    pub fn parse(json: &str) -> Result<ServiceConfig, Error> {
        let value: Value = serde_json::from_str(json)
            .map_err(|error| refuse(format!("it is no JSON: {error}")))?;
        let fields =
            fields_of(&value).ok_or_else(|| refuse("it must be a JSON object".to_owned()))?;
        let mut config = ServiceConfig {
            policy: policy(fields)?,
            health: None,
            throttling: None,
            methods: HashMap::new(),
        };
        if let Some(check) = optional(fields, "healthCheckConfig", fields_of, "an object")? {
            let name = optional(check, "serviceName", Value::as_str, "a string")?;
            config.health = name.map(str::to_owned);
        }
        if let Some(given) = optional(fields, "retryThrottling", fields_of, "an object")? {
            config.throttling = Some(throttling(given)?);
        }
        let methods = optional(fields, "methodConfig", Value::as_array, "a list")?;
        for given in methods.into_iter().flatten() {
            config.add(as_object(given, "methodConfig")?)?;
        }
        Ok(config)
    }

    /// What is said of `path`: `/package.Service/Method`.
    pub fn method(&self, path: &str) -> Option<&Method> {
        if self.methods.is_empty() {
            return None;
        }
        let service = path.rfind('/').map_or("", |end| &path[..=end]);
        let mut names = [path, service, ""].into_iter();
        names.find_map(|name| self.methods.get(name))
    }

    fn add(&mut self, fields: &Map<String, Value>) -> Result<(), Error> {
        let method = Method {
            wait_for_ready: optional(fields, "waitForReady", Value::as_bool, "true or false")?,
            timeout: duration(fields, "timeout")?,
            max_request: bytes(fields, "maxRequestMessageBytes")?,
            max_response: bytes(fields, "maxResponseMessageBytes")?,
            retry: optional(fields, "retryPolicy", fields_of, "an object")?
                .map(retry_policy)
                .transpose()?,
        };
        let names = optional(fields, "name", Value::as_array, "a list")?;
        for name in names.into_iter().flatten() {
            let name = path_of(as_object(name, "name")?)?;
            let known = self.methods.insert(name.clone(), method.clone());
            if known.is_some() {
                return Err(refuse(format!("methodConfig names \"{name}\" twice")));
            }
        }
        Ok(())
    }
}

/// The path, or the beginning of one, that a name stands for.
fn path_of(name: &Map<String, Value>) -> Result<String, Error> {
    let part =
        |field| optional(name, field, Value::as_str, "a string").map(Option::unwrap_or_default);
    match (part("service")?, part("method")?) {
        ("", "") => Ok(String::new()),
        ("", method) => Err(refuse(format!(
            "methodConfig names the method \"{method}\" without a service"
        ))),
        (service, method) => Ok(format!("/{service}/{method}")),
    }
}

fn policy(fields: &Map<String, Value>) -> Result<Option<Policy>, Error> {
    let list = optional(fields, "loadBalancingConfig", Value::as_array, "a list")?;
    for choice in list.into_iter().flatten() {
        // The first that is known is meant.
        let name = as_object(choice, "loadBalancingConfig")?.keys().next();
        if let Some(policy) = name.and_then(|name| Policy::of_name(name)) {
            return Ok(Some(policy));
        }
    }
    let name = optional(fields, "loadBalancingPolicy", Value::as_str, "a string")?;
    Ok(name.and_then(|name| Policy::of_name(&name.to_ascii_lowercase())))
}

fn throttling(fields: &Map<String, Value>) -> Result<Throttling, Error> {
    let most = number(fields, "maxTokens")?
        .filter(|tokens| tokens.fract() == 0.0 && (1.0..=1000.0).contains(tokens))
        .ok_or_else(|| refuse("maxTokens must be a whole number from 1 to 1000".to_owned()))?;
    let ratio = number(fields, "tokenRatio")?
        .map(|ratio| (ratio * 1000.0).floor())
        .filter(|&ratio| ratio > 0.0)
        .ok_or_else(|| refuse("tokenRatio must be a number of at least 0.001".to_owned()))?;
    Ok(Throttling {
        most: (most * 1000.0) as u32,
        ratio: ratio.min(1e6) as u32,
    })
}

fn retry_policy(fields: &Map<String, Value>) -> Result<RetryPolicy, Error> {
    let above_zero = |field: &'static str| {
        duration(fields, field)?
            .filter(|pause| !pause.is_zero())
            .ok_or_else(|| refuse(format!("{field} of a retryPolicy must be above zero")))
    };
    let attempts = fields.get("maxAttempts").and_then(Value::as_u64);
    let attempts = attempts
        .filter(|&attempts| attempts > 1)
        .ok_or_else(|| refuse("maxAttempts must be a whole number above 1".to_owned()))?;
    let multiplier = number(fields, "backoffMultiplier")?
        .filter(|&factor| factor > 0.0)
        .ok_or_else(|| refuse("backoffMultiplier must be a number above zero".to_owned()))?;
    let list = optional(fields, "retryableStatusCodes", Value::as_array, "a list")?;
    let mut codes = 0;
    for given in list.into_iter().flatten() {
        let code = match given {
            Value::String(name) => Code::of_name(name),
            other => other
                .as_u64()
                .filter(|&code| code <= 16)
                .map(|code| Code(code as u32)),
        };
        let code =
            code.ok_or_else(|| refuse(format!("retryableStatusCodes: {given} is no status")))?;
        codes |= 1 << code.0;
    }
    if codes == 0 {
        return Err(refuse("retryableStatusCodes must name some".to_owned()));
    }
    Ok(RetryPolicy {
        attempts: attempts.min(MOST_ATTEMPTS) as u32,
        initial: above_zero("initialBackoff")?,
        longest: above_zero("maxBackoff")?,
        multiplier,
        codes,
    })
}

/// A field that may be missing; null counts as missing.
fn optional<'a, T>(
    fields: &'a Map<String, Value>,
    field: &str,
    read: impl Fn(&'a Value) -> Option<T>,
    wanted: &str,
) -> Result<Option<T>, Error> {
    match fields.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(refuse(format!("{field} must be {wanted}"))),
        },
    }
}

fn as_object<'a>(value: &'a Value, of: &str) -> Result<&'a Map<String, Value>, Error> {
    fields_of(value).ok_or_else(|| refuse(format!("{of} must be a list of objects")))
}

/// An object. An empty list will do for an empty one: PHP writes both alike.
fn fields_of(value: &Value) -> Option<&Map<String, Value>> {
    static NONE: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    match value {
        Value::Array(list) if list.is_empty() => Some(&NONE),
        other => other.as_object(),
    }
}

fn number(fields: &Map<String, Value>, field: &str) -> Result<Option<f64>, Error> {
    optional(fields, field, Value::as_f64, "a number")
}

/// A length; protobuf's JSON writes 64-bit numbers as strings, too.
fn bytes(fields: &Map<String, Value>, field: &str) -> Result<Option<usize>, Error> {
    let read = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    let length = optional(fields, field, read, "a number of bytes")?;
    Ok(length.map(|length| length.min(u64::from(u32::MAX)) as usize))
}

/// A duration as protobuf's JSON has it: seconds with at most nine decimals, and an "s".
fn duration(fields: &Map<String, Value>, field: &str) -> Result<Option<Duration>, Error> {
    let read = |value: &Value| {
        let (seconds, part) = {
            let text = value.as_str()?.strip_suffix('s')?;
            text.split_once('.').unwrap_or((text, "0"))
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(seconds) || !digits(part) || !(1..=9).contains(&part.len()) {
            return None;
        }
        let nanos = format!("{part:0<9}").parse().ok()?;
        // Protobuf's own bound: some 10,000 years.
        let seconds = seconds.parse().ok().filter(|&s| s <= 315_576_000_000)?;
        Some(Duration::new(seconds, nanos))
    };
    optional(fields, field, read, "a duration such as \"1.5s\"")
}

fn refuse(detail: String) -> Error {
    Error::new(Kind::Misuse, "read a gRPC service config", detail)
}

#[cfg(test)]
mod tests;
