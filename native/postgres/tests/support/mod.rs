//! A server of a few lines, and what moves bytes between it and a session.
#![allow(dead_code, reason = "each test uses its part")]

use std::rc::Rc;

use tusk_postgres::config::{Config, Target};
use tusk_postgres::job::{Fetch, Job, Ticket, Work};
use tusk_postgres::session::{Options, Session};
use tusk_postgres::types::Param;
use tusk_runtime::random::Random;

/// A server that answers `SELECT $1` with its parameter, and the parameter `bad` with an error.
#[derive(Default)]
pub struct Server {
    pub input: Vec<u8>,
    pub started: bool,
    pub skipping: bool,
    pub value: Vec<u8>,
    pub executed: Vec<Vec<u8>>,
}

pub fn message(tag: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((body.len() as u32 + 4).to_be_bytes());
    out.extend(body);
}

impl Server {
    pub fn received(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.input.extend(bytes);
        if !self.started {
            let Some(length) = self.input.first_chunk::<4>() else {
                return;
            };
            let length = u32::from_be_bytes(*length) as usize;
            if self.input.len() < length {
                return;
            }
            self.input.drain(..length);
            self.started = true;
            message(b'R', &0u32.to_be_bytes(), out);
            message(b'K', &[0; 8], out);
            message(b'Z', b"I", out);
        }
        while self.input.len() >= 5 {
            let length = u32::from_be_bytes(self.input[1..5].try_into().unwrap()) as usize;
            if self.input.len() < 1 + length {
                return;
            }
            let whole: Vec<u8> = self.input.drain(..1 + length).collect();
            self.answer(whole[0], &whole[5..], out);
        }
    }

    fn answer(&mut self, tag: u8, body: &[u8], out: &mut Vec<u8>) {
        if tag == b'S' {
            self.skipping = false;
            return message(b'Z', b"I", out);
        }
        if self.skipping {
            return;
        }
        match tag {
            b'P' => message(b'1', &[], out),
            b'D' => {
                message(b't', &[0, 1, 0, 0, 0, 25], out);
                let mut row = vec![0, 1];
                row.extend(b"v\0");
                row.extend([0; 6]);
                row.extend(25u32.to_be_bytes());
                row.extend([0; 8]);
                message(b'T', &row, out);
            }
            b'B' => {
                // Portal, statement, one format, one parameter.
                let names = body.iter().enumerate().filter(|(_, byte)| **byte == 0);
                let after = names.map(|(at, _)| at).nth(1).unwrap() + 1;
                let rest = &body[after + 4 + 2..];
                let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
                self.value = rest[4..4 + length].to_vec();
                message(b'2', &[], out);
            }
            b'E' if self.value == b"bad" => {
                self.skipping = true;
                self.executed.push(self.value.clone());
                message(b'E', b"SERROR\0VERROR\0C22012\0Mbad\0\0", out);
            }
            b'E' => {
                self.executed.push(self.value.clone());
                let mut row = vec![0, 1];
                row.extend((self.value.len() as u32).to_be_bytes());
                row.extend(&self.value);
                message(b'D', &row, out);
                message(b'C', b"SELECT 1\0", out);
            }
            b'C' => message(b'3', &[], out),
            other => panic!("the client sent {:?}", char::from(other)),
        }
    }
}

pub fn config() -> Rc<Config> {
    Rc::new(Config::parse("host=x user=y sslmode=disable").unwrap())
}

pub fn session(statements: usize) -> Session {
    let options = Options {
        statements,
        ..Options::default()
    };
    let mut session = Session::new(config(), Target::Any, options);
    session.begin(false, None).unwrap();
    session
}

pub fn job(sql: &str, value: &str) -> Ticket {
    let params = vec![Param::Text(value.as_bytes().to_vec())];
    Job::new(Work::query(sql, params, Fetch::All))
}

/// Moves bytes once in both directions, in pieces of random length.
pub fn exchange(
    session: &mut Session,
    server: &mut Server,
    random: &mut Random,
    wire: &mut Vec<u8>,
) {
    let mut room = vec![0; 1 + random.below(200)];
    let count = session.hand_over(&mut room);
    server.received(&room[..count], wire);
    let count = wire.len().min(random.below(100));
    session.received(&wire[..count]).unwrap();
    wire.drain(..count);
}
