//! Bytes of the other side in an error: few, and as text that can be read and copied.

use crate::limits::SHOWN_BYTES;

/// The first bytes of something.
pub fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(SHOWN_BYTES)];
    let rest = if cut.len() < bytes.len() { "…" } else { "" };
    format!("\"{}\"{rest}", cut.escape_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_short_and_printable() {
        assert_eq!(shown(b"a\0\"\n"), "\"a\\x00\\\"\\n\"");
        assert!(shown(&[b'x'; 1000]).len() < 80);
    }
}
