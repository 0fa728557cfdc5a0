//! gzip with a bound on what comes out: a few KiB can hold gigabytes.

use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use std::io::Read;

/// Why a message could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// More than the limit came out; nothing was kept.
    TooLong,
    /// It is no gzip.
    Corrupt,
}

/// Compresses. Level 1: messages are short-lived, and the network is rarely the bound.
pub fn compress(message: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::with_capacity(message.len() / 2 + 32);
    // Reading from memory does not fail.
    let _ = GzEncoder::new(message, Compression::fast()).read_to_end(&mut compressed);
    compressed
}

/// Decompresses into at most `limit` bytes.
///
/// # Errors
/// See [`Failure`].
pub fn decompress(compressed: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut message = Vec::with_capacity((compressed.len() * 3).min(limit));
    let bound = limit as u64 + 1;
    match GzDecoder::new(compressed)
        .take(bound)
        .read_to_end(&mut message)
    {
        Ok(_) if message.len() > limit => Err(Failure::TooLong),
        Ok(_) => Ok(message),
        Err(_) => Err(Failure::Corrupt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back() {
        for message in [&b""[..], b"a", &[7; 100_000]] {
            let compressed = compress(message);
            assert_eq!(decompress(&compressed, message.len()), Ok(message.to_vec()));
        }
    }

    #[test]
    fn the_limit_counts_what_comes_out() {
        let bomb = compress(&vec![0; 10 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(decompress(&bomb, 4 << 20), Err(Failure::TooLong));
        assert_eq!(decompress(b"no gzip", 100), Err(Failure::Corrupt));
        assert_eq!(
            decompress(&bomb[..bomb.len() / 2], 11 << 20),
            Err(Failure::Corrupt)
        );
    }
}
