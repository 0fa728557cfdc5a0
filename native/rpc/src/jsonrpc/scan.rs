//! Finds the parts of a JSON text that routing needs, without making values of it.
//!
//! It knows where values end and refuses what cannot be JSON, but does not judge numbers and
//! literals: whoever decodes a part does. Nesting has a bound; nothing recurses.

/// Nesting, as in PHP's decoder. Beyond it: an error.
pub const DEPTH: usize = 512;

/// A part of the text: where it begins and ends.
pub type Span = std::ops::Range<usize>;

/// Why a text was refused.
pub type Refused = &'static str;

fn blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The first byte from `at` on that is no white space.
fn skip_blank(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| blank(byte)).count()
}

/// Behind the string that begins at `at`.
fn skip_string(text: &[u8], at: usize) -> Result<usize, Refused> {
    let mut next = at + 1;
    loop {
        match text.get(next) {
            None => return Err("a string does not end"),
            Some(b'"') => return Ok(next + 1),
            Some(b'\\') => next += 2,
            Some(0..=0x1f) => return Err("a string holds a control character"),
            Some(_) => next += 1,
        }
    }
}

/// Behind the number or literal that begins at `at`.
fn skip_plain(text: &[u8], at: usize) -> Result<usize, Refused> {
    let rest = text.get(at..).unwrap_or_default();
    let count = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
        .count();
    if count == 0 {
        return Err("a value is missing");
    }
    Ok(at + count)
}

/// Brackets that are open, one bit each: is it an object?
struct Open {
    bits: [u64; DEPTH / 64],
    count: usize,
}

impl Open {
    fn push(&mut self, is_object: bool) -> Result<(), Refused> {
        if self.count == DEPTH {
            return Err("it is nested deeper than 512 levels");
        }
        let (word, bit) = (self.count / 64, self.count % 64);
        self.bits[word] = self.bits[word] & !(1 << bit) | u64::from(is_object) << bit;
        self.count += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<bool> {
        self.count = self.count.checked_sub(1)?;
        Some(self.bits[self.count / 64] >> (self.count % 64) & 1 == 1)
    }
}

/// Behind the value that begins at `at`.
pub fn skip_value(text: &[u8], at: usize) -> Result<usize, Refused> {
    let mut open = Open {
        bits: [0; DEPTH / 64],
        count: 0,
    };
    let mut at = at;
    loop {
        at = match text.get(at) {
            Some(b'"') => skip_string(text, at)?,
            Some(&bracket @ (b'{' | b'[')) => {
                open.push(bracket == b'{')?;
                at + 1
            }
            Some(&bracket @ (b'}' | b']')) => match open.pop() {
                Some(is_object) if is_object == (bracket == b'}') => at + 1,
                _ => return Err("its brackets do not match"),
            },
            Some(b',' | b':') if open.count > 0 => at + 1,
            Some(&byte) if blank(byte) && open.count > 0 => at + 1,
            _ => skip_plain(text, at)?,
        };
        if open.count == 0 {
            return Ok(at);
        }
    }
}

/// Calls `visit` with the key (quotes included) and value of each member of the object that
/// is the whole text.
pub fn members(
    text: &[u8],
    mut visit: impl FnMut(&[u8], Span) -> Result<(), Refused>,
) -> Result<(), Refused> {
    each(text, b'{', b'}', |text, at| {
        if text.get(at) != Some(&b'"') {
            return Err("a member has no name");
        }
        let end = skip_string(text, at)?;
        let colon = skip_blank(text, end);
        if text.get(colon) != Some(&b':') {
            return Err("a member has no value");
        }
        let begin = skip_blank(text, colon + 1);
        let value = begin..skip_value(text, begin)?;
        let behind = value.end;
        visit(&text[at..end], value)?;
        Ok(behind)
    })
}

/// Calls `visit` with each element of the array that is the whole text.
pub fn elements(
    text: &[u8],
    mut visit: impl FnMut(Span) -> Result<(), Refused>,
) -> Result<(), Refused> {
    each(text, b'[', b']', |text, at| {
        let value = at..skip_value(text, at)?;
        let behind = value.end;
        visit(value)?;
        Ok(behind)
    })
}

/// Between two brackets: nothing, or parts with commas between them.
fn each(
    text: &[u8],
    open: u8,
    close: u8,
    mut part: impl FnMut(&[u8], usize) -> Result<usize, Refused>,
) -> Result<(), Refused> {
    let begin = skip_blank(text, 0);
    if text.get(begin) != Some(&open) {
        return Err("it is no JSON-RPC message");
    }
    let mut at = skip_blank(text, begin + 1);
    if text.get(at) == Some(&close) {
        at += 1;
    } else {
        loop {
            at = skip_blank(text, part(text, at)?);
            match text.get(at) {
                Some(b',') => at = skip_blank(text, at + 1),
                Some(byte) if *byte == close => {
                    at += 1;
                    break;
                }
                _ => return Err("it does not end where it should"),
            }
        }
    }
    if skip_blank(text, at) < text.len() {
        return Err("something follows its end");
    }
    Ok(())
}

/// The first byte of the text that is no white space.
pub fn first(text: &[u8]) -> Option<u8> {
    text.get(skip_blank(text, 0)).copied()
}
