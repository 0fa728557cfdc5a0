//! Random histories: whatever is submitted, cancelled, written and waited for in whatever
//! order, every op ends once and no byte is lost.

use super::rig::{Rig, buffer, nonblocking_pair, raw};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use tusk_runtime::buf::OwnedBuf;
use tusk_runtime::driver::{Driver, Token, Wait};
use tusk_runtime::op::{Poll, Recv, Timeout};

const SOCKETS: usize = 8;
const STEPS: usize = 2000;

/// xorshift64*: a failing seed replays.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }
}

struct Receive {
    token: Token,
    buf: OwnedBuf,
}

pub fn random_ones_lose_nothing(rig: &mut Rig) {
    for seed in 1..=3 {
        history(rig, seed);
    }
}

fn history(rig: &mut Rig, seed: u64) {
    let mut random = Random(seed);
    let mut pairs: Vec<(UnixStream, UnixStream)> =
        (0..SOCKETS).map(|_| nonblocking_pair()).collect();
    let (mut written, mut tokens, mut receives) = (0, Vec::new(), Vec::new());
    for _ in 0..STEPS {
        let which = random.below(SOCKETS);
        let fd = raw(&pairs[which].0);
        match random.below(12) {
            0..=2 => {
                let (buf, loan) = buffer(3);
                let token = rig.submit(Recv {
                    fd,
                    buf: loan.into(),
                    flags: 0,
                });
                tokens.push(token);
                receives.push(Receive { token, buf });
            }
            3..=4 => tokens.push(rig.submit(Poll {
                fd,
                events: libc::POLLIN as u16,
                multi: random.below(2) == 0,
            })),
            5 => {
                let at = rig.driver().now() + random.below(100_000) as u64;
                tokens.push(rig.submit(Timeout::at(at)));
            }
            // Any token, also of what has ended long ago.
            6..=7 if !tokens.is_empty() => rig.driver_cancel(tokens[random.below(tokens.len())]),
            8..=9 => {
                let bytes = vec![1; 1 + random.below(5)];
                // A full socket takes less, or nothing.
                written += pairs[which].1.write(&bytes).unwrap_or(0);
            }
            10 => rig.driver().flush(),
            _ => {
                rig.wait(Wait::Now);
            }
        }
    }
    for &token in &tokens {
        rig.driver_cancel(token);
    }
    let mut read = 0;
    for token in tokens {
        let result = rig.end(token);
        let receive = receives.iter().find(|receive| receive.token == token);
        if let (Some(receive), true) = (receive, result > 0) {
            let bytes = receive.buf.bytes().expect("given back with the end");
            assert!(bytes[..result as usize].iter().all(|&byte| byte == 1));
            read += result as usize;
        }
    }
    assert_eq!(rig.driver_in_flight(), 0, "seed {seed}");
    for (ours, theirs) in &mut pairs {
        theirs.shutdown(std::net::Shutdown::Write).expect("open");
        let mut rest = Vec::new();
        ours.read_to_end(&mut rest).expect("what was not received");
        read += rest.len();
    }
    assert_eq!(read, written, "seed {seed}: bytes were lost or made up");
}
