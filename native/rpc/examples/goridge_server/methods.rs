//! What calls do. `Test.Echo` is the sound one.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use crate::frame::{Call, frame};
use crate::output::Output;

/// What all connections share.
#[derive(Default)]
pub struct World {
    connections: AtomicU64,
    executed: Mutex<HashMap<Vec<u8>, u64>>,
    pinged: Mutex<Vec<Vec<u8>>>,
    /// Flags and bodies that other methods answer with, and what they were asked last.
    scripted: Mutex<HashMap<Vec<u8>, (u8, Vec<u8>)>>,
    asked: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

pub enum Answer {
    Now(Vec<u8>),
    /// In so many milliseconds.
    Later(Vec<u8>, u64),
    Never,
    /// These bytes, and then the end of the connection.
    Hangup(Vec<u8>),
}

const ERROR: u8 = 0x40;
const PROTO: u8 = 0x80;
const PING: u8 = 4;
const PONG: u8 = 8;

pub fn answer(call: &Call<'_>, output: &Output, world: &World) -> Answer {
    if call.control & PONG != 0 {
        return Answer::Now(
            world
                .pinged
                .lock()
                .expect("lock")
                .drain(..)
                .flatten()
                .collect(),
        );
    }
    if call.control & PING != 0 {
        return Answer::Now(frame(1, PONG, &[], &[]));
    }
    let text = || {
        String::from_utf8_lossy(call.body)
            .trim_matches('"')
            .to_owned()
    };
    let number = || text().parse::<u64>().unwrap_or(0);
    let fail = |text: &str| Answer::Now(call.reply(call.flags | ERROR, text.as_bytes()));
    Answer::Now(match call.method {
        b"Test.Echo" => call.reply(call.flags, call.body),
        b"Test.Sleep" => return Answer::Later(call.reply(call.flags, call.body), number()),
        b"Test.Never" => return Answer::Never,
        b"Test.Error" => return fail(&text()),
        b"Test.Hangup" => return Answer::Hangup(Vec::new()),
        b"Test.HangupAfter" => return Answer::Hangup(call.reply(call.flags, call.body)),
        b"Test.HangupInside" => {
            let mut half = call.reply(call.flags, call.body);
            half.truncate(half.len() - 1);
            return Answer::Hangup(half);
        }
        b"Test.Exit" => std::process::exit(0),
        b"Test.Stray" => call.body.to_vec(),
        b"Test.BadCrc" => {
            let mut broken = call.reply(call.flags, call.body);
            broken[7] ^= 1;
            broken
        }
        b"Test.UnknownNumber" => {
            let options = [call.seq.wrapping_add(1000), call.method.len() as u32];
            frame(call.flags, 0, &options, &[call.method, call.body])
        }
        b"Test.Twice" => call.reply(call.flags, call.body).repeat(2),
        b"Test.OtherMethod" => frame(call.flags, 0, &[call.seq, 9], &[b"Test.Oops", call.body]),
        b"Test.NoOptions" => frame(call.flags, 0, &[], &[call.body]),
        b"Test.Oversize" => {
            let mut huge = frame(call.flags, 0, &[call.seq, 4], &[]);
            huge[2..6].copy_from_slice(&u32::MAX.to_le_bytes());
            let sound = frame_with_length(&huge);
            return Answer::Now(sound);
        }
        b"Test.Ping" => {
            let mut pinged = world.pinged.lock().expect("lock");
            pinged.push(call.reply(call.flags, call.body));
            frame(1, PING, &[], &[])
        }
        b"Test.Big" => call.reply(4, &vec![b'x'; number() as usize]),
        // A body of the caller's choice under a codec flag of its choice: `flag:body`.
        b"Test.As" => {
            let (flag, body) = call
                .body
                .split_at(call.body.iter().position(|&byte| byte == b':').unwrap_or(0));
            let flag = String::from_utf8_lossy(flag).parse().unwrap_or(4);
            call.reply(flag, body.get(1..).unwrap_or_default())
        }
        b"Test.Connection" => {
            let id = output.number(&world.connections);
            call.reply(8, id.to_string().as_bytes())
        }
        // How often this body came before.
        b"Test.Mark" => {
            let mut executed = world.executed.lock().expect("lock");
            let count = executed.entry(call.body.to_vec()).or_default();
            *count += 1;
            call.reply(8, count.to_string().as_bytes())
        }
        b"Test.Marked" => {
            let executed = world.executed.lock().expect("lock");
            let count = executed.get(call.body).copied().unwrap_or(0);
            call.reply(8, count.to_string().as_bytes())
        }
        // `method:flag:body`: from now on the method answers so.
        b"Test.Script" => {
            let mut parts = call.body.splitn(3, |&byte| byte == b':');
            let mut part = || parts.next().unwrap_or_default().to_vec();
            let (method, flag, body) = (part(), part(), part());
            let flag = String::from_utf8_lossy(&flag).parse().unwrap_or(4);
            let mut scripted = world.scripted.lock().expect("lock");
            scripted.insert(method, (flag, body));
            call.reply(call.flags, b"")
        }
        // What a scripted method was asked last.
        b"Test.Asked" => {
            let asked = world.asked.lock().expect("lock");
            let body = asked.get(call.body).cloned().unwrap_or_default();
            call.reply(4, &body)
        }
        method => {
            let scripted = world.scripted.lock().expect("lock");
            if let Some((flag, body)) = scripted.get(method) {
                let mut asked = world.asked.lock().expect("lock");
                asked.insert(method.to_vec(), call.body.to_vec());
                return Answer::Now(call.reply(*flag, body));
            }
            // As Go's net/rpc.
            let service = String::from_utf8_lossy(call.method).into_owned();
            return fail(&format!("rpc: can't find service {service}"));
        }
    })
}

/// The checksum made right again.
fn frame_with_length(bytes: &[u8]) -> Vec<u8> {
    let mut sound = frame(bytes[1], 0, &[1, 1], &[]);
    sound[2..6].copy_from_slice(&bytes[2..6]);
    let crc = crate::frame::crc32(&sound[..6]).to_le_bytes();
    sound[6..10].copy_from_slice(&crc);
    sound
}

/// What can happen to a call instead of an answer.
pub fn accident(random: u64, call: &Call<'_>) -> Answer {
    let mut half = call.reply(call.flags, call.body);
    half.truncate(half.len() / 2);
    match random % 6 {
        0 => Answer::Hangup(Vec::new()),
        1 => Answer::Hangup(half),
        2 => Answer::Hangup(b"Warning: Undefined variable $x in worker.php on line 3\n".to_vec()),
        3 => Answer::Never,
        4 => Answer::Later(call.reply(call.flags, call.body), random % 50),
        _ => Answer::Now(call.reply(call.flags & !PROTO | ERROR, b"accident")),
    }
}
