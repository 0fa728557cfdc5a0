//! Every bound of a link, each with its reason and what happens beyond it.

/// Bytes received at once. What the kernel's default receive window holds.
/// Beyond it: the next receive.
pub const INBOX_BYTES: usize = 128 << 10;

/// Bytes sent at once: a few thousand small messages.
/// Beyond it: the next send.
pub const OUTBOX_BYTES: usize = 128 << 10;

/// Plaintext that is encrypted at once: what a record holds (RFC 8446, 5.1).
/// Beyond it: the next record.
pub const PLAIN_BYTES: usize = 16 << 10;

/// Bytes of an unexpected message that an error shows.
pub const SHOWN_BYTES: usize = 60;
