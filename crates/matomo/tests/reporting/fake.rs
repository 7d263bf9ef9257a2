//! A Matomo as a client sees it, for the connection test: sites, tokens, and the order in which it looks at
//! a hit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

pub(crate) const WRITER: &str = "aaaa0000aaaa0000aaaa0000aaaa0000";
pub(crate) const VIEWER: &str = "bbbb0000bbbb0000bbbb0000bbbb0000";
pub(crate) const SUPERUSER: &str = "cccc0000cccc0000cccc0000cccc0000";

const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
/// The one site that exists.
pub(crate) const SITE: u64 = 7;
/// The present, in Unix time.
pub(crate) const NOW: i64 = 1_750_000_000;

/// What is special about this Matomo.
#[derive(Clone, Copy, Default, PartialEq)]
pub(crate) enum Quirk {
    #[default]
    None,
    /// Queued tracking: every hit gets its image before anybody looks at it.
    Queued,
    /// `record_statistics=0`.
    StatisticsOff,
    /// The Reporting API is switched off for the outside.
    NoApi,
    /// The Reporting API repeats what it was sent.
    Echo,
    /// The tracker's database is gone.
    DatabaseDown,
}

#[derive(Clone)]
pub(crate) struct FakeMatomo {
    quirk: Quirk,
    /// Hits that would stand in the reports.
    pub(crate) recorded: Arc<AtomicU32>,
    /// Failures that an administrator would be shown.
    pub(crate) failures_noted: Arc<Mutex<Vec<String>>>,
}

impl FakeMatomo {
    pub(crate) async fn start(quirk: Quirk) -> (MockServer, FakeMatomo) {
        let fake = FakeMatomo { quirk, recorded: Arc::default(), failures_noted: Arc::default() };
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(fake.clone()).mount(&server).await;
        (server, fake)
    }

    fn track(&self, params: &BTreeMap<String, String>, request: &Request) -> ResponseTemplate {
        if params.is_empty() {
            return ResponseTemplate::new(200)
                .set_body_string("This resource is part of Matomo. Keep full control.");
        }
        match self.quirk {
            Quirk::Queued => return image(200),
            Quirk::StatisticsOff => return image(503),
            Quirk::DatabaseDown => return image(400),
            _ => {}
        }
        let robot = request
            .headers
            .get("user-agent")
            .is_none_or(|agent| agent.to_str().unwrap().to_lowercase().contains("bot"));
        let left_out = robot || request.headers.contains_key("x-purpose") || !params.contains_key("rec");
        let site: Option<u64> = params.get("idsite").and_then(|site| site.parse().ok());
        if site != Some(SITE) {
            if site.is_some_and(|site| site <= 9_999_999) {
                self.failures_noted.lock().unwrap().push("no such site".to_owned());
            }
            return image(400);
        }
        let may_override = matches!(params.get("token_auth").map(String::as_str), Some(WRITER | SUPERUSER));
        let old = params.get("cdt").is_some_and(|cdt| cdt.parse::<i64>().unwrap() < NOW - 86_400);
        let overrides = old || ["cip", "country"].iter().any(|name| params.contains_key(*name));
        if overrides && !may_override {
            if !left_out || params.contains_key("cip") {
                self.failures_noted.lock().unwrap().push("not authenticated".to_owned());
            }
            return image(400);
        }
        // Nobody ever visited this site, so that a ping has no visit to lengthen.
        if !left_out && params.get("ping").is_none_or(|ping| ping != "1") {
            self.recorded.fetch_add(1, Ordering::Relaxed);
        }
        image(200)
    }

    fn report(&self, params: &BTreeMap<String, String>) -> ResponseTemplate {
        if self.quirk == Quirk::NoApi {
            return ResponseTemplate::new(403).set_body_string("<html>forbidden</html>");
        }
        let token = params.get("token_auth").map(String::as_str);
        if self.quirk == Quirk::Echo {
            let message = format!("Unknown\n token {}", token.unwrap_or_default());
            return ResponseTemplate::new(401).set_body_json(json!({"result": "error", "message": message}));
        }
        let (view, write, all) = match token {
            Some(VIEWER) => (true, false, false),
            Some(WRITER) => (true, true, false),
            Some(SUPERUSER) => (true, false, true),
            _ => {
                let message = "Unable to authenticate with the provided token.";
                return ResponseTemplate::new(401)
                    .set_body_json(json!({"result": "error", "message": message}));
            }
        };
        let site_asked = params.get("idSite").is_none_or(|site| *site == SITE.to_string());
        let answer: Value = match params["method"].as_str() {
            "API.getMatomoVersion" => json!({"value": "5.2.0"}),
            "SitesManager.getSiteFromId" if site_asked => json!({
                "idsite": SITE, "name": "My shop", "timezone": "Europe/Berlin", "currency": "EUR",
                "ecommerce": 1, "sitesearch": "0"
            }),
            "UsersManager.hasSuperUserAccess" => json!({"value": all}),
            "SitesManager.getSitesIdWithAdminAccess" => {
                if all {
                    json!([SITE])
                } else {
                    json!([])
                }
            }
            "SitesManager.getSitesIdWithWriteAccess" => {
                if write {
                    json!([SITE.to_string()])
                } else {
                    json!([])
                }
            }
            "SitesManager.getSitesIdWithAtLeastViewAccess" => {
                if view {
                    json!([1, SITE])
                } else {
                    json!([])
                }
            }
            method => json!({"result": "error", "message": format!("The method '{method}' does not exist")}),
        };
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

impl Respond for FakeMatomo {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut params: BTreeMap<String, String> = request.url.query_pairs().into_owned().collect();
        params.extend(matomo::params(&request.body));
        match request.url.path() {
            "/matomo.php" => self.track(&params, request),
            "/index.php" => self.report(&params),
            _ => ResponseTemplate::new(404),
        }
    }
}

pub(crate) fn image(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(GIF, "image/gif")
}
