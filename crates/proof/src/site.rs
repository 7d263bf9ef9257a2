//! What the target says about the site that the figures depend on.

use jiff::tz::{Offset, TimeZone};
use ledger::Site;
use matomo::reporting::{Client, Error};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// So many other sites are asked for all of their addresses.
const MOST_SITES: usize = 50;

/// What of a site's settings decides what its reports say.
#[allow(clippy::struct_excessive_bools, reason = "they are switches of the site's, each on its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// Its name.
    pub name: String,
    /// Name of the zone that cuts its days; [`time_zone`] reads it.
    pub time_zone: Option<String>,
    /// What the ledger has to know: its addresses and how it tells searches.
    pub site: Site,
    /// Orders are recorded.
    pub ecommerce: bool,
    /// Visits from some addresses are not recorded.
    pub excludes_addresses: bool,
    /// Visits with some browsers are not recorded.
    pub excludes_agents: bool,
    /// Visits from some websites are taken for visits from nowhere.
    pub excludes_referrers: bool,
    /// The site has goals that what visitors do can meet.
    pub has_goals: bool,
}

impl SiteFacts {
    /// Asks the target. Needs the right to view the site; what only others may see is taken to be as it comes.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub async fn ask(client: &Client, site_id: u64) -> Result<Self, Error> {
        let id = site_id.to_string();
        let of_site = [("idSite", id.as_str())];
        let answer = client.call("SitesManager.getSiteFromId", &of_site).await?;
        let facts = answer.get(0).unwrap_or(&answer);
        let text = |key: &str| facts.get(key).and_then(Value::as_str).map(str::to_owned);
        let is_on = |key: &str, usual: bool| {
            facts.get(key).map_or(usual, |flag| flag != 0 && flag != "0" && flag != false)
        };
        let urls = client.call("SitesManager.getSiteUrlsFromId", &of_site).await.ok();
        let addresses = urls.as_ref().and_then(Value::as_array).into_iter().flatten();
        let sites = client.call("SitesManager.getSitesWithAtLeastViewAccess", &[]).await.ok();
        let goals = client.call("Goals.getGoals", &of_site).await.ok();
        Ok(Self {
            name: text("name").unwrap_or_default(),
            time_zone: text("timezone"),
            site: Site {
                addresses: addresses.filter_map(Value::as_str).map(str::to_owned).collect(),
                others: match sites {
                    Some(sites) => addresses_of_others(client, &sites, site_id).await,
                    None => Vec::new(),
                },
                own_pages_only: is_on("exclude_unknown_urls", false),
                search: is_on("sitesearch", true),
                search_keywords: match list(text("sitesearch_keyword_parameters")) {
                    own if own.is_empty() => {
                        let everywhere = everywhere(client, "getSearchKeywordParametersGlobal").await;
                        everywhere.unwrap_or_else(Site::usual_search_keywords)
                    }
                    own => own,
                },
                search_categories: match list(text("sitesearch_category_parameters")) {
                    own if own.is_empty() => {
                        everywhere(client, "getSearchCategoryParametersGlobal").await.unwrap_or_default()
                    }
                    own => own,
                },
            },
            ecommerce: is_on("ecommerce", true),
            excludes_addresses: !list(text("excluded_ips")).is_empty()
                || is_filled(client, "getExcludedIpsGlobal").await,
            excludes_agents: !list(text("excluded_user_agents")).is_empty()
                || is_filled(client, "getExcludedUserAgentsGlobal").await,
            excludes_referrers: !list(text("excluded_referrers")).is_empty()
                || is_filled(client, "getExcludedReferrersGlobal").await,
            has_goals: goals.as_ref().is_some_and(has_goals),
        })
    }
}

/// The zone that Matomo calls so: an IANA name, or hours from UTC like `UTC+5.5`, which it offers too.
pub fn time_zone(name: &str) -> Option<TimeZone> {
    let Some(hours) = name.strip_prefix("UTC").filter(|hours| hours.starts_with(['+', '-'])) else {
        return TimeZone::get(name).ok();
    };
    let hours = hours.parse::<f64>().ok().filter(|hours| hours.is_finite())?;
    Some(TimeZone::fixed(Offset::from_seconds((hours * 3600.0).round() as i32).ok()?))
}

