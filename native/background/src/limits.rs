//! Every bound of this crate, each with its reason and what happens beyond it.

use std::time::Duration;

/// Jobs that wait for the background thread. A call hands over a handful (its start, its
/// messages, credit for what was read), and no more calls than this wait at a time.
/// Beyond it: `run` fails with `Overloaded`.
pub const JOBS: usize = 256 << 10;

/// Jobs run before other tasks of the thread get their turn. A job starts a task or moves
/// a message, so these are some 100 µs.
/// Beyond it: the rest runs after the tasks that are ready.
pub const JOBS_PER_TURN: usize = 512;

/// How long letters wait before they are posted again to a mailbox that was full. It is
/// emptied 1,024 a turn, so room comes within a turn or two.
pub const MAILBOX_RETRY: Duration = Duration::from_millis(1);

/// Stack of the background thread. Handshakes of TLS are the deepest calls, and take tens
/// of KiB; untouched pages cost nothing.
/// Beyond it: the guard page of the thread ends the process, as for any thread.
pub const STACK_BYTES: usize = 1 << 20;

/// Threads for name look-ups. They wait rather than compute, and a process has few names.
/// Beyond it: look-ups queue.
pub const LOOKUP_THREADS: usize = 4;

/// Descriptors that are closed in the child of a fork. Connections of all channels together.
/// Beyond it: a connection works, but the child of a fork holds a copy of its descriptor,
/// so that the peer sees it end only when the child ends too.
pub const DESCRIPTORS: usize = 4096;
