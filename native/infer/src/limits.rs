//! Every bound of inference, each with its reason and what happens beyond it.

use std::time::Duration;

/// Largest batch that may be asked for. A histogram has a place for each size, and no model
/// gains above a few hundred.
/// Beyond it: the options are refused.
pub const MAX_BATCH: u32 = 65_536;

/// Items that wait or run in one batcher, where the options name no other number. At 32 a
/// batch and 10 ms each this is 1.3 seconds of work, more than callers wait for.
/// Beyond it: `submit` refuses, and the caller is told that the batcher is overloaded.
pub const ITEMS: usize = 4096;

/// Shapes that items wait in at the same time. Each is looked at when a batch is formed; more
/// than this means that inputs should be padded to fewer.
/// Beyond it: `submit` refuses an item of one more shape.
pub const BUCKETS: usize = 256;

/// Levels of priority. Triton's users have a handful.
/// Beyond it: the options are refused.
pub const PRIORITIES: u32 = 1024;

/// Batches that run at the same time. Each is a coroutine or a thread.
/// Beyond it: the options are refused.
pub const INSTANCES: u32 = 256;

/// Runs that wait for one loaded model. A batcher has few; single callers should use one.
/// Beyond it: `run` is refused as overloaded.
pub const MODEL_QUEUE: usize = 1024;

/// Most runs of one model at a time, as many as there are cores but two at least; each gets more
/// threads from ONNX Runtime's own pool. More than a few only take cores from one another. There is
/// one thread more, for other models.
/// Beyond it: runs wait for a thread.
pub const MODEL_THREADS: usize = 4;

/// Niceness of the threads that run models, ONNX Runtime's own among them. They compute for
/// milliseconds without a pause; at 10 the kernel gives them about a tenth of a core that
/// PHP's thread wants too, and all of one that nobody else wants.
pub const MODEL_NICENESS: i32 = 10;

/// Runs of one model at the same time that may be asked for. They share its weights, and each
/// needs memory for what it computes; more than `MODEL_THREADS` wait all the same.
/// Beyond it: the options are refused.
pub const MODEL_RUNS: u32 = 64;

/// Longest answer of a remote server, where the options name no other length: a batch of 32
/// pictures of 1024 × 1024 in half precision is below it, a server gone mad is stopped by it.
/// Beyond it: the question fails as overloaded.
pub const REMOTE_RECEIVE: usize = 256 << 20;

/// Longest request. Triton and KServe take what fits their memory.
/// Beyond it: the question fails as overloaded before anything is sent.
pub const REMOTE_SEND: usize = 256 << 20;

/// Bytes of inputs that are put into a request on PHP's thread: copying so much takes a tenth of a
/// millisecond or two.
/// Beyond it: that is done on a thread while the coroutine waits.
pub const REMOTE_INLINE: usize = 1 << 20;

/// Connections to one server over HTTP/1.1, which carry one request each. A server that
/// batches wants two batches in flight (64 at 32).
/// Beyond it: requests wait for a connection.
pub const REMOTE_CONNECTIONS: usize = 64;

/// Requests to one server that have not ended. Each has its inputs in memory.
/// Beyond it: they are refused as overloaded.
pub const REMOTE_CALLS: usize = 4096;

/// How long connecting may take, name and TLS included.
/// Beyond it: the question fails; it was not sent.
pub const REMOTE_CONNECT: Duration = Duration::from_secs(5);

/// How long an HTTP connection is kept without being used: less than the minute after which
/// proxies and address translators forget it without a word.
/// Beyond it: it is closed when the next one is looked for.
pub const REMOTE_IDLE: Duration = Duration::from_secs(45);
