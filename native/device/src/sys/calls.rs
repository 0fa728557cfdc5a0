//! What the three drivers share: the same verbs under other names, a device made current
//! before each call, a code that says how it ended, and a handle given back through a pointer.
//!
//! A driver's file is its table ([`calls!`]) and what truly differs ([`Vendor`]): copies, the
//! answer of a query, call backs, names and errors. Everything else is written here once.
//!
//! Invariant that the SAFETY arguments rest on: a table's signatures are those of the vendor's
//! headers; pointers that are passed are of live locals; handles and addresses come from the
//! driver and have not been destroyed (invariant 3 of `sys`).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tusk_runtime::error::{Error, Kind as Failure};

use super::notice;
use crate::driver::{Address, Copy, Driver, Event, Kind, Models, Notice, Stream, no_models};

/// The verbs that all three have in one form. Addresses and handles are numbers here.
///
/// Safety: as the module's description says; the device is current.
pub(super) trait Calls {
    unsafe fn count(&self, count: *mut u32) -> i32;
    unsafe fn memory(&self, free: *mut usize, total: *mut usize) -> i32;
    unsafe fn allocate(&self, out: *mut u64, length: usize) -> i32;
    unsafe fn free(&self, address: u64) -> i32;
    unsafe fn allocate_pinned(&self, out: *mut u64, length: usize) -> i32;
    unsafe fn free_pinned(&self, address: u64) -> i32;
    unsafe fn stream(&self, out: *mut u64) -> i32;
    unsafe fn destroy_stream(&self, stream: u64) -> i32;
    unsafe fn event(&self, out: *mut u64) -> i32;
    unsafe fn destroy_event(&self, event: u64) -> i32;
    unsafe fn record(&self, event: u64, stream: u64) -> i32;
    unsafe fn wait_for(&self, stream: u64, event: u64) -> i32;
    unsafe fn fill(&self, address: u64, byte: u8, length: usize, stream: u64) -> i32;
}

/// The type of a verb's parameter, by its name.
macro_rules! given {
    (count) => { *mut u32 };
    (free) => { *mut usize };
    (total) => { *mut usize };
    (out) => { *mut u64 };
    (length) => { usize };
    (byte) => { u8 };
    ($other:ident) => { u64 };
}

/// Declares a driver's table: `verb(parameters) = "symbol"(argument => C type, …);` for the
/// verbs of [`Calls`], then under `own` functions that only this driver has.
macro_rules! calls {
    ($table:ident {
        $($verb:ident($($given:ident),*) = $symbol:literal($($argument:expr => $type:ty),*);)*
    } own {
        $($field:ident = $name:literal($($parameter:ty),*);)*
    }) => {
        pub(in crate::sys) struct $table {
            $($verb: unsafe extern "C" fn($($type),*) -> i32,)*
            $($field: unsafe extern "C" fn($($parameter),*) -> i32,)*
        }
        impl $table {
            fn load(library: &super::library::Library) -> Result<$table, tusk_runtime::error::Error> {
                Ok($table {
                    $($verb: library.symbol($symbol)?,)*
                    $($field: library.symbol($name)?,)*
                })
            }
        }
        #[allow(clippy::unnecessary_cast)]
        impl super::calls::Calls for $table {
            $(unsafe fn $verb(&self, $($given: super::calls::given!($given)),*) -> i32 {
                // SAFETY: the caller keeps to the invariant of `calls`.
                unsafe { (self.$verb)($($argument as $type),*) }
            })*
        }
    };
}

pub(super) use {calls, given};

/// How a driver's codes are said.
pub(super) struct Words {
    /// `CUDA`
    pub vendor: &'static str,
    /// Codes by name, where the driver does not tell.
    pub names: &'static [(i32, &'static str)],
    pub no_memory: &'static [i32],
    /// After these nothing will work any more.
    pub broken: &'static [i32],
}

