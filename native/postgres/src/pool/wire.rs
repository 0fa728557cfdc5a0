//! The way to the server: connected, encrypted if it is to be, and the bytes on it.
//!
//! ```text
//!   Connecting ──▶ Negotiating ('S' or 'N'?) ──▶ Securing (TLS) ──▶ Open
//!        └──────────── without TLS ────────────────────────────────▲
//! ```
//! Only the reactor's completions move it. What is left of it ([`Dying`]) outlives it until
//! its ops are reaped.

use std::rc::Rc;

use tusk_link::address::Address;
use tusk_link::attempt::{Attempt, Step};
use tusk_link::link::{Channel, Dying, Link};
use tusk_link::session::Session;
use tusk_link::tls::Context;
use tusk_runtime::error::{Error, Kind, describe_errno};
use tusk_runtime::reactor::{ActorId, OpId, Reactor};

use crate::config::{Config, SslMode};
use crate::failure::malformed;
use crate::tls::end_point;

/// SSLRequest (55.7 of PostgreSQL's documentation): length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// What every connection to one server begins with.
pub(super) struct Route {
    /// With this server alone.
    pub(super) config: Rc<Config>,
    pub(super) address: Address,
    pub(super) sslmode: SslMode,
    /// `None`: never encrypted.
    pub(super) tls: Option<Context>,
}

enum Stage {
    Connecting(Attempt),
    Negotiating(Link),
    Securing(Link),
    Open(Link),
    /// Between two stages.
    None,
}

/// See the module's description.
pub(super) struct Wire(Stage);

/// What a completion meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Nothing yet.
    Nothing,
    /// The protocol can begin.
    Opened,
    /// Bytes were given to the sink.
    Received,
    /// Bytes were sent.
    Sent,
}

impl Wire {
    pub(super) fn begin(
        route: &Route,
        reactor: &mut Reactor,
        actor: ActorId,
    ) -> Result<Wire, Error> {
        match Attempt::begin(&route.address, reactor, actor)? {
            Step::Waiting(attempt) => Ok(Wire(Stage::Connecting(attempt))),
            Step::Open(_) => Err(malformed("a connection without connecting")),
        }
    }

    pub(super) fn owns(&self, op: OpId) -> bool {
        match &self.0 {
            Stage::Connecting(attempt) => attempt.is_of(op),
            Stage::Negotiating(link) | Stage::Securing(link) | Stage::Open(link) => {
                link.is_receiving(op) || link.is_sending(op)
            }
            Stage::None => false,
        }
    }

    pub(super) fn is_encrypted(&self) -> bool {
        matches!(&self.0, Stage::Open(link) if link.peer_certificate().is_some())
    }

    /// What SCRAM is bound to.
    pub(super) fn end_point(&self) -> Option<Vec<u8>> {
        match &self.0 {
            Stage::Open(link) => link.peer_certificate().and_then(end_point),
            _ => None,
        }
    }

