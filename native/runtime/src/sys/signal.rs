//! Signal masks: a set to wait with, and a guard that blocks all signals for a while.

use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// A set of signals, as libc lays it out.
#[derive(Clone, Copy)]
pub struct SigSet(libc::sigset_t);

impl SigSet {
    /// No signal.
    pub fn empty() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigemptyset initialises the whole set and cannot fail on our memory.
        unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            SigSet(set.assume_init())
        }
    }

    /// Every signal that can be blocked.
    pub fn full() -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: sigfillset initialises the whole set and cannot fail on our memory.
        unsafe {
            libc::sigfillset(set.as_mut_ptr());
            SigSet(set.assume_init())
        }
    }

    /// The mask of the calling thread.
    pub fn current() -> Self {
        let mut set = SigSet::empty();
        // SAFETY: with a null new set the call only writes the old one, into our memory.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, std::ptr::null(), &mut set.0) };
        set
    }

    /// Adds one signal; a number that is none changes nothing.
    pub fn add(&mut self, signal: i32) {
        // SAFETY: the set is initialised; an invalid number is refused by libc.
        unsafe { libc::sigaddset(&mut self.0, signal) };
    }

    /// Takes one signal out; a number that is none changes nothing.
    pub fn remove(&mut self, signal: i32) {
        // SAFETY: as in add.
        unsafe { libc::sigdelset(&mut self.0, signal) };
    }

    /// Is the signal in the set?
    pub fn contains(&self, signal: i32) -> bool {
        // SAFETY: the set is initialised; an invalid number is refused by libc.
        unsafe { libc::sigismember(&self.0, signal) == 1 }
    }

    /// Makes this the mask of the calling thread; the guard restores the former one.
    pub fn install(&self) -> MaskGuard {
        let mut previous = SigSet::empty();
        // SAFETY: both sets are initialised and ours.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, &mut previous.0) };
        MaskGuard {
            previous,
            _thread: PhantomData,
        }
    }

    pub(crate) fn as_ptr(&self) -> *const libc::sigset_t {
        &self.0
    }
}

/// Faults are raised in the thread that made them: one that blocks them is killed, although
/// there is a handler (a mapped file that was made shorter, `tusk_device::sys::fault`).
const FAULTS: [i32; 4] = [libc::SIGBUS, libc::SIGSEGV, libc::SIGFPE, libc::SIGILL];

/// Blocks every signal but faults in the calling thread until the guard is dropped. Threads
/// that are started meanwhile inherit the mask, so PHP's handlers never run in them.
pub fn block_all() -> MaskGuard {
    let mut all = SigSet::full();
    FAULTS.into_iter().for_each(|fault| all.remove(fault));
    all.install()
}

/// Restores the mask that it found, in the thread that made it.
pub struct MaskGuard {
    previous: SigSet,
    // The mask belongs to one thread, so the guard must not move to another.
    _thread: PhantomData<*const ()>,
}

impl MaskGuard {
    /// The mask that was in force before, to wait with.
    pub fn previous(&self) -> &SigSet {
        &self.previous
    }
}

impl Drop for MaskGuard {
    fn drop(&mut self) {
        // SAFETY: the set is initialised; a null pointer says that no old set is wanted.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.previous.0, std::ptr::null_mut()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_blocks_and_restores() {
        let before = SigSet::current();
        assert!(!before.contains(libc::SIGUSR2));
        let guard = block_all();
        assert!(SigSet::current().contains(libc::SIGUSR2));
        assert!(!SigSet::current().contains(libc::SIGBUS));
        assert!(!guard.previous().contains(libc::SIGUSR2));
        drop(guard);
        assert!(!SigSet::current().contains(libc::SIGUSR2));
    }

    #[test]
    fn sets_add_and_remove() {
        let mut set = SigSet::empty();
        set.add(libc::SIGTERM);
        assert!(set.contains(libc::SIGTERM) && !set.contains(libc::SIGINT));
        set.remove(libc::SIGTERM);
        assert!(!set.contains(libc::SIGTERM));
        set.add(-1);
    }
}
