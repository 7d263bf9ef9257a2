//! A client of Matomo's Reporting API, and the test of a connection that is built on it.
//!
//! The token travels in the body of a POST and nowhere else. Redirects are not followed: hits do not follow
//! them either, and a redirected POST would carry the token to an address that nobody named.

mod address;
mod connection;
mod error;
mod probe;

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::Value;
use url::Url;

pub use address::AddressPolicy;
pub use connection::{ConnectionReport, check_connection};
pub use error::Error;

use crate::tls;

/// The largest answer that is read, in bytes. A year of a busy site's daily figures is a tenth of it.
const LARGEST_ANSWER: usize = 4 << 20;
/// The largest report that is read, in bytes: some thousand rows with all their figures for each of some days.
const LARGEST_REPORT: usize = 64 << 20;
/// The longest message of Matomo's that is passed on, in characters.
const LONGEST_MESSAGE: usize = 300;

/// How to talk to Matomo.
#[derive(Clone)]
pub struct Options {
    /// For one request, from connect to the last byte of the answer.
    pub timeout: Duration,
    /// More certificate authorities to trust, as PEM.
    pub ca_pem: Option<Vec<u8>>,
    /// Certificates are not verified.
    pub insecure: bool,
    /// Which addresses may be contacted; `None` = any.
    pub permits: Option<AddressPolicy>,
}

/// A connection to one Matomo.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    tracker: Url,
    api: Url,
    host: String,
    token: Option<SecretString>,
    timeout: Duration,
}

/// What Matomo knows about a site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// IANA name of the time zone that its days are cut in.
    pub time_zone: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Whether orders are reported.
    pub ecommerce: Option<bool>,
    /// Whether `search` is reported.
    pub site_search: Option<bool>,
}

/// What a token may do on a site, each more than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Nothing.
    None,
    /// Read reports.
    View,
    /// Also override countries and dates of hits.
    Write,
    /// Also change the site.
    Admin,
    /// Everything.
    Superuser,
}

/// A body with its token.
#[derive(Serialize)]
struct Form<'a, T> {
    #[serde(flatten)]
    form: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_auth: Option<&'a str>,
}

