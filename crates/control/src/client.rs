//! Who a request comes from: the peer, or the client that a trusted proxy names.

use std::net::{IpAddr, Ipv6Addr};

use actix_web::http::header::HeaderMap;
use ipnet::IpNet;

/// The address of the client. Of `X-Forwarded-For` only what trusted proxies added counts: it is read from the right, and
/// the first address that is not one of theirs is the client's.
pub fn address(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let Some(peer) = peer.map(|peer| peer.to_canonical()) else {
        return Ipv6Addr::UNSPECIFIED.into();
    };
    if !is_trusted(&peer) {
        return peer;
    }
    let mut client = peer;
    for value in headers.get_all("x-forwarded-for").collect::<Vec<_>>().into_iter().rev() {
        for entry in value.to_str().unwrap_or_default().rsplit(',') {
            let Some(address) = read(entry.trim()) else { return client };
            client = address;
            if !is_trusted(&client) {
                return client;
            }
        }
    }
    client
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn read(entry: &str) -> Option<IpAddr> {
    let bare = match entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => match entry.split_once(':') {
            Some((address, port)) if !port.contains(':') => address,
            _ => entry,
        },
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Whether a trusted proxy says that the client speaks TLS.
pub fn is_https(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> bool {
    let is_trusted = |peer: IpAddr| trusted.iter().any(|network| network.contains(&peer.to_canonical()));
    peer.is_some_and(is_trusted)
        && headers
            .get("x-forwarded-proto")
            .is_some_and(|proto| proto.as_bytes().eq_ignore_ascii_case(b"https"))
}

/// The address as limits count it: whoever has an IPv6 address has a whole /64 of them.
pub fn counted(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(HeaderName::from_static("x-forwarded-for"), HeaderValue::from_str(value).unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        address(Some(peer.parse().unwrap()), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_name_another_address() {
        assert_eq!(client("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 203.0.113.5"]), "203.0.113.5");
        assert_eq!(client("10.0.0.1", &["198.51.100.1", "203.0.113.5, 10.0.0.2"]), "203.0.113.5");
    }

    #[test]
    fn without_a_usable_header_the_last_proxy_is_the_client() {
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, nonsense"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &["nonsense, 10.0.0.3"]), "10.0.0.3");
    }

    #[test]
    fn addresses_are_read_in_the_spellings_of_proxies() {
        assert_eq!(client("::ffff:10.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(client("::1", &["203.0.113.5:1234"]), "203.0.113.5");
        assert_eq!(client("::1", &["2001:db8::2"]), "2001:db8::2");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_client() {
        let counted = |text: &str| counted(text.parse().unwrap());
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:1"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_ne!(counted("203.0.113.5"), counted("203.0.113.6"));
    }
}
