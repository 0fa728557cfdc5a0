//! Runs one process with a time limit, and ends its whole process group.
//!
//! Output goes to a file, not to a pipe: a helper that outlives its test and holds the
//! output open can then not hold up the runner. The leader is reaped last, so that its
//! id, which is the group's, cannot have been given to somebody else when the group is
//! ended.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How a process ended.
pub struct End {
    /// Standard output and standard error as they came.
    pub output: String,
    /// What to report beside the output: a signal, a time limit.
    pub note: Option<String>,
}

/// Runs `command` until it ends or `limit` has passed; its output goes through `file`.
pub fn run(
    command: &mut Command,
    stdin: Stdio,
    file: &Path,
    limit: Duration,
) -> Result<End, String> {
    let output = File::create(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let errors = output.try_clone().map_err(|error| error.to_string())?;
    command
        .stdin(stdin)
        .stdout(output)
        .stderr(errors)
        .process_group(0);
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start {:?}: {error}", command.get_program()))?;
    let ended = wait_until(&child, Instant::now() + limit);
    end_group(&child);
    let status = child.wait().map_err(|error| error.to_string())?;
    let note = if ended {
        signal_note(status)
    } else {
        Some(format!("ended by the time limit of {limit:?}"))
    };
    let bytes = std::fs::read(file).map_err(|error| error.to_string())?;
    Ok(End {
        output: String::from_utf8_lossy(&bytes).into_owned(),
        note,
    })
}

/// Waits for the child's end without reaping it; false at the deadline.
fn wait_until(child: &Child, deadline: Instant) -> bool {
    let mut pause = Duration::from_millis(1);
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while Instant::now() < deadline {
        match rustix::process::waitid(WaitId::Pid(Pid::from_child(child)), options) {
            Ok(Some(_)) => return true,
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return true,
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
    false
}

/// Ends what the child left running. The group is gone when nothing was left.
fn end_group(child: &Child) {
    let _ = rustix::process::kill_process_group(Pid::from_child(child), Signal::KILL);
}

fn signal_note(status: ExitStatus) -> Option<String> {
    status
        .signal()
        .map(|signal| format!("ended by signal {signal}"))
}
