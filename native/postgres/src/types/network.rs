//! Addresses and identifiers: inet, cidr, macaddr, uuid.

use std::fmt::Write;
use std::net::{Ipv4Addr, Ipv6Addr};

/// inet and cidr (`network_send`): family, bits, is_cidr, length, address.
pub(super) fn inet(bytes: &[u8]) -> Option<String> {
    let [family, bits, is_cidr, length, address @ ..] = bytes else {
        return None;
    };
    if usize::from(*length) != address.len() {
        return None;
    }
    // AF_INET, and one above it on every system.
    let (text, most) = match family {
        2 => (
            Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string(),
            32,
        ),
        3 => (v6(<[u8; 16]>::try_from(address).ok()?), 128),
        _ => return None,
    };
    if *bits > most {
        return None;
    }
    Some(if *bits == most && *is_cidr == 0 {
        text
    } else {
        format!("{text}/{bits}")
    })
}

/// As the server writes it: an IPv4 address at the end also where all before it is zero.
fn v6(octets: [u8; 16]) -> String {
    let [.., a, b, c, d] = octets;
    let last = u16::from_be_bytes([c, d]);
    let is_v4 = octets[..12].iter().all(|&octet| octet == 0)
        && ((a, b) != (0, 0) || (last != 0 && last != 1));
    if is_v4 {
        format!("::{}", Ipv4Addr::new(a, b, c, d))
    } else {
        Ipv6Addr::from(octets).to_string()
    }
}

/// macaddr and macaddr8.
pub(super) fn mac(bytes: &[u8]) -> Option<String> {
    if ![6, 8].contains(&bytes.len()) {
        return None;
    }
    let mut text = String::with_capacity(24);
    for (at, byte) in bytes.iter().enumerate() {
        let _ = write!(text, "{}{byte:02x}", if at == 0 { "" } else { ":" });
    }
    Some(text)
}

/// uuid
pub(super) fn uuid(bytes: &[u8]) -> Option<String> {
    if bytes.len() != 16 {
        return None;
    }
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        let dash = if [4, 6, 8, 10].contains(&at) { "-" } else { "" };
        let _ = write!(text, "{dash}{byte:02x}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(inet(&[2, 32, 0, 4, 127, 0, 0, 1]).unwrap(), "127.0.0.1");
        assert_eq!(inet(&[2, 8, 1, 4, 10, 0, 0, 0]).unwrap(), "10.0.0.0/8");
        assert_eq!(inet(&[2, 33, 0, 4, 10, 0, 0, 0]), None);
        assert_eq!(inet(&[2, 32, 0, 3, 10, 0, 0]), None);
        let mut v6 = vec![3, 128, 0, 16];
        v6.extend([0; 15]);
        v6.push(1);
        assert_eq!(inet(&v6).unwrap(), "::1");
    }

    #[test]
    fn identifiers() {
        let bytes: Vec<u8> = (0..16).collect();
        assert_eq!(
            uuid(&bytes).unwrap(),
            "00010203-0405-0607-0809-0a0b0c0d0e0f"
        );
        assert_eq!(mac(&bytes[..6]).unwrap(), "00:01:02:03:04:05");
        assert_eq!(mac(&bytes[..7]), None);
    }
}
