//! Every bound of this crate, each with its reason and what happens beyond it.

/// Dimensions of a tensor. ONNX models have at most 8 in practice, numpy allows 32; 16 keep a
/// layout small. Beyond it: `Misuse`.
pub const RANK: usize = 16;

/// Header of an npy file. Real ones have 118 bytes; a structured dtype, which is refused, makes
/// the long ones. Beyond it: `Protocol`.
pub const NPY_HEADER: usize = 64 << 10;

/// Header of a safetensors file. The format's own implementation refuses more than 100 MB; the
/// largest models published have under 10 MB. Beyond it: `Protocol`.
pub const SAFETENSORS_HEADER: usize = 32 << 20;

/// Tensors named by one safetensors header: each costs an object in PHP. Large models have a few
/// thousand. Beyond it: `Protocol`.
pub const SAFETENSORS_TENSORS: usize = 100_000;

/// Files mapped at a time. The signal handler that notices truncated ones looks through a table
/// of this size without a lock. Beyond it: `Overloaded`.
pub const MAPPINGS: usize = 1024;

/// Alignment of memory that this crate allocates: a cache line, what ONNX Runtime, numpy and
/// DLPack ask for, and what older Ascend drivers demand of both ends of a copy.
pub const ALIGNMENT: usize = 64;

/// Bytes that one staging piece of pinned memory holds. A megabyte reaches nine tenths of a
/// PCIe link's rate, and copying it takes the processor 0.1 ms.
pub const STAGING: usize = 1 << 20;

/// Copies that each stream of a device has in flight: two would do to keep it busy, four bridge a
/// late call back. Beyond it: jobs wait; staging memory is at most twice this many pieces.
pub const IN_FLIGHT: usize = 4;

/// Jobs of a device that are looked at side by side, for one that need not wait for those before
/// it. Each is compared with all others. Beyond it: jobs wait in the queue.
pub const ACTIVE: usize = 64;

/// Jobs that wait for one device. Beyond it: `Overloaded`.
pub const JOBS: usize = 4096;

/// Freed memory that a device keeps for reuse when no limit was set. Beyond it: what is freed
/// goes back to the driver.
pub const CACHED: usize = 1 << 30;

/// Pauses between questions whether work is done, where the driver does not call back.
pub const POLL_FIRST: std::time::Duration = std::time::Duration::from_micros(20);
/// See `POLL_FIRST`: pauses double up to this one.
pub const POLL_LAST: std::time::Duration = std::time::Duration::from_millis(1);
/// The same where the driver calls back: work that failed never does.
pub const POLL_CALLED: std::time::Duration = std::time::Duration::from_millis(20);

/// How long closing a device waits for work in flight. Beyond it: thread and memory are left
/// as they are, because the device may still write there.
pub const CLOSE: std::time::Duration = std::time::Duration::from_secs(2);
