//! Parameters in the form that drivers take: buffers that stay where they are until the
//! statement has run.

use super::abi::{self, Len};
use crate::charset::{Charset, to_narrow, to_wide};
use crate::failure::Failure;
use crate::value::Parameter;
use tusk_runtime::error::Kind;

/// What one `SQLBindParameter` is told. `data` does not move while it is bound: a vector's
/// buffer stays when the vector itself is moved.
pub(super) struct Bound {
    pub(super) c_type: i16,
    pub(super) sql_type: i16,
    pub(super) size: usize,
    pub(super) scale: i16,
    /// Eight bytes each, so that a number in it is aligned.
    pub(super) data: Vec<u64>,
    /// Bytes of `data` that count.
    pub(super) bytes: usize,
    pub(super) indicator: Box<Len>,
}

/// Characters from which text is sent as a long type: Oracle's bound of a VARCHAR, below
/// SQL Server's.
const LONG_TEXT: usize = 4000;

pub(super) fn bind(parameter: &Parameter, charset: Charset) -> Result<Bound, Failure> {
    use Parameter as P;
    Ok(match parameter {
        P::Null => Bound {
            indicator: Box::new(abi::NULL_DATA),
            ..Bound::of(abi::C_CHAR, abi::VARCHAR, 1, &[])
        },
        P::Bool(yes) => Bound::of(abi::C_BIT, abi::BIT, 1, &[u8::from(*yes)]),
        P::Int(number) => Bound::of(abi::C_SBIGINT, abi::BIGINT, 19, &number.to_ne_bytes()),
        P::Float(number) => Bound::of(abi::C_DOUBLE, abi::DOUBLE, 15, &number.to_ne_bytes()),
        P::Text(text) => text_of(text, charset)?,
        P::Binary(bytes) => {
            let sql_type = if bytes.len() > LONG_TEXT {
                abi::LONGVARBINARY
            } else {
                abi::VARBINARY
            };
            Bound::of(abi::C_BINARY, sql_type, bytes.len().max(1), bytes)
        }
        P::Decimal(text) => decimal(text)?,
        P::Date(text) => moment(text, abi::TYPE_DATE, "date", 10)?,
        P::Time(text) => moment(text, abi::TYPE_TIME, "time", 8)?,
        P::Timestamp(text) => moment(text, abi::TYPE_TIMESTAMP, "timestamp", 26)?,
    })
}

impl Bound {
    fn of(c_type: i16, sql_type: i16, size: usize, bytes: &[u8]) -> Bound {
        // One more than needed: no driver is ever given a null pointer for an empty value.
        let mut data = vec![0u64; bytes.len() / 8 + 1];
        for (word, chunk) in data.iter_mut().zip(bytes.chunks(8)) {
            let mut whole = [0u8; 8];
            whole[..chunk.len()].copy_from_slice(chunk);
            *word = u64::from_ne_bytes(whole);
        }
        Bound {
            c_type,
            sql_type,
            size,
            scale: 0,
            data,
            bytes: bytes.len(),
            indicator: Box::new(bytes.len() as Len),
        }
    }
}

fn text_of(text: &str, charset: Charset) -> Result<Bound, Failure> {
    match charset {
        Charset::Wide => {
            let wide = to_wide(text);
            let sql_type = if wide.len() > LONG_TEXT {
                abi::WLONGVARCHAR
            } else {
                abi::WVARCHAR
            };
            let bytes: Vec<u8> = wide.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
            Ok(Bound::of(abi::C_WCHAR, sql_type, wide.len().max(1), &bytes))
        }
        Charset::Narrow(encoding) => {
            let bytes = to_narrow(text, encoding).map_err(|letter| {
                Failure::of(
                    Kind::Misuse,
                    "bind a parameter",
                    format!(
                        "{letter:?} is not in {}, the pool's charset",
                        encoding.name()
                    ),
                )
            })?;
            let sql_type = if bytes.len() > LONG_TEXT {
                abi::LONGVARCHAR
            } else {
                abi::VARCHAR
            };
            Ok(Bound::of(abi::C_CHAR, sql_type, bytes.len().max(1), &bytes))
        }
    }
}

fn decimal(text: &str) -> Result<Bound, Failure> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = whole.len() + part.len();
    let is_number = digits > 0 && (whole.bytes().chain(part.bytes())).all(|b| b.is_ascii_digit());
    if !is_number {
        return Err(Failure::of(
            Kind::Misuse,
            "bind a parameter",
            "a decimal is digits with at most one point, such as '-12.50'",
        ));
    }
    Ok(Bound {
        scale: part.len() as i16,
        ..Bound::of(abi::C_CHAR, abi::DECIMAL, digits, text.as_bytes())
    })
}

fn moment(text: &str, sql_type: i16, name: &str, size: usize) -> Result<Bound, Failure> {
    let is_ascii = |byte: u8| byte.is_ascii_digit() || b"-:. TZ+".contains(&byte);
    if text.is_empty() || text.len() > 40 || !text.bytes().all(is_ascii) {
        return Err(Failure::of(
            Kind::Misuse,
            "bind a parameter",
            format!("a {name} is written as in '2026-01-31 23:59:59.123'"),
        ));
    }
    let scale = text.split_once('.').map_or(0, |(_, part)| part.len());
    Ok(Bound {
        scale: scale as i16,
        ..Bound::of(abi::C_CHAR, sql_type, size.max(text.len()), text.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_bound_by_their_type() {
        let bound = |parameter| bind(&parameter, Charset::Wide).expect("valid");
        let text = bound(Parameter::Text("né".to_owned()));
        assert_eq!(
            (text.c_type, text.size, *text.indicator),
            (abi::C_WCHAR, 2, 4)
        );
        let number = bound(Parameter::Int(-2));
        assert_eq!(number.data[0] as i64, -2);
        let decimal = bound(Parameter::Decimal("-12.50".to_owned()));
        assert_eq!((decimal.size, decimal.scale), (4, 2));
        assert_eq!(*bound(Parameter::Null).indicator, abi::NULL_DATA);
        for wrong in ["", "1,5", "1.2.3", "0x1", "-"] {
            assert!(bind(&Parameter::Decimal(wrong.to_owned()), Charset::Wide).is_err());
        }
        assert!(bind(&Parameter::Date("'; --".to_owned()), Charset::Wide).is_err());
        let gbk = Charset::named("gbk").expect("known");
        assert!(bind(&Parameter::Text("🐘".to_owned()), gbk).is_err());
    }
}
