//! The multiplexed client against a naive model: random calls, answers in any order and
//! cut anywhere, calls given up, connections lost.
//!
//! The model knows each call by what it asked. Checked at every step: an answer belongs to
//! its question; a call fails only when it was handed over whole before its connection was
//! lost; nothing is reported twice; in the end nothing is left.

mod common;

use std::collections::{HashMap, HashSet};

use common::{Random, seeds};
use tusk_rpc::client::{Bounds, CallId, Client, Outcome};
use tusk_rpc::goridge::{Goridge, Header, flags};
use tusk_rpc::wire::{Request, Wire};
use tusk_runtime::error::{Error, Kind};

/// A connection as the other side sees it.
#[derive(Default)]
struct Server {
    bytes: Vec<u8>,
    /// Calls understood and not answered: their numbers and bodies.
    open: Vec<(u32, Vec<u8>)>,
    /// Bodies of all calls understood.
    understood: HashSet<Vec<u8>>,
}

impl Server {
    fn receive(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        while let Ok(header) = Header::parse(&self.bytes) {
            let length = header.bytes() + header.payload as usize;
            if self.bytes.len() < length {
                return;
            }
            let payload = &self.bytes[header.bytes()..length];
            let seq = header.options()[0];
            assert!(
                self.open.iter().all(|(other, _)| *other != seq),
                "number {seq} is used by two calls at once"
            );
            self.understood.insert(payload[1..].to_vec());
            self.open.push((seq, payload[1..].to_vec()));
            self.bytes.drain(..length);
        }
    }

    fn answer(&mut self, index: usize) -> Vec<u8> {
        let (seq, body) = self.open.swap_remove(index);
        let mut out = Vec::new();
        let length = (1 + body.len()) as u32;
        Header::new(flags::RAW, 0, length, &[seq, 1]).write(&mut out);
        out.push(b'm');
        out.extend(body.iter().rev());
        out
    }
}

struct Model {
    client: Client<Goridge>,
    server: Server,
    /// What is on its way to us.
    inbound: Vec<u8>,
    /// Calls that wait for their outcome, with what they asked.
    open: HashMap<CallId, Vec<u8>>,
    asked: u64,
    reported: u64,
    given_up: u64,
}

impl Model {
    fn call(&mut self, random: &mut Random) {
        self.asked += 1;
        let mut body = self.asked.to_le_bytes().to_vec();
        body.extend(random.bytes(30));
        let request = Request {
            method: b"m",
            body: &body,
            codec: flags::RAW,
        };
        if random.one_in(6) {
            match self.client.begin(&request, None, true) {
                Ok(_) => self.given_up += 1,
                Err(error) => self.refused(&error),
            }
            return;
        }
        match self.client.begin(&request, None, false) {
            Ok(id) => assert!(
                self.open.insert(id, body).is_none(),
                "{id:?} names two calls"
            ),
            Err(error) => self.refused(&error),
        }
    }

    fn refused(&mut self, error: &Error) {
        assert_eq!(error.kind(), Kind::Overloaded, "{error}");
        self.asked -= 1;
    }

    /// Takes all outcomes that are there.
    fn collect(&mut self) {
        let done: Vec<CallId> = self.open.keys().copied().collect();
        for id in done {
            match self.client.take(id) {
                None => continue,
                Some(Outcome::Answer(answer)) => {
                    let question: Vec<u8> = self.open[&id].iter().rev().copied().collect();
                    assert_eq!(answer.body, question, "somebody else's answer");
                }
                Some(Outcome::Failed(error)) => assert_eq!(error.kind(), Kind::Connection),
            }
            assert!(self.client.take(id).is_none(), "reported twice");
            self.open.remove(&id);
            self.reported += 1;
        }
    }

    fn step(&mut self, random: &mut Random) {
        match random.below(12) {
            0..=3 => self.call(random),
            4..=5 => {
                let mut room = vec![0; 1 + random.below(200)];
                let count = self.client.hand_over(&mut room);
                self.server.receive(&room[..count]);
            }
            6..=7 if !self.server.open.is_empty() => {
                let index = random.below(self.server.open.len());
                let answer = self.server.answer(index);
                self.inbound.extend(answer);
            }
            8..=9 => {
                let count = random.below(self.inbound.len() + 1);
                let bytes: Vec<u8> = self.inbound.drain(..count).collect();
                self.client
                    .received(&bytes)
                    .expect("what a sound server sent");
            }
            10 if !self.open.is_empty() => {
                let ids: Vec<CallId> = self.open.keys().copied().collect();
                let id = ids[random.below(ids.len())];
                self.client.abandon(id);
                self.open.remove(&id);
                self.given_up += 1;
            }
            11 if random.one_in(8) => self.lose(random),
            _ => self.collect(),
        }
    }

