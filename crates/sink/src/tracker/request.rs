//! Whether a hit may be recorded: its site, its token, its time and address, and who it says it is.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr};

use sha1::{Digest as _, Sha1};

use super::url::is_under;
use super::{Delivery, Problem, agent, place, referrer, time};
use crate::params::Params;
use crate::sites::{Registry, Right, Site};

const DAY: i64 = 86_400;
/// A time further back than this, in seconds, is taken for a mistake.
const OLDEST: i64 = 20 * 365 * DAY;

/// Places that a hit may name only with a token that may write.
const TRUSTED_PLACES: &[&str] = &["city", "region", "country", "lat", "long"];

/// Networks that search engines crawl from: what comes from there counts as a bot.
const BOT_NETWORKS: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(216, 239, 32, 0), 19),
    (Ipv4Addr::new(64, 233, 160, 0), 19),
    (Ipv4Addr::new(66, 249, 80, 0), 20),
    (Ipv4Addr::new(72, 14, 192, 0), 18),
    (Ipv4Addr::new(209, 85, 128, 0), 17),
    (Ipv4Addr::new(66, 102, 0, 0), 20),
    (Ipv4Addr::new(74, 125, 0, 0), 16),
    (Ipv4Addr::new(64, 18, 0, 0), 20),
    (Ipv4Addr::new(207, 126, 144, 0), 20),
    (Ipv4Addr::new(173, 194, 0, 0), 16),
    (Ipv4Addr::new(64, 4, 0, 0), 18),
    (Ipv4Addr::new(65, 52, 0, 0), 14),
    (Ipv4Addr::new(157, 54, 0, 0), 15),
    (Ipv4Addr::new(157, 56, 0, 0), 14),
    (Ipv4Addr::new(157, 60, 0, 0), 16),
    (Ipv4Addr::new(207, 46, 0, 0), 16),
    (Ipv4Addr::new(207, 68, 128, 0), 18),
    (Ipv4Addr::new(207, 68, 192, 0), 20),
    (Ipv4Addr::new(131, 253, 26, 0), 20),
    (Ipv4Addr::new(131, 253, 24, 0), 20),
    (Ipv4Addr::new(72, 30, 198, 0), 20),
    (Ipv4Addr::new(72, 30, 196, 0), 20),
    (Ipv4Addr::new(98, 137, 207, 0), 20),
    (Ipv4Addr::new(1, 202, 218, 8), 32),
];

/// A hit that may be recorded, as far as it can be judged without the database.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) params: &'a Params,
    pub(crate) site: &'a Site,
    /// Unix seconds.
    pub(crate) time: i64,
    pub(crate) address: IpAddr,
    pub(crate) user_agent: &'a str,
    pub(crate) language: String,
    /// The token may write: places in the parameters count.
    pub(crate) trusted: bool,
    /// The visitor that it names, and how.
    pub(crate) visitor: Option<i64>,
    /// By `cid`: no other visitor will do.
    pub(crate) visitor_forced: bool,
    pub(crate) user_id: Option<&'a str>,
}

/// A token as a hit brought it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Presented<'a> {
    pub(crate) token: &'a str,
    /// It stood in the URL, where tokens for bodies only are not taken.
    pub(crate) in_url: bool,
}

impl<'a> Request<'a> {
    /// Judges a hit. `now` is in Unix seconds.
    pub(crate) fn judge(
        params: &'a Params,
        delivery: &'a Delivery,
        token: Option<Presented<'_>>,
        registry: &'a Registry,
        now: i64,
    ) -> Result<Self, Problem> {
        let site = params
            .int("idsite")
            .filter(|id| *id > 0)
            .and_then(|id| registry.site(id))
            .ok_or(Problem::Refused("no such site"))?;
        let trusted = token.is_some_and(|presented| {
            registry.token(presented.token).is_some_and(|token| {
                token.may(Right::Write, site.id) && !(token.post_only && presented.in_url)
            })
        });
        if !trusted && TRUSTED_PLACES.iter().any(|name| params.text(name).is_some()) {
            return Err(Problem::Refused("a place without a token that may write on the site"));
        }
        let time = time_of(params, now, trusted)?;
        let address = match params.text("cip") {
            None => delivery.address,
            Some(_) if !trusted => {
                return Err(Problem::Refused("an address without a token that may write on the site"));
            }
            Some(address) => address.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        };
        let user_agent = params.get("ua").unwrap_or(&delivery.user_agent);
        excluded(params, delivery, user_agent, address, site)?;
        let user_id = params.get("uid").filter(|uid| !uid.is_empty());
        let cid = params.get("cid").filter(|cid| !cid.is_empty());
        let visitor = match (user_id, cid) {
            (Some(user), _) => visitor_of_user(user),
            (None, Some(cid)) if cid.len() != 16 => {
                return Err(Problem::Refused("a cid that is not 16 characters long"));
            }
            (None, Some(cid)) => visitor_of_hex(cid),
            (None, None) => params.get("_id").filter(|id| id.len() >= 16).and_then(visitor_of_hex),
        };
        let language = params.text("lang").unwrap_or(&delivery.accept_language);
        Ok(Self {
            params,
            site,
            time,
            address,
            user_agent,
            language: place::language(language),
            trusted,
            visitor,
            visitor_forced: cid.is_some() && user_id.is_none(),
            user_id,
        })
    }

