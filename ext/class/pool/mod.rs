//! The classes of `Tusk\Pool`.

mod lease;
#[allow(clippy::module_inception)]
mod pool;
mod reads;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    super::kind(&pool::KIND, &pool::CLASS)
        && super::kind(&lease::KIND, &lease::CLASS)
        && super::native::<reads::Reads>(&reads::CLASS)
}
