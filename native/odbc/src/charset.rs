//! Text between UTF-8, which is all that Tusk speaks, and what a driver speaks.
//!
//! ODBC has two interfaces. The wide one takes UTF-16 and is right whatever the database
//! stores; it is the default. Drivers that have the narrow one only are spoken to in the
//! charset that their own settings name: GB18030 and GBK are common with domestic databases.
//! Nothing is guessed: a character that the charset lacks is an error before anything is
//! sent, and bytes that are not valid in it fail the result.

use encoding_rs::{CoderResult, Encoding, UTF_8};

/// How text reaches the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// The wide interface.
    Wide,
    /// The narrow interface, in this charset.
    Narrow(&'static Encoding),
}

impl Charset {
    /// By its name: `utf-16` is the wide interface, anything else the narrow one in the
    /// charset of that (WHATWG) label. `None`: there is no such.
    pub fn named(name: &str) -> Option<Charset> {
        let label = name.trim();
        if ["utf-16", "utf16", "wide"].contains(&label.to_ascii_lowercase().as_str()) {
            return Some(Charset::Wide);
        }
        Encoding::for_label(label.as_bytes())
            .map(|encoding| encoding.output_encoding())
            .map(Charset::Narrow)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Wide => "UTF-16",
            Charset::Narrow(encoding) => encoding.name(),
        }
    }
}

/// Text for the wide interface.
pub fn to_wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Text for the narrow interface. `Err`: the first character that the charset lacks.
///
/// # Errors
/// See above.
pub fn to_narrow(text: &str, encoding: &'static Encoding) -> Result<Vec<u8>, char> {
    if encoding == UTF_8 {
        return Ok(text.as_bytes().to_vec());
    }
    let (bytes, _, failed) = encoding.encode(text);
    if !failed {
        return Ok(bytes.into_owned());
    }
    let lacking = |&letter: &char| encoding.encode(letter.encode_utf8(&mut [0; 4])).2;
    Err(text
        .chars()
        .find(lacking)
        .unwrap_or(char::REPLACEMENT_CHARACTER))
}

/// Appends text of the wide interface as UTF-8. False: it is not valid UTF-16.
#[must_use]
pub fn append_wide(units: &[u16], to: &mut Vec<u8>) -> bool {
    // Most of what databases hold is ASCII, or begins with it.
    let ascii = units
        .iter()
        .position(|&unit| unit >= 0x80)
        .unwrap_or(units.len());
    to.extend(units[..ascii].iter().map(|&unit| unit as u8));
    let mut letter = [0; 4];
    for decoded in char::decode_utf16(units[ascii..].iter().copied()) {
        let Ok(decoded) = decoded else { return false };
        to.extend_from_slice(decoded.encode_utf8(&mut letter).as_bytes());
    }
    true
}

/// Appends text of the narrow interface as UTF-8. False: it is not valid in the charset.
#[must_use]
pub fn append_narrow(bytes: &[u8], encoding: &'static Encoding, to: &mut Vec<u8>) -> bool {
    if encoding == UTF_8 {
        to.extend_from_slice(bytes);
        return std::str::from_utf8(bytes).is_ok();
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let Some(room) = decoder.max_utf8_buffer_length(bytes.len()) else {
        return false;
    };
    let start = to.len();
    to.resize(start + room, 0);
    let (result, _, written, replaced) = decoder.decode_to_utf8(bytes, &mut to[start..], true);
    to.truncate(start + written);
    result == CoderResult::InputEmpty && !replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrow(name: &str) -> &'static Encoding {
        match Charset::named(name) {
            Some(Charset::Narrow(encoding)) => encoding,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn text_comes_back_as_it_went() {
        let text = "达梦 DM8, naïve 🐘 \0 end";
        let mut back = Vec::new();
        assert!(append_wide(&to_wide(text), &mut back));
        assert_eq!(back, text.as_bytes());
        for name in ["gb18030", "utf-8"] {
            let bytes = to_narrow(text, narrow(name)).expect("it has all");
            let mut back = Vec::new();
            assert!(append_narrow(&bytes, narrow(name), &mut back), "{name}");
            assert_eq!(back, text.as_bytes(), "{name}");
        }
        assert_eq!(
            to_narrow("中文", narrow("gbk")),
            Ok(vec![0xd6, 0xd0, 0xce, 0xc4])
        );
    }

    #[test]
    fn what_a_charset_lacks_is_named_and_what_is_not_valid_is_refused() {
        assert_eq!(to_narrow("a🐘b", narrow("gbk")), Err('🐘'));
        assert!(!append_narrow(
            &[0xff, 0xff],
            narrow("gb18030"),
            &mut Vec::new()
        ));
        assert!(!append_narrow(&[0xff], narrow("utf-8"), &mut Vec::new()));
        assert!(
            !append_wide(&[0xd800, 0x41], &mut Vec::new()),
            "half a pair"
        );
        assert_eq!(Charset::named("klingon"), None);
        assert_eq!(Charset::named("UTF-16"), Some(Charset::Wide));
    }
}
