//! Length-prefixed messages: one byte that says whether it is compressed, four of length,
//! the message. Bytes in, messages out; no I/O.

use bytes::{Buf, BufMut, Bytes, BytesMut};

/// Bytes before a message.
pub const PREFIX: usize = 5;

/// A message as it stood on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its first byte said so.
    pub compressed: bool,
    /// Without its prefix.
    pub data: Bytes,
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The first byte is neither 0 nor 1.
    Flag(u8),
    /// Longer than the limit.
    TooLong(usize),
}

/// Prefixes a message.
pub fn encode(compressed: bool, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(PREFIX + message.len());
    frame.put_u8(u8::from(compressed));
    // Senders bound messages far below 4 GiB.
    frame.put_u32(message.len() as u32);
    frame.put_slice(message);
    frame.freeze()
}

/// Takes messages out of a stream of bytes.
#[derive(Debug)]
pub struct Decoder {
    limit: usize,
    /// Bytes of the message that is incomplete.
    partial: BytesMut,
    /// Bytes not looked at yet; the common case is whole messages, which are cut from it
    /// without a copy.
    chunk: Bytes,
}

impl Decoder {
    /// Refuses messages longer than `limit` on the wire.
    pub fn new(limit: usize) -> Decoder {
        Decoder {
            limit,
            partial: BytesMut::new(),
            chunk: Bytes::new(),
        }
    }

    /// Adds bytes. The former ones must have been taken out: call [`Decoder::take`] until
    /// it gives `None`.
    pub fn add(&mut self, bytes: Bytes) {
        debug_assert!(self.chunk.is_empty());
        self.chunk = bytes;
    }

    /// Bytes kept of a message that is not complete.
    pub fn pending(&self) -> usize {
        self.partial.len()
    }

    /// The next message, or `None` when more bytes are needed.
    ///
    /// # Errors
    /// See [`Failure`]; the stream cannot be read on.
    pub fn take(&mut self) -> Result<Option<Message>, Failure> {
        if self.partial.is_empty() && self.chunk.len() >= PREFIX {
            let (compressed, length) = self.prefix(&self.chunk[..PREFIX])?;
            if self.chunk.len() >= PREFIX + length {
                self.chunk.advance(PREFIX);
                let data = self.chunk.split_to(length);
                return Ok(Some(Message { compressed, data }));
            }
        }
        self.fill(PREFIX);
        if self.partial.len() < PREFIX {
            return Ok(None);
        }
        let (compressed, length) = self.prefix(&self.partial[..PREFIX])?;
        self.partial
            .reserve((PREFIX + length).saturating_sub(self.partial.len()));
        self.fill(PREFIX + length);
        if self.partial.len() < PREFIX + length {
            return Ok(None);
        }
        let mut data = std::mem::take(&mut self.partial).freeze();
        data.advance(PREFIX);
        Ok(Some(Message { compressed, data }))
    }

    /// Moves bytes into `partial` until it has `wanted`.
    fn fill(&mut self, wanted: usize) {
        let missing = wanted.saturating_sub(self.partial.len());
        let moved = self.chunk.split_to(missing.min(self.chunk.len()));
        self.partial.extend_from_slice(&moved);
    }

    fn prefix(&self, prefix: &[u8]) -> Result<(bool, usize), Failure> {
        let compressed = match prefix[0] {
            0 => false,
            1 => true,
            other => return Err(Failure::Flag(other)),
        };
        let length = u32::from_be_bytes([prefix[1], prefix[2], prefix[3], prefix[4]]) as usize;
        if length > self.limit {
            return Err(Failure::TooLong(length));
        }
        Ok((compressed, length))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode_all(wire: &[u8], piece: usize, limit: usize) -> Result<Vec<Message>, Failure> {
        let mut decoder = Decoder::new(limit);
        let mut messages = Vec::new();
        for chunk in wire.chunks(piece) {
            decoder.add(Bytes::copy_from_slice(chunk));
            while let Some(message) = decoder.take()? {
                messages.push(message);
            }
        }
        assert_eq!(decoder.pending(), 0);
        Ok(messages)
    }

    #[test]
    fn messages_come_out_however_they_were_cut() {
        let contents: Vec<Vec<u8>> = [0usize, 1, 4, 5, 6, 100, 3000, 0, 77]
            .iter()
            .map(|&length| (0..length).map(|at| (at * 7 + length) as u8).collect())
            .collect();
        let mut wire = Vec::new();
        for (number, content) in contents.iter().enumerate() {
            wire.extend_from_slice(&encode(number % 2 == 1, content));
        }
        for piece in (1..40).chain([1000, wire.len()]) {
            let messages = decode_all(&wire, piece, 3000).expect("valid");
            assert_eq!(messages.len(), contents.len());
            for (number, (message, content)) in messages.iter().zip(&contents).enumerate() {
                assert_eq!(message.compressed, number % 2 == 1);
                assert_eq!(message.data, content);
            }
        }
    }

    #[test]
    fn bad_flags_and_lengths_are_seen_before_the_message_is_there() {
        let mut decoder = Decoder::new(10);
        decoder.add(Bytes::from_static(&[2, 0, 0, 0, 0]));
        assert_eq!(decoder.take(), Err(Failure::Flag(2)));
        for piece in [1, 5] {
            let failed = decode_all(&[0, 0xff, 0xff, 0xff, 0xff], piece, 10);
            assert_eq!(failed, Err(Failure::TooLong(0xffff_ffff)));
        }
        assert!(decode_all(&encode(false, &[1; 10]), 4, 10).is_ok());
        assert!(decode_all(&encode(false, &[1; 11]), 4, 10).is_err());
    }
}
