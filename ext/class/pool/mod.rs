//! The classes of `Tusk\Pool`.

mod lease;
#[allow(clippy::module_inception)]
mod pool;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    super::native::<pool::Pool>(&pool::CLASS) && super::kind(&lease::KIND, &lease::CLASS)
}
