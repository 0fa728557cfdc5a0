//! Tries every part of io_uring that the driver uses.
//!
//! Required: multishot poll (5.13) and timed waits in enter (EXT_ARG, 5.11); without them the ring
//! would need more calls than epoll, so it is not used at all. Everything else is
//! replaced by itself when it is missing.

use super::plan::REQUIRED;
use super::{Feature, Plan, reason};
use crate::buf::OwnedBuf;
use crate::op::{
    Accept, Cancel, Close, Connect, Fsync, Op, OpenAt, Poll, Read, Recv, Send, Statx, Timeout,
    Token, VERB_TABLE, VERBS, WaitId, Write,
};
use crate::sys::address::Address;
use crate::sys::clock;
use crate::sys::eventfd::EventFd;
use crate::sys::ring::{Ring, Setup, Timeout as WaitLimit};
use crate::sys::signal;
use io_uring::{opcode, squeue};

/// A ring for trying things on needs room for one entry a verb.
const ENTRIES: u32 = 32;

/// What works, or the reason why the ring cannot be used, each with the table so far.
///
/// On a thread that ends with it. Some verbs (statx, fsync) are run by a worker thread of the
/// kernel, which stays as long as the thread for which it was made, and shares its
/// descriptors: every later call on one, in the whole process, would be dearer by some 45 ns.
pub(crate) fn probe_ring() -> (Result<Plan, String>, Vec<Feature>) {
    // A signal of the process is not for a thread that knows nothing of PHP.
    let blocked = signal::block_all();
    let started = std::thread::Builder::new()
        .name("tusk-probe".to_owned())
        .spawn(try_ring);
    drop(blocked);
    match started.map(std::thread::JoinHandle::join) {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => (Err("trying it panicked".to_owned()), Vec::new()),
        // No thread can be had.
        Err(_) => try_ring(),
    }
}

fn try_ring() -> (Result<Plan, String>, Vec<Feature>) {
    let mut features = Vec::new();
    let plan = probe(&mut features);
    (plan, features)
}

fn probe(features: &mut Vec<Feature>) -> Result<Plan, String> {
    let mut ring = open_best(features)?;
    let mut plan = Plan {
        setup: ring.setup(),
        ..Plan::plain()
    };
    if !ring.nodrop() {
        return Err("completions that do not fit would be lost (NODROP is missing)".to_owned());
    }
    require(features, "EXT_ARG", try_timed_wait(&mut ring))?;
    require(features, "multishot poll", try_multishot(&mut ring))?;
    plan.absolute_waits = optional(
        features,
        "ABS_TIMER",
        try_absolute_wait(&mut ring),
        "the time left is computed before each wait",
    );
    plan.skip_success = optional(
        features,
        "CQE_SKIP_SUCCESS",
        try_skip(&mut ring),
        "cancels post completions, which are thrown away",
    );
    plan.verbs = try_verbs(&mut ring, features);
    for (there, (name, _)) in plan.verbs.iter().zip(VERB_TABLE) {
        if !there && REQUIRED.contains(&name) {
            return Err(format!("the ring has no {name}"));
        }
    }
    Ok(plan)
}

/// Opens a ring with the best flags, and says what the refused ones answered.
fn open_best(features: &mut Vec<Feature>) -> Result<Ring, String> {
    let deferred = Ring::open(Setup::Deferred, ENTRIES, 2 * ENTRIES);
    for name in ["SINGLE_ISSUER", "DEFER_TASKRUN", "COOP_TASKRUN"] {
        let missing = match &deferred {
            Ok(_) => None,
            Err(errno) => Some(format!(
                "{}; plainer flags are used",
                reason::of_setup(*errno)
            )),
        };
        features.push(Feature { name, missing });
    }
    let errno = match deferred {
        Ok(ring) => return Ok(ring),
        Err(errno) => errno,
    };
    if errno != libc::EINVAL {
        return Err(reason::of_setup(errno));
    }
    if let Ok(ring) = Ring::open(Setup::Cooperative, ENTRIES, 2 * ENTRIES) {
        for feature in features.iter_mut().filter(|f| f.name == "COOP_TASKRUN") {
            feature.missing = None;
        }
        return Ok(ring);
    }
    Ring::open(Setup::Plain, ENTRIES, 2 * ENTRIES).map_err(reason::of_setup)
}

fn require(
    features: &mut Vec<Feature>,
    name: &'static str,
    tried: Result<(), i32>,
) -> Result<(), String> {
    let missing = tried.err().map(reason::of_errno);
    features.push(Feature {
        name,
        missing: missing.clone(),
    });
    match missing {
        None => Ok(()),
        Some(text) => Err(format!("{name}: {text}")),
    }
}

fn optional(
    features: &mut Vec<Feature>,
    name: &'static str,
    tried: Result<(), i32>,
    instead: &str,
) -> bool {
    let missing = tried
        .err()
        .map(|errno| format!("{}; {instead}", reason::of_errno(errno)));
    let there = missing.is_none();
    features.push(Feature { name, missing });
    there
}

fn try_timed_wait(ring: &mut Ring) -> Result<(), i32> {
    if !ring.ext_arg() {
        return Err(libc::EINVAL);
    }
    expect_time(ring.enter(1, Some(WaitLimit::For(1)), None))
}

fn try_absolute_wait(ring: &mut Ring) -> Result<(), i32> {
    // A kernel that does not know the flag says EINVAL; were it ignored, the wait would
    // take as long as the machine is up, so a point is used that is short either way.
    expect_time(ring.enter(1, Some(WaitLimit::At(1)), None))
}

