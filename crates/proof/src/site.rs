//! What the target says about the site that the figures depend on.

use matomo::reporting::{Client, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What of a site's settings decides what its reports say.
#[allow(clippy::struct_excessive_bools, reason = "they are switches of the site's, each on its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// Its name.
    pub name: String,
    /// IANA name of the zone that cuts its days.
    pub time_zone: Option<String>,
    /// Hosts of its addresses: a page of one of them is no referrer to another.
    pub hosts: Vec<String>,
    /// Orders are recorded.
    pub ecommerce: bool,
    /// Searches are recorded as such.
    pub site_search: bool,
    /// Visits from some addresses are not recorded.
    pub excludes_addresses: bool,
    /// Visits with some browsers are not recorded.
    pub excludes_agents: bool,
}

impl SiteFacts {
    /// Asks the target. Needs the right to view the site.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn ask(client: &Client, site_id: u64) -> Result<Self, Error> {
        let answer = client.call("SitesManager.getSiteFromId", &[("idSite", &site_id.to_string())]).await?;
        let site = answer.get(0).unwrap_or(&answer);
        let urls = client.call("SitesManager.getSiteUrlsFromId", &[("idSite", &site_id.to_string())]).await;
        let hosts = urls.ok().and_then(|urls| {
            let urls = urls.as_array()?.iter().filter_map(|url| host(url.as_str()?)).collect();
            Some(urls)
        });
        let text = |key: &str| site.get(key).and_then(Value::as_str).map(str::to_owned);
        let filled = |key: &str| text(key).is_some_and(|text| !text.trim().is_empty());
        let is_on = |key: &str| site.get(key).is_none_or(|flag| flag != 0 && flag != "0" && flag != false);
        Ok(Self {
            name: text("name").unwrap_or_default(),
            time_zone: text("timezone"),
            hosts: hosts.unwrap_or_default(),
            ecommerce: is_on("ecommerce"),
            site_search: is_on("sitesearch"),
            excludes_addresses: filled("excluded_ips"),
            excludes_agents: filled("excluded_user_agents"),
        })
    }
}

/// The host of an address, in lower case.
fn host(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    Some(host.to_lowercase()).filter(|host| !host.is_empty())
}
