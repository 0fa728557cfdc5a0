//! Bytes of an image by address, wherever they are: in this process, or in a crafted file.
//!
//! Invariant: a read outside what the image maps says `None`; it never panics and never
//! touches anything else.

/// Longest symbol name that is read. The longest name that is ever looked for has 15
/// bytes; C++ names are longer, and are cut because they cannot match anyway.
pub const NAME_BYTES: usize = 64;

/// Where an image's bytes are read.
pub trait Memory {
    /// Fills `into` with the bytes at `address`; `None` if not all of them are mapped.
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()>;

    /// A little-endian word.
    fn word(&self, address: u64) -> Option<u64> {
        let mut bytes = [0; 8];
        self.read(address, &mut bytes)?;
        Some(u64::from_le_bytes(bytes))
    }

    /// A little-endian half word.
    fn half(&self, address: u64) -> Option<u32> {
        let mut bytes = [0; 4];
        self.read(address, &mut bytes)?;
        Some(u32::from_le_bytes(bytes))
    }

    /// A NUL-terminated name, without its NUL; `None` if it is longer than
    /// [`NAME_BYTES`] or not ended where the image ends.
    fn name(&self, address: u64) -> Option<Name> {
        let mut name = Name {
            bytes: [0; NAME_BYTES],
            len: 0,
        };
        for index in 0..NAME_BYTES {
            let mut byte = [0];
            self.read(address.checked_add(index as u64)?, &mut byte)?;
            if byte[0] == 0 {
                name.len = index;
                return Some(name);
            }
            name.bytes[index] = byte[0];
        }
        None
    }
}

/// A short name, copied out of an image.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    bytes: [u8; NAME_BYTES],
    len: usize,
}

impl Name {
    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