impl Words {
    /// `said`: what the driver itself calls it.
    pub fn error(&self, operation: &'static str, code: i32, said: Option<String>) -> Error {
        let known = self.names.iter().find(|(known, _)| *known == code);
        let text = match (known, said) {
            (Some((_, name)), None) => format!("{name} ({code})"),
            (Some((_, name)), Some(said)) => format!("{name} ({code}): {said}"),
            (None, Some(said)) => format!("{said} ({code})"),
            (None, None) => code.to_string(),
        };
        let error = Error::new(
            Failure::Device,
            operation,
            format!("{} says {text}", self.vendor),
        );
        if self.no_memory.contains(&code) {
            error.hint("free buffers, trim() the cache, or use a smaller batch")
        } else if self.broken.contains(&code) {
            error.hint("the context is broken for good: restart the worker")
        } else {
            error
        }
    }
}

/// Contexts by ordinal, made once and kept: other libraries of the process may use the same.
#[derive(Default)]
pub(super) struct Contexts(Mutex<HashMap<u32, u64>>);

impl Contexts {
    pub fn of(
        &self,
        ordinal: u32,
        open: impl FnOnce() -> Result<u64, Error>,
    ) -> Result<u64, Error> {
        let mut contexts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&context) = contexts.get(&ordinal) {
            return Ok(context);
        }
        let context = open()?;
        contexts.insert(ordinal, context);
        Ok(context)
    }
}

/// What differs from driver to driver.
pub(super) trait Vendor: Send + Sync {
    type Table: Calls;
    const KIND: Kind;
    fn table(&self) -> &Self::Table;
    /// The error of a code that is not success, which is 0 for all.
    fn error(&self, operation: &'static str, code: i32) -> Error;
    /// Makes the device current in this thread.
    fn enter(&self, ordinal: u32) -> Result<(), Error>;
    fn name(&self, ordinal: u32) -> Result<String, Error>;
    fn is_done(&self, event: Event) -> Result<bool, Error>;
    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<i32, Error>;
    /// The code, or `None` where it does not call back; then the argument was not taken.
    fn launch(&self, ordinal: u32, stream: Stream, argument: *mut std::ffi::c_void) -> Option<i32>;
    /// A stream was made or is about to be destroyed.
    fn stream_begins(&self, _: u32, _: Stream) {}
    fn stream_ends(&self, _: u32, _: Stream) {}
    fn reuses_events(&self) -> bool {
        true
    }
    fn models(&self) -> Result<&dyn Models, Error> {
        Err(no_models(Self::KIND))
    }

    fn check(&self, operation: &'static str, code: i32) -> Result<(), Error> {
        if code == 0 {
            return Ok(());
        }
        Err(self.error(operation, code))
    }

    /// Enters the device and calls.
    fn called(
        &self,
        ordinal: u32,
        operation: &'static str,
        call: impl FnOnce(&Self::Table) -> i32,
    ) -> Result<(), Error> {
        self.enter(ordinal)?;
        self.check(operation, call(self.table()))
    }

    /// The same for what gives something back.
    fn made(
        &self,
        ordinal: u32,
        operation: &'static str,
        call: impl FnOnce(&Self::Table, *mut u64) -> i32,
    ) -> Result<u64, Error> {
        let mut out = 0;
        self.called(ordinal, operation, |table| call(table, &mut out))?;
        Ok(out)
    }
}

impl<V: Vendor> Driver for V {
    fn kind(&self) -> Kind {
        V::KIND
    }

    fn count(&self) -> Result<u32, Error> {
        let mut count = 0;
        // SAFETY: the invariant of this module; so everywhere below.
        self.check("count devices", unsafe { self.table().count(&mut count) })?;
        Ok(count)
    }

    fn name(&self, ordinal: u32) -> Result<String, Error> {
        Vendor::name(self, ordinal)
    }

    fn memory(&self, ordinal: u32) -> Result<(u64, u64), Error> {
        let (mut free, mut total) = (0, 0);
        self.called(ordinal, "ask for free memory", |table| {
            // SAFETY: see `count`.
            unsafe { table.memory(&mut free, &mut total) }
        })?;
        Ok((free as u64, total as u64))
    }

