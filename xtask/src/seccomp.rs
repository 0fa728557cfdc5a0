//! `cargo xtask seccomp`: runs a command on a kernel that seems to lack things.
//!
//! The filter is set on this thread and inherited by what it becomes with `exec`, so the
//! command and all its children live under it. Only system calls by number are judged:
//! flags that a newer kernel added to an old call pass.

#[path = "seccomp/numbers.rs"]
mod numbers;

use crate::Outcome;
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::process::Command;

const ENOSYS: u32 = 38;
const EPERM: u32 = 1;

/// Runs `seccomp <filter> -- COMMAND...`; returns only when it fails.
pub fn run(arguments: &[String]) -> Outcome {
    let (filter, command) = match arguments {
        [filter, dashes, command @ ..] if dashes == "--" && !command.is_empty() => {
            (filter, command)
        }
        _ => return Err("usage: cargo xtask seccomp <eperm|linux-4.19> -- COMMAND...".into()),
    };
    let program = match filter.as_str() {
        // What container runtimes' default profiles do since 2023.
        "eperm" => compile(&numbers::IO_URING.collect::<Vec<_>>(), EPERM)?,
        "linux-4.19" => compile(&numbers::after_linux_4_19(), ENOSYS)?,
        other => {
            return Err(format!(
                "there is no filter {other:?}; there are eperm and linux-4.19"
            ));
        }
    };
    seccompiler::apply_filter(&program)
        .map_err(|error| format!("the kernel refused the filter: {error}"))?;
    let error = Command::new(&command[0]).args(&command[1..]).exec();
    Err(format!("cannot start {}: {error}", command[0]))
}

/// A filter that answers `errno` to every call in `numbers` and allows all others.
fn compile(numbers: &[i64], errno: u32) -> Result<BpfProgram, String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| error.to_string())?;
    let rules: BTreeMap<i64, Vec<_>> = numbers.iter().map(|number| (*number, Vec::new())).collect();
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(errno),
        arch,
    )
    .map_err(|error| error.to_string())?;
    filter
        .try_into()
        .map_err(|error: seccompiler::BackendError| error.to_string())
}
