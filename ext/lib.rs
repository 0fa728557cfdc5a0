//! The Tusk extension.
