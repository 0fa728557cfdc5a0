//! The options of a channel.

use std::time::Duration;

use tusk_grpc::config::{Config, Policy};
use tusk_grpc::service::ServiceConfig;
use tusk_grpc::target::Target;
use tusk_grpc::tls::{self, Tls};

use super::values::entries;
use crate::exception::{self, Thrown};
use crate::zend::encode;
use crate::zend::engine;
use crate::zend::value::Value;

/// Every option there is, for the message about one that is not.
const KNOWN: &str = "authority, backoff, calls, compression, connectTimeout, health, keepalive, keepaliveIdle, \
                     keepaliveTimeout, maxBackoff, maxReceive, maxSend, policy, resolve, retries, retryBuffer, serviceConfig, \
                     tls, userAgent, waitForReady, window";

/// HTTP/2's own bounds of a window.
const WINDOW: std::ops::RangeInclusive<i64> = 65_535..=0x7fff_ffff;

/// A longer pause or limit than this is as good as none.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

fn refuse(option: &str, wanted: &str) -> Thrown {
    engine::argument_error(
        1,
        &format!("has the option \"{option}\", which must be {wanted}"),
    )
}

fn duration(option: &str, value: &Value) -> Result<Duration, Thrown> {
    let seconds = value.as_double().filter(|seconds| *seconds >= 0.0);
    let seconds = seconds.ok_or_else(|| refuse(option, "zero or more seconds"))?;
    Ok(Duration::try_from_secs_f64(seconds)
        .unwrap_or(LONGEST)
        .min(LONGEST))
}

fn size(option: &str, value: &Value) -> Result<usize, Thrown> {
    let number = value
        .as_long()
        .filter(|number| (1..=i64::from(u32::MAX)).contains(number));
    number
        .map(|number| number as usize)
        .ok_or_else(|| refuse(option, "a number from 1 to 4294967295"))
}

fn text(option: &str, value: &Value) -> Result<String, Thrown> {
    value.text().ok_or_else(|| refuse(option, "a string"))
}

fn truth(option: &str, value: &Value) -> Result<bool, Thrown> {
    value
        .as_bool()
        .ok_or_else(|| refuse(option, "true or false"))
}

/// Reads target and options of a channel's constructor.
pub fn read(target: &Value, options: &Value) -> Result<Config, Thrown> {
    let texts: Option<Vec<String>> = match entries(target) {
        Some(several) => several.iter().map(|(_, value)| value.text()).collect(),
        None => target.text().map(|one| vec![one]),
    };
    let texts =
        texts.ok_or_else(|| engine::argument_error(0, "must be a string or a list of strings"))?;
    let parsed = Target::parse(texts.iter().map(String::as_str))
        .map_err(|error| exception::native(&error))?;
    let mut config = Config::new(parsed);
    if texts.len() > 1 {
        config.policy = Policy::RoundRobin;
    }
    let (mut encrypted, mut service) = (None, None);
    for (name, value) in entries(options).unwrap_or_default() {
        let name = String::from_utf8_lossy(&name).into_owned();
        if name == "tls" {
            encrypted = read_tls(&value)?;
        } else if name == "serviceConfig" {
            service = Some(read_service(&name, &value)?);
        } else {
            set(&mut config, &name, &value)?;
        }
    }
    if let Some(options) = encrypted {
        let tls = Tls::new(&options, Target::host(&config.target.authority));
        config.tls = Some(tls.map_err(|error| exception::native(&error))?);
    }
    if let Some(service) = service {
        config.set_service(service);
    }
    Ok(config)
}

