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

/// How long a connection may take to be there, its name and TLS included: gRPC's minimum.
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

/// How often a call of which nothing has left this process is tried on another connection. gRPC
/// sets no bound; a server that hangs up at once again and again would keep a call going
/// round without one.
/// Beyond it: the service config's retries, if it has any, or UNAVAILABLE.
pub const UNSENT_RETRIES: u32 = 3;

/// How often a call that reached a server, which says that it has not looked at it, is sent
/// again: once, as gRPC's proposal A6 says, because it costs the network.
/// Beyond it: as above.
pub const UNSEEN_RETRIES: u32 = 1;

/// Bytes of a streamed request that are kept for another attempt: what gRPC's own clients
/// keep. A request that is complete when the call begins is kept whole, it is here anyway.
/// Beyond it: the call goes on and is not tried again.
pub const RETRY_BUFFER_BYTES: usize = 256 << 10;

/// How old an answer of the name service may get while calls are spread over its addresses:
/// what gRPC's own clients wait between two questions.
pub const RESOLVE_INTERVAL: Duration = Duration::from_secs(30);
