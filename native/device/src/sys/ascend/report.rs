//! Call backs of a library that has no `aclrtLaunchHostFunc`: a thread subscribes to
//! streams and fetches their reports (`aclrtSubscribeReport`, `aclrtProcessReport`).
//!
//! One thread a device, begun with its first stream, because ACL lets a thread subscribe to
//! streams of one device only. States of a stream: unknown → subscribed → unknown; a stream whose
//! subscription failed stays unknown, and is polled. The thread ends when the driver goes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tusk_runtime::error::Error;
use tusk_runtime::sys::signal;

use super::super::library::Library;
use super::super::notice;
use super::Handle;
use crate::driver::Stream;

type Subscribe = unsafe extern "C" fn(u64, Handle) -> i32;
type Launch = unsafe extern "C" fn(extern "C" fn(Handle), Handle, i32, Handle) -> i32;
type Process = unsafe extern "C" fn(i32) -> i32;
type SetCurrent = unsafe extern "C" fn(Handle) -> i32;

/// How long the thread waits in the library before it looks whether it is still wanted. Reports
/// end the wait at once.
const WAIT_MS: i32 = 100;
/// Its pause where the library does not wait: no stream is subscribed, or the context broke.
const PAUSE: Duration = Duration::from_millis(100);
/// Our call back wakes a thread and nothing else: the stream need not stand still for it.
const NO_BLOCK: i32 = 0;
/// `WAIT_CALLBACK_TIMEOUT`, `RT_WAIT_TIMEOUT` and `REPORT_TIMEOUT`: it waited, and nothing came.
const NOTHING_CAME: [i32; 3] = [100_036, 107_019, 507_012];

struct Fetcher {
    /// What ACL calls the thread by: pthread_self(3).
    id: u64,
    thread: JoinHandle<()>,
}

/// See the module's description.
pub(super) struct Reports {
    subscribe: Subscribe,
    unsubscribe: Subscribe,
    launch: Launch,
    process: Process,
    over: Arc<AtomicBool>,
    fetchers: Mutex<HashMap<u32, Fetcher>>,
    /// Streams that are subscribed, and to which thread.
    streams: Mutex<HashMap<u64, u64>>,
}

impl Reports {
    pub fn load(library: &Library) -> Result<Reports, Error> {
        Ok(Reports {
            subscribe: library.symbol("aclrtSubscribeReport")?,
            unsubscribe: library.symbol("aclrtUnSubscribeReport")?,
            launch: library.symbol("aclrtLaunchCallback")?,
            process: library.symbol("aclrtProcessReport")?,
            over: Arc::default(),
            fetchers: Mutex::default(),
            streams: Mutex::default(),
        })
    }

    /// From now on call backs of the stream come, if the library agrees.
    pub fn subscribe(&self, ordinal: u32, stream: Stream, enter: SetCurrent, context: u64) {
        let mut fetchers = self.fetchers.lock().unwrap_or_else(PoisonError::into_inner);
        let id = match fetchers.get(&ordinal) {
            Some(fetcher) => fetcher.id,
            None => match self.start(enter, context) {
                Some(fetcher) => fetchers.entry(ordinal).or_insert(fetcher).id,
                None => return,
            },
        };
        // SAFETY: the invariant of `calls`; the thread lives as long as this value.
        if unsafe { (self.subscribe)(id, stream.0 as Handle) } == 0 {
            let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.insert(stream.0, id);
        }
        if let Some(fetcher) = fetchers.get(&ordinal) {
            fetcher.thread.thread().unpark();
        }
    }

    fn start(&self, enter: SetCurrent, context: u64) -> Option<Fetcher> {
        let (process, over) = (self.process, Arc::clone(&self.over));
        let (sender, receiver) = channel();
        let blocked = signal::block_all();
        let thread = std::thread::Builder::new()
            .name("tusk-ascend".to_owned())
            .spawn(move || {
                // SAFETY: asks for a number.
                let _ = sender.send(unsafe { libc::pthread_self() } as u64);
                // SAFETY: see `subscribe`; the context is never destroyed.
                unsafe { enter(context as Handle) };
                while !over.load(Ordering::Acquire) {
                    // SAFETY: see `subscribe`; the library stays loaded for ever.
                    let code = unsafe { process(WAIT_MS) };
                    if code != 0 && !NOTHING_CAME.contains(&code) {
                        std::thread::park_timeout(PAUSE);
                    }
                }
            });
        drop(blocked);
        let thread = thread.ok()?;
        let id = receiver.recv().ok()?;
        Some(Fetcher { id, thread })
    }

    pub fn unsubscribe(&self, stream: Stream) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = streams.remove(&stream.0) {
            // SAFETY: see `subscribe`. What it answers changes nothing: the stream goes.
            let _ = unsafe { (self.unsubscribe)(id, stream.0 as Handle) };
        }
    }

    /// The code; `None` for a stream that is not subscribed.
    pub fn launch(&self, stream: Stream, argument: Handle) -> Option<i32> {
        let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams.get(&stream.0)?;
        // SAFETY: see `subscribe`; the trampoline takes the argument over.
        Some(unsafe { (self.launch)(notice::run, argument, NO_BLOCK, stream.0 as Handle) })
    }
}

impl Drop for Reports {
    /// The threads see it within `WAIT_MS`; they hold nothing that goes with this value.
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
        let fetchers = self.fetchers.lock().unwrap_or_else(PoisonError::into_inner);
        for fetcher in fetchers.values() {
            fetcher.thread.thread().unpark();
        }
    }
}
