//! Which addresses may be contacted. A page that lets people type a target must not become a door into the
//! network it stands in, so the check is made on the address that is really connected to, after the name was
//! resolved.

use std::net::IpAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::error::{Error, RefusedAddress};

/// Whether an address may be contacted.
pub type AddressPolicy = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Checks a URL whose host is an address already: it never passes the resolver.
pub(super) fn check_literal(url: &Url, permits: &AddressPolicy) -> Result<(), Error> {
    let address: IpAddr = match url.host() {
        Some(Host::Ipv4(address)) => address.into(),
        Some(Host::Ipv6(address)) => address.to_canonical(),
        Some(Host::Domain(_)) | None => return Ok(()),
    };
    if permits(address) { Ok(()) } else { Err(Error::Address(address.to_string())) }
}

/// Resolves names as the system does and drops the addresses that the policy refuses.
pub(super) struct Resolver(pub(super) AddressPolicy);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let permits = self.0.clone();
        Box::pin(async move {
            let mut permitted = Vec::new();
            let mut refused = None;
            for found in tokio::net::lookup_host((name.as_str(), 0)).await? {
                if permits(found.ip().to_canonical()) {
                    permitted.push(found);
                } else {
                    refused = Some(found.ip());
                }
            }
            match refused {
                Some(address) if permitted.is_empty() => {
                    Err(RefusedAddress { name: name.as_str().to_owned(), address }.into())
                }
                _ => Ok(Box::new(permitted.into_iter()) as Addrs),
            }
        })
    }
}
