//! One attempt to connect: a name is looked up, then its addresses are tried in turn.

use std::collections::VecDeque;
use std::ffi::CString;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tusk_runtime::error::{Error, Kind};
use tusk_runtime::op::{Connect, Op};
use tusk_runtime::reactor::{ActorId, OpId, Reactor};
use tusk_runtime::sys::address::Address as SocketAddress;
use tusk_runtime::sys::fd::Fd;
use tusk_runtime::sys::resolve::{Failure, Query, resolve};
use tusk_runtime::sys::socket;

use crate::address::{Address, Target};
use crate::link::{Channel, Dying};

/// Where the pool's thread puts what it found.
pub type Found = Arc<Mutex<Option<Result<VecDeque<Place>, Failure>>>>;

/// An address of the system with its family.
pub type Place = (i32, SocketAddress);

/// How far it is.
pub enum Attempt {
    /// A thread of the pool asks for the addresses.
    Resolving {
        /// The letter that comes.
        op: OpId,
        /// The addresses then.
        found: Found,
    },
    /// A socket is being connected; the other addresses come next.
    Connecting {
        /// The connect.
        op: OpId,
        /// Its socket.
        fd: Fd,
        /// Is it TCP?
        tcp: bool,
        /// The addresses that come next.
        rest: VecDeque<Place>,
    },
}

/// What a step led to.
pub enum Step {
    /// It goes on.
    Waiting(Attempt),
    /// There is a connection.
    Open(Channel),
}

impl Attempt {
    /// Begins.
    ///
    /// # Errors
    /// Why none of the addresses can be tried.
    pub fn begin(address: &Address, reactor: &mut Reactor, actor: ActorId) -> Result<Step, Error> {
        match &address.target {
            &Target::Pipe { input, output } => Ok(Step::Open(Channel::Pipe { input, output })),
            Target::Unix(path) => match SocketAddress::unix(path) {
                Some(place) => {
                    let places = VecDeque::from([(libc::AF_UNIX, place)]);
                    connect(places, address, reactor, actor, None)
                }
                None => Err(Error::new(Kind::Misuse, "connect", "the path is too long")),
            },
            Target::Tcp { host, port, .. } => match host.parse::<IpAddr>() {
                Ok(ip) => {
                    let family = if ip.is_ipv4() {
                        libc::AF_INET
                    } else {
                        libc::AF_INET6
                    };
                    let place = (family, SocketAddr::new(ip, *port).into());
                    connect(VecDeque::from([place]), address, reactor, actor, None)
                }
                Err(_) => look_up(host, *port, reactor, actor),
            },
        }
    }

    /// Is this its op?
    pub fn is_of(&self, other: OpId) -> bool {
        match self {
            Attempt::Resolving { op, .. } | Attempt::Connecting { op, .. } => *op == other,
        }
    }

    /// Its op has completed.
    ///
    /// # Errors
    /// Why none of the addresses could be connected to.
    pub fn go_on(
        self,
        result: i32,
        address: &Address,
        reactor: &mut Reactor,
        actor: ActorId,
    ) -> Result<Step, Error> {
        match self {
            Attempt::Resolving { found, .. } => {
                let found = found.lock().ok().and_then(|mut found| found.take());
                match found {
                    Some(Ok(places)) => connect(places, address, reactor, actor, None),
                    Some(Err(failure)) => Err(Error::new(
                        Kind::Connection,
                        "connect",
                        format!("the name in {address} is not known: {}", failure.message()),
                    )
                    .hint("check the host's spelling and /etc/resolv.conf")),
                    None => Err(Error::new(
                        Kind::System,
                        "connect",
                        format!("the look-up of {address} ended without a result"),
                    )),
                }
            }
            Attempt::Connecting { fd, tcp, .. } if result >= 0 => {
                if tcp {
                    socket::tune_tcp(fd.raw());
                }
                Ok(Step::Open(Channel::Socket(fd)))
            }
            Attempt::Connecting { rest, .. } => {
                let error = Error::from_errno("connect", -result, address.to_string());
                connect(
                    rest,
                    address,
                    reactor,
                    actor,
                    Some(as_connection(error, -result, address)),
                )
            }
        }
    }

    /// Gives it up; what the kernel still holds is returned.
    pub fn end(self, reactor: &mut Reactor) -> Option<Dying> {
        match self {
            // The letter comes when the look-up returns; nobody knows its op then.
            Attempt::Resolving { .. } => None,
            Attempt::Connecting { fd, op, .. } => Some(Dying::of_attempt(fd, op, reactor)),
        }
    }
}

/// Whatever the system says, there is no connection.
fn as_connection(error: Error, errno: i32, address: &Address) -> Error {
    let hint = match errno {
        libc::ECONNREFUSED => "is the server running, and listening there?",
        libc::ENOENT => "there is no such socket: is the server running, and the path right?",
        libc::EACCES | libc::EPERM => "the socket's permissions or a firewall forbid it",
        _ => "check the address and the network",
    };
    if error.kind() == Kind::Connection {
        return error.hint(hint);
    }
    let text = tusk_runtime::error::describe_errno(errno);
    Error::new(Kind::Connection, "connect", format!("{address} ({text})")).hint(hint)
}

fn connect(
    mut places: VecDeque<Place>,
    address: &Address,
    reactor: &mut Reactor,
    actor: ActorId,
    mut last: Option<Error>,
) -> Result<Step, Error> {
    while let Some((family, place)) = places.pop_front() {
        let fd = match socket::open_stream(family) {
            Ok(fd) => fd,
            Err(errno) => {
                last = Some(Error::from_errno(
                    "open a socket",
                    errno,
                    address.to_string(),
                ));
                continue;
            }
        };
        let op = reactor.submit_for_actor(Op::from(Connect::new(fd.raw(), place)), actor)?;
        return Ok(Step::Waiting(Attempt::Connecting {
            op,
            fd,
            tcp: family != libc::AF_UNIX,
            rest: places,
        }));
    }
    Err(last.unwrap_or_else(|| {
        Error::new(
            Kind::Connection,
            "connect",
            format!("the name in {address} has no address"),
        )
    }))
}

fn look_up(host: &str, port: u16, reactor: &mut Reactor, actor: ActorId) -> Result<Step, Error> {
    let query = Query {
        host: CString::new(host).ok(),
        service: CString::new(port.to_string()).ok(),
        flags: libc::AI_NUMERICSERV | libc::AI_ADDRCONFIG,
        socket_type: libc::SOCK_STREAM,
        ..Query::default()
    };
    let found = Found::default();
    let result = Arc::clone(&found);
    let call = move || {
        let places = resolve(&query).map(|list| {
            let endpoints = list.endpoints().into_iter();
            endpoints.map(|end| (end.family, end.address)).collect()
        });
        if let Ok(mut slot) = result.lock() {
            *slot = Some(places);
        }
    };
    let op = reactor.run_for_actor(call, actor)?;
    Ok(Step::Waiting(Attempt::Resolving { op, found }))
}
