//! Whether a call that failed is tried again, and when: gRPC's proposal A6. Pure but for the
//! tokens, which the calls of a channel share.
//!
//! Two kinds of attempts: those that no server's application can have seen are repeated
//! whatever the service config says, at once and without being counted (the call's own
//! loop does that); the others as a [`RetryPolicy`] says, which is here.

use crate::backoff::Backoff;
use crate::service::{RetryPolicy, Throttling};
use crate::status::Status;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Where a server says when to come again.
const PUSHBACK: &str = "grpc-retry-pushback-ms";

/// How many of a channel's calls have failed lately.
pub(crate) struct Throttle {
    given: Throttling,
    tokens: AtomicU32,
}

impl Throttle {
    pub(crate) fn new(given: Throttling) -> Throttle {
        Throttle {
            given,
            tokens: AtomicU32::new(given.most),
        }
    }

    fn succeeded(&self) {
        self.change(|tokens| (tokens + self.given.ratio).min(self.given.most));
    }

    /// False: too many have, and nothing is tried again.
    fn failed(&self) -> bool {
        self.change(|tokens| tokens.saturating_sub(1000)) > self.given.most / 2
    }

    fn change(&self, change: impl Fn(u32) -> u32) -> u32 {
        let order = Ordering::Relaxed;
        let before = self
            .tokens
            .fetch_update(order, order, |tokens| Some(change(tokens)));
        change(before.unwrap_or_else(|same| same))
    }
}

/// The attempts of one call.
pub(crate) struct Attempts<'a> {
    policy: Option<&'a RetryPolicy>,
    throttle: Option<&'a Throttle>,
    ended: u32,
    backoff: Option<Backoff>,
}

/// What a server says about trying again.
enum Pushback {
    Nothing,
    Never,
    After(Duration),
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(
        policy: Option<&'a RetryPolicy>,
        throttle: Option<&'a Throttle>,
    ) -> Attempts<'a> {
        Attempts {
            policy,
            throttle,
            ended: 0,
            backoff: None,
        }
    }

    /// Attempts before this one, for the server.
    pub(crate) fn previous(&self) -> u32 {
        self.ended
    }

    /// An attempt has ended: how long to wait before the next, if there is one. `committed`:
    /// what was sent cannot be sent again.
    ///
    /// The order matters: only failures that could be tried again count as failures.
    pub(crate) fn after(&mut self, status: &Status, committed: bool) -> Option<Duration> {
        if status.is_ok() {
            self.throttle.inspect(|throttle| throttle.succeeded());
            return None;
        }
        let policy = self.policy?;
        let pushback = pushback(status);
        if matches!(pushback, Pushback::Never) {
            self.throttle.inspect(|throttle| {
                throttle.failed();
            });
            return None;
        }
        if !policy.retries(status.code) || self.throttle.is_some_and(|throttle| !throttle.failed())
        {
            return None;
        }
        self.ended += 1;
        if committed || self.ended >= policy.attempts {
            return None;
        }
        if let Pushback::After(pause) = pushback {
            // The pauses begin anew after it.
            self.backoff = None;
            return Some(pause);
        }
        let backoff = self.backoff.get_or_insert_with(|| {
            let seed = RandomState::new().build_hasher().finish();
            let first = policy.initial.min(policy.longest);
            Backoff::new(first, policy.longest, seed).growing(policy.multiplier)
        });
        Some(backoff.next())
    }
}

