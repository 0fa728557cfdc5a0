//! Redirects calls that loaded libraries make to libc.
//!
//! A library calls `poll` through a slot that the dynamic linker filled with libc's
//! address. Here the slots of chosen libraries get another function's address, and their
//! own back at the end. Nothing is unpacked from disk and no instruction is changed.
//!
//! The modules stand in reading order. `machine`, `memory` and `image` are pure: they read
//! an image through [`memory::Memory`] and are tested on crafted ones. `loaded` and
//! `patch` touch this process. Invariants that their SAFETY arguments rest on:
//! 1. An image that `dl_iterate_phdr` reports stays mapped while its callback runs, because
//!    the dynamic linker holds its lock. Everything of an image is read, and its slots are
//!    written, inside that callback.
//! 2. Only addresses inside the image's own `PT_LOAD` segments are read or written.
//! 3. A slot is one aligned word that is written whole, so a thread that calls through it
//!    meanwhile gets the old function or the new one.
//!
//! It does not decide what a replacement does, does not touch direct system calls, calls
//! inside one library, or calls through pointers that were taken before (`dlsym`).
#![allow(unsafe_code)] // This crate reads and writes the memory of loaded images.

pub mod machine;

pub mod memory;

pub mod image;

pub mod policy;

pub mod patch;

pub mod loaded;

pub mod interceptor;

pub use interceptor::{Covered, Interceptor, Replacement};
pub use policy::Policy;
