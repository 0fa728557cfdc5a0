//! Which connection a call takes, and which are made: the states of a channel's addresses.
//! No I/O and no clock; the channel does what this says.
//!
//! States of an address, and what moves it:
//! - Idle → Connecting: a call needs it.
//! - Connecting → Ready or Failed: the attempt ended (with health checks: the server said
//!   that it serves, or that it does not).
//! - Ready → Idle: the connection ended, or must not be used for new calls.
//! - Ready ↔ Unhealthy: the server changed its mind.
//! - Failed → Connecting: a call needs it, and its pause is over.

use crate::config::Policy;
use crate::target::Endpoint;
use std::time::Duration;
use tokio::time::Instant;

/// Names an address of a channel for as long as it has it.
pub(crate) type Id = u64;

#[derive(Debug)]
pub(crate) enum Phase<L> {
    Idle,
    Connecting,
    Ready(L),
    /// Connected, and the server says it does not serve.
    Unhealthy(String),
    Failed {
        until: Instant,
        why: String,
    },
}

#[derive(Debug)]
pub(crate) struct Address<L> {
    pub(crate) id: Id,
    pub(crate) endpoint: Endpoint,
    pub(crate) phase: Phase<L>,
}

/// What a call is to do.
#[derive(Debug, PartialEq)]
pub(crate) enum Pick<L> {
    /// Take this connection.
    Use(Id, L),
    /// Something is under way; ask again when anything has changed.
    Wait,
    /// Nothing can be reached; pauses end in so long.
    Fail { why: String, again: Duration },
}

/// As `Channel::state` tells it; the numbers are gRPC's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Connectivity {
    Idle = 0,
    Connecting = 1,
    Ready = 2,
    TransientFailure = 3,
    Shutdown = 4,
}

#[derive(Debug)]
pub(crate) struct Balance<L> {
    policy: Policy,
    addresses: Vec<Address<L>>,
    next_id: Id,
    turn: usize,
}

impl<L: Clone> Balance<L> {
    pub(crate) fn new(policy: Policy, endpoints: Vec<Endpoint>) -> Balance<L> {
        let mut balance = Balance {
            policy,
            addresses: Vec::new(),
            next_id: 0,
            turn: 0,
        };
        balance.set_endpoints(endpoints);
        balance
    }

    /// Names were resolved: addresses that are still there keep their state.
    pub(crate) fn set_endpoints(&mut self, endpoints: Vec<Endpoint>) {
        let mut former = std::mem::take(&mut self.addresses);
        for endpoint in endpoints {
            let known = former
                .iter()
                .position(|address| address.endpoint == endpoint);
            let address = match known {
                Some(index) => former.swap_remove(index),
                None => {
                    self.next_id += 1;
                    Address {
                        id: self.next_id,
                        endpoint,
                        phase: Phase::Idle,
                    }
                }
            };
            self.addresses.push(address);
        }
    }

    /// Chooses for a call. Ids in `connect` are Connecting from now on: start them.
    pub(crate) fn pick(&mut self, now: Instant, connect: &mut Vec<Id>) -> Pick<L> {
        let spread = self.policy == Policy::RoundRobin;
        let mut connecting = false;
        if !spread {
            let ready = self
                .addresses
                .iter()
                .find_map(|address| match &address.phase {
                    Phase::Ready(link) => Some(Pick::Use(address.id, link.clone())),
                    _ => None,
                });
            if let Some(ready) = ready {
                return ready;
            }
            connecting = self.is_connecting();
        }
        for address in &mut self.addresses {
            let over = match &address.phase {
                Phase::Idle => true,
                Phase::Failed { until, .. } => *until <= now,
                _ => false,
            };
            // One after the other, or all at once.
            if over && (spread || !connecting) {
                address.phase = Phase::Connecting;
                connect.push(address.id);
                connecting = true;
            }
        }
        let count = self.addresses.len();
        if spread {
            for step in 0..count {
                let index = (self.turn + step) % count;
                if let Phase::Ready(link) = &self.addresses[index].phase {
                    let picked = Pick::Use(self.addresses[index].id, link.clone());
                    self.turn = index + 1;
                    return picked;
                }
            }
        }
        if self.is_connecting() {
            Pick::Wait
        } else {
            self.failure(now)
        }
    }

    fn is_connecting(&self) -> bool {
        self.addresses
            .iter()
            .any(|address| matches!(address.phase, Phase::Connecting))
    }

    fn failure(&self, now: Instant) -> Pick<L> {
        let mut reasons: Vec<&str> = Vec::new();
        let mut again = Duration::MAX;
        for address in &self.addresses {
            match &address.phase {
                Phase::Failed { until, why } => {
                    again = again.min(until.saturating_duration_since(now));
                    reasons.push(why);
                }
                Phase::Unhealthy(why) => reasons.push(why),
                _ => {}
            }
        }
        reasons.dedup();
        Pick::Fail {
            why: reasons.join("; "),
            again,
        }
    }

    /// Connects what a call would need, for who only wants to see it ready.
    pub(crate) fn get_mut(&mut self, id: Id) -> Option<&mut Address<L>> {
        self.addresses.iter_mut().find(|address| address.id == id)
    }

    /// Every connection is forgotten.
    pub(crate) fn clear(&mut self) {
        self.addresses.clear();
    }