    /// One of its ops has completed.
    pub(super) fn completed(
        &mut self,
        route: &Route,
        reactor: &mut Reactor,
        actor: ActorId,
        (op, result): (OpId, i32),
        sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<Event, Error> {
        match std::mem::replace(&mut self.0, Stage::None) {
            Stage::Connecting(attempt) => {
                match attempt.go_on(result, &route.address, reactor, actor)? {
                    Step::Waiting(attempt) => {
                        self.0 = Stage::Connecting(attempt);
                        Ok(Event::Nothing)
                    }
                    Step::Open(channel) => self.connected(route, reactor, actor, channel),
                }
            }
            Stage::Negotiating(mut link) => {
                let mut answer = Vec::new();
                let went = moved(&mut link, route, op, result, |bytes| {
                    answer.extend_from_slice(bytes);
                    Ok(())
                });
                let is_answer = !answer.is_empty();
                self.0 = Stage::Negotiating(link);
                went?;
                if is_answer {
                    self.negotiated(route, reactor, actor, &answer)
                } else {
                    Ok(Event::Nothing)
                }
            }
            Stage::Securing(mut link) => {
                let went = moved(&mut link, route, op, result, |_| Ok(()));
                let went = went.and_then(|event| {
                    if event == Event::Received {
                        link.receive(reactor, actor)?;
                    }
                    Ok(link.send(reactor, actor, |_| 0)?)
                });
                let ready = link.is_ready();
                self.0 = if ready {
                    Stage::Open(link)
                } else {
                    Stage::Securing(link)
                };
                went?;
                Ok(if ready { Event::Opened } else { Event::Nothing })
            }
            Stage::Open(mut link) => {
                let went = moved(&mut link, route, op, result, sink);
                self.0 = Stage::Open(link);
                went
            }
            Stage::None => Ok(Event::Nothing),
        }
    }

    fn connected(
        &mut self,
        route: &Route,
        reactor: &mut Reactor,
        actor: ActorId,
        channel: Channel,
    ) -> Result<Event, Error> {
        let mut link = Link::new(channel, None);
        let mut begun = link.receive(reactor, actor);
        if route.tls.is_none() {
            self.0 = Stage::Open(link);
            return begun.map(|()| Event::Opened);
        }
        let mut sent = false;
        begun = begun.and_then(|()| {
            Ok(link.send(reactor, actor, |room| {
                if std::mem::replace(&mut sent, true) {
                    return 0;
                }
                room[..SSL_REQUEST.len()].copy_from_slice(&SSL_REQUEST);
                SSL_REQUEST.len()
            })?)
        });
        self.0 = Stage::Negotiating(link);
        begun.map(|()| Event::Nothing)
    }

    /// The server has said whether it has TLS.
    fn negotiated(
        &mut self,
        route: &Route,
        reactor: &mut Reactor,
        actor: ActorId,
        answer: &[u8],
    ) -> Result<Event, Error> {
        let (Stage::Negotiating(mut link), Some(context)) =
            (std::mem::replace(&mut self.0, Stage::None), &route.tls)
        else {
            return Ok(Event::Nothing);
        };
        let session = match answer {
            b"S" => Session::new(context).map(Some),
            b"N" if route.sslmode == SslMode::Prefer => Ok(None),
            b"N" => Err(Error::new(
                Kind::Connection,
                "agree on TLS",
                format!("{} does not offer TLS", route.address),
            )
            .hint("switch ssl on in postgresql.conf, or write sslmode=disable if the network between is trusted")),
            // More than the one byte could have been put there by somebody in between
            // (CVE-2021-23222).
            _ => Err(malformed(format!(
                "{} where one letter about TLS belongs",
                tusk_link::shown::shown(answer)
            ))),
        };
        let began = session.and_then(|session| {
            let secure = session.is_some();
            if let Some(session) = session {
                link.start_tls(session);
            }
            link.receive(reactor, actor)?;
            link.send(reactor, actor, |_| 0)?;
            Ok(secure)
        });
        match began {
            Ok(true) => {
                self.0 = Stage::Securing(link);
                Ok(Event::Nothing)
            }
            Ok(false) => {
                self.0 = Stage::Open(link);
                Ok(Event::Opened)
            }
            Err(error) => {
                self.0 = Stage::Negotiating(link);
                Err(error)
            }
        }
    }

    /// Asks for more bytes, unless that is under way.
    pub(super) fn receive(&mut self, reactor: &mut Reactor, actor: ActorId) -> Result<(), Error> {
        match &mut self.0 {
            Stage::Open(link) if !link.receives() => link.receive(reactor, actor),
            _ => Ok(()),
        }
    }

    /// Sends what `fill` gives, if nothing is on its way.
    pub(super) fn send(
        &mut self,
        reactor: &mut Reactor,
        actor: ActorId,
        fill: impl FnMut(&mut [u8]) -> usize,
    ) -> Result<(), Error> {
        match &mut self.0 {
            Stage::Open(link) => Ok(link.send(reactor, actor, fill)?),
            _ => Ok(()),
        }
    }

    /// Is nothing on its way out?
    pub(super) fn is_silent(&self) -> bool {
        !matches!(&self.0, Stage::Open(link) if !link.is_silent())
    }

    /// Gives it up.
    pub(super) fn end(self, reactor: &mut Reactor) -> Option<Dying> {
        let dying = match self.0 {
            Stage::Connecting(attempt) => attempt.end(reactor)?,
            Stage::Negotiating(link) | Stage::Securing(link) | Stage::Open(link) => {
                link.end(reactor)
            }
            Stage::None => return None,
        };
        Some(dying).filter(|dying| !dying.is_over())
    }
}

/// A receive or send has completed.
fn moved(
    link: &mut Link,
    route: &Route,
    op: OpId,
    result: i32,
    sink: impl FnMut(&[u8]) -> Result<(), Error>,
) -> Result<Event, Error> {
    let again = [-libc::EINTR, -libc::EAGAIN].contains(&result);
    if link.is_sending(op) {
        link.sent(usize::try_from(result).unwrap_or(0));
        if result < 0 && !again {
            return Err(hung_up(result, route));
        }
        return Ok(Event::Sent);
    }
    link.has_received();
    if result <= 0 && !again {
        return Err(hung_up(result, route));
    }
    link.received(usize::try_from(result).unwrap_or(0), sink)?;
    Ok(Event::Received)
}

#[cold]
fn hung_up(result: i32, route: &Route) -> Error {
    let how = match -result {
        0 => "the server closed the connection".to_owned(),
        errno => describe_errno(errno),
    };
    Error::new(
        Kind::Connection,
        "use the connection",
        format!("{}: {how}", route.address),
    )
}
