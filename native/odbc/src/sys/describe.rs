//! What a result's columns are, and how each is fetched.

use super::abi;
use super::statement::Statement;
use crate::charset::Charset;
use crate::failure::Failure;
use crate::limits::BOUND_CELL;
use crate::value::Column;

/// The form in which a value is asked for, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An integer of 64 bits.
    Int,
    /// A double.
    Float,
    /// A truth value.
    Bit,
    /// Text in the connection's charset; exact numbers are text too, so that no digit is lost.
    Text,
    /// An unsigned integer of 64 bits: text, and an integer where it fits one.
    Unsigned,
    /// Bytes.
    Binary,
    /// A struct of ODBC, written as `YYYY-MM-DD`.
    Date,
    /// `HH:MM:SS`
    Time,
    /// `YYYY-MM-DD HH:MM:SS[.fraction]`
    Timestamp,
}

/// A column and its form.
pub(super) struct Plan {
    pub(super) column: Column,
    pub(super) form: Form,
    /// Bytes of a bound cell; `None`: too wide, or of unknown width.
    pub(super) width: Option<usize>,
}

impl Form {
    /// ODBC's C type for it.
    pub(super) fn c_type(self, charset: Charset) -> i16 {
        match self {
            Form::Int => abi::C_SBIGINT,
            Form::Float => abi::C_DOUBLE,
            Form::Bit => abi::C_BIT,
            Form::Text | Form::Unsigned => match charset {
                Charset::Wide => abi::C_WCHAR,
                Charset::Narrow(_) => abi::C_CHAR,
            },
            Form::Binary => abi::C_BINARY,
            Form::Date => abi::C_DATE,
            Form::Time => abi::C_TIME,
            Form::Timestamp => abi::C_TIMESTAMP,
        }
    }

    /// Bytes of its value, if all values have the same.
    pub(super) fn fixed_size(self) -> Option<usize> {
        match self {
            Form::Int | Form::Float => Some(8),
            Form::Bit => Some(1),
            Form::Date | Form::Time => Some(6),
            Form::Timestamp => Some(16),
            Form::Text | Form::Unsigned | Form::Binary => None,
        }
    }

    /// Bytes that a driver puts behind a value of variable length.
    pub(super) fn terminator(self, charset: Charset) -> usize {
        match (self, charset) {
            (Form::Binary, _) => 0,
            (_, Charset::Wide) => 2,
            (_, Charset::Narrow(_)) => 1,
        }
    }
}

/// Looks at every column.
pub(super) fn describe(statement: &Statement<'_>, count: u16) -> Result<Vec<Plan>, Failure> {
    let mut name = vec![0u16; 256];
    (1..=count)
        .map(|number| {
            let (mut length, mut kind, mut scale, mut nullable) = (0i16, 0i16, 0i16, 0i16);
            let mut size = 0usize;
            // SAFETY: the statement is alive; the name's room is given in units.
            let result = unsafe {
                (statement.connection.library.functions.describe_col_w)(
                    statement.handle,
                    number,
                    name.as_mut_ptr(),
                    name.len() as i16,
                    &mut length,
                    &mut kind,
                    &mut size,
                    &mut scale,
                    &mut nullable,
                )
            };
            statement.check(result, "describe a result")?;
            let length = (length.max(0) as usize).min(name.len() - 1);
            let units = name[..length].split(|&unit| unit == 0).next();
            Ok(plan(
                String::from_utf16_lossy(units.unwrap_or_default()),
                kind,
                size,
                scale,
                nullable,
                statement.connection.charset,
                || statement.is_unsigned(number),
            ))
        })
        .collect()
}

fn plan(
    name: String,
    kind: i16,
    size: usize,
    scale: i16,
    nullable: i16,
    charset: Charset,
    is_unsigned: impl Fn() -> bool,
) -> Plan {
    let (form, kind_name) = match kind {
        abi::BIT => (Form::Bit, "bit"),
        abi::TINYINT => (Form::Int, "tinyint"),
        abi::SMALLINT => (Form::Int, "smallint"),
        abi::INTEGER => (Form::Int, "integer"),
        abi::BIGINT if is_unsigned() => (Form::Unsigned, "bigint"),
        abi::BIGINT => (Form::Int, "bigint"),
        abi::REAL => (Form::Float, "real"),
        abi::FLOAT => (Form::Float, "float"),
        abi::DOUBLE => (Form::Float, "double"),
        abi::DECIMAL => (Form::Text, "decimal"),
        abi::NUMERIC => (Form::Text, "numeric"),
        abi::BINARY => (Form::Binary, "binary"),
        abi::VARBINARY => (Form::Binary, "varbinary"),
        abi::LONGVARBINARY => (Form::Binary, "longvarbinary"),
        abi::DATETIME | abi::TYPE_DATE => (Form::Date, "date"),
        abi::TIME | abi::TYPE_TIME => (Form::Time, "time"),
        abi::TIMESTAMP | abi::TYPE_TIMESTAMP => (Form::Timestamp, "timestamp"),
        abi::CHAR | abi::WCHAR => (Form::Text, "char"),
        abi::VARCHAR | abi::WVARCHAR => (Form::Text, "varchar"),
        abi::LONGVARCHAR | abi::WLONGVARCHAR => (Form::Text, "longvarchar"),
        abi::GUID => (Form::Text, "guid"),
        _ => (Form::Text, "other"),
    };
    let is_long = matches!(kind_name, "longvarchar" | "longvarbinary" | "other");
    Plan {
        width: width(form, kind_name, size, is_long, charset),
        form,
        column: Column {
            name,
            kind: kind_name,
            size,
            scale,
            nullable: match nullable {
                0 => Some(false),
                1 => Some(true),
                _ => None,
            },
        },
    }
}

fn width(form: Form, kind: &str, size: usize, is_long: bool, charset: Charset) -> Option<usize> {
    if let Some(fixed) = form.fixed_size() {
        return Some(fixed);
    }
    if is_long || size == 0 {
        return None;
    }
    let letters = match kind {
        // Digits; sign, point and a leading zero come to it.
        "decimal" | "numeric" | "bigint" => size.checked_add(4)?,
        "guid" => 38,
        _ => size,
    };
    // A character may take two units of UTF-16, or four bytes of UTF-8 and of GB18030.
    let bytes = match form {
        Form::Binary => letters,
        _ => letters
            .checked_mul(4)?
            .checked_add(form.terminator(charset))?,
    };
    let even = bytes.checked_add(bytes & 1)?;
    (even <= BOUND_CELL).then_some(even)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: i16, size: usize, unsigned: bool) -> (Form, Option<usize>) {
        let plan = plan("c".to_owned(), kind, size, 0, 2, Charset::Wide, || unsigned);
        (plan.form, plan.width)
    }

    #[test]
    fn what_is_wide_or_of_unknown_width_is_not_bound() {
        assert_eq!(of(abi::INTEGER, 10, false), (Form::Int, Some(8)));
        assert_eq!(of(abi::BIGINT, 20, true), (Form::Unsigned, Some(98)));
        assert_eq!(of(abi::WVARCHAR, 100, false), (Form::Text, Some(402)));
        assert_eq!(of(abi::WVARCHAR, 0, false), (Form::Text, None));
        assert_eq!(of(abi::WVARCHAR, usize::MAX, false), (Form::Text, None));
        assert_eq!(of(abi::LONGVARBINARY, 10, false), (Form::Binary, None));
        assert_eq!(of(-150, 10, false), (Form::Text, None));
        assert_eq!(of(abi::DECIMAL, 38, false), (Form::Text, Some(170)));
    }
}