    fn allocate(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.made(ordinal, "allocate device memory", |table, out| {
            // SAFETY: see `count`.
            unsafe { table.allocate(out, length) }
        })
    }

    fn free(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.called(ordinal, "free device memory", |table| {
            // SAFETY: see `count`.
            unsafe { table.free(address) }
        })
    }

    fn allocate_pinned(&self, ordinal: u32, length: usize) -> Result<Address, Error> {
        self.made(ordinal, "allocate pinned memory", |table, out| {
            // SAFETY: see `count`.
            unsafe { table.allocate_pinned(out, length) }
        })
    }

    fn free_pinned(&self, ordinal: u32, address: Address) -> Result<(), Error> {
        self.called(ordinal, "free pinned memory", |table| {
            // SAFETY: see `count`.
            unsafe { table.free_pinned(address) }
        })
    }

    fn stream(&self, ordinal: u32) -> Result<Stream, Error> {
        let made = self.made(ordinal, "make a stream", |table, out| {
            // SAFETY: see `count`.
            unsafe { table.stream(out) }
        });
        let stream = Stream(made?);
        self.stream_begins(ordinal, stream);
        Ok(stream)
    }

    fn destroy_stream(&self, ordinal: u32, stream: Stream) -> Result<(), Error> {
        self.stream_ends(ordinal, stream);
        self.called(ordinal, "destroy a stream", |table| {
            // SAFETY: see `count`.
            unsafe { table.destroy_stream(stream.0) }
        })
    }

    fn event(&self, ordinal: u32) -> Result<Event, Error> {
        self.made(ordinal, "make an event", |table, out| {
            // SAFETY: see `count`.
            unsafe { table.event(out) }
        })
        .map(Event)
    }

    fn destroy_event(&self, ordinal: u32, event: Event) -> Result<(), Error> {
        self.called(ordinal, "destroy an event", |table| {
            // SAFETY: see `count`.
            unsafe { table.destroy_event(event.0) }
        })
    }

    fn reuses_events(&self) -> bool {
        Vendor::reuses_events(self)
    }

    fn record(&self, ordinal: u32, event: Event, stream: Stream) -> Result<(), Error> {
        self.called(ordinal, "record an event", |table| {
            // SAFETY: see `count`.
            unsafe { table.record(event.0, stream.0) }
        })
    }

    fn is_done(&self, ordinal: u32, event: Event) -> Result<bool, Error> {
        self.enter(ordinal)?;
        Vendor::is_done(self, event)
    }

    fn wait_for(&self, ordinal: u32, stream: Stream, event: Event) -> Result<(), Error> {
        self.called(ordinal, "wait for an event", |table| {
            // SAFETY: see `count`.
            unsafe { table.wait_for(stream.0, event.0) }
        })
    }

    fn copy(&self, ordinal: u32, stream: Stream, copy: &Copy) -> Result<(), Error> {
        self.enter(ordinal)?;
        let code = Vendor::copy(self, ordinal, stream, copy)?;
        self.check("copy", code)
    }

    fn fill(
        &self,
        ordinal: u32,
        stream: Stream,
        to: Address,
        byte: u8,
        length: usize,
    ) -> Result<(), Error> {
        self.called(ordinal, "fill", |table| {
            // SAFETY: see `count`; the memory stays until the work is done (contract 3).
            unsafe { table.fill(to, byte, length, stream.0) }
        })
    }

    fn notify(&self, ordinal: u32, stream: Stream, notice: Notice) -> Result<bool, Error> {
        self.enter(ordinal)?;
        let argument = notice::pack(notice);
        match self.launch(ordinal, stream, argument) {
            Some(0) => Ok(true),
            Some(code) => {
                notice::drop_packed(argument);
                Err(self.error("ask for a call back", code))
            }
            None => {
                notice::drop_packed(argument);
                Ok(false)
            }
        }
    }

    fn models(&self) -> Result<&dyn Models, Error> {
        Vendor::models(self)
    }
}
