//! Writes the parts of a value, each in its shortest form.

/// The bytes so far.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Nothing.
    pub fn nil(&mut self) {
        self.bytes.push(0xc0);
    }

    /// True or false.
    pub fn boolean(&mut self, yes: bool) {
        self.bytes.push(if yes { 0xc3 } else { 0xc2 });
    }

    /// An integer.
    pub fn integer(&mut self, number: i64) {
        match number {
            0..=0x7f => self.bytes.push(number as u8),
            -32..=-1 => self.bytes.push(number as u8),
            0x80..=0xff => self.tagged(0xcc, &[number as u8]),
            0x100..=0xffff => self.tagged(0xcd, &(number as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.tagged(0xce, &(number as u32).to_be_bytes()),
            0x1_0000_0000.. => self.tagged(0xcf, &(number as u64).to_be_bytes()),
            -0x80..=-33 => self.tagged(0xd0, &[number as u8]),
            -0x8000..=-0x81 => self.tagged(0xd1, &(number as i16).to_be_bytes()),
            -0x8000_0000..=-0x8001 => self.tagged(0xd2, &(number as i32).to_be_bytes()),
            ..=-0x8000_0001 => self.tagged(0xd3, &number.to_be_bytes()),
        }
    }

    /// A float of 64 bits.
    pub fn float(&mut self, number: f64) {
        self.tagged(0xcb, &number.to_be_bytes());
    }

    /// Text, which should be UTF-8.
    pub fn text(&mut self, text: &[u8]) {
        match text.len() {
            short @ 0..=31 => self.bytes.push(0xa0 | short as u8),
            len @ 32..=0xff => self.tagged(0xd9, &[len as u8]),
            len => self.length(len, 0xda, 0xdb),
        }
        self.bytes.extend_from_slice(text);
    }

    /// Bytes that are no text.
    pub fn binary(&mut self, bytes: &[u8]) {
        match bytes.len() {
            len @ 0..=0xff => self.tagged(0xc4, &[len as u8]),
            len => self.length(len, 0xc5, 0xc6),
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The head of an array: so many values follow.
    pub fn list(&mut self, len: usize) {
        match len {
            0..=15 => self.bytes.push(0x90 | len as u8),
            _ => self.length(len, 0xdc, 0xdd),
        }
    }

    /// The head of a map: so many pairs of a key and a value follow.
    pub fn map(&mut self, len: usize) {
        match len {
            0..=15 => self.bytes.push(0x80 | len as u8),
            _ => self.length(len, 0xde, 0xdf),
        }
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.bytes.push(tag);
        self.bytes.extend_from_slice(bytes);
    }

    /// Lengths above 32 bits do not occur: a message has 64 MiB.
    fn length(&mut self, len: usize, short: u8, long: u8) {
        match u16::try_from(len) {
            Ok(len) => self.tagged(short, &len.to_be_bytes()),
            Err(_) => self.tagged(long, &(len as u32).to_be_bytes()),
        }
    }
}
