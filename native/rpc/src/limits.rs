//! Every bound of the RPC clients, each with its reason and what happens beyond it.

use tusk_runtime::Nanos;

/// Payload of one frame or message. RoadRunner itself sets no bound; 64 MiB are far above
/// any call that makes sense and far below a PHP worker's memory.
/// Beyond it: a call is refused with `Overloaded` before anything is sent; an answer breaks
/// the connection with `Protocol`.
pub const MESSAGE_BYTES: usize = 64 << 20;

/// Length of a method's name. Go's names are a few dozen bytes.
/// Beyond it: `Misuse`.
pub const METHOD_BYTES: usize = 4096;

/// Calls in flight on one connection, waiting in its queue included. A call costs 80 bytes
/// here and a goroutine at the other side; what is more than this is not served faster
/// by queueing.
/// Beyond it: `Overloaded`.
pub const IN_FLIGHT: usize = 16 << 10;

/// Bytes of calls that wait for the socket. One message of the largest size always fits.
/// Beyond it: `Overloaded`.
pub const QUEUE_BYTES: usize = 64 << 20;

/// Numbers of calls that were given up and whose answers have not come. Four times what may
/// be in flight.
/// Beyond it: the oldest are forgotten, and an answer with an unknown number is
/// dropped instead of breaking the connection.
pub const ABANDONED: usize = 64 << 10;

/// How long connecting may take, TLS included, over all addresses of a name; and how long
/// calls wait for a connection that was lost.
/// Beyond it: the calls that wait fail; they were not sent.
pub const CONNECT_TIMEOUT: Nanos = 5_000_000_000;

/// The first pause after a failed attempt to connect. A restarting server needs
/// milliseconds; each further pause is twice as long.
pub const BACKOFF_FIRST: Nanos = 10_000_000;

/// The longest pause between attempts: a server that comes back is found within a second.
pub const BACKOFF_LONGEST: Nanos = 1_000_000_000;

/// How long a client that was closed tries to send what is queued. A socket takes what fits
/// its buffer at once; a peer that does not read is not waited for.
/// Beyond it: the rest is dropped.
pub const LINGER: Nanos = 1_000_000_000;