    /// What holds a visitor together who names no id: client, address, language and plugins, on a site, for a day.
    pub(crate) fn fingerprint(&self, agent: &agent::Agent, day: i64) -> i64 {
        const PLUGINS: &[&str] = &["fla", "java", "qt", "realp", "pdf", "wma", "ag", "cookie"];
        let mut hasher = DefaultHasher::new();
        (self.site.id, day, self.address, &self.language).hash(&mut hasher);
        (&agent.os, &agent.browser, &agent.browser_version).hash(&mut hasher);
        for plugin in PLUGINS {
            self.params.flag(plugin).hash(&mut hasher);
        }
        hasher.finish().cast_signed()
    }
}

/// When it happened: as it says when that can be, else now.
fn time_of(params: &Params, now: i64, trusted: bool) -> Result<i64, Problem> {
    let offset = params.int("cdo").unwrap_or(0).abs();
    let stated = match params.text("cdt") {
        Some(text) => time::parse(text),
        None if offset != 0 => Some(now),
        None => return Ok(now),
    };
    match stated.map(|time| time - offset) {
        Some(time) if time <= now && time > now - OLDEST => {
            if !trusted && now - time >= DAY {
                return Err(Problem::Refused(
                    "a time over 24 hours ago without a token that may write on the site",
                ));
            }
            Ok(time)
        }
        _ => Ok(now),
    }
}

/// Hits that are answered like any other and not counted.
fn excluded(
    params: &Params,
    delivery: &Delivery,
    user_agent: &str,
    address: IpAddr,
    site: &Site,
) -> Result<(), Problem> {
    if !params.flag("bots") && (agent::is_bot(user_agent) || is_bot_address(address)) {
        return Err(Problem::Ignored("a bot, or a client that does not say what it is"));
    }
    if !params.flag("rec") {
        return Err(Problem::Ignored("no rec=1"));
    }
    if params.text("urlref").is_some_and(referrer::is_spam) {
        return Err(Problem::Ignored("referrer spam"));
    }
    if site.exclude_unknown_urls
        && !params.text("url").is_some_and(|url| site.urls.iter().any(|own| is_under(url, own)))
    {
        return Err(Problem::Ignored("a URL that is not the site's"));
    }
    if delivery.is_preview {
        return Err(Problem::Ignored("a preview"));
    }
    Ok(())
}

fn is_bot_address(address: IpAddr) -> bool {
    let IpAddr::V4(address) = address else { return false };
    let bits = u32::from(address);
    BOT_NETWORKS.iter().any(|(network, length)| {
        let mask = u32::MAX << (32 - length);
        bits & mask == u32::from(*network) & mask
    })
}

/// The visitor id of a user: the first 16 hex digits of its SHA-1.
fn visitor_of_user(user: &str) -> Option<i64> {
    let digest = Sha1::digest(user.as_bytes());
    let first: [u8; 8] = digest[..8].try_into().ok()?;
    Some(i64::from_be_bytes(first))
}

fn visitor_of_hex(hex: &str) -> Option<i64> {
    let digits = hex.get(..16)?;
    // `from_str_radix` would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
    u64::from_str_radix(digits, 16).ok().map(u64::cast_signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_engines_networks_are_bots() {
        for address in
            ["66.249.81.2", "74.125.1.1", "65.55.0.1", "157.55.39.1", "72.30.197.5", "131.253.25.9"]
        {
            assert!(is_bot_address(address.parse().unwrap()), "{address}");
        }
        for address in ["192.0.2.1", "203.0.113.9", "8.8.8.8", "::1"] {
            assert!(!is_bot_address(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn ids_are_hex_or_nothing() {
        assert_eq!(visitor_of_hex("00000000000000ff"), Some(255));
        assert_eq!(visitor_of_hex("ffffffffffffffff"), Some(-1));
        assert_eq!(visitor_of_hex("not hexadecimal!"), None);
        assert_eq!(visitor_of_hex("+000000000000001"), None);
    }

    #[test]
    fn a_user_is_a_visitor_by_its_sha1() {
        // sha1("user") = 12dea96fec20593566ab75692c9949596833adc9
        assert_eq!(visitor_of_user("user").map(i64::cast_unsigned), Some(0x12de_a96f_ec20_5935));
    }

    #[test]
    fn a_time_that_cannot_be_is_now() {
        let now = 1_795_022_999;
        let time = |query: &str, trusted| time_of(&Params::parse(query.as_bytes()), now, trusted);
        assert_eq!(time("", false).ok(), Some(now));
        assert_eq!(time("cdt=1795022000", false).ok(), Some(1_795_022_000));
        assert_eq!(time("cdt=1795023000", true).ok(), Some(now));
        assert_eq!(time("cdt=100", true).ok(), Some(now));
        assert_eq!(time("cdt=soon", true).ok(), Some(now));
        assert_eq!(time("cdo=60", false).ok(), Some(now - 60));
        assert!(time("cdt=1794900000", false).is_err());
        assert_eq!(time("cdt=1794900000", true).ok(), Some(1_794_900_000));
    }
}