/// What holds for all sites that do not say otherwise. `None` when it is not told to this token.
async fn everywhere(client: &Client, method: &str) -> Option<Vec<String>> {
    let answer = client.call(&format!("SitesManager.{method}"), &[]).await.ok()?;
    match answer.get("value").unwrap_or(&answer) {
        Value::String(text) => Some(list(Some(text.clone()))),
        _ => None,
    }
}

async fn is_filled(client: &Client, method: &str) -> bool {
    everywhere(client, method).await.is_some_and(|list| !list.is_empty())
}

/// The parts of a comma-separated text.
fn list(text: Option<String>) -> Vec<String> {
    let text = text.unwrap_or_default();
    text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The addresses of all sites but one; of very many sites only the main ones.
async fn addresses_of_others(client: &Client, sites: &Value, but: u64) -> Vec<String> {
    let others = main_addresses(sites, but);
    let mut addresses: Vec<String> = others.iter().map(|(_, address)| address.clone()).collect();
    for (id, _) in others.iter().take(MOST_SITES) {
        let urls = client.call("SitesManager.getSiteUrlsFromId", &[("idSite", &id.to_string())]).await;
        let urls = urls.ok().and_then(|urls| urls.as_array().cloned()).unwrap_or_default();
        addresses.extend(urls.iter().filter_map(Value::as_str).map(str::to_owned));
    }
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

/// The numbers and main addresses of all sites but one.
fn main_addresses(sites: &Value, but: u64) -> Vec<(u64, String)> {
    let number = |id: &Value| id.as_u64().or_else(|| id.as_str()?.parse().ok());
    let sites = sites.as_array().into_iter().flatten();
    let sites =
        sites.filter_map(|site| Some((number(site.get("idsite")?)?, site.get("main_url")?.as_str()?)));
    sites.filter(|(id, _)| *id != but).map(|(id, address)| (id, address.to_owned())).collect()
}

/// Whether one of the goals is met by what a visitor does. They come as a list or by their numbers.
fn has_goals(goals: &Value) -> bool {
    let is_met = |goal: &Value| goal.get("match_attribute").is_some_and(|attribute| attribute != "manually");
    match goals {
        Value::Array(goals) => goals.iter().any(is_met),
        Value::Object(goals) => goals.values().any(is_met),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_site_whose_zone_was_hours_from_utc_could_not_be_proved() {
        let seconds = |name: &str| time_zone(name).map(|zone| zone.to_fixed_offset().unwrap().seconds());
        assert_eq!(seconds("UTC"), Some(0));
        assert_eq!(seconds("UTC+2"), Some(7200));
        assert_eq!(seconds("UTC-3.5"), Some(-12_600));
        assert_eq!(seconds("UTC+5.75"), Some(20_700));
        assert!(time_zone("Europe/Berlin").is_some());
        for wrong in ["UTC+", "UTC+x", "UTC+99", "Mars/Olympus", ""] {
            assert!(time_zone(wrong).is_none(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn other_sites_and_goals_are_read_in_all_forms() {
        let sites = json!([
            {"idsite": 1, "main_url": "https://a.test"},
            {"idsite": "2", "main_url": "https://b.test"},
            {"idsite": 3, "main_url": null},
        ]);
        assert_eq!(main_addresses(&sites, 1), [(2, "https://b.test".to_owned())]);
        assert!(has_goals(&json!([{"match_attribute": "manually"}, {"match_attribute": "url"}])));
        assert!(has_goals(&json!({"4": {"match_attribute": "event_action"}})));
        assert!(!has_goals(&json!([{"match_attribute": "manually"}])) && !has_goals(&json!([])));
        assert_eq!(list(Some(" q, ,s\nx".to_owned())), ["q", "s", "x"]);
    }
}
