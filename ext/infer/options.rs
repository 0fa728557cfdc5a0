//! Queue policies as PHP code writes them.

use std::collections::BTreeMap;

use tusk_infer::batcher::{QueuePolicy, TimeoutAction};

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
                    policy.timeout = (seconds * 1e9) as u64;
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

fn refuse(index: u32, message: &str) -> Thrown {
    engine::argument_error(index, message)
}
