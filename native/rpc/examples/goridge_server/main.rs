//! A Goridge server for tests and benches, with the ways in which a server can misbehave.
//!
//! `goridge_server [--shuffle] [--split] [--slow MS] [--chaos N] tcp:PORT | unix:PATH | stdio`
//!
//! What a call does follows from its method, see `methods.rs`. It speaks the protocol by
//! itself, so that a mistake of the client's codec is not repeated here. One thread reads a
//! connection and answers what a read brought with one write.

mod frame;
mod methods;
mod output;

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use frame::Call;
use methods::{Answer, World};
use output::Output;

/// How answers are given, whatever the method.
#[derive(Clone, Copy, Default)]
pub struct Modes {
    /// The answers to what one read brought come in another order.
    shuffle: bool,
    /// Answers are cut into small writes.
    split: bool,
    /// Every answer comes this much later, in milliseconds.
    slow: u64,
    /// One in so many calls meets a random accident instead of an answer.
    chaos: u64,
}

fn main() {
    let mut modes = Modes::default();
    let mut arguments = std::env::args().skip(1);
    let mut place = None;
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok());
        match argument.as_str() {
            "--shuffle" => modes.shuffle = true,
            "--split" => modes.split = true,
            "--slow" => modes.slow = number().expect("milliseconds"),
            "--chaos" => modes.chaos = number().expect("one in how many"),
            other => place = Some(other.to_owned()),
        }
    }
    let place = place.expect("tcp:PORT, unix:PATH or stdio");
    let world = Arc::new(World::default());
    match place.split_once(':') {
        Some(("tcp", port)) => {
            let listener =
                TcpListener::bind(format!("127.0.0.1:{port}")).expect("the port is free");
            for stream in listener.incoming().flatten() {
                stream.set_nodelay(true).expect("a socket");
                let reader = stream.try_clone().expect("descriptors");
                start(reader, Output::tcp(stream, modes), modes, &world);
            }
        }
        Some(("unix", path)) => {
            let listener = UnixListener::bind(path).expect("the path is free");
            for stream in listener.incoming().flatten() {
                let reader = stream.try_clone().expect("descriptors");
                start(reader, Output::unix(stream, modes), modes, &world);
            }
        }
        _ => serve(std::io::stdin(), Output::stdout(modes), modes, &world),
    }
}

fn start(reader: impl Read + Send + 'static, output: Output, modes: Modes, world: &Arc<World>) {
    let world = Arc::clone(world);
    std::thread::spawn(move || serve(reader, output, modes, &world));
}

fn serve(mut reader: impl Read, output: Output, modes: Modes, world: &Arc<World>) {
    let mut buffer = vec![0; 256 << 10];
    let mut filled = 0;
    let mut random = modes.chaos | 1;
    let mut answers: Vec<Vec<u8>> = Vec::new();
    loop {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return output.close(),
            Ok(count) => filled += count,
        }
        let mut begin = 0;
        while let Some(call) = Call::parse(&buffer[begin..filled]) {
            begin += call.length;
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let accident = modes.chaos > 0 && (random >> 33) % modes.chaos == 0;
            let answer = if accident {
                methods::accident(random >> 50, &call)
            } else {
                methods::answer(&call, &output, world)
            };
            match answer {
                Answer::Now(bytes) if modes.slow == 0 => answers.push(bytes),
                Answer::Now(bytes) => output.write_later(bytes, modes.slow),
                Answer::Later(bytes, millis) => output.write_later(bytes, millis + modes.slow),
                Answer::Never => {}
                Answer::Hangup(bytes) => {
                    answers.push(bytes);
                    output.write(&answers.concat());
                    return output.close();
                }
            }
        }
        buffer.copy_within(begin..filled, 0);
        filled -= begin;
        if filled == buffer.len() {
            buffer.resize(filled * 2, 0);
        }
        if modes.shuffle {
            for index in (1..answers.len()).rev() {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                answers.swap(index, (random >> 33) as usize % (index + 1));
            }
        }
        if !answers.is_empty() {
            output.write(&answers.concat());
            answers.clear();
        }
    }
}
