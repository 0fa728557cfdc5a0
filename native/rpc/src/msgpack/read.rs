//! Reads one value that fills all bytes.

use super::DEPTH;

/// Makes values of somebody's own kind.
pub trait Build {
    /// A value.
    type Value;

    /// Nothing.
    fn nil(&mut self) -> Self::Value;
    /// True or false.
    fn boolean(&mut self, yes: bool) -> Self::Value;
    /// An integer.
    fn integer(&mut self, number: i64) -> Self::Value;
    /// An integer that is too large for 63 bits.
    fn large(&mut self, number: u64) -> Self::Value;
    /// A float.
    fn float(&mut self, number: f64) -> Self::Value;
    /// Text or bytes.
    fn string(&mut self, bytes: &[u8]) -> Self::Value;
    /// An empty array that will get so many values.
    fn list(&mut self, len: usize) -> Self::Value;
    /// The next value of an array.
    fn push(&mut self, list: &mut Self::Value, value: Self::Value);
    /// An empty map that will get so many pairs.
    fn map(&mut self, len: usize) -> Self::Value;
    /// The next pair of a map. False: this cannot be a key.
    fn insert(&mut self, map: &mut Self::Value, key: Self::Value, value: Self::Value) -> bool;
}

/// Reads the value.
///
/// # Errors
/// What is wrong, and at which byte.
pub fn read<B: Build>(bytes: &[u8], build: &mut B) -> Result<B::Value, String> {
    let mut reader = Reader { bytes, at: 0 };
    let value = reader.value(build, 0)?;
    if reader.at < bytes.len() {
        return Err(format!(
            "{} bytes are left after its end at byte {}",
            bytes.len() - reader.at,
            reader.at
        ));
    }
    Ok(value)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let rest = &self.bytes[self.at..];
        if rest.len() < len {
            return Err(format!(
                "it ends too early: {len} bytes are needed at byte {} and {} are there",
                self.at,
                rest.len()
            ));
        }
        self.at += len;
        Ok(&rest[..len])
    }

    /// A big-endian number of up to eight bytes.
    fn number(&mut self, len: usize) -> Result<u64, String> {
        let bytes = self.take(len)?;
        Ok(bytes
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// The same, signed.
    fn signed(&mut self, len: usize) -> Result<i64, String> {
        let unused = 64 - 8 * len as u32;
        Ok((self.number(len)? << unused) as i64 >> unused)
    }

    fn value<B: Build>(&mut self, build: &mut B, depth: usize) -> Result<B::Value, String> {
        let start = self.at;
        let tag = self.take(1)?[0];
        Ok(match tag {
            0x00..=0x7f => build.integer(i64::from(tag)),
            0xe0..=0xff => build.integer(i64::from(tag as i8)),
            0x80..=0x8f => return self.map(usize::from(tag & 0x0f), build, depth),
            0x90..=0x9f => return self.list(usize::from(tag & 0x0f), build, depth),
            0xa0..=0xbf => build.string(self.take(usize::from(tag & 0x1f))?),
            0xc0 => build.nil(),
            0xc2 | 0xc3 => build.boolean(tag == 0xc3),
            0xc4..=0xc6 => {
                let len = self.number(1 << (tag - 0xc4))? as usize;
                build.string(self.take(len)?)
            }
            0xca => build.float(f64::from(f32::from_bits(self.number(4)? as u32))),
            0xcb => build.float(f64::from_bits(self.number(8)?)),
            0xcc..=0xcf => {
                let number = self.number(1 << (tag - 0xcc))?;
                match i64::try_from(number) {
                    Ok(number) => build.integer(number),
                    Err(_) => build.large(number),
                }
            }
            0xd0..=0xd3 => build.integer(self.signed(1 << (tag - 0xd0))?),
            0xd9..=0xdb => {
                let len = self.number(1 << (tag - 0xd9))? as usize;
                build.string(self.take(len)?)
            }
            0xdc | 0xdd => {
                let len = self.number(2 << (tag - 0xdc))? as usize;
                return self.list(len, build, depth);
            }
            0xde | 0xdf => {
                let len = self.number(2 << (tag - 0xde))? as usize;
                return self.map(len, build, depth);
            }
            0xc1 => return Err(format!("byte {start} is 0xc1, which is never used")),
            0xc7..=0xc9 | 0xd4..=0xd8 => {
                return Err(format!(
                    "byte {start} begins an extension type, which has no form here"
                ));
            }
        })
    }

    /// Every value has a byte at least: a length that lies is noticed before memory is taken.
    fn enter(&self, least: usize, depth: usize) -> Result<(), String> {
        if depth >= DEPTH {
            return Err(format!("it is nested deeper than {DEPTH} levels"));
        }
        if least > self.bytes.len() - self.at {
            return Err(format!(
                "byte {} announces more values than there are bytes",
                self.at
            ));
        }
        Ok(())
    }

    fn list<B: Build>(
        &mut self,
        len: usize,
        build: &mut B,
        depth: usize,
    ) -> Result<B::Value, String> {
        self.enter(len, depth)?;
        let mut list = build.list(len);
        for _ in 0..len {
            let value = self.value(build, depth + 1)?;
            build.push(&mut list, value);
        }
        Ok(list)
    }

    fn map<B: Build>(
        &mut self,
        len: usize,
        build: &mut B,
        depth: usize,
    ) -> Result<B::Value, String> {
        self.enter(len.saturating_mul(2), depth)?;
        let mut map = build.map(len);
        for _ in 0..len {
            let at = self.at;
            let key = self.value(build, depth + 1)?;
            let value = self.value(build, depth + 1)?;
            if !build.insert(&mut map, key, value) {
                return Err(format!("the key at byte {at} is no string or integer"));
            }
        }
        Ok(map)
    }
}
