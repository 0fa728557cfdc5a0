//! A cancel request: a connection of its own that says which backend to interrupt, and is
//! closed by the server. Encrypted like the others, because whoever reads it can cancel, too.

use std::rc::Rc;

use bytes::{Buf, BytesMut};
use postgres_protocol::message::frontend;
use tusk_runtime::Nanos;
use tusk_runtime::error::Error;
use tusk_runtime::reactor::{ActorId, OpId, Reactor};

use super::wire::{Event, Route, Wire};

/// See the module's description.
pub(super) struct Cancel {
    route: Rc<Route>,
    pub(super) wire: Wire,
    /// The pool's connection that it is for.
    pub(super) target: u64,
    pub(super) deadline: Nanos,
    bytes: BytesMut,
}

impl Cancel {
    pub(super) fn begin(
        target: u64,
        (process, secret): (i32, i32),
        deadline: Nanos,
        route: Rc<Route>,
        reactor: &mut Reactor,
        actor: ActorId,
    ) -> Result<Cancel, Error> {
        let mut bytes = BytesMut::new();
        frontend::cancel_request(process, secret, &mut bytes);
        Ok(Cancel {
            wire: Wire::begin(&route, reactor, actor)?,
            route,
            target,
            deadline,
            bytes,
        })
    }

    /// One of its ops has completed. False: it is over, whatever came of it; the server says
    /// nothing about that.
    pub(super) fn completed(
        &mut self,
        reactor: &mut Reactor,
        actor: ActorId,
        completion: (OpId, i32),
    ) -> bool {
        let event = self
            .wire
            .completed(&self.route, reactor, actor, completion, |_| Ok(()));
        let bytes = &mut self.bytes;
        let went = match event {
            Ok(Event::Opened | Event::Sent) => self.wire.send(reactor, actor, |room| {
                let count = bytes.len().min(room.len());
                room[..count].copy_from_slice(&bytes[..count]);
                bytes.advance(count);
                count
            }),
            Ok(Event::Received) => self.wire.receive(reactor, actor),
            Ok(Event::Nothing) => Ok(()),
            Err(error) => Err(error),
        };
        went.is_ok()
    }
}
