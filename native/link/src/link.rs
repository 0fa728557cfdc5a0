//! An open connection: its descriptors, its buffers and its ops.
//!
//! At most one receive and one send are in flight. Buffers are lent to them, so nothing here
//! waits for the kernel: what is left of a link that is given up ([`Dying`]) lives until its
//! ops have completed, and only then its descriptor is closed.

use std::os::fd::RawFd;

use tusk_runtime::buf::OwnedBuf;
use tusk_runtime::error::{Error, Kind, describe_errno};
use tusk_runtime::op::{Op, Read, Recv, Send, Write};
use tusk_runtime::reactor::{ActorId, OpId, Reactor};
use tusk_runtime::sys::fd::Fd;
use tusk_runtime::sys::socket;

use crate::limits::{INBOX_BYTES, OUTBOX_BYTES};
use crate::session::Session;

/// What is open.
#[derive(Debug)]
pub enum Channel {
    /// A socket of ours.
    Socket(Fd),
    /// Descriptors of somebody else.
    Pipe {
        /// What comes in.
        input: RawFd,
        /// What goes out.
        output: RawFd,
    },
}

/// See the module's description.
pub struct Link {
    channel: Channel,
    inbox: OwnedBuf,
    outbox: OwnedBuf,
    receiving: Option<OpId>,
    sending: Option<OpId>,
    /// What of the outbox is still to be sent.
    from: usize,
    to: usize,
    tls: Option<Box<Session>>,
}

/// Why nothing was sent.
pub enum SendError {
    /// The socket says so, by this errno.
    Refused(i32),
    /// No op could begin.
    NotBegun(Error),
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Error {
        match error {
            SendError::Refused(errno) => {
                Error::new(Kind::Connection, "send", describe_errno(errno))
            }
            SendError::NotBegun(error) => error,
        }
    }
}

/// What is left of a link.
pub struct Dying {
    ops: Vec<OpId>,
    _channel: Channel,
}

impl Link {
    /// An open connection, with TLS that begins at once or without.
    pub fn new(channel: Channel, tls: Option<Session>) -> Link {
        Link {
            channel,
            inbox: OwnedBuf::zeroed(INBOX_BYTES),
            outbox: OwnedBuf::zeroed(OUTBOX_BYTES),
            receiving: None,
            sending: None,
            from: 0,
            to: 0,
            tls: tls.map(Box::new),
        }
    }

