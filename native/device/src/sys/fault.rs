//! SIGBUS on a mapped file that somebody made shorter.
//!
//! The kernel raises it for a page that lies beyond the file's end. The handler puts zero
//! pages there, from the fault to the end of the mapping, and marks the mapping; who reads
//! looks at the mark afterwards and fails. Faults elsewhere go to whoever handled the signal
//! before, or end the process as they would have.
//!
//! Invariants:
//! 1. The handler reads a table of atomics, calls mmap(2), and does nothing else: both are
//!    safe in a signal handler.
//! 2. A slot is filled in the order length, mark, start, and emptied by its start, before the
//!    mapping goes. Nobody reads a mapping that is going, so no fault meets a slot between.

use std::sync::Mutex;
use std::sync::Once;
use std::sync::OnceLock;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::limits::MAPPINGS;

struct Slot {
    /// 0: empty.
    start: AtomicUsize,
    length: AtomicUsize,
    cut: AtomicBool,
}

static TABLE: [Slot; MAPPINGS] = [const {
    Slot {
        start: AtomicUsize::new(0),
        length: AtomicUsize::new(0),
        cut: AtomicBool::new(false),
    }
}; MAPPINGS];

/// Slots that are not in use; the handler never looks here.
static FREE: Mutex<Option<Vec<usize>>> = Mutex::new(None);

/// Who handled the signal before.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();
static INSTALL: Once = Once::new();

/// A watched range.
#[derive(Debug)]
pub struct Watched(usize);

/// Watches a mapping. `None`: `limits::MAPPINGS` are watched already.
pub fn watch(start: usize, length: usize) -> Option<Watched> {
    INSTALL.call_once(install);
    let slot = {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.get_or_insert_with(|| (0..MAPPINGS).rev().collect())
            .pop()?
    };
    let entry = &TABLE[slot];
    entry.length.store(length, Ordering::Release);
    entry.cut.store(false, Ordering::Release);
    entry.start.store(start, Ordering::Release);
    Some(Watched(slot))
}

impl Watched {
    /// Was a page read that the file does not have any more?
    pub fn is_cut(&self) -> bool {
        TABLE[self.0].cut.load(Ordering::Acquire)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        TABLE[self.0].start.store(0, Ordering::Release);
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(free) = free.as_mut() {
            free.push(self.0);
        }
    }
}

fn install() {
    // SAFETY: the structs are plain data that sigaction(2) reads and writes; the handler has
    // the signature that SA_SIGINFO asks for.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        let mut before: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_fault as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        libc::sigaction(libc::SIGBUS, std::ptr::null(), &mut before);
        let _ = BEFORE.set(before);
        libc::sigaction(libc::SIGBUS, &action, std::ptr::null_mut());
    }
}

extern "C" fn on_fault(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a valid siginfo of a fault.
    let address = unsafe { (*info).si_addr() } as usize;
    let of_mapping = TABLE.iter().find(|slot| {
        let start = slot.start.load(Ordering::Acquire);
        start != 0 && address >= start && address - start < slot.length.load(Ordering::Acquire)
    });
    if of_mapping.is_some_and(|slot| put_zeroes(slot, address)) {
        return;
    }
    pass_on(signal, info, context);
}

/// Covers the rest of the mapping. False: it could not be done.
fn put_zeroes(slot: &Slot, address: usize) -> bool {
    slot.cut.store(true, Ordering::Release);
    // SAFETY: asks for a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let from = address & !(page - 1);
    let end = slot.start.load(Ordering::Acquire) + slot.length.load(Ordering::Acquire);
    // SAFETY: the range is inside a mapping of ours (invariant 2), whose pages from here on
    // the file does not have; readers hold only shared slices and see zeroes.
    let mapped = unsafe {
        libc::mmap(
            from as *mut libc::c_void,
            end - from,
            libc::PROT_READ,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
            -1,
            0,
        )
    };
    mapped != libc::MAP_FAILED
}

fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    type Siginfo = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
    let Some(before) = BEFORE.get() else { return };
    let handler = before.sa_sigaction;
    // SAFETY: the handler that was installed before us is called as the kernel would have
    // called it; without one, the default comes back and the fault happens again.
    unsafe {
        if handler == libc::SIG_DFL || handler == libc::SIG_IGN {
            libc::sigaction(signal, before, std::ptr::null_mut());
        } else if before.sa_flags & libc::SA_SIGINFO != 0 {
            std::mem::transmute::<usize, Siginfo>(handler)(signal, info, context);
        } else {
            std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(handler)(signal);
        }
    }
}
