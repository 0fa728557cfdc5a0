//! Frames, written a second time and in the plainest way.

/// A call as it came.
pub struct Call<'a> {
    pub length: usize,
    pub flags: u8,
    pub control: u8,
    pub seq: u32,
    pub method: &'a [u8],
    pub body: &'a [u8],
}

fn word(bytes: &[u8], at: usize) -> usize {
    (0..4)
        .map(|byte| usize::from(bytes[at + byte]) << (8 * byte))
        .sum()
}

impl<'a> Call<'a> {
    /// The call at the front of `bytes`, if it is whole. A client that sends nonsense is a
    /// failed test: the server says so and ends.
    pub fn parse(bytes: &'a [u8]) -> Option<Call<'a>> {
        if bytes.len() < 12 {
            return None;
        }
        assert_eq!(bytes[0] >> 4, 1, "version of {:x?}", &bytes[..12]);
        assert_eq!(word(bytes, 6), crc32(&bytes[..6]) as usize, "checksum");
        let header = usize::from(bytes[0] & 15) * 4;
        let length = header + word(bytes, 2);
        if bytes.len() < length {
            return None;
        }
        let has_options = header == 20;
        let name = if has_options { word(bytes, 16) } else { 0 };
        Some(Call {
            length,
            flags: bytes[1],
            control: bytes[10],
            seq: if has_options {
                word(bytes, 12) as u32
            } else {
                0
            },
            method: &bytes[header..header + name],
            body: &bytes[header + name..length],
        })
    }

    /// Its answer.
    pub fn reply(&self, flags: u8, body: &[u8]) -> Vec<u8> {
        frame(
            flags,
            0,
            &[self.seq, self.method.len() as u32],
            &[self.method, body],
        )
    }
}

/// A frame with this payload.
pub fn frame(flags: u8, control: u8, options: &[u32], payload: &[&[u8]]) -> Vec<u8> {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(12 + 4 * options.len() + length);
    bytes.extend([0x13 + options.len() as u8, flags]);
    bytes.extend((length as u32).to_le_bytes());
    bytes.extend(crc32(&bytes[..6]).to_le_bytes());
    bytes.extend([control, 0]);
    options
        .iter()
        .for_each(|option| bytes.extend(option.to_le_bytes()));
    payload.iter().for_each(|part| bytes.extend(*part));
    bytes
}

pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for &byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
