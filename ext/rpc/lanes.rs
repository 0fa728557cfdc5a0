//! The connections of a JSON-RPC client: one, or over HTTP a few.
//!
//! Over HTTP the answers of a connection come in the order of its calls, so a slow one holds up
//! those behind it. A call therefore goes to a connection without calls, else to a new one,
//! else to that with the fewest. Invariant: there is at least one connection.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tusk_link::address::Address;
use tusk_rpc::connection::Connection;
use tusk_rpc::jsonrpc::{Framing, Http, JsonRpc};

use super::{COUNTS, Settings, Shared, wrong};
use crate::exception::{self, Thrown};

/// Connections that one client may open over HTTP: a slow call holds up others only when there
/// are more calls than this. As browsers have it, and few enough for servers that keep a
/// process for each.
const CONNECTIONS: usize = 8;

/// See the module's description.
pub struct Lanes {
    lanes: RefCell<Vec<Rc<Shared<JsonRpc>>>>,
    address: String,
    /// What is needed to open more, and how many there may be; not where one is enough.
    more: Option<(Settings, usize)>,
    closed: Cell<bool>,
}

impl Lanes {
    /// The first connection. Suspends, unless the settings say that this may wait.
    pub fn connect(text: &str, settings: Settings) -> Result<Lanes, Thrown> {
        let target = Http::target(text, &settings.headers);
        let over_http = target.is_some();
        let (address, framing) = match target
            .transpose()
            .map_err(|error| exception::native(&error))?
        {
            Some((address, http)) => (address, Framing::Http(http)),
            None => plain(text, &settings)?,
        };
        let mut settings = settings.for_address(&address)?;
        let shared = Shared::open(address, &settings, JsonRpc::new(framing))?;
        settings.lazy = true;
        let most = settings.connections.unwrap_or(CONNECTIONS);
        Ok(Lanes {
            lanes: RefCell::new(vec![shared]),
            address: text.to_owned(),
            more: over_http.then_some((settings, most)),
            closed: Cell::new(false),
        })
    }

    /// The connection for the next call. Opening one does not wait: the call does.
    pub fn pick(&self) -> Result<Rc<Shared<JsonRpc>>, Thrown> {
        let (best, ahead, many) = {
            let lanes = self.lanes.borrow();
            let best = lanes.iter().min_by_key(|lane| lane.ahead());
            let best = best.ok_or_else(|| exception::misuse("the client has no connection"))?;
            (Rc::clone(best), best.ahead(), lanes.len())
        };
        match &self.more {
            Some((settings, most)) if ahead > 0 && many < *most && !self.closed.get() => {
                let target = Http::target(&self.address, &settings.headers).transpose();
                let target = target.map_err(|error| exception::native(&error))?;
                let Some((address, http)) = target else {
                    return Ok(best);
                };
                let wire = JsonRpc::new(Framing::Http(http));
                let lane = Shared::open(address, settings, wire)?;
                self.lanes.borrow_mut().push(Rc::clone(&lane));
                Ok(lane)
            }
            _ => Ok(best),
        }
    }

    /// All of them, borrowed from nothing.
    pub fn all(&self) -> Vec<Rc<Shared<JsonRpc>>> {
        self.lanes.borrow().clone()
    }

    /// The numbers of `stats()`, summed up.
    pub fn counts(&self) -> [u64; COUNTS.len()] {
        let mut sum = [0; COUNTS.len()];
        for lane in self.all() {
            for (sum, count) in sum.iter_mut().zip(lane.counts()) {
                *sum += count;
            }
        }
        sum
    }

    /// The address as it was given.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Ends all of them, and opens no more.
    pub fn close(&self) {
        self.closed.set(true);
        for lane in self.all() {
            lane.with(Connection::close);
        }
    }
}

fn plain(text: &str, settings: &Settings) -> Result<(Address, Framing), Thrown> {
    if settings.connections.is_some() {
        return Err(exception::misuse(
            "the option \"connections\" is for HTTP: elsewhere answers come in any order, and one \
             connection is enough",
        ));
    }
    let framing = match settings.framing.as_deref() {
        None | Some("newline") => Framing::Newline { seen: 0 },
        Some("length") => Framing::Length,
        Some(_) => return Err(wrong("framing", "\"newline\" or \"length\"")),
    };
    let address = Address::parse(text).map_err(|error| exception::native(&error))?;
    Ok((address, framing))
}
