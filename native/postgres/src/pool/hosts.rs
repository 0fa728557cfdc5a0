//! The servers of a pool, and which is tried next.
//!
//! ```text
//!   first ──fails──▶ next ──fails──▶ … ──all have failed──▶ a pause, then first again
//!     ▲                │ lets us in
//!     └── becomes ─────┘
//! ```
//! Connections are made to the one that let us in last, until it fails. Only what becomes of
//! attempts to connect moves it; what fails on an open connection is seen at the next attempt.

use std::rc::Rc;

use tusk_runtime::Nanos;
use tusk_runtime::error::Error;

use super::wire::Route;
use crate::config::{Config, Target};
use crate::tls;

/// See the module's description.
pub(super) struct Hosts {
    routes: Vec<Rc<Route>>,
    first: usize,
    tried: usize,
    balance: bool,
    /// `prefer-standby` has found none: any will do.
    settles: bool,
}

impl Hosts {
    /// # Errors
    /// `Misuse` for a configuration that cannot work.
    pub(super) fn new(config: &Config) -> Result<Hosts, Error> {
        config.check()?;
        let routes = config.each().into_iter().map(|config| {
            let tls = if config.uses_tls() {
                tls::context(&config)?
            } else {
                None
            };
            Ok(Rc::new(Route {
                address: config.address()?,
                sslmode: config.sslmode,
                tls,
                config: Rc::new(config),
            }))
        });
        Ok(Hosts {
            routes: routes.collect::<Result<_, Error>>()?,
            first: 0,
            tried: 0,
            balance: config.balance,
            settles: false,
        })
    }

    /// For the next attempt.
    pub(super) fn next(&mut self, now: Nanos) -> (Rc<Route>, Target) {
        let count = self.routes.len();
        if self.balance && self.tried == 0 {
            // The low bits of a clock that counts nanoseconds are as good as dice.
            self.first = (now % count as u64) as usize;
        }
        let route = Rc::clone(&self.routes[(self.first + self.tried) % count]);
        let target = match route.config.target {
            Target::PreferStandby if self.settles => Target::Any,
            Target::PreferStandby => Target::Standby,
            target => target,
        };
        (route, target)
    }

    /// This one has let us in.
    pub(super) fn works(&mut self, route: &Rc<Route>) {
        let at = self.routes.iter().position(|one| Rc::ptr_eq(one, route));
        (self.first, self.tried) = (at.unwrap_or(0), 0);
    }

    /// This one did not. True: another one can be tried at once.
    pub(super) fn failed(&mut self, route: &Rc<Route>) -> bool {
        let current = (self.first + self.tried) % self.routes.len();
        if self.routes.len() > 1 && !Rc::ptr_eq(&self.routes[current], route) {
            // Of several attempts that were made to one, another has moved on already.
            return true;
        }
        self.tried += 1;
        if self.tried < self.routes.len() {
            return true;
        }
        self.tried = 0;
        if route.config.target != Target::PreferStandby {
            return false;
        }
        // Once more over all, whatever they are; and after that from the beginning.
        self.settles = !self.settles;
        self.settles
    }

    /// All of them, without the password.
    pub(super) fn show(&self) -> String {
        let all = self.routes.iter().map(|route| route.address.to_string());
        all.collect::<Vec<String>>().join(", ")
    }
}
