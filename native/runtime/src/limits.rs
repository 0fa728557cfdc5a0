//! Every bound of the runtime, each with its reason and what happens beyond it.
//!
//! A queue, table or pool without a line here is a defect.

use crate::Nanos;

/// Submission entries of the ring. One turn of a busy loop pushes a few per ready
/// coroutine; 256 keep the queue (16 KiB) inside the first-level cache.
/// Beyond it: the pushed part is handed to the kernel at once, and pushing goes on.
pub const RING_ENTRIES: u32 = 256;

/// Completion entries of the ring (16 bytes each, 64 KiB). Large enough that a burst on
/// a few thousand sockets fits in one turn.
/// Beyond it: the kernel keeps the rest in its own list, and the driver fetches it
/// before it waits again; nothing is lost.
pub const RING_COMPLETIONS: u32 = 4096;

/// Completions that one `wait` of the epoll driver takes from the kernel (12 bytes each).
/// Beyond it: the rest is fetched by the next `wait`; ready descriptors take turns.
pub const EPOLL_EVENTS: usize = 512;

/// Ops in flight per driver. The slot index is 32 bits wide and each op costs about
/// 150 bytes here and more in the kernel; 4 million is four times the million
/// coroutines that one process is meant to hold.
/// Beyond it: `submit` fails with `Overloaded`.
pub const OPS_IN_FLIGHT: usize = 4 << 20;

/// Descriptors on which a poll may stay armed between two waits: those below this number.
/// It takes 16 bytes for each, and more than a few thousand transfers of libcurl at once,
/// which need two each, are not usual.
/// Beyond it: the poll is cancelled after each wait.
pub const KEPT_POLLS: usize = 4096;

/// How long dropping a driver waits for cancelled ops to let go of their memory.
/// Cancelling takes microseconds except for disk reads that have begun.
/// Beyond it: the ring and the memory of what is left are leaked, because the kernel
/// may still write there.
pub const REAP_AT_DROP: Nanos = 1_000_000_000;

/// How long an answer may be kept back for others to come with it, where they come fast
/// (`driver::coalesce`): the bell rings so often (`driver::bell`). A guess that was wrong costs this
/// once, twice where the bell rang just before, and a timer of a millisecond nothing that can be measured.
/// Beyond it: the wait ends with what is there.
pub const COALESCE_PATIENCE: Nanos = 1_000_000;

/// Items waiting in a mailbox. Other threads post one item a finished request; 64 Ki are
/// far more than any of the pools behind it may have in flight.
/// Beyond it: `send` gives the item back.
pub const MAILBOX_ITEMS: usize = 64 << 10;

/// Items that one `drain` hands out before the loop gets to its descriptors again.
/// Beyond it: the rest is drained in the next turn, and the loop does not sleep.
pub const MAILBOX_DRAIN: usize = 1024;

/// Threads of the blocking pool. It serves name look-ups and file systems that block;
/// these wait rather than compute, so the count is not tied to the cores.
/// Beyond it: jobs queue.
pub const POOL_THREADS: usize = 16;

/// Jobs that wait for a thread of the blocking pool. At 5 ms a look-up and 16 threads
/// this is a queue of about 300 ms, which is what a caller still sees as working.
/// Beyond it: `try_run` fails with `Overloaded`.
pub const POOL_QUEUE: usize = 1024;

/// How long an idle thread of the blocking pool stays. Bursts of look-ups come seconds
/// apart; a stack that is idle longer is memory for nothing.
/// Beyond it: the thread ends, and the next job starts one.
pub const POOL_IDLE: Nanos = 10_000_000_000;

/// Largest length handed to one read, write, send or receive. The kernel itself cuts at
/// this value (`MAX_RW_COUNT`), so that results fit an `int`.
/// Beyond it: the op transfers less than was asked for, which every caller of these
/// must expect anyway.
pub const TRANSFER_BYTES: usize = 0x7fff_f000;

/// Bytes written to a blocking pipe at once by the epoll driver: what POSIX lets a
/// writer put in without blocking when the pipe is writable (`PIPE_BUF`).
/// Beyond it: the write is short.
pub const BLOCKING_PIPE_WRITE: usize = 4096;

/// Stack of a pool thread. getaddrinfo with its plug-ins wants more than the 64 KiB that
/// a small thread gets, and far less than the 8 MiB of a main thread; untouched pages
/// cost nothing.
/// Beyond it: the guard page of the thread ends the process, as for any thread.
pub const POOL_STACK_BYTES: usize = 512 << 10;

/// Slots of one slab of coroutine stacks. One mapping for 256 stacks keeps the process
/// far below `vm.max_map_count`, and is small enough to give back when it falls empty.
/// Beyond it: another slab is mapped.
pub const STACK_SLAB_SLOTS: usize = 256;

/// Address space that slabs of stacks leave to the rest of the process: PHP's heap takes
/// pieces of 2 MiB, and ends the script where it gets none.
/// Beyond it: allocating a stack fails with `Overloaded`, while PHP still has memory to
/// report it.
pub const STACK_ADDRESS_RESERVE: usize = 32 << 20;

/// Stacks that are kept with their touched pages for the next coroutine. At two touched
/// pages each this is 2 MiB; taking a warm one saves two page faults.
/// Beyond it: the pages are given back to the kernel, and empty slabs are unmapped.
pub const STACKS_WARM: usize = 256;

/// The share of `vm.max_map_count` that guard pages never use, in percent: the
/// application, its libraries and its threads need mappings too.
/// Beyond it: allocating a stack fails with `Overloaded`, unless unguarded stacks are set.
pub const MAP_COUNT_RESERVE_PERCENT: usize = 10;

/// Tasks alive in one process. A million parked coroutines take about 6 GiB; beyond it
/// spawning fails with `Overloaded`. `tusk.max_coroutines` sets it.
pub const MAX_TASKS: usize = 1_000_000;

/// Jobs handed out between two looks at the clock while somebody is always ready. A look
/// costs some 20 ns, which is a nanosecond a job.
pub const JOBS_PER_LOOK: u32 = 16;

/// How long the kernel is not asked, in nanoseconds, while somebody is always ready. Longer,
/// and what came meanwhile is served in lumps: with jobs of 8 µs and a look at the kernel
/// every 2 ms a tenth of 50 ms sleeps were 8 ms late (benches/sleepers). Shorter, and asking
/// (about a microsecond) is felt.
pub const POLL_INTERVAL: u64 = 100_000;

/// Slabs that the overflow handler can name: a million stacks in full slabs are 3,907. The
/// table (24 bytes each) lies in memory that is only touched when it is used.
/// Beyond it: stacks work and are guarded, but an overflow is reported without its slot.
pub const STACK_SLABS_NAMED: usize = 8192;
