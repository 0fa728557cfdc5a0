//! A frame's header: parsed from and written to bytes.
//!
//! Invariant: a `Header` has what its bytes can say: at most ten options.

use super::crc::crc32;

/// Length of a header without options.
pub const FIXED_BYTES: usize = 12;

const VERSION: u8 = 1;
const FIXED_WORDS: u8 = 3;
const MOST_WORDS: u8 = 13;
const MOST_OPTIONS: usize = (MOST_WORDS - FIXED_WORDS) as usize;

/// See the module's description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// CONTROL, the codec, ERROR.
    pub flags: u8,
    /// STREAM, STOP, PING, PONG.
    pub control: u8,
    /// Length of the payload.
    pub payload: u32,
    options: [u32; MOST_OPTIONS],
    count: u8,
}

/// Why bytes are no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    /// They may become one: this many are needed before it can be said.
    Short(usize),
    /// They never will.
    Malformed(&'static str),
}

impl Header {
    /// A header with these options, of which it takes ten.
    pub fn new(flags: u8, control: u8, payload: u32, options: &[u32]) -> Header {
        let mut header = Header {
            flags,
            control,
            payload,
            options: [0; MOST_OPTIONS],
            count: options.len().min(MOST_OPTIONS) as u8,
        };
        let count = usize::from(header.count);
        header.options[..count].copy_from_slice(&options[..count]);
        header
    }

    /// Its options.
    #[inline]
    pub fn options(&self) -> &[u32] {
        &self.options[..usize::from(self.count)]
    }

    /// Its length, options included.
    #[inline]
    pub fn bytes(&self) -> usize {
        FIXED_BYTES + 4 * usize::from(self.count)
    }

    /// Writes it to the end of `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut fixed = [0; FIXED_BYTES];
        fixed[0] = VERSION << 4 | (FIXED_WORDS + self.count);
        fixed[1] = self.flags;
        fixed[2..6].copy_from_slice(&self.payload.to_le_bytes());
        let crc = crc32(&fixed[..6]);
        fixed[6..10].copy_from_slice(&crc.to_le_bytes());
        fixed[10] = self.control;
        out.extend_from_slice(&fixed);
        for option in self.options() {
            out.extend_from_slice(&option.to_le_bytes());
        }
    }

    /// Reads it from the front of `input`. The first byte is judged as soon as it is there, so
    /// that text where a frame should be is noticed at once.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn parse(input: &[u8]) -> Result<Header, HeaderError> {
        let Some(&first) = input.first() else {
            return Err(HeaderError::Short(FIXED_BYTES));
        };
        if first >> 4 != VERSION {
            return Err(HeaderError::Malformed(
                "no frame begins here: its version would not be 1",
            ));
        }
        let words = first & 0x0f;
        if !(FIXED_WORDS..=MOST_WORDS).contains(&words) {
            return Err(HeaderError::Malformed(
                "no frame begins here: its header would be shorter or longer than a header can be",
            ));
        }
        if input.len() < FIXED_BYTES {
            return Err(HeaderError::Short(FIXED_BYTES));
        }
        if word(input, 6) != crc32(&input[..6]) {
            return Err(HeaderError::Malformed(
                "a frame's checksum (CRC) is wrong: stray bytes came before it, or it was changed",
            ));
        }
        let mut header = Header::new(input[1], input[10], word(input, 2), &[]);
        header.count = words - FIXED_WORDS;
        if input.len() < header.bytes() {
            return Err(HeaderError::Short(header.bytes()));
        }
        for index in 0..usize::from(header.count) {
            header.options[index] = word(input, FIXED_BYTES + 4 * index);
        }
        Ok(header)
    }
}

/// The little-endian word at `at`, which the caller knows to be there.
#[inline]
fn word(bytes: &[u8], at: usize) -> u32 {
    let mut word = [0; 4];
    word.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(word)
}
