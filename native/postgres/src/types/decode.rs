//! Binary values of the server, by their type's number.
//!
//! Everything comes from a peer: lengths are checked, and what is malformed is an error, never
//! a panic.

use std::borrow::Cow;

use postgres_types::{Kind, Type};
use tusk_runtime::error::Error;

use super::{network, numeric, time};
use crate::failure::malformed;
use crate::limits::ARRAY_DIMENSIONS;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// NULL.
    Null,
    /// boolean
    Bool(bool),
    /// int2, int4, int8, oid
    Int(i64),
    /// float4, float8
    Float(f64),
    /// Everything else, as text; bytea as its bytes.
    Text(Cow<'a, [u8]>),
    /// An array, dimension by dimension.
    List(Vec<Datum<'a>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scalar {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Raw,
    Jsonb,
    Numeric,
    Uuid,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Inet,
    MacAddr,
}

/// How values of one type are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoder {
    scalar: Scalar,
    array: bool,
    binary: bool,
}

impl Decoder {
    /// Text, as the server writes it.
    pub const TEXT: Decoder = Decoder {
        scalar: Scalar::Raw,
        array: false,
        binary: false,
    };

    /// For a type's number.
    pub fn of(oid: u32) -> Decoder {
        let Some(known) = Type::from_oid(oid) else {
            return Decoder::TEXT;
        };
        let (element, array) = match known.kind() {
            Kind::Array(element) => (element.clone(), true),
            _ => (known, false),
        };
        match scalar_of(&element) {
            Some(scalar) => Decoder {
                scalar,
                array,
                binary: true,
            },
            None => Decoder::TEXT,
        }
    }

    /// Is the binary form asked for?
    pub fn is_binary(self) -> bool {
        self.binary
    }
}

fn scalar_of(element: &Type) -> Option<Scalar> {
    Some(match *element {
        Type::BOOL => Scalar::Bool,
        Type::INT2 => Scalar::Int2,
        Type::INT4 => Scalar::Int4,
        Type::INT8 => Scalar::Int8,
        Type::OID | Type::XID | Type::CID => Scalar::Oid,
        Type::FLOAT4 => Scalar::Float4,
        Type::FLOAT8 => Scalar::Float8,
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::NAME
        | Type::CHAR
        | Type::UNKNOWN
        | Type::BYTEA
        | Type::JSON
        | Type::XML
        | Type::VOID => Scalar::Raw,
        Type::JSONB => Scalar::Jsonb,
        Type::NUMERIC => Scalar::Numeric,
        Type::UUID => Scalar::Uuid,
        Type::DATE => Scalar::Date,
        Type::TIME => Scalar::Time,
        Type::TIMETZ => Scalar::TimeTz,
        Type::TIMESTAMP => Scalar::Timestamp,
        Type::TIMESTAMPTZ => Scalar::TimestampTz,
        Type::INTERVAL => Scalar::Interval,
        Type::INET | Type::CIDR => Scalar::Inet,
        Type::MACADDR | Type::MACADDR8 => Scalar::MacAddr,
        _ => return None,
    })
}

/// Reads a value.
///
/// # Errors
/// `Protocol` for bytes that are no value of the type.
pub fn decode(decoder: Decoder, bytes: &[u8]) -> Result<Datum<'_>, Error> {
    let value = if decoder.array {
        array(decoder.scalar, bytes)
    } else {
        scalar(decoder.scalar, bytes)
    };
    value.ok_or_else(|| {
        malformed(format!(
            "{} bytes that are no value of their column's type",
            bytes.len()
        ))
    })
}

