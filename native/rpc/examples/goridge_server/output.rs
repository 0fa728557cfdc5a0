//! The writing side of a connection: at once, later, or in small pieces.

use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use crate::Modes;

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Stdout,
}

/// See the module's description.
#[derive(Clone)]
pub struct Output {
    stream: Arc<Mutex<Stream>>,
    split: bool,
    number: Arc<OnceLock<u64>>,
}

impl Output {
    fn new(stream: Stream, modes: Modes) -> Output {
        Output {
            stream: Arc::new(Mutex::new(stream)),
            split: modes.split,
            number: Arc::default(),
        }
    }

    pub fn tcp(stream: TcpStream, modes: Modes) -> Output {
        Output::new(Stream::Tcp(stream), modes)
    }

    pub fn unix(stream: UnixStream, modes: Modes) -> Output {
        Output::new(Stream::Unix(stream), modes)
    }

    pub fn stdout(modes: Modes) -> Output {
        Output::new(Stream::Stdout, modes)
    }

    /// Which connection of the server this is, from 1.
    pub fn number(&self, counter: &AtomicU64) -> u64 {
        *self
            .number
            .get_or_init(|| counter.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// A client that has gone is no failure of the server.
    pub fn write(&self, bytes: &[u8]) {
        let mut stream = self.stream.lock().expect("no writer panics");
        let mut piece = if self.split { 1 } else { bytes.len().max(1) };
        let mut rest = bytes;
        while !rest.is_empty() {
            let (head, tail) = rest.split_at(piece.min(rest.len()));
            let written = match &mut *stream {
                Stream::Tcp(stream) => stream.write_all(head),
                Stream::Unix(stream) => stream.write_all(head),
                Stream::Stdout => {
                    let mut stdout = std::io::stdout().lock();
                    stdout.write_all(head).and_then(|()| stdout.flush())
                }
            };
            if written.is_err() {
                return;
            }
            rest = tail;
            piece = piece % 37 + 1;
        }
    }

    pub fn write_later(&self, bytes: Vec<u8>, millis: u64) {
        let output = self.clone();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(millis));
            output.write(&bytes);
        });
    }

    pub fn close(&self) {
        let stream = self.stream.lock().expect("no writer panics");
        let _ = match &*stream {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Both),
            Stream::Stdout => Ok(()),
        };
    }
}