/// Several values are no word that could be understood: A6 takes those for "never".
fn pushback(status: &Status) -> Pushback {
    let mut values = status.metadata.iter().filter(|(name, _)| *name == PUSHBACK);
    let Some((_, value)) = values.next() else {
        return Pushback::Nothing;
    };
    let value = std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.parse::<i32>().ok());
    match value.and_then(|pause| u64::try_from(pause).ok()) {
        Some(pause) if values.next().is_none() => Pushback::After(Duration::from_millis(pause)),
        _ => Pushback::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::ServiceConfig;
    use crate::status::{Code, Origin};

    fn policy() -> RetryPolicy {
        let json = r#"{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 4, "initialBackoff": "0.1s",
            "maxBackoff": "0.3s", "backoffMultiplier": 2, "retryableStatusCodes": ["UNAVAILABLE"]}}]}"#;
        let config = ServiceConfig::parse(json).expect("valid");
        let method = config.method("/a/b").expect("named");
        method.retry.clone().expect("a policy")
    }

    fn failure(code: Code) -> Status {
        Status::new(Origin::Server, code, "")
    }

    fn pushed(values: &[&str]) -> Status {
        let mut status = failure(Code::UNAVAILABLE);
        for value in values {
            let added = status.metadata.add(PUSHBACK.as_bytes(), value.as_bytes());
            added.expect("metadata");
        }
        status
    }

    #[test]
    fn pauses_grow_to_their_bound_and_attempts_end() {
        let policy = policy();
        for _ in 0..50 {
            let mut attempts = Attempts::new(Some(&policy), None);
            for (previous, expected) in [0.1, 0.2, 0.3].into_iter().enumerate() {
                assert_eq!(attempts.previous(), previous as u32);
                let pause = attempts.after(&failure(Code::UNAVAILABLE), false);
                let pause = pause.expect("another attempt").as_secs_f64();
                assert!(
                    (expected * 0.8..=expected * 1.2).contains(&pause),
                    "{pause}"
                );
            }
            assert_eq!(attempts.after(&failure(Code::UNAVAILABLE), false), None);
        }
    }

    #[test]
    fn what_is_not_tried_again() {
        let policy = policy();
        let fresh = || Attempts::new(Some(&policy), None);
        assert_eq!(fresh().after(&failure(Code::OK), false), None);
        assert_eq!(fresh().after(&failure(Code::INTERNAL), false), None);
        assert_eq!(fresh().after(&failure(Code(99)), false), None);
        assert_eq!(fresh().after(&failure(Code::UNAVAILABLE), true), None);
        let mut without = Attempts::new(None, None);
        assert_eq!(without.after(&failure(Code::UNAVAILABLE), false), None);
    }

    #[test]
    fn a_server_says_when() {
        let policy = policy();
        let mut attempts = Attempts::new(Some(&policy), None);
        assert!(attempts.after(&failure(Code::UNAVAILABLE), false).is_some());
        let exact = attempts.after(&pushed(&["1500"]), false);
        assert_eq!(exact, Some(Duration::from_millis(1500)));
        // And then from the first pause on.
        let next = attempts.after(&failure(Code::UNAVAILABLE), false);
        assert!(next.expect("a pause") <= Duration::from_millis(120));
        for never in [&["-1"][..], &["soon"], &["1", "2"], &["99999999999"]] {
            let mut attempts = Attempts::new(Some(&policy), None);
            assert_eq!(attempts.after(&pushed(never), false), None, "{never:?}");
        }
        // Attempts end all the same.
        let mut attempts = Attempts::new(Some(&policy), None);
        for left in (0..4).rev() {
            let again = attempts.after(&pushed(&["1"]), false).is_some();
            assert_eq!(again, left > 0);
        }
    }

    /// A naive count in floating point, beside it.
    #[test]
    fn too_many_failures_stop_it_until_successes_come() {
        let policy = policy();
        let throttle = Throttle::new(Throttling {
            most: 10_000,
            ratio: 500,
        });
        let mut tokens: f64 = 10.0;
        for step in 0..200 {
            // Failures first, then more and more successes.
            let fails = step < 20 || step % (step / 20 + 1) == 0;
            let mut attempts = Attempts::new(Some(&policy), Some(&throttle));
            if fails {
                tokens = (tokens - 1.0).max(0.0);
                let again = attempts.after(&failure(Code::UNAVAILABLE), false).is_some();
                assert_eq!(again, tokens > 5.0, "step {step}: {tokens}");
            } else {
                tokens = (tokens + 0.5).min(10.0);
                assert_eq!(attempts.after(&failure(Code::OK), false), None);
            }
        }
        let before = throttle.tokens.load(Ordering::Relaxed);
        let mut attempts = Attempts::new(Some(&policy), Some(&throttle));
        assert_eq!(attempts.after(&failure(Code::NOT_FOUND), false), None);
        assert_eq!(
            throttle.tokens.load(Ordering::Relaxed),
            before,
            "it does not count"
        );
        assert_eq!(attempts.after(&pushed(&["-1"]), false), None);
        assert_eq!(
            throttle.tokens.load(Ordering::Relaxed),
            before.saturating_sub(1000)
        );
    }
}