/// An answer, read to its end.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Client {
    /// A client for the Matomo whose tracker is at `tracker` (`MATOMO_URL`).
    ///
    /// # Errors
    /// When the TLS options are unusable, or the policy refuses the address in the URL.
    pub fn new(tracker: &Url, token: Option<SecretString>, options: &Options) -> Result<Client, Error> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Trafficinator/", env!("CARGO_PKG_VERSION")))
            .timeout(options.timeout)
            .redirect(reqwest::redirect::Policy::none())
            // Hits go straight to the target; a proxy would see the token and escape the address policy.
            .no_proxy()
            .tls_backend_preconfigured(tls::client_config(options.ca_pem.as_deref(), options.insecure)?);
        if let Some(permits) = &options.permits {
            address::check_literal(tracker, permits)?;
            builder = builder.dns_resolver(std::sync::Arc::new(address::Resolver(permits.clone())));
        }
        let http = builder.build().map_err(|error| Error::Setup(error.without_url().to_string()))?;
        let host = match (tracker.host_str(), tracker.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let token = token.filter(|token| !token.expose_secret().is_empty());
        Ok(Client {
            http,
            tracker: tracker.clone(),
            api: api_url(tracker),
            host,
            token,
            timeout: options.timeout,
        })
    }

    /// Where the Reporting API is: `index.php` beside the tracker.
    pub fn api_url(&self) -> &Url {
        &self.api
    }

    /// Calls any method of the Reporting API.
    ///
    /// # Errors
    /// When there is no answer, when it is not the API's, and when Matomo says no.
    pub async fn call(&self, method: &str, params: &[(&str, &str)]) -> Result<Value, Error> {
        let mut form = BTreeMap::from([("module", "API"), ("method", method), ("format", "JSON")]);
        form.extend(params.iter().copied());
        let answer =
            self.receive(self.with_token(self.http.post(self.api.clone()), &form), LARGEST_ANSWER).await?;
        self.read_api(method, &answer)
    }

    /// Calls a method whose answer is a table, in English and with all its rows.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn report(&self, method: &str, params: &[(&str, &str)]) -> Result<Value, Error> {
        let mut form = BTreeMap::from([
            ("module", "API"),
            ("method", method),
            ("format", "JSON"),
            ("filter_limit", "-1"),
            ("language", "en"),
        ]);
        form.extend(params.iter().copied());
        let request = self.with_token(self.http.post(self.api.clone()), &form);
        self.read_api(method, &self.receive(request, LARGEST_REPORT).await?)
    }

    /// Marks what was archived of these days (comma-separated dates) as out of date. Needs admin access to the site.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn invalidate_reports(&self, site_id: u64, dates: &str) -> Result<(), Error> {
        let site_id = site_id.to_string();
        let params = [("idSites", site_id.as_str()), ("dates", dates)];
        self.call("CoreAdminHome.invalidateArchivedReports", &params).await.map(drop)
    }

    /// Archives a day now, as the target's own scheduled job does. Needs a super user's token; others are not heard.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn archive_day(&self, site_id: u64, date: &str) -> Result<(), Error> {
        let method = "CoreAdminHome.archiveReports";
        let site_id = site_id.to_string();
        let form = BTreeMap::from([
            ("module", "API"),
            ("method", method),
            ("format", "JSON"),
            ("idSite", site_id.as_str()),
            ("period", "day"),
            ("date", date),
        ]);
        // Matomo looks for this one in the URL only.
        let mut url = self.api.clone();
        url.set_query(Some("trigger=archivephp"));
        let answer = self.receive(self.with_token(self.http.post(url), &form), LARGEST_ANSWER).await?;
        self.read_api(method, &answer).map(drop)
    }

    /// Which Matomo this is, for example `5.2.0`.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn matomo_version(&self) -> Result<String, Error> {
        let method = "API.getMatomoVersion";
        let answer = self.call(method, &[]).await?;
        match answer.get("value").and_then(Value::as_str) {
            Some(version) if looks_like_a_version(version) => Ok(version.to_owned()),
            _ => Err(Error::NotTheApi { method: method.to_owned(), status: 200 }),
        }
    }

    /// What Matomo knows about a site. Needs view access to it.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn site(&self, site_id: u64) -> Result<Site, Error> {
        let method = "SitesManager.getSiteFromId";
        let answer = self.call(method, &[("idSite", &site_id.to_string())]).await?;
        // Matomo 3 wraps the site in a list.
        let site = answer.get(0).unwrap_or(&answer);
        let text = |key: &str| site.get(key).and_then(Value::as_str).map(|text| self.presentable(text));
        let flag = |key: &str| site.get(key).and_then(number).map(|flag| flag != 0);
        let name = text("name").ok_or_else(|| Error::NotTheApi { method: method.to_owned(), status: 200 })?;
        Ok(Site {
            name,
            time_zone: text("timezone"),
            currency: text("currency"),
            ecommerce: flag("ecommerce"),
            site_search: flag("sitesearch"),
        })
    }

    /// What the token may do on a site.
    ///
    /// # Errors
    /// As [`call`](Self::call); that Matomo says no to a single question is an answer, not an error.
    pub async fn access(&self, site_id: u64) -> Result<Access, Error> {
        let no_is_null = |answer| match answer {
            Err(Error::Refused { .. } | Error::TokenRefused { .. }) => Ok(Value::Null),
            answer => answer,
        };
        let superuser = no_is_null(self.call("UsersManager.hasSuperUserAccess", &[]).await)?;
        if superuser.get("value").is_some_and(|value| value == true || number(value) == Some(1)) {
            return Ok(Access::Superuser);
        }
        for (method, access) in [
            ("SitesManager.getSitesIdWithAdminAccess", Access::Admin),
            ("SitesManager.getSitesIdWithWriteAccess", Access::Write),
            ("SitesManager.getSitesIdWithAtLeastViewAccess", Access::View),
        ] {
            let sites = no_is_null(self.call(method, &[]).await)?;
            let listed = sites.as_array().is_some_and(|ids| ids.iter().any(|id| number(id) == Some(site_id)));
            if listed {
                return Ok(access);
            }
        }
        Ok(Access::None)
    }

    /// Puts `form` into the body, and the token behind it when there is one.
    fn with_token(&self, request: reqwest::RequestBuilder, form: &impl Serialize) -> reqwest::RequestBuilder {
        request.form(&Form { form, token_auth: self.token.as_ref().map(ExposeSecret::expose_secret) })
    }

    async fn receive(&self, request: reqwest::RequestBuilder, largest: usize) -> Result<Answer, Error> {
        let failed = |error| Error::of_request(error, &self.host, self.timeout);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > largest {
                return Err(Error::TooLarge { host: self.host.clone(), limit: largest });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }

    fn read_api(&self, method: &str, answer: &Answer) -> Result<Value, Error> {
        let method = method.to_owned();
        let value = match serde_json::from_slice::<Value>(&answer.body) {
            Ok(value) if matches!(answer.status, 200 | 400 | 401 | 403) => value,
            _ => return Err(Error::NotTheApi { method, status: answer.status }),
        };
        let message = (value.get("result").and_then(Value::as_str) == Some("error"))
            .then(|| value.get("message").and_then(Value::as_str).unwrap_or("no reason given"));
        match (answer.status, message) {
            (200, None) => Ok(value),
            (401, Some(message)) if self.token.is_some() => {
                Err(Error::TokenRefused { message: self.presentable(message) })
            }
            (_, Some(message)) => Err(Error::Refused { method, message: self.presentable(message) }),
            (status, None) => Err(Error::NotTheApi { method, status }),
        }
    }

    /// A text from the server, fit to be shown: without the token that it may repeat, short, and on one line.
    fn presentable(&self, text: &str) -> String {
        let text = match &self.token {
            Some(token) => text.replace(token.expose_secret(), "***"),
            None => text.to_owned(),
        };
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_MESSAGE).collect()
    }
}

impl Answer {
    fn content_type(&self) -> Option<&[u8]> {
        self.headers.get(CONTENT_TYPE).map(reqwest::header::HeaderValue::as_bytes)
    }
}

/// `index.php` beside the tracker: a last part that ends in `.php` is the tracker's, anything else is a
/// folder.
fn api_url(tracker: &Url) -> Url {
    let folder = match tracker.path().rsplit_once('/') {
        Some((folder, file)) if file.to_ascii_lowercase().ends_with(".php") => folder,
        _ => tracker.path().trim_end_matches('/'),
    };
    let mut api = tracker.clone();
    api.set_path(&format!("{folder}/index.php"));
    api.set_query(None);
    api.set_fragment(None);
    api
}

/// Matomo writes numbers as numbers or as strings, by method and version.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A page of HTML or a stub's `{"value": ...}` is not a version.
fn looks_like_a_version(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.contains('.')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+_".contains(&b))
}
