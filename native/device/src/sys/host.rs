//! This machine's memory as a device: every call is done when it returns.
//!
//! It keeps what it allocated, so that an address that is not its own, or a length that goes
//! beyond, is an error and not a wild copy.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tusk_runtime::error::{Error, Kind as Failure};

use super::memory::HostMemory;
use crate::driver::{Address, Copy, Driver, Event, Kind, Notice, Stream};

/// See the module's description.
#[derive(Default)]
pub struct Host(Mutex<BTreeMap<Address, HostMemory>>);

impl Host {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<Address, HostMemory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails unless the range lies in memory of this device.
    fn check(&self, address: Address, length: usize) -> Result<(), Error> {
        let kept = self.kept();
        let inside = kept
            .range(..=address)
            .next_back()
            .is_some_and(|(start, memory)| {
                (address - start) as usize <= memory.bytes().len()
                    && length <= memory.bytes().len() - (address - start) as usize
            });
        if inside {
            return Ok(());
        }
        Err(Error::new(
            Failure::Device,
            "use host memory",
            format!("{length} bytes at {address:#x} are not of this device"),
        ))
    }
}

impl Driver for Host {
    fn kind(&self) -> Kind {
        Kind::Host
    }

    fn count(&self) -> Result<u32, Error> {
        Ok(1)
    }

    fn name(&self, _: u32) -> Result<String, Error> {
        Ok("host memory".to_owned())
    }

    fn memory(&self, _: u32) -> Result<(u64, u64), Error> {
        // SAFETY: asks for numbers.
        let ask = |what| unsafe { libc::sysconf(what) }.max(0) as u64;
        let page = ask(libc::_SC_PAGESIZE);
        Ok((
            ask(libc::_SC_AVPHYS_PAGES) * page,
            ask(libc::_SC_PHYS_PAGES) * page,
        ))
    }

    fn allocate(&self, _: u32, length: usize) -> Result<Address, Error> {
        let memory = HostMemory::new(length.max(1))?;
        let address = memory.address() as Address;
        self.kept().insert(address, memory);
        Ok(address)
    }

    fn free(&self, _: u32, address: Address) -> Result<(), Error> {
        let memory = self.kept().remove(&address);
        memory.map(drop).ok_or_else(|| {
            Error::new(
                Failure::Device,
                "free host memory",
                "the address is not of this device",
            )
        })
    }

    fn allocate_pinned(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.allocate(ordinal, length)
    }

    fn free_pinned(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.free(ordinal, address)
    }

    fn stream(&self, _: u32) -> Result<Stream, Error> {
        Ok(Stream(0))
    }

    fn destroy_stream(&self, _: u32, _: Stream) -> Result<(), Error> {
        Ok(())
    }

    fn event(&self, _: u32) -> Result<Event, Error> {
        Ok(Event(0))
    }

    fn destroy_event(&self, _: u32, _: Event) -> Result<(), Error> {
        Ok(())
    }

    fn record(&self, _: u32, _: Event, _: Stream) -> Result<(), Error> {
        Ok(())
    }

    fn is_done(&self, _: u32, _: Event) -> Result<bool, Error> {
        Ok(true)
    }

    fn wait_for(&self, _: u32, _: Stream, _: Event) -> Result<(), Error> {
        Ok(())
    }

    fn copy(&self, _: u32, _: Stream, copy: &Copy) -> Result<(), Error> {
        self.check(copy.to, copy.length)?;
        self.check(copy.from, copy.length)?;
        // SAFETY: both ranges were checked, and whoever gave them keeps them (contract 3).
        unsafe { std::ptr::copy(copy.from as *const u8, copy.to as *mut u8, copy.length) };
        Ok(())
    }

    fn fill(&self, _: u32, _: Stream, to: Address, byte: u8, length: usize) -> Result<(), Error> {
        self.check(to, length)?;
        // SAFETY: as in `copy`.
        unsafe { std::ptr::write_bytes(to as *mut u8, byte, length) };
        Ok(())
    }

    fn notify(&self, _: u32, _: Stream, _: Notice) -> Result<bool, Error> {
        Ok(false)
    }
}
