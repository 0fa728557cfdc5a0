//! getaddrinfo(3) on owned arguments, for a thread that may block.
//!
//! The list that libc returns is plain heap memory without ties to a thread, so it may
//! travel to the thread that asked.

use super::address::Address;
use std::ffi::{CStr, CString};
use std::ptr::NonNull;

/// What to look up. Everything is owned, so that it can be sent to the pool.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Name or numeric address; `None` is the loopback, or any address with `AI_PASSIVE`.
    pub host: Option<CString>,
    /// Service name or port number.
    pub service: Option<CString>,
    /// `AI_*`.
    pub flags: i32,
    /// `AF_UNSPEC`, `AF_INET` or `AF_INET6`.
    pub family: i32,
    /// `SOCK_*`, or 0 for all.
    pub socket_type: i32,
    /// `IPPROTO_*`, or 0 for all.
    pub protocol: i32,
}

/// Why a look-up failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// `EAI_*`.
    pub code: i32,
    /// errno, where the code is `EAI_SYSTEM`.
    pub errno: i32,
}

impl Failure {
    /// libc's words for the code.
    pub fn message(&self) -> String {
        // SAFETY: gai_strerror returns a static C string for every number.
        let text = unsafe { CStr::from_ptr(libc::gai_strerror(self.code)) };
        text.to_string_lossy().into_owned()
    }
}

/// Looks a name up. Blocks for as long as the resolver's configuration says.
///
/// # Errors
/// What getaddrinfo returned.
pub fn resolve(query: &Query) -> Result<AddrInfo, Failure> {
    let pointer = |text: &Option<CString>| text.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    // SAFETY: an addrinfo of zeroes is a valid value: null pointers and "unspecified".
    let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
    hints.ai_flags = query.flags;
    hints.ai_family = query.family;
    hints.ai_socktype = query.socket_type;
    hints.ai_protocol = query.protocol;
    let mut list = std::ptr::null_mut();
    // SAFETY: the strings and the hints live for the call; `list` receives the result.
    let code = unsafe {
        libc::getaddrinfo(
            pointer(&query.host),
            pointer(&query.service),
            &hints,
            &mut list,
        )
    };
    match NonNull::new(list) {
        Some(list) if code == 0 => Ok(AddrInfo(list)),
        _ => Err(Failure {
            code: if code == 0 { libc::EAI_FAIL } else { code },
            errno: -super::negative_errno(),
        }),
    }
}

/// The list that getaddrinfo made, freed on drop.
#[derive(Debug)]
pub struct AddrInfo(NonNull<libc::addrinfo>);

// SAFETY: the list is heap memory that nothing else refers to, and freeaddrinfo may be
// called in any thread.
unsafe impl Send for AddrInfo {}

/// One way to reach what was looked up.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// `AF_*`.
    pub family: i32,
    /// `SOCK_*`.
    pub socket_type: i32,
    /// `IPPROTO_*`.
    pub protocol: i32,
    /// Where.
    pub address: Address,
}

impl AddrInfo {
    /// Gives the list to a caller who frees it with `freeaddrinfo`.
    pub fn into_raw(self) -> *mut libc::addrinfo {
        let list = self.0.as_ptr();
        std::mem::forget(self);
        list
    }

    /// The endpoints in the order of preference.
    pub fn endpoints(&self) -> Vec<Endpoint> {
        let mut endpoints = Vec::new();
        let mut next: *const libc::addrinfo = self.0.as_ptr();
        // SAFETY: the list is owned by `self` and ends with a null pointer; each node's
        // address has the length that the node says.
        while let Some(info) = unsafe { next.as_ref() } {
            if !info.ai_addr.is_null() {
                // SAFETY: as above.
                let bytes = unsafe {
                    std::slice::from_raw_parts(info.ai_addr.cast(), info.ai_addrlen as usize)
                };
                endpoints.push(Endpoint {
                    family: info.ai_family,
                    socket_type: info.ai_socktype,
                    protocol: info.ai_protocol,
                    address: Address::from_bytes(bytes),
                });
            }
            next = info.ai_next;
        }
        endpoints
    }
}

impl Drop for AddrInfo {
    fn drop(&mut self) {
        // SAFETY: the list came from getaddrinfo and is freed once.
        unsafe { libc::freeaddrinfo(self.0.as_ptr()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(host: &CStr) -> Query {
        Query {
            host: Some(host.into()),
            service: Some(c"80".into()),
            flags: libc::AI_NUMERICHOST | libc::AI_NUMERICSERV,
            socket_type: libc::SOCK_STREAM,
            ..Query::default()
        }
    }

    #[test]
    fn numbers_resolve_without_a_network() {
        let list = resolve(&numeric(c"127.0.0.1")).expect("a numeric address");
        let endpoints = std::thread::spawn(move || list.endpoints());
        let endpoints = endpoints.join().expect("thread");
        assert_eq!(endpoints.len(), 1);
        assert_eq!(endpoints[0].family, libc::AF_INET);
        assert_eq!(endpoints[0].socket_type, libc::SOCK_STREAM);
    }

    #[test]
    fn failures_carry_the_code() {
        let failure = resolve(&numeric(c"not an address")).expect_err("not numeric");
        assert_eq!(failure.code, libc::EAI_NONAME);
        assert!(!failure.message().is_empty());
    }

    #[test]
    fn the_raw_list_is_the_callers() {
        let raw = resolve(&numeric(c"::1")).expect("numeric").into_raw();
        assert!(!raw.is_null());
        drop(AddrInfo(NonNull::new(raw).expect("not null")));
    }
}
