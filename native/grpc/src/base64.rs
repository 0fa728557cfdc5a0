//! Base64 for metadata whose name ends in `-bin`: written without padding, read with or
//! without it, as gRPC wants.

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let all = group
            .iter()
            .fold(0u32, |all, &byte| all << 8 | u32::from(byte))
            << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let index = (all >> (18 - 6 * place)) & 63;
            text.push(char::from(LETTERS[index as usize]));
        }
    }
    text
}

/// `None`: it is no base64.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|&letter| letter != b'=');
    let text = &text[..end.map_or(0, |end| end + 1)];
    if text.len() % 4 == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for group in text.chunks(4) {
        let mut all = 0u32;
        for &letter in group {
            all = all << 6 | value(letter)?;
        }
        all <<= 6 * (4 - group.len());
        bytes.extend_from_slice(&all.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

/// The URL alphabet is taken too: some servers write it.
fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(plain.as_bytes()), text);
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(plain.as_bytes()));
            let padded = format!("{text:=<width$}", width = text.len().div_ceil(4) * 4);
            assert_eq!(decode(padded.as_bytes()).as_deref(), Some(plain.as_bytes()));
        }
    }

    #[test]
    fn every_length_of_every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).rev().collect();
        for length in 0..all.len() {
            assert_eq!(
                decode(encode(&all[..length]).as_bytes()).as_deref(),
                Some(&all[..length])
            );
        }
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["A", "AB*D", "Zm9vY", "Zm 9v"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
