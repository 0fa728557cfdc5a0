//! Queue policies as PHP code writes them.

use std::collections::BTreeMap;

use tusk_infer::batcher::{QueuePolicy, TimeoutAction};
use tusk_infer::gather::Gather;
use tusk_runtime::timer::of_seconds;

use crate::exception::Thrown;
use crate::zend::engine;
use crate::zend::value::Value;

const KNOWN: &str = "action, timeout, allowOverride, maxQueueSize";

/// Reads `[priority => ['action' => 'reject' or 'delay', 'timeout' => seconds,
/// 'allowOverride' => bool, 'maxQueueSize' => number]]`; priority 0 is all that are not named.
/// `index` is the argument's, for messages.
pub fn read_policies(
    policies: &Value,
    index: u32,
) -> Result<(QueuePolicy, BTreeMap<u32, QueuePolicy>), Thrown> {
    let (mut general, mut single) = (QueuePolicy::default(), BTreeMap::new());
    for (key, value) in policies.entries().unwrap_or_default() {
        let priority = key.as_long().and_then(|key| u32::try_from(key).ok());
        let Some(priority) = priority else {
            return Err(refuse(
                index,
                "must have priorities as its keys, or 0 for all others",
            ));
        };
        let policy = read(&value, index)?;
        match priority {
            0 => general = policy,
            priority => {
                single.insert(priority, policy);
            }
        }
    }
    Ok((general, single))
}

fn read(value: &Value, index: u32) -> Result<QueuePolicy, Thrown> {
    let mut policy = QueuePolicy::default();
    let Some(parts) = value.entries() else {
        return Err(refuse(index, "must hold arrays of options"));
    };
    for (key, value) in parts {
        let name = key.text().unwrap_or_default();
        let wanted = match name.as_str() {
            "action" => match value.text().as_deref() {
                Some("reject") => {
                    policy.action = TimeoutAction::Reject;
                    continue;
                }
                Some("delay") => {
                    policy.action = TimeoutAction::Delay;
                    continue;
                }
                _ => "\"reject\" or \"delay\"",
            },
            "timeout" => match value
                .as_double()
                .filter(|seconds| (0.0..9.2e9).contains(seconds))
            {
                Some(seconds) => {
                    policy.timeout = of_seconds(seconds);
                    continue;
                }
                None => "zero (none) or more seconds",
            },
            "allowOverride" => match value.as_bool() {
                Some(allowed) => {
                    policy.allow_override = allowed;
                    continue;
                }
                None => "true or false",
            },
            "maxQueueSize" => match value.as_long().and_then(|size| usize::try_from(size).ok()) {
                Some(size) => {
                    policy.max_queue_size = size;
                    continue;
                }
                None => "zero (none) or a number",
            },
            _ => {
                let message =
                    format!("has the option \"{name}\", which is unknown; known are {KNOWN}");
                return Err(refuse(index, &message));
            }
        };
        return Err(refuse(
            index,
            &format!("has the option \"{name}\", which must be {wanted}"),
        ));
    }
    Ok(policy)
}

/// Reads how requests are joined for a model: `axes` (`name => axis or null`), `pad`
/// (`name => number`) and `buckets` (lengths), the arguments from `index` on.
pub fn read_gather(
    axes: &Value,
    pad: &Value,
    buckets: &Value,
    index: u32,
) -> Result<Gather, Thrown> {
    let mut gather = Gather::default();
    for (key, value) in axes.entries().unwrap_or_default() {
        let axis = value.as_long().and_then(|axis| usize::try_from(axis).ok());
        if axis.is_none() && !value.is_null() {
            return Err(refuse(
                index,
                "must hold the number of an axis, or null, for each name",
            ));
        }
        gather.axes.insert(key.text().unwrap_or_default(), axis);
    }
    for (key, value) in pad.entries().unwrap_or_default() {
        let Some(number) = value.as_double() else {
            return Err(refuse(
                index + 1,
                "must hold the number to pad with for each name",
            ));
        };
        gather.pad.insert(key.text().unwrap_or_default(), number);
    }
    for (_, value) in buckets.entries().unwrap_or_default() {
        let length = value
            .as_long()
            .and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|&length| length > 0) else {
            return Err(refuse(index + 2, "must be a list of lengths"));
        };
        gather.buckets.push(length);
    }
    gather.buckets.sort_unstable();
    Ok(gather)
}

fn refuse(index: u32, message: &str) -> Thrown {
    engine::argument_error(index, message)
}
