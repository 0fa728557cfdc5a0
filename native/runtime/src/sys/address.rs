//! A socket address of any family, as bytes that the kernel can read.

use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// An address of any family. The bytes are on the heap, so that a copy of the pointer
/// stays valid when the value moves.
#[derive(Clone, Debug)]
pub struct Address {
    bytes: Box<[u8]>,
}

impl Address {
    /// An address as C gives it: the bytes of a `sockaddr` of the right length.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Address {
            bytes: bytes.into(),
        }
    }

    /// The address of a Unix socket; `None` when the path is too long or holds a zero byte.
    pub fn unix(path: &Path) -> Option<Self> {
        let path = path.as_os_str().as_bytes();
        // A path of 108 bytes without a final zero is legal for Linux but not portable
        // between its own tools; one byte is kept for the zero.
        if path.is_empty() || path.len() > 107 || path.contains(&0) {
            return None;
        }
        let mut bytes = (libc::AF_UNIX as libc::sa_family_t).to_ne_bytes().to_vec();
        bytes.extend_from_slice(path);
        bytes.push(0);
        Some(Address {
            bytes: bytes.into(),
        })
    }

    pub(crate) fn as_ptr(&self) -> *const libc::sockaddr {
        self.bytes.as_ptr().cast()
    }

    pub(crate) fn len(&self) -> libc::socklen_t {
        self.bytes.len() as libc::socklen_t
    }
}

impl From<SocketAddr> for Address {
    /// Lays out `sockaddr_in` or `sockaddr_in6`, field after field as in `<netinet/in.h>`.
    fn from(address: SocketAddr) -> Self {
        let mut bytes = Vec::with_capacity(28);
        match address {
            SocketAddr::V4(v4) => {
                bytes.extend((libc::AF_INET as libc::sa_family_t).to_ne_bytes());
                bytes.extend(v4.port().to_be_bytes());
                bytes.extend(v4.ip().octets());
                bytes.extend([0; 8]);
            }
            SocketAddr::V6(v6) => {
                bytes.extend((libc::AF_INET6 as libc::sa_family_t).to_ne_bytes());
                bytes.extend(v6.port().to_be_bytes());
                // flowinfo is stored as the caller gave it; std keeps it in the same order.
                bytes.extend(v6.flowinfo().to_ne_bytes());
                bytes.extend(v6.ip().octets());
                bytes.extend(v6.scope_id().to_ne_bytes());
            }
        }
        Address {
            bytes: bytes.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_have_the_length_of_the_c_structs() {
        let v4 = Address::from(SocketAddr::from(([127, 0, 0, 1], 80)));
        assert_eq!(v4.len() as usize, size_of::<libc::sockaddr_in>());
        let v6 = Address::from(SocketAddr::from(([0u16; 8], 80)));
        assert_eq!(v6.len() as usize, size_of::<libc::sockaddr_in6>());
    }

    #[test]
    fn a_unix_path_must_fit() {
        assert!(Address::unix(Path::new("/run/x.sock")).is_some());
        assert!(Address::unix(Path::new(&"x".repeat(108))).is_none());
        assert!(Address::unix(Path::new("a\0b")).is_none());
    }
}