fn scalar(scalar: Scalar, bytes: &[u8]) -> Option<Datum<'_>> {
    let text = |text: String| Datum::Text(Cow::Owned(text.into_bytes()));
    Some(match scalar {
        Scalar::Bool => match bytes {
            [0] => Datum::Bool(false),
            [1] => Datum::Bool(true),
            _ => return None,
        },
        Scalar::Int2 => Datum::Int(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        Scalar::Int4 => Datum::Int(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Scalar::Int8 => Datum::Int(i64::from_be_bytes(bytes.try_into().ok()?)),
        Scalar::Oid => Datum::Int(u32::from_be_bytes(bytes.try_into().ok()?).into()),
        Scalar::Float4 => {
            let number = f32::from_be_bytes(bytes.try_into().ok()?);
            // The shortest digits that mean this float4 are what the server shows, too.
            Datum::Float(number.to_string().parse().ok()?)
        }
        Scalar::Float8 => Datum::Float(f64::from_be_bytes(bytes.try_into().ok()?)),
        Scalar::Raw => Datum::Text(Cow::Borrowed(bytes)),
        Scalar::Jsonb => match bytes {
            [1, json @ ..] => Datum::Text(Cow::Borrowed(json)),
            _ => return None,
        },
        Scalar::Numeric => text(numeric::text(bytes)?),
        Scalar::Uuid => text(network::uuid(bytes)?),
        Scalar::Date => text(time::date(i32::from_be_bytes(bytes.try_into().ok()?))),
        Scalar::Time => text(time::time(i64::from_be_bytes(bytes.try_into().ok()?))),
        Scalar::TimeTz => {
            let (time, zone) = bytes.split_first_chunk::<8>()?;
            let zone = i32::from_be_bytes(zone.try_into().ok()?);
            text(time::time(i64::from_be_bytes(*time)) + &time::zone(zone))
        }
        Scalar::Timestamp => text(time::timestamp(
            i64::from_be_bytes(bytes.try_into().ok()?),
            "",
        )),
        Scalar::TimestampTz => text(time::timestamp(
            i64::from_be_bytes(bytes.try_into().ok()?),
            "+00",
        )),
        Scalar::Interval => {
            let (time, rest) = bytes.split_first_chunk::<8>()?;
            let (days, months) = rest.split_first_chunk::<4>()?;
            text(time::interval(
                i64::from_be_bytes(*time),
                i32::from_be_bytes(*days),
                i32::from_be_bytes(months.try_into().ok()?),
            ))
        }
        Scalar::Inet => text(network::inet(bytes)?),
        Scalar::MacAddr => text(network::mac(bytes)?),
    })
}

/// An array: its dimensions, then its elements in row-major order.
fn array(element: Scalar, bytes: &[u8]) -> Option<Datum<'_>> {
    let mut rest = bytes;
    let dimensions = int(&mut rest)?;
    let _has_null = int(&mut rest)?;
    let _element_type = int(&mut rest)?;
    if !(0..=ARRAY_DIMENSIONS).contains(&dimensions) {
        return None;
    }
    let mut lengths = Vec::new();
    for _ in 0..dimensions {
        lengths.push(usize::try_from(int(&mut rest)?).ok()?);
        let _lower_bound = int(&mut rest)?;
    }
    let value = if lengths.is_empty() {
        Datum::List(Vec::new())
    } else {
        level(element, &lengths, &mut rest)?
    };
    rest.is_empty().then_some(value)
}

fn level<'a>(element: Scalar, lengths: &[usize], rest: &mut &'a [u8]) -> Option<Datum<'a>> {
    let Some((&length, inner)) = lengths.split_first() else {
        let length = int(rest)?;
        if length == -1 {
            return Some(Datum::Null);
        }
        let bytes = rest.get(..usize::try_from(length).ok()?)?;
        *rest = &rest[bytes.len()..];
        return scalar(element, bytes);
    };
    // Each element takes four bytes at least: a length beyond that is a lie, and would
    // reserve memory.
    if length > rest.len() / 4 {
        return None;
    }
    let mut list = Vec::with_capacity(length);
    for _ in 0..length {
        list.push(level(element, inner, rest)?);
    }
    Some(Datum::List(list))
}

fn int(rest: &mut &[u8]) -> Option<i32> {
    let (int, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(i32::from_be_bytes(*int))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_arrays() {
        let mut bytes = Vec::new();
        for int in [2i32, 1, 23, 2, 1, 2, 1] {
            bytes.extend(int.to_be_bytes());
        }
        for value in [Some(1i32), None, Some(-3), Some(4)] {
            match value {
                Some(value) => {
                    bytes.extend(4i32.to_be_bytes());
                    bytes.extend(value.to_be_bytes());
                }
                None => bytes.extend((-1i32).to_be_bytes()),
            }
        }
        let decoder = Decoder::of(Type::INT4_ARRAY.oid());
        let list = |a, b| Datum::List(vec![a, b]);
        let expected = list(
            list(Datum::Int(1), Datum::Null),
            list(Datum::Int(-3), Datum::Int(4)),
        );
        assert_eq!(decode(decoder, &bytes).unwrap(), expected);
        for length in 0..bytes.len() {
            assert!(decode(decoder, &bytes[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_lying_length_reserves_nothing() {
        let mut bytes = Vec::new();
        for int in [6i32, 0, 23] {
            bytes.extend(int.to_be_bytes());
        }
        for _ in 0..6 {
            bytes.extend(i32::MAX.to_be_bytes());
            bytes.extend(1i32.to_be_bytes());
        }
        assert!(decode(Decoder::of(Type::INT4_ARRAY.oid()), &bytes).is_err());
    }

    #[test]
    fn a_float4_is_shown_as_the_server_shows_it() {
        let decoder = Decoder::of(Type::FLOAT4.oid());
        assert_eq!(
            decode(decoder, &1.1f32.to_be_bytes()).unwrap(),
            Datum::Float(1.1)
        );
    }
}