    /// All addresses.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Address<L>> {
        self.addresses.iter()
    }

    /// The state of the whole: the best of its addresses.
    pub(crate) fn connectivity(&self) -> Connectivity {
        let has = |wanted: fn(&Phase<L>) -> bool| {
            self.addresses.iter().any(|address| wanted(&address.phase))
        };
        if has(|phase| matches!(phase, Phase::Ready(_))) {
            Connectivity::Ready
        } else if has(|phase| matches!(phase, Phase::Connecting)) {
            Connectivity::Connecting
        } else if has(|phase| matches!(phase, Phase::Failed { .. } | Phase::Unhealthy(_))) {
            Connectivity::TransientFailure
        } else {
            Connectivity::Idle
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(policy: Policy, count: u16) -> Balance<u16> {
        let endpoint = |port| Endpoint::Name("host".to_owned(), port);
        Balance::new(policy, (0..count).map(endpoint).collect())
    }

    fn set(balance: &mut Balance<u16>, id: Id, phase: Phase<u16>) {
        balance.get_mut(id).expect("it is there").phase = phase;
    }

    fn failed(now: Instant, pause_ms: u64, why: &str) -> Phase<u16> {
        Phase::Failed {
            until: now + Duration::from_millis(pause_ms),
            why: why.to_owned(),
        }
    }

    #[test]
    fn pick_first_tries_one_after_the_other_and_stays() {
        let (now, mut balance, mut connect) =
            (Instant::now(), balance(Policy::PickFirst, 3), Vec::new());
        assert_eq!(balance.pick(now, &mut connect), Pick::Wait);
        assert_eq!(balance.pick(now, &mut connect), Pick::Wait);
        assert_eq!(connect, [1], "only one is tried at a time");
        set(&mut balance, 1, failed(now, 500, "refused"));
        assert_eq!(balance.pick(now, &mut connect), Pick::Wait);
        assert_eq!(connect, [1, 2]);
        set(&mut balance, 2, Phase::Ready(20));
        for _ in 0..3 {
            assert_eq!(balance.pick(now, &mut connect), Pick::Use(2, 20));
        }
        assert_eq!(connect, [1, 2], "what is not needed is not connected");
    }

    #[test]
    fn round_robin_takes_turns_among_those_that_are_ready() {
        let (now, mut balance, mut connect) =
            (Instant::now(), balance(Policy::RoundRobin, 3), Vec::new());
        assert_eq!(balance.pick(now, &mut connect), Pick::Wait);
        assert_eq!(connect, [1, 2, 3], "all are tried at once");
        set(&mut balance, 1, Phase::Ready(10));
        set(&mut balance, 3, Phase::Ready(30));
        let mut seen = [0; 4];
        for _ in 0..10 {
            match balance.pick(now, &mut connect) {
                Pick::Use(id, _) => seen[id as usize] += 1,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen, [0, 5, 0, 5]);
        // One dies: the other takes all, and the dead one is tried again.
        set(&mut balance, 1, Phase::Idle);
        connect.clear();
        for _ in 0..4 {
            assert_eq!(balance.pick(now, &mut connect), Pick::Use(3, 30));
        }
        assert_eq!(connect, [1]);
    }

    #[test]
    fn when_all_have_failed_calls_fail_until_a_pause_is_over() {
        for policy in [Policy::PickFirst, Policy::RoundRobin] {
            let (now, mut balance, mut connect) = (Instant::now(), balance(policy, 2), Vec::new());
            set(&mut balance, 1, failed(now, 500, "one refused"));
            set(&mut balance, 2, failed(now, 300, "two refused"));
            match balance.pick(now, &mut connect) {
                Pick::Fail { why, again } => {
                    assert_eq!(why, "one refused; two refused");
                    assert_eq!(again, Duration::from_millis(300));
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(balance.connectivity(), Connectivity::TransientFailure);
            let later = now + Duration::from_millis(301);
            assert_eq!(balance.pick(later, &mut connect), Pick::Wait);
            assert_eq!(connect, [2]);
        }
    }

    #[test]
    fn a_server_that_does_not_serve_is_left_alone() {
        let (now, mut balance, mut connect) =
            (Instant::now(), balance(Policy::RoundRobin, 2), Vec::new());
        set(&mut balance, 1, Phase::Unhealthy("NOT_SERVING".to_owned()));
        set(&mut balance, 2, Phase::Ready(20));
        for _ in 0..3 {
            assert_eq!(balance.pick(now, &mut connect), Pick::Use(2, 20));
        }
        assert!(connect.is_empty());
        set(&mut balance, 2, Phase::Unhealthy("NOT_SERVING".to_owned()));
        assert!(
            matches!(balance.pick(now, &mut connect), Pick::Fail { why, .. } if why == "NOT_SERVING")
        );
    }

    #[test]
    fn new_addresses_join_and_old_ones_keep_their_state() {
        let (now, mut balance, mut connect) =
            (Instant::now(), balance(Policy::RoundRobin, 2), Vec::new());
        set(&mut balance, 2, Phase::Ready(20));
        let endpoint = |port| Endpoint::Name("host".to_owned(), port);
        balance.set_endpoints(vec![endpoint(1), endpoint(7)]);
        assert_eq!(balance.pick(now, &mut connect), Pick::Use(2, 20));
        assert_eq!(connect, [3]);
        assert!(balance.get_mut(1).is_none());
    }
}