/// JSON, or what `json_decode()` makes of it.
fn read_service(option: &str, value: &Value) -> Result<ServiceConfig, Thrown> {
    let encoded = match value.as_bytes() {
        Some(json) => String::from_utf8_lossy(json).into_owned(),
        None if entries(value).is_some() => match encode::json_encode(value) {
            Ok(json) => String::from_utf8_lossy(json.bytes()).into_owned(),
            Err(encode::Failure::Thrown) => return Err(Thrown),
            Err(encode::Failure::Because(why)) => {
                return Err(refuse(option, &format!("JSON: {why}")));
            }
        },
        None => return Err(refuse(option, "JSON, or an array of the same form")),
    };
    ServiceConfig::parse(&encoded).map_err(|error| exception::native(&error))
}

fn set(config: &mut Config, name: &str, value: &Value) -> Result<(), Thrown> {
    match name {
        "authority" => config.target.authority = text(name, value)?,
        "userAgent" => config.user_agent = text(name, value)?,
        "compression" => {
            config.compress = match text(name, value)?.as_str() {
                "gzip" => true,
                "identity" => false,
                _ => return Err(refuse(name, "\"gzip\" or \"identity\"")),
            }
        }
        "policy" => {
            config.policy = Policy::of_name(&text(name, value)?)
                .ok_or_else(|| refuse(name, "\"pick_first\" or \"round_robin\""))?;
        }
        "maxReceive" => config.max_receive = size(name, value)?,
        "maxSend" => config.max_send = size(name, value)?,
        "calls" => config.calls = size(name, value)?,
        "window" => {
            let window = value.as_long().filter(|window| WINDOW.contains(window));
            config.window =
                window.ok_or_else(|| refuse(name, "a number from 65535 to 2147483647"))? as u32;
        }
        "health" => config.health = Some(text(name, value)?),
        "keepalive" => {
            config.keepalive = Some(duration(name, value)?).filter(|pause| !pause.is_zero())
        }
        "keepaliveTimeout" => config.keepalive_timeout = duration(name, value)?,
        "keepaliveIdle" => config.keepalive_idle = truth(name, value)?,
        "connectTimeout" => config.connect_timeout = duration(name, value)?,
        "backoff" => config.backoff_min = duration(name, value)?,
        "maxBackoff" => config.backoff_max = duration(name, value)?,
        "resolve" => config.resolve = Some(duration(name, value)?).filter(|age| !age.is_zero()),
        "retries" => config.retries = truth(name, value)?,
        "retryBuffer" => config.retry_buffer = size(name, value)?,
        "waitForReady" => config.wait_for_ready = truth(name, value)?,
        _ => {
            return Err(engine::argument_error(
                1,
                &format!("has the option \"{name}\", which is unknown; known are {KNOWN}"),
            ));
        }
    }
    Ok(())
}

/// `true`, or an array; PEM may be given itself or by its file.
fn read_tls(value: &Value) -> Result<Option<tls::Options>, Thrown> {
    let mut options = tls::Options::default();
    let Some(parts) = entries(value) else {
        return truth("tls", value).map(|yes| yes.then_some(options));
    };
    for (name, value) in parts {
        let name = format!("tls.{}", String::from_utf8_lossy(&name));
        match name.as_str() {
            "tls.ca" => options.authorities = Some(pem(&name, &value)?),
            "tls.certificate" => options.certificate = Some(pem(&name, &value)?),
            "tls.key" => options.key = Some(pem(&name, &value)?),
            "tls.name" => options.name = Some(text(&name, &value)?),
            _ => {
                return Err(refuse(
                    &name,
                    "absent; known are ca, certificate, key and name",
                ));
            }
        }
    }
    Ok(Some(options))
}

fn pem(option: &str, value: &Value) -> Result<Vec<u8>, Thrown> {
    let given = value
        .as_bytes()
        .ok_or_else(|| refuse(option, "PEM, or the path of a file with it"))?;
    if given.windows(10).any(|part| part == b"-----BEGIN") {
        return Ok(given.to_vec());
    }
    let path = String::from_utf8_lossy(given);
    std::fs::read(&*path).map_err(|error| {
        refuse(
            option,
            &format!("PEM, or the path of a file with it; \"{path}\" cannot be read: {error}"),
        )
    })
}
