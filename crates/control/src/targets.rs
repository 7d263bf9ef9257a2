//! Which Matomos may be contacted: a list of hosts, and whether private addresses count.
//!
//! Names are checked as they are written and addresses as they are really connected to, so that a name that points into
//! the network the control plane stands in is no way round.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use ipnet::IpNet;
use matomo::reporting::AddressPolicy;
use url::{Host, Url};

/// What may be a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// `ALLOWED_TARGET_HOSTS`; empty = any.
    pub allowed: Vec<HostRule>,
    /// `PRIVATE_TARGETS` is allow.
    pub private: bool,
}

/// Anything may be.
impl Default for Targets {
    fn default() -> Self {
        Self { allowed: Vec::new(), private: true }
    }
}

/// One entry of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostRule {
    /// This host.
    Name(String),
    /// Every host under this one: `*.example.com`.
    Under(String),
    /// Every address in this network.
    Network(IpNet),
}

/// Not a host, a wildcard or a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a host such as example.com, *.example.com or 10.0.0.0/8")]
pub struct NotAHostRule;

impl FromStr for HostRule {
    type Err = NotAHostRule;

    fn from_str(text: &str) -> Result<Self, NotAHostRule> {
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(HostRule::Network(network));
        }
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(HostRule::Network(address.into()));
        }
        let (under, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text),
        };
        match Host::parse(name) {
            Ok(Host::Domain(name)) if !name.is_empty() && !name.contains('*') => {
                let name = name.trim_end_matches('.').to_owned();
                Ok(if under { HostRule::Under(name) } else { HostRule::Name(name) })
            }
            _ => Err(NotAHostRule),
        }
    }
}

impl HostRule {
    fn permits(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (HostRule::Name(name), Host::Domain(host)) => host.trim_end_matches('.') == name,
            (HostRule::Under(name), Host::Domain(host)) => {
                let host = host.trim_end_matches('.');
                host.strip_suffix(name.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            (HostRule::Network(network), Host::Ipv4(address)) => network.contains(&IpAddr::from(*address)),
            (HostRule::Network(network), Host::Ipv6(address)) => network.contains(&address.to_canonical()),
            _ => false,
        }
    }
}

impl Targets {
    /// Whether this URL may be a target, as far as can be told without resolving its name; otherwise why not.
    ///
    /// # Errors
    /// A sentence that names the setting to change.
    pub fn check(&self, url: &Url) -> Result<(), String> {
        let Some(host) = url.host() else { return Err("it names no host".to_owned()) };
        if !self.allowed.is_empty() && !self.allowed.iter().any(|rule| rule.permits(&host)) {
            return Err(format!(
                "the host {host} is not in ALLOWED_TARGET_HOSTS: add it there, or use a host that is"
            ));
        }
        let address = match host {
            Host::Ipv4(address) => Some(IpAddr::from(address)),
            Host::Ipv6(address) => Some(address.to_canonical()),
            Host::Domain(name) if is_local_name(name) => Some(Ipv4Addr::LOCALHOST.into()),
            Host::Domain(_) => None,
        };
        match address {
            Some(address) if !self.permits_address(url, address) => Err(format!(
                "{host} is a private address and PRIVATE_TARGETS=forbid is set: name it in ALLOWED_TARGET_HOSTS, or use \
                 a public host"
            )),
            _ => Ok(()),
        }
    }

    /// The rule for addresses that the host of `url` resolves to.
    pub fn address_policy(&self, url: &Url) -> AddressPolicy {
        let (targets, url) = (self.clone(), url.clone());
        Arc::new(move |address| targets.permits_address(&url, address))
    }

    /// A host that is named in the list may be private, since somebody wrote it there on purpose.
    fn permits_address(&self, url: &Url, address: IpAddr) -> bool {
        let named = || {
            let by_name = |rule: &&HostRule| matches!(rule, HostRule::Name(_) | HostRule::Network(_));
            url.host().is_some_and(|host| self.allowed.iter().filter(by_name).any(|rule| rule.permits(&host)))
        };
        self.private || !is_private(address) || named()
    }
}

fn is_local_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

/// Whether an address is not one of the public internet.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => is_private_v6(address),
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        // RFC 6598, shared by carriers; RFC 6890, protocol assignments; RFC 2544, benchmarks
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // RFC 6052: an IPv4 address in the well-known prefix of a translator
    let translated = segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let [.., a, b] = segments;
    address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || (translated && is_private_v4(Ipv4Addr::from((u32::from(a) << 16) | u32::from(b))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(allowed: &[&str], private: bool) -> Targets {
        Targets { allowed: allowed.iter().map(|rule| rule.parse().unwrap()).collect(), private }
    }

    fn permitted(targets: &Targets, url: &str) -> bool {
        targets.check(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn without_a_list_any_host_may_be_a_target() {
        for url in ["https://example.com/matomo.php", "http://127.0.0.1/", "http://[::1]:80/"] {
            assert!(permitted(&Targets::default(), url), "{url}");
        }
    }

    #[test]
    fn a_list_permits_what_it_names_and_nothing_else() {
        let targets = targets(&["example.com", "*.example.org", "10.1.0.0/16", "[2001:db8::1]"], true);
        for url in [
            "https://example.com/",
            "https://EXAMPLE.com.:8443/x",
            "https://a.b.example.org/",
            "http://10.1.2.3/",
            "http://[2001:db8::1]/",
            "http://[::ffff:10.1.0.1]/",
        ] {
            assert!(permitted(&targets, url), "{url}");
        }
        for url in [
            "https://www.example.com/",
            "https://example.org/",
            "https://evilexample.org/",
            "https://example.com.evil.net/",
            "https://example.com@evil.net/",
            "http://10.2.0.1/",
            "http://[2001:db8::2]/",
        ] {
            assert!(!permitted(&targets, url), "{url}");
        }
    }

    #[test]
    fn private_addresses_can_be_forbidden_in_every_spelling() {
        let targets = targets(&[], false);
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0.0.0.0/",
            "http://10.0.0.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://100.64.0.1/",
            "http://[::1]/",
            "http://[fe80::1]/",
            "http://[fd00::1]/",
            "http://[::ffff:192.168.0.1]/",
            "http://[64:ff9b::c0a8:1]/",
            "http://localhost/",
            "http://matomo.localhost/",
        ] {
            assert!(!permitted(&targets, url), "{url}");
        }
        for url in ["http://93.184.216.34/", "https://example.com/", "http://[2606:2800::1]/"] {
            assert!(permitted(&targets, url), "{url}");
        }
    }

    #[test]
    fn a_name_that_leads_to_a_private_address_is_refused_unless_it_is_named() {
        let url = Url::parse("https://matomo.example.com/").unwrap();
        let private: IpAddr = "192.168.0.7".parse().unwrap();
        assert!(!targets(&[], false).address_policy(&url)(private));
        assert!(!targets(&["*.example.com"], false).address_policy(&url)(private));
        assert!(targets(&["matomo.example.com"], false).address_policy(&url)(private));
        assert!(targets(&[], false).address_policy(&url)("93.184.216.34".parse().unwrap()));
    }

    #[test]
    fn rules_that_are_no_hosts_are_refused() {
        for wrong in ["", "*", "*.", "http://example.com", "exa mple.com", "a.*.com", "10.0.0.0/33"] {
            assert!(wrong.parse::<HostRule>().is_err(), "{wrong:?}");
        }
    }
}