    /// Can messages be sent? Not before TLS is agreed on.
    pub fn is_ready(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| !tls.is_handshaking())
    }

    /// TLS begins now, after the protocol's own words: nothing of it has been received yet.
    pub fn start_tls(&mut self, session: Session) {
        self.tls = Some(Box::new(session));
    }

    /// The certificate that the other side showed, as DER.
    pub fn peer_certificate(&self) -> Option<&[u8]> {
        self.tls.as_ref()?.peer_certificate()
    }

    /// Is a receive under way?
    pub fn receives(&self) -> bool {
        self.receiving.is_some()
    }

    /// Is this its receive?
    pub fn is_receiving(&self, op: OpId) -> bool {
        self.receiving == Some(op)
    }

    /// Is this its send?
    pub fn is_sending(&self, op: OpId) -> bool {
        self.sending == Some(op)
    }

    /// Is nothing on its way out?
    pub fn is_silent(&self) -> bool {
        self.sending.is_none() && self.tls.as_ref().is_none_or(|tls| !tls.wants_send())
    }

    /// Asks for the next bytes.
    pub fn receive(&mut self, reactor: &mut Reactor, actor: ActorId) -> Result<(), Error> {
        let Some(loan) = self.inbox.lend() else {
            return Ok(());
        };
        let op = match self.channel {
            Channel::Socket(ref fd) => Op::from(Recv {
                fd: fd.raw(),
                buf: loan.into(),
                flags: 0,
            }),
            Channel::Pipe { input, .. } => Op::from(Read {
                fd: input,
                buf: loan.into(),
                offset: None,
            }),
        };
        self.receiving = Some(reactor.submit_for_actor(op, actor)?);
        Ok(())
    }

    /// The receive has completed.
    pub fn has_received(&mut self) {
        self.receiving = None;
    }

    /// It brought `count` bytes: `sink` gets what they hold.
    pub fn received(
        &mut self,
        count: usize,
        mut sink: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let bytes = self.inbox.bytes().and_then(|bytes| bytes.get(..count));
        let bytes = bytes.unwrap_or_default();
        match &mut self.tls {
            Some(tls) => tls.received(bytes, sink),
            None => sink(bytes),
        }
    }

    /// Does the end of the connection come from the other side, and not from between?
    pub fn ends_whole(&self) -> bool {
        self.tls.as_ref().is_none_or(|tls| tls.heard_goodbye())
    }

    /// Sends what `fill` puts into the room it is given, if nothing is on its way.
    ///
    /// A socket is tried at once, without waiting: it nearly always has room, and a send by the
    /// ring would end the next wait with a completion that says so, before the answer comes.
    /// What does not fit, and what comes after one full outbox, goes by the driver.
    pub fn send(
        &mut self,
        reactor: &mut Reactor,
        actor: ActorId,
        mut fill: impl FnMut(&mut [u8]) -> usize,
    ) -> Result<(), SendError> {
        if self.sending.is_some() {
            return Ok(());
        }
        self.fill(&mut fill);
        if self.try_send().map_err(SendError::Refused)? {
            self.fill(&mut fill);
        }
        if self.from == self.to {
            return Ok(());
        }
        self.submit_send(reactor, actor)
            .map_err(SendError::NotBegun)
    }

    fn fill(&mut self, fill: &mut impl FnMut(&mut [u8]) -> usize) {
        if self.from == self.to {
            if let Some(room) = self.outbox.bytes_mut() {
                let filled = match &mut self.tls {
                    Some(tls) => tls.fill(room, fill),
                    None => fill(room),
                };
                (self.from, self.to) = (0, filled);
            }
        }
    }

    /// Sends what a socket takes without waiting. True: everything.
    fn try_send(&mut self) -> Result<bool, i32> {
        let (Channel::Socket(fd), Some(bytes)) = (&self.channel, self.outbox.bytes()) else {
            return Ok(false);
        };
        let part = bytes.get(self.from..self.to).unwrap_or_default();
        if part.is_empty() {
            return Ok(false);
        }
        match socket::send_now(fd.raw(), part) {
            count @ 0.. => self.from = (self.from + count as usize).min(self.to),
            error if [-libc::EAGAIN, -libc::EINTR].contains(&error) => {}
            error => return Err(-error),
        }
        Ok(self.from == self.to)
    }

    fn submit_send(&mut self, reactor: &mut Reactor, actor: ActorId) -> Result<(), Error> {
        let Some(loan) = self.outbox.lend_part(self.from..self.to) else {
            return Ok(());
        };
        let op = match self.channel {
            Channel::Socket(ref fd) => Op::from(Send {
                fd: fd.raw(),
                buf: loan.into(),
                flags: 0,
            }),
            Channel::Pipe { output, .. } => Op::from(Write {
                fd: output,
                buf: loan.into(),
                offset: None,
            }),
        };
        self.sending = Some(reactor.submit_for_actor(op, actor)?);
        Ok(())
    }

    /// Everything was sent, and nothing more will be. True: the other side is told first, by
    /// the next [`Link::send`].
    pub fn say_goodbye(&mut self) -> bool {
        self.is_ready() && self.tls.as_mut().is_some_and(|tls| tls.say_goodbye())
    }

    /// A send has completed with `count` bytes.
    pub fn sent(&mut self, count: usize) {
        self.sending = None;
        self.from = (self.from + count).min(self.to);
    }

    /// Gives the link up.
    pub fn end(self, reactor: &mut Reactor) -> Dying {
        let ops: Vec<OpId> = self.receiving.into_iter().chain(self.sending).collect();
        for &op in &ops {
            reactor.cancel_op(op);
        }
        Dying {
            ops,
            _channel: self.channel,
        }
    }
}

impl Dying {
    /// Of a socket that is being connected, with its op.
    pub fn of_attempt(fd: Fd, op: OpId, reactor: &mut Reactor) -> Dying {
        reactor.cancel_op(op);
        Dying {
            ops: vec![op],
            _channel: Channel::Socket(fd),
        }
    }

    /// One of its ops may have completed. False: it is still held by others.
    pub fn let_go(&mut self, op: OpId) -> bool {
        self.ops.retain(|&other| other != op);
        self.ops.is_empty()
    }

    /// Is nothing held any more?
    pub fn is_over(&self) -> bool {
        self.ops.is_empty()
    }
}