    fn lose(&mut self, random: &mut Random) {
        self.collect();
        let error = Error::new(Kind::Connection, "finish the call", "gone");
        if random.one_in(6) {
            self.client.lost(&error);
            self.client.give_up(&error);
            self.collect();
            assert!(self.open.is_empty());
        } else {
            let understood = |asked: &&Vec<u8>| self.server.understood.contains(*asked);
            let unsent = self
                .open
                .values()
                .filter(|asked| !understood(asked))
                .count();
            self.client.lost(&error);
            self.collect();
            assert_eq!(self.open.len(), unsent, "exactly what was sent must fail");
        }
        self.server = Server::default();
        self.inbound.clear();
    }

    fn drain(&mut self) {
        loop {
            let mut room = vec![0; 4096];
            let count = self.client.hand_over(&mut room);
            self.server.receive(&room[..count]);
            if self.server.open.is_empty() && count == 0 {
                break;
            }
            while !self.server.open.is_empty() {
                let answer = self.server.answer(0);
                self.inbound.extend(answer);
            }
        }
        let bytes = std::mem::take(&mut self.inbound);
        self.client.received(&bytes).expect("sound");
        self.collect();
    }
}

#[test]
fn every_answer_belongs_to_its_question_and_nothing_is_left() {
    for seed in seeds() {
        let mut random = Random::new(seed);
        let bounds = Bounds {
            in_flight: 40,
            queue_bytes: 2000,
            abandoned: 1000,
        };
        // Half of the runs wrap around.
        let first = if random.one_in(2) { u32::MAX - 50 } else { 1 };
        let mut model = Model {
            client: Client::new(Goridge, bounds, first),
            server: Server::default(),
            inbound: Vec::new(),
            open: HashMap::new(),
            asked: 0,
            reported: 0,
            given_up: 0,
        };
        for _ in 0..600 {
            model.step(&mut random);
        }
        model.drain();
        assert_eq!(model.asked, model.reported + model.given_up, "seed {seed}");
        assert_eq!(
            (model.client.in_flight(), model.client.abandoned()),
            (0, 0),
            "seed {seed}"
        );
        assert!(!model.client.wants_send());
    }
}

#[test]
fn an_answer_that_nobody_asked_for_is_named() {
    let mut client = Client::new(Goridge, Bounds::default(), 1);
    let mut bytes = Vec::new();
    Header::new(flags::JSON, 0, 3, &[77, 1]).write(&mut bytes);
    bytes.extend_from_slice(b"m{}");
    let error = client.received(&bytes).expect_err("nobody asked");
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(error.to_string().contains("77"), "{error}");
}

#[test]
fn an_answer_that_names_another_method_is_not_taken() {
    let mut client = Client::new(Goridge, Bounds::default(), 1);
    let request = Request {
        method: b"kv.Get",
        body: b"",
        codec: flags::RAW,
    };
    let id = client.begin(&request, None, false).expect("room");
    let mut bytes = Vec::new();
    Header::new(flags::RAW, 0, 6, &[id.number(), 6]).write(&mut bytes);
    bytes.extend_from_slice(b"kv.Set");
    let error = client.received(&bytes).expect_err("another method");
    assert!(error.to_string().contains("another method"), "{error}");
}

#[test]
fn a_call_in_flight_keeps_its_number_through_a_wrap() {
    let mut client = Client::new(Goridge, Bounds::default(), u32::MAX - 2);
    let request = Request {
        method: b"m",
        body: b"",
        codec: flags::RAW,
    };
    let mut numbers = Vec::new();
    let stuck = client.begin(&request, None, false).expect("room").number();
    for _ in 0..500 {
        let id = client.begin(&request, None, false).expect("room");
        assert_ne!(id.number(), stuck);
        numbers.push(id.number());
        client.abandon(id);
    }
    assert!(numbers.contains(&u32::MAX) && numbers.contains(&0));
}

#[test]
fn a_peer_that_asks_and_does_not_read_gets_one_pong() {
    let mut client = Client::new(Goridge, Bounds::default(), 1);
    let (mut ping, mut pong) = (Vec::new(), Vec::new());
    Goridge.ping(&mut ping);
    Goridge.pong(&mut pong);
    let mut room = vec![0; 4096];
    for _ in 0..3 {
        for _ in 0..1000 {
            client.received(&ping).expect("sound");
        }
        let sent = client.hand_over(&mut room);
        assert_eq!(room[..sent], pong, "one for all");
    }
}
