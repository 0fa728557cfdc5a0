//! The waits of tusk.h, for hooks written in C.

use std::ffi::{CStr, c_char, c_int, c_short, c_void};

use tusk_runtime::buf::{Buf, BufRef, RawBuf, RawBufRef};
use tusk_runtime::op::{Children, Op, Recv, Send, WaitId};
use tusk_runtime::reactor::{Letter, OpId};
use tusk_runtime::sync::WaitQueue;
use tusk_runtime::sys::{clock, resolve};
use tusk_runtime::task::Ends;
use tusk_runtime::timer::due_after;

use super::{guarded, waiting};
use crate::core;
use crate::coroutine::{self, Ended, raise_cancel};
use crate::zend::engine;

pub(super) fn deadline(timeout_ns: i64) -> Option<u64> {
    u64::try_from(timeout_ns)
        .ok()
        .map(|ns| due_after(clock::now(), ns))
}

/// What C gets for a wait that ended early. A cancel is raised; C cleans up and fails.
pub(super) fn code(ended: Ended) -> c_int {
    match ended {
        Ended::Deadline => -libc::ETIMEDOUT,
        Ended::Interrupted => -libc::EINTR,
        Ended::Cancelled => {
            if !engine::has_exception() {
                raise_cancel();
            }
            -libc::ECANCELED
        }
        Ended::Deadlock | Ended::Refused => {
            ended.throw("this call");
            -libc::ECANCELED
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_raise_cancel() {
    guarded((), || {
        raise_cancel();
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_gives_up() -> bool {
    guarded(true, coroutine::gives_up)
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_fd(fd: c_int, events: c_short, timeout_ns: i64) -> c_int {
    waiting(-libc::ECANCELED, || {
        match coroutine::poll(fd, events as u16, Ends::OnCancel, deadline(timeout_ns)) {
            Ok(revents) => revents,
            Err(Ended::Deadline) => 0,
            Err(ended) => code(ended),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_child(which: libc::idtype_t, id: libc::id_t, events: c_int) -> c_int {
    waiting(-libc::ECANCELED, || {
        let Some(children) = Children::of_waitid(which, id) else {
            return -libc::EINVAL;
        };
        let op = Op::WaitId(WaitId::new(children, events));
        coroutine::wait_op(Ends::OnCancel, None, |reactor, waiter| {
            reactor.submit(op, Some(waiter))
        })
        .unwrap_or_else(code)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_fds(
    fds: *mut libc::pollfd,
    count: u32,
    timeout_ns: i64,
    keep_last: bool,
) -> c_int {
    waiting(-libc::ECANCELED, || {
        let count = count as usize;
        // SAFETY: C passes `count` entries that its frame owns until this returns.
        let targets: Vec<(c_int, u16)> = unsafe { std::slice::from_raw_parts(fds, count) }
            .iter()
            .map(|entry| (entry.fd, entry.events as u16))
            .collect();
        let mut revents = vec![0u16; count];
        let end = coroutine::poll_many(
            &targets,
            &mut revents,
            Ends::OnCancelOrSignal,
            deadline(timeout_ns),
            keep_last.then(|| count - 1),
        );
        for (index, revents) in revents.into_iter().enumerate() {
            // SAFETY: see above.
            unsafe { (*fds.add(index)).revents = revents as i16 };
        }
        match end {
            Ok(ready) => ready,
            Err(Ended::Deadline) => 0,
            Err(ended) => code(ended),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_recv(
    fd: c_int,
    buf: *mut c_void,
    len: usize,
    flags: c_int,
    timeout_ns: i64,
) -> isize {
    waiting(-(libc::ECANCELED as isize), || {
        let end = coroutine::wait_op(Ends::OnCancel, deadline(timeout_ns), |reactor, waiter| {
            // SAFETY: C keeps the buffer until this returns, and wait_op returns only after
            // the op's final completion.
            let buf = Buf::Raw(unsafe { RawBuf::new(buf.cast(), len) });
            reactor.submit(Op::Recv(Recv { fd, buf, flags }), Some(waiter))
        });
        end.unwrap_or_else(code) as isize
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_send(
    fd: c_int,
    buf: *const c_void,
    len: usize,
    flags: c_int,
    timeout_ns: i64,
) -> isize {
    waiting(-(libc::ECANCELED as isize), || {
        let end = coroutine::wait_op(Ends::OnCancel, deadline(timeout_ns), |reactor, waiter| {
            // SAFETY: as for recv; the kernel only reads it.
            let buf = BufRef::Raw(unsafe { RawBufRef::new(buf.cast(), len) });
            reactor.submit(Op::Send(Send { fd, buf, flags }), Some(waiter))
        });
        end.unwrap_or_else(code) as isize
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_sleep(ns: i64, remaining_ns: *mut i64) -> c_int {
    waiting(-libc::ECANCELED, || {
        let until = due_after(clock::now(), ns.max(0) as u64);
        match coroutine::sleep(until, Ends::OnCancelOrSignal) {
            Ok(()) => 0,
            Err(ended) => {
                if !remaining_ns.is_null() {
                    // SAFETY: C passes a place for the rest, or null.
                    unsafe { *remaining_ns = until.saturating_sub(clock::now()) as i64 };
                }
                code(ended)
            }
        }
    })
}

/// False: nothing can be waited for here.
#[unsafe(no_mangle)]
extern "C" fn tusk_rt_pause(ns: i64) -> bool {
    guarded(false, || {
        let until = due_after(clock::now(), ns.max(0) as u64);
        coroutine::sleep(until, Ends::Never).is_ok()
    })
}

/// Copies what getaddrinfo(3) takes.
///
/// # Safety
/// The pointers are null or valid, as for getaddrinfo(3).
unsafe fn query(
    host: *const c_char,
    service: *const c_char,
    hints: *const libc::addrinfo,
) -> resolve::Query {
    // SAFETY: by the caller's word.
    unsafe {
        let text = |text: *const c_char| (!text.is_null()).then(|| CStr::from_ptr(text).to_owned());
        let hints = hints.as_ref();
        resolve::Query {
            host: text(host),
            service: text(service),
            flags: hints.map_or(0, |hints| hints.ai_flags),
            family: hints.map_or(libc::AF_UNSPEC, |hints| hints.ai_family),
            socket_type: hints.map_or(0, |hints| hints.ai_socktype),
            protocol: hints.map_or(0, |hints| hints.ai_protocol),
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_wait_getaddrinfo(
    host: *const c_char,
    service: *const c_char,
    hints: *const libc::addrinfo,
    result: *mut *mut libc::addrinfo,
    timeout_ns: i64,
) -> c_int {
    waiting(-libc::ECANCELED, || {
        // SAFETY: C passes what getaddrinfo(3) takes; the query copies it.
        let query = unsafe { query(host, service, hints) };
        let answer = std::sync::Arc::new(std::sync::Mutex::new(None));
        let place = answer.clone();
        let end =
            coroutine::read_letter(Ends::OnCancel, deadline(timeout_ns), |reactor, waiter| {
                let op: OpId = reactor.open_letter(Some(waiter));
                let sender = reactor.sender();
                let job = Box::new(move || {
                    let resolved = resolve::resolve(&query);
                    if let Ok(mut place) = place.lock() {
                        *place = Some(resolved);
                    }
                    // Without a receiver the script has ended, and nobody waits.
                    sender.send_owed(Letter { op, result: 0 });
                });
                match reactor.pool().try_run(job) {
                    Ok(()) => Some(op),
                    Err(_) => {
                        reactor.withdraw_letter(op);
                        None
                    }
                }
            });
        match end {
            // The pool is full: as a resolver that is overloaded answers.
            None => libc::EAI_AGAIN,
            Some(Err(ended)) => code(ended),
            Some(Ok(_)) => {
                let resolved = answer.lock().ok().and_then(|mut answer| answer.take());
                match resolved {
                    Some(Ok(list)) => {
                        // SAFETY: C passes a place for the list, and frees it.
                        unsafe { *result = list.into_raw() };
                        0
                    }
                    Some(Err(failure)) => failure.code,
                    None => libc::EAI_SYSTEM,
                }
            }
        }
    })
}

// ---- turns ----

/// C's `tusk_turn`: a boxed queue, made at the first wait.
#[repr(C)]
struct Turn {
    queue: *mut WaitQueue,
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_turn_wait(turn: *mut Turn, timeout_ns: i64) -> c_int {
    waiting(-libc::ECANCELED, || {
        let ended = coroutine::wait(Ends::OnCancel, deadline(timeout_ns), |core, waiter| {
            // SAFETY: C keeps the turn while somebody may wait on it; the queue is ours and
            // borrowed for this call alone.
            unsafe {
                if (*turn).queue.is_null() {
                    (*turn).queue = Box::into_raw(Box::default());
                }
                (*(*turn).queue).push(&core.reactor.scheduler, waiter);
            }
            true
        });
        match ended {
            Ok(()) => 0,
            Err(ended) => code(ended),
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_turn_wake(turn: *mut Turn) -> bool {
    guarded(false, || {
        // SAFETY: see tusk_rt_turn_wait.
        let Some(queue) = (unsafe { (*turn).queue.as_mut() }) else {
            return false;
        };
        core::with(|core| queue.wake_one(&mut core.reactor.scheduler).is_some())
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_turn_clear(turn: *mut Turn) {
    guarded((), || {
        // SAFETY: see tusk_rt_turn_wait; the box is given back here, once.
        unsafe {
            let queue = std::mem::replace(&mut (*turn).queue, std::ptr::null_mut());
            if !queue.is_null() {
                let mut queue = Box::from_raw(queue);
                if core::is_up() {
                    core::with(|core| queue.wake_all(&mut core.reactor.scheduler));
                }
            }
        }
    });
}

// ---- watched PHP streams ----

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_note_read(fd: c_int, drained: bool, eof: bool) {
    guarded((), || {
        if core::is_up() {
            core::with(|core| core.reactor.note_read(fd, drained, eof));
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_forget_kept_poll(fd: c_int) {
    guarded((), || {
        if core::is_up() {
            core::with(|core| core.reactor.forget_kept_poll(fd));
        }
    });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_kept_poll_is_quiet(fd: c_int, events: c_short) -> bool {
    guarded(false, || {
        core::is_up() && core::with(|core| core.reactor.kept_poll_is_quiet(fd, events as u16))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_note_close(fd: c_int) {
    guarded((), || {
        if core::is_up() {
            core::with(|core| core.reactor.note_close(fd));
        }
    });
}
