//! Methods about the installation itself: its version, its sites, what the token may do.

use serde_json::{Value, json};

use super::ReportError;
use crate::params::Params;
use crate::sites::{Registry, Right, Site, Token, Trigger};

/// The Matomo whose answers this receiver gives.
pub(crate) const MATOMO_VERSION: &str = "5.2.0-b5";

/// The answer, when the method is one of these.
pub(crate) fn answer(
    method: &str,
    params: &Params,
    registry: &Registry,
    token: &Token,
) -> Result<Option<Value>, ReportError> {
    let visible = |right: Right| registry.sites().filter(move |site| token.may(right, site.id));
    let ids = |right: Right| Value::from(visible(right).map(|site| site.id).collect::<Vec<_>>());
    let described = |right: Right| Value::from(visible(right).map(site_json).collect::<Vec<_>>());
    let site = || {
        let id = params.text("idSite").ok_or(ReportError::Missing("idSite"))?;
        let number: i64 = id.parse().map_err(|_| ReportError::UnknownSite(id.to_owned()))?;
        if !token.may(Right::View, number) {
            return Err(ReportError::Forbidden);
        }
        registry.site(number).ok_or_else(|| ReportError::UnknownSite(id.to_owned()))
    };
    Ok(Some(match method {
        "API.getMatomoVersion" | "API.getPiwikVersion" | "ExampleAPI.getPiwikVersion" => {
            json!({"value": MATOMO_VERSION})
        }
        "API.getPhpVersion" => json!({"version": "none"}),
        "SitesManager.getSiteFromId" => site_json(site()?),
        "SitesManager.getSiteUrlsFromId" => json!(site()?.urls),
        "SitesManager.getAllSites" if token.is_super => described(Right::View),
        "SitesManager.getAllSitesId" if token.is_super => ids(Right::View),
        "SitesManager.getAllSites" | "SitesManager.getAllSitesId" => return Err(ReportError::Forbidden),
        "SitesManager.getSitesWithAtLeastViewAccess" | "SitesManager.getSitesWithViewAccess" => {
            described(Right::View)
        }
        "SitesManager.getSitesIdWithAtLeastViewAccess" | "SitesManager.getSitesIdWithViewAccess" => {
            ids(Right::View)
        }
        "SitesManager.getSitesIdWithWriteAccess" => ids(Right::Write),
        "SitesManager.getSitesWithAdminAccess" => described(Right::Admin),
        "SitesManager.getSitesIdWithAdminAccess" => ids(Right::Admin),
        "SitesManager.getSitesIdFromSiteUrl" => {
            let url = params.text("url").ok_or(ReportError::Missing("url"))?.trim_end_matches('/');
            let has = |site: &&Site| site.urls.iter().any(|own| own.trim_end_matches('/') == url);
            visible(Right::View).filter(has).map(|site| json!({"idsite": site.id})).collect::<Vec<_>>().into()
        }
        "UsersManager.hasSuperUserAccess" => json!({"value": token.is_super}),
        // Reports are made anew for each answer, so there is nothing to do.
        "CoreAdminHome.invalidateArchivedReports" => {
            let sites = params.text("idSites").ok_or(ReportError::Missing("idSites"))?;
            let dates = params.text("dates").ok_or(ReportError::Missing("dates"))?;
            let may = |site: &str| site.parse().is_ok_and(|site| token.may(Right::Admin, site));
            if !sites.split(',').map(str::trim).all(may) {
                return Err(ReportError::Forbidden);
            }
            json!([format!("Success. The following dates were invalidated successfully: {dates}")])
        }
        "Goals.getGoals" => goals_json(site()?),
        "Goals.getGoal" => {
            let id = params.int("idGoal").ok_or(ReportError::Missing("idGoal"))?;
            goals_json(site()?)
                .as_array()
                .and_then(|goals| goals.iter().find(|goal| goal["idgoal"] == id))
                .cloned()
                .unwrap_or(Value::Null)
        }
        _ => return Ok(None),
    }))
}

fn site_json(site: &Site) -> Value {
    let switch = |on: bool| i64::from(on);
    json!({
        "idsite": site.id,
        "name": site.name,
        "main_url": site.main_url(),
        "ts_created": "2020-01-01 00:00:00",
        "ecommerce": switch(site.ecommerce),
        "sitesearch": switch(site.site_search),
        "sitesearch_keyword_parameters": site.search_keyword_parameters.join(","),
        "sitesearch_category_parameters": site.search_category_parameters.join(","),
        "timezone": site.time_zone,
        "currency": site.currency,
        "exclude_unknown_urls": switch(site.exclude_unknown_urls),
        "excluded_ips": "",
        "excluded_parameters": "",
        "excluded_user_agents": "",
        "excluded_referrers": "",
        "group": "",
        "type": "website",
        "keep_url_fragment": switch(site.keep_url_fragment),
        "creator_login": "anonymous",
        "timezone_name": site.time_zone,
        "currency_name": site.currency,
    })
}

fn goals_json(site: &Site) -> Value {
    let goals = site.goals.iter().map(|goal| {
        let attribute = match goal.trigger {
            Trigger::Manually => "manually",
            Trigger::Url => "url",
            Trigger::Title => "title",
            Trigger::File => "file",
            Trigger::ExternalWebsite => "external_website",
            Trigger::EventCategory => "event_category",
            Trigger::EventAction => "event_action",
            Trigger::EventName => "event_name",
        };
        json!({
            "idsite": site.id,
            "idgoal": goal.id,
            "name": goal.name,
            "description": "",
            "match_attribute": attribute,
            "pattern": goal.pattern,
            "pattern_type": goal.match_by,
            "case_sensitive": i64::from(goal.case_sensitive),
            "allow_multiple": i64::from(goal.allow_multiple),
            "revenue": goal.revenue,
            "deleted": 0,
            "event_value_as_revenue": 0,
        })
    });
    goals.collect::<Vec<_>>().into()
}
