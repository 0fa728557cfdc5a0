//! Raw memory, mapped files, and drivers' libraries: all unsafe code of the crate.
//!
//! Invariants that the SAFETY arguments below this folder rest on:
//! 1. A region (owned, mapped, pinned) is alive as long as the value that stands for it, and
//!    its address and length never change meanwhile.
//! 2. Slices that are handed out borrow that value. Who changes bytes holds it alone
//!    (`&mut`), or writes through a raw pointer memory that the user declared shared: a
//!    Buffer, which several may write, as with any device memory.
//! 3. What a driver was given (an address, a handle, a callback's argument) stays alive until
//!    the driver has said that it is done, or for ever.
#![allow(unsafe_code)]

pub mod ascend;
mod calls;
pub mod cambricon;
pub mod cuda;
pub mod dlpack;
pub mod fault;
pub mod host;
pub mod library;
pub mod memfd;
pub mod memory;
pub mod mmap;
mod notice;
pub mod pinned;
