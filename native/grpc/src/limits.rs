//! Every bound of this crate, each with its reason and what happens beyond it.

use std::time::Duration;

/// Longest message received, counted after decompression: what gRPC's own implementations
/// default to. `max_receive` of a channel sets it.
/// Beyond it: the call ends with RESOURCE_EXHAUSTED, and nothing of the message is kept.
pub const RECEIVE_BYTES: usize = 4 << 20;

/// Longest message sent. gRPC has no bound here; this one keeps a slip of the caller from
/// filling memory twice (once in PHP, once on its way).
/// Beyond it: sending fails with RESOURCE_EXHAUSTED before anything is queued.
pub const SEND_BYTES: usize = 64 << 20;

/// What the server may send on one call before it is read: the memory of a stream that is
/// read slowly. 256 KiB keep 2 MiB/ms·RTT in flight, which is 20 MB/s at 12 ms.
/// Beyond it: the server waits. `window` of a channel sets it.
pub const WINDOW_BYTES: u32 = 256 << 10;

/// The same for all calls of a connection together: so many calls that nobody reads do not
/// stop the others that 256 of them would be needed.
/// Beyond it: the server waits until one of them is read.
pub const CONNECTION_WINDOW_BYTES: u32 = 64 << 20;

/// Bytes of messages that wait for the server's window before a sender waits: two frames
/// and a bit, so that the connection never runs dry between two sends.
/// Beyond it: `send` waits. One message may be longer.
pub const SEND_BUFFER_BYTES: usize = 64 << 10;

/// Calls of one channel that have not ended. An HTTP/2 server allows some 100 at a time on
/// a connection; the others wait here, at some KiB each.
/// Beyond it: starting a call fails with `Overloaded`.
pub const CALLS: usize = 16 << 10;

/// Addresses of one channel, after names were resolved. Each may hold a connection.
/// Beyond it: the rest is not used.
pub const ADDRESSES: usize = 64;

/// Bytes of headers of one response. gRPC recommends 8 KiB; error details need more.
/// Beyond it: the call fails.
pub const HEADER_BYTES: u32 = 64 << 10;

/// How long a connection may take to be there, its TLS and HTTP/2 handshakes included:
/// gRPC's minimum.
/// Beyond it: the attempt failed.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// The first pause after a failed attempt to connect; it grows by the factor 1.6, with 20 %
/// of jitter, as gRPC's connection backoff says.
pub const BACKOFF_MIN: Duration = Duration::from_secs(1);

/// The longest pause, from the same source.
pub const BACKOFF_MAX: Duration = Duration::from_secs(120);

/// How long the answer to a keepalive ping may take.
/// Beyond it: the connection is given up, and its calls fail with UNAVAILABLE.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a call that the server certainly has not seen is tried on another connection.
/// Beyond it: it fails with UNAVAILABLE.
pub const TRANSPARENT_RETRIES: u32 = 3;
