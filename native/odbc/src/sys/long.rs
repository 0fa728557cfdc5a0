//! One value at a time, in pieces; and values of fixed size in PHP's terms.

use super::abi::{self, Len};
use super::block::{FETCH, lie};
use super::describe::Form;
use super::statement::Statement;
use crate::charset::Charset;
use crate::failure::Failure;
use crate::limits::{CELL_BYTES, PIECE_BYTES};
use crate::value::Cell;
use std::io::Write;
use tusk_runtime::error::Kind;

/// Where pieces are put together; kept from value to value.
#[derive(Default)]
pub(super) struct Piece {
    /// In words, so that UTF-16 in it is aligned.
    buffer: Vec<u64>,
}

impl Piece {
    /// Fetches a whole value; `None` is NULL.
    pub(super) fn fetch(
        &mut self,
        statement: &Statement<'_>,
        column: usize,
        form: Form,
        charset: Charset,
    ) -> Result<Option<&[u8]>, Failure> {
        let terminator = form.terminator(charset);
        let fixed = form.fixed_size();
        let mut have = 0;
        loop {
            let room = fixed.unwrap_or(PIECE_BYTES + terminator);
            self.buffer.resize((have + room).div_ceil(8), 0);
            let mut length: Len = 0;
            // SAFETY: behind the `have` bytes there is room for `room` more.
            let result = unsafe {
                let to = self.buffer.as_mut_ptr().cast::<u8>().add(have);
                (statement.connection.library.functions.get_data)(
                    statement.handle,
                    column as u16 + 1,
                    form.c_type(charset),
                    to.cast(),
                    room as Len,
                    &mut length,
                )
            };
            if result == abi::NO_DATA {
                // All was fetched by the call before.
                break;
            }
            statement.check(result, FETCH)?;
            if length == abi::NULL_DATA {
                return Ok(None);
            }
            if let Some(size) = fixed {
                have = size;
                break;
            }
            let piece = room - terminator;
            let got = match length {
                0.. if length as usize <= piece => length as usize,
                0.. | abi::NO_TOTAL => piece,
                _ => return Err(lie(&format!("it gives the length of a value as {length}"))),
            };
            have += got;
            if have > CELL_BYTES {
                return Err(Failure::of(
                    Kind::Overloaded,
                    FETCH,
                    format!(
                        "a value of more than {} MiB; fetch it in parts, by the database's substring function",
                        CELL_BYTES >> 20
                    ),
                ));
            }
            // "With info" beside a length that fits says something else than "there is more".
            if result == abi::SUCCESS || got < piece {
                break;
            }
        }
        // SAFETY: the vector has at least `have` bytes, and any bytes are valid.
        Ok(Some(unsafe {
            std::slice::from_raw_parts(self.buffer.as_ptr().cast::<u8>(), have)
        }))
    }
}

/// A number as a cell.
pub(super) fn number(form: Form, bytes: &[u8]) -> Cell {
    let mut eight = [0u8; 8];
    let size = bytes.len().min(8);
    eight[..size].copy_from_slice(&bytes[..size]);
    match form {
        Form::Float => Cell::Float(f64::from_ne_bytes(eight)),
        Form::Bit => Cell::Bool(bytes.first().is_some_and(|&byte| byte != 0)),
        _ => Cell::Int(i64::from_ne_bytes(eight)),
    }
}

/// Writes a date, a time or both, as ISO 8601 has them with a blank in between.
pub(super) fn write_moment(form: Form, bytes: &[u8], to: &mut Vec<u8>) -> bool {
    let field = |at: usize| match bytes.get(at * 2..at * 2 + 2) {
        Some(&[low, high]) => u16::from_ne_bytes([low, high]),
        _ => 0,
    };
    let written = match form {
        Form::Date => write!(to, "{:04}-{:02}-{:02}", field(0) as i16, field(1), field(2)),
        Form::Time => write!(to, "{:02}:{:02}:{:02}", field(0), field(1), field(2)),
        _ => {
            let date = write!(
                to,
                "{:04}-{:02}-{:02} ",
                field(0) as i16,
                field(1),
                field(2)
            );
            let time = write!(to, "{:02}:{:02}:{:02}", field(3), field(4), field(5));
            let nanos = match bytes.get(12..16) {
                Some(&[a, b, c, d]) => u32::from_ne_bytes([a, b, c, d]),
                _ => 0,
            };
            if nanos > 0 && nanos < 1_000_000_000 {
                let digits = format!("{nanos:09}");
                to.push(b'.');
                to.extend_from_slice(digits.trim_end_matches('0').as_bytes());
            }
            date.and(time)
        }
    };
    written.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_without_digits_that_mean_nothing() {
        let fields: Vec<u8> = [2026u16, 1, 31, 23, 59, 58]
            .iter()
            .flat_map(|field| field.to_ne_bytes())
            .chain(120_000_000u32.to_ne_bytes())
            .collect();
        let written = |form| {
            let mut to = Vec::new();
            assert!(write_moment(form, &fields, &mut to));
            String::from_utf8(to).expect("ASCII")
        };
        assert_eq!(written(Form::Timestamp), "2026-01-31 23:59:58.12");
        assert_eq!(written(Form::Date), "2026-01-31");
        assert_eq!(number(Form::Bit, &[1]), Cell::Bool(true));
        assert_eq!(number(Form::Int, &(-3i64).to_ne_bytes()), Cell::Int(-3));
    }
}