fn expect_time(entered: Result<u32, i32>) -> Result<(), i32> {
    match entered {
        Err(libc::ETIME) | Ok(_) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// A multishot poll of a readable eventfd must report `more`; it is then cancelled.
fn try_multishot(ring: &mut Ring) -> Result<(), i32> {
    let eventfd = EventFd::new()?;
    eventfd.signal();
    let poll = Op::from(Poll {
        fd: eventfd.fd(),
        events: libc::POLLIN as u16,
        multi: true,
    });
    let completion = run(ring, &poll.entry().user_data(1))?;
    if completion.0 < 0 {
        return Err(-completion.0);
    }
    if !completion.1 {
        return Err(libc::EINVAL);
    }
    // Two completions: the cancel's and the poll's last.
    if !ring.push(&opcode::AsyncCancel::new(1).build().user_data(2)) {
        return Err(libc::EBUSY);
    }
    let mut ended = 0;
    while ended < 2 {
        settle(ring)?;
        ring.reap(|_, _, more| ended += usize::from(!more));
    }
    Ok(())
}

/// Submits, and waits until something completed.
fn settle(ring: &mut Ring) -> Result<(), i32> {
    match ring.enter(1, None, None) {
        Ok(_) | Err(libc::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// A cancel that finds nothing fails and must be reported even so; an unknown flag is
/// EINVAL.
fn try_skip(ring: &mut Ring) -> Result<(), i32> {
    if !ring.skips() {
        return Err(libc::EINVAL);
    }
    let cancel = opcode::AsyncCancel::new(77)
        .build()
        .flags(squeue::Flags::SKIP_SUCCESS)
        .user_data(3);
    match run(ring, &cancel)?.0 {
        result if result == -libc::ENOENT => Ok(()),
        result => Err(-result),
    }
}

/// Runs one entry that completes at once: result and `more`.
fn run(ring: &mut Ring, entry: &squeue::Entry) -> Result<(i32, bool), i32> {
    if !ring.push(entry) {
        return Err(libc::EBUSY);
    }
    let mut found = None;
    while found.is_none() {
        settle(ring)?;
        ring.reap(|_, result, more| found = found.or(Some((result, more))));
    }
    found.ok_or(libc::EIO)
}

/// Runs every verb with an argument that fails harmlessly: what the kernel does not have
/// says EINVAL (or EACCES under a restriction), the rest says what is wrong.
fn try_verbs(ring: &mut Ring, features: &mut Vec<Feature>) -> [bool; VERBS] {
    let mut there = [true; VERBS];
    for op in harmless() {
        let verb = op.verb();
        let result = run(ring, &op.entry().user_data(4)).map_or_else(|errno| -errno, |(r, _)| r);
        let missing = matches!(-result, libc::EINVAL | libc::EACCES | libc::EOPNOTSUPP)
            .then(|| format!("{}; a plain call is made", reason::of_errno(-result)));
        there[verb] = missing.is_none();
        features.push(Feature {
            name: VERB_NAMES[verb],
            missing,
        });
    }
    there
}

/// `VERB_TABLE` with a prefix, for the report.
const VERB_NAMES: [&str; VERBS] = [
    "op accept",
    "op connect",
    "op recv",
    "op send",
    "op read",
    "op write",
    "op poll",
    "op close",
    "op timeout",
    "op cancel",
    "op openat",
    "op statx",
    "op fsync",
    "op waitid",
];

/// One op a verb that ends at once without doing anything.
fn harmless() -> Vec<Op> {
    let nobody = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
    let loan = |len| OwnedBuf::zeroed(len).lend();
    let mut ops: Vec<Op> = vec![
        Accept { fd: -1, flags: 0 }.into(),
        Connect::new(-1, Address::from(nobody)).into(),
        Send {
            fd: -1,
            buf: vec![0].into(),
            flags: 0,
        }
        .into(),
        Write {
            fd: -1,
            buf: vec![0].into(),
            offset: None,
        }
        .into(),
        Poll {
            fd: -1,
            events: libc::POLLIN as u16,
            multi: false,
        }
        .into(),
        Close { fd: -1 }.into(),
        Timeout::at(clock::now()).into(),
        Cancel { target: Token(0) }.into(),
        OpenAt {
            directory: libc::AT_FDCWD,
            path: c"".into(),
            flags: 0,
            mode: 0,
        }
        .into(),
        Fsync {
            fd: -1,
            data_only: false,
        }
        .into(),
        WaitId::harmless().into(),
    ];
    if let (Some(recv), Some(read), Some(stat)) = (loan(1), loan(1), loan(Statx::SIZE)) {
        ops.push(
            Recv {
                fd: -1,
                buf: recv.into(),
                flags: 0,
            }
            .into(),
        );
        ops.push(
            Read {
                fd: -1,
                buf: read.into(),
                offset: None,
            }
            .into(),
        );
        let statx = Statx::new(libc::AT_FDCWD, c"".into(), 0, 0, stat.into());
        ops.extend(statx.ok().map(Op::from));
    }
    debug_assert_eq!(ops.len(), VERB_TABLE.len());
    ops
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::thread;

    /// The kernel's workers of the calling thread, by the names it gives them.
    fn workers() -> usize {
        let name = format!("iou-wrk-{}", thread::id());
        let tasks = std::fs::read_dir("/proc/self/task").expect("there is /proc");
        tasks
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .filter(|comm| comm.trim() == &name[..name.len().min(15)])
            .count()
    }

    #[test]
    fn no_worker_of_the_kernel_is_left_that_shares_our_descriptors() {
        let left = std::thread::spawn(|| {
            let (plan, _) = probe_ring();
            (plan.is_ok(), workers())
        });
        let (there, left) = left.join().expect("no panic");
        assert!(left == 0, "{left} workers, io_uring: {there}");
    }
}
