//! Values: from the server's binary form, and to the form it takes.
//!
//! What PHP has a type for becomes that type; everything else becomes the text that psql shows,
//! with times in UTC. Types that are not known here are asked for as text, so nothing that
//! PostgreSQL can show is refused.

mod decode;
mod encode;
mod network;
mod numeric;
mod time;

pub use decode::{Datum, Decoder, decode};
pub use encode::{Param, format_of, write};

/// A type's name, if it is one of the server's own.
pub fn type_name(oid: u32) -> Option<String> {
    postgres_types::Type::from_oid(oid).map(|known| known.name().to_owned())
}
