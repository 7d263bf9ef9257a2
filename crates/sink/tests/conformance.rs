//! The conformance cases, against the receiver, and against a real Matomo where one is named.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use common::{Answer, Request, Sink, TOKEN, api, data, encode};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// `sink`: not for a real Matomo.
    only: Option<String>,
    setup: Option<Value>,
    request: RequestData,
    expect: Expect,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestData {
    method: String,
    path: Option<String>,
    #[serde(default)]
    query: Map<String, Value>,
    form: Option<Map<String, Value>>,
    json: Option<Value>,
    raw: Option<String>,
    raw_hex: Option<String>,
    gzip: Option<Map<String, Value>>,
    user_agent: Option<String>,
    #[serde(default)]
    headers: Map<String, Value>,
    first: Option<Box<RequestData>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    status: u16,
    body: Option<String>,
    json: Option<Map<String, Value>>,
    actions: Option<usize>,
}

/// Where the cases run.
struct Target {
    host: String,
    /// Before the paths of the cases.
    base: String,
    site: String,
    token: String,
    is_sink: bool,
    unique: String,
    now: u64,
}

impl Target {
    /// Replaces what stands for something in a case's text. `cid` is the case's own visitor.
    fn fill(&self, text: &str, cid: &str) -> String {
        let mut filled = text
            .replace("$SITE", &self.site)
            .replace("$TOKEN", &self.token)
            .replace("$WRITE", "write-token")
            .replace("$ADMIN", "admin-token")
            .replace("$VIEW", "view-token")
            .replace("$OTHER", "other-token")
            .replace("$POST_ONLY", "post-only-token")
            .replace("$CID", cid)
            .replace("$UNIQUE", &self.unique);
        while let Some(at) = filled.find("$NOW") {
            let rest = &filled[at + 4..];
            let end = rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |end| end + 1);
            let offset: i64 = rest[..end].parse().unwrap();
            filled = format!("{}{}{}", &filled[..at], self.now.cast_signed() + offset, &rest[end..]);
        }
        while let Some(at) = filled.find("$LONG:") {
            let rest = &filled[at + 6..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let letters = "x".repeat(rest[..end].parse().unwrap());
            filled = format!("{}{letters}{}", &filled[..at], &rest[end..]);
        }
        filled
    }

    fn fields(&self, fields: &Map<String, Value>, cid: &str) -> String {
        let filled: Vec<(String, String)> = fields
            .iter()
            .map(|(name, value)| (name.clone(), self.fill(value.as_str().unwrap(), cid)))
            .collect();
        encode(&filled.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>())
    }

    /// A bulk's JSON: an entry `{"query": {...}}` becomes `?...`, every other text is filled in.
    fn bulk(&self, value: &Value, cid: &str) -> Value {
        match value {
            Value::String(text) => self.fill(text, cid).into(),
            Value::Array(entries) => entries.iter().map(|entry| self.bulk(entry, cid)).collect(),
            Value::Object(object) if object.len() == 1 && object.contains_key("query") => {
                format!("?{}", self.fields(object["query"].as_object().unwrap(), cid)).into()
            }
            Value::Object(object) => object
                .iter()
                .map(|(name, value)| (name.clone(), self.bulk(value, cid)))
                .collect::<Map<_, _>>()
                .into(),
            other => other.clone(),
        }
    }

    fn send(&self, data: &RequestData, cid: &str) -> Answer {
        if let Some(first) = &data.first {
            self.send(first, cid);
        }
        let mut target = format!("{}{}", self.base, data.path.as_deref().unwrap_or("/matomo.php"));
        if !data.query.is_empty() {
            target = format!("{target}?{}", self.fields(&data.query, cid));
        }
        let form = "application/x-www-form-urlencoded";
        let mut request = if let Some(fields) = &data.form {
            Request::post(&target, form, self.fields(fields, cid))
        } else if let Some(json) = &data.json {
            Request::post(&target, "application/json", self.bulk(json, cid).to_string())
        } else if let Some(raw) = &data.raw {
            Request::post(&target, "application/json", self.fill(raw, cid))
        } else if let Some(hex) = &data.raw_hex {
            let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
            Request::post(&target, "application/json", bytes.collect::<Vec<u8>>())
        } else if let Some(fields) = &data.gzip {
            let mut request = Request::post(&target, form, gzip(self.fields(fields, cid).as_bytes()));
            request.headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
            request
        } else {
            Request::new(&data.method, &target)
        };
        assert_eq!(request.method, data.method, "the method and the body do not agree");
        if let Some(agent) = &data.user_agent {
            request.headers[0].1.clone_from(agent);
        }
        for (name, value) in &data.headers {
            request.headers.push((name.clone(), self.fill(value.as_str().unwrap(), cid)));
        }
        request.send(&self.host)
    }

    /// Actions that the visitor log has of a visitor.
    fn actions(&self, cid: &str) -> usize {
        let segment = format!("visitorId=={cid}");
        let more =
            [("segment", segment.as_str()), ("filter_limit", "10"), ("period", "range"), ("date", "last30")];
        let path_is_root = self.base.is_empty();
        assert!(path_is_root || !self.is_sink);
        let log = api_at(self, "Live.getLastVisitsDetails", &more);
        let visits = log.as_array().unwrap_or_else(|| panic!("no visitor log: {log}"));
        visits.iter().map(|visit| visit["actionDetails"].as_array().map_or(0, Vec::len)).sum()
    }

    fn run(&self, case: &Case, index: usize) -> Vec<String> {
        let cid = format!("{:08x}{:08x}", self.now as u32, index + 1);
        let answer = self.send(&case.request, &cid);
        let mut wrong = Vec::new();
        if answer.status != case.expect.status {
            wrong.push(format!("status {}, expected {}", answer.status, case.expect.status));
        }
        if let Some(expected) = &case.expect.body {
            let kind = kind(&answer);
            if kind != expected {
                wrong.push(format!("body {kind} ({} bytes), expected {expected}", answer.body.len()));
            }
        }
        if let (Some(expected), Ok(json)) = (&case.expect.json, serde_json::from_slice::<Value>(&answer.body))
        {
            for (name, value) in expected {
                if json.get(name) != Some(value) {
                    wrong.push(format!("{name} is {:?}, expected {value}", json.get(name)));
                }
            }
        }
        if let Some(expected) = case.expect.actions {
            let actions = self.actions(&cid);
            if actions != expected {
                wrong.push(format!("{actions} actions recorded, expected {expected}"));
            }
        }
        wrong.into_iter().map(|wrong| format!("{}: {wrong}", case.name)).collect()
    }
}

fn api_at(target: &Target, method: &str, more: &[(&str, &str)]) -> Value {
    if target.base.is_empty() {
        return api(&target.host, &target.token, &target.site, method, more);
    }
    let mut fields =
        vec![("module", "API"), ("format", "JSON"), ("method", method), ("idSite", target.site.as_str())];
    fields.push(("token_auth", &target.token));
    fields.extend_from_slice(more);
    Request::form(&format!("{}/index.php", target.base), &fields).send(&target.host).json()
}

fn kind(answer: &Answer) -> &'static str {
    let media_type = answer.header("content-type").unwrap_or_default();
    match answer.body.len() {
        0 => "empty",
        43 if media_type.starts_with("image/gif") => "gif",
        _ if media_type.starts_with("image/gif") => "gif+notice",
        _ if serde_json::from_slice::<Value>(&answer.body)
            .is_ok_and(|json| json.is_object() || json.is_array()) =>
        {
            "json"
        }
        _ if answer.body.trim_ascii_start().starts_with(b"<h") => "html",
        _ => "text",
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut stream = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    stream.write_all(bytes).unwrap();
    stream.finish().unwrap()
}

fn cases() -> Vec<Case> {
    serde_json::from_str(&data("conformance/cases.json")).unwrap()
}

#[allow(clippy::disallowed_methods, reason = "the cases are about the time at which they run")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn the_receiver_answers_every_case() {
    let setup = serde_json::json!({
        "sites": [{"id": 2, "name": "Other"}],
        "tokens": [
            {"token": "view-token", "sites": {"1": "view"}},
            {"token": "write-token", "sites": {"1": "write"}},
            {"token": "admin-token", "sites": {"1": "admin"}},
            {"token": "other-token", "sites": {"2": "admin"}},
            {"token": "post-only-token", "post_only": true, "sites": {"1": "write"}},
        ],
    });
    let setup = serde_json::from_value(setup).unwrap();
    let sink = Sink::start(sink::Config { setup, ..sink::Config::default() });
    let target = Target {
        host: sink.addr().to_string(),
        base: String::new(),
        site: "1".to_owned(),
        token: TOKEN.to_owned(),
        is_sink: true,
        unique: format!("run-{}", now()),
        now: now(),
    };
    let modes = |modes: &Value| {
        let mut request = Request::post("/sink/admin/modes", "application/json", modes.to_string());
        request.headers.push(("Authorization".to_owned(), format!("Bearer {TOKEN}")));
        assert_eq!(request.send(&target.host).status, 200);
    };
    let mut wrong = Vec::new();
    for (index, case) in cases().iter().enumerate() {
        modes(case.setup.as_ref().unwrap_or(&serde_json::json!({})));
        wrong.extend(target.run(case, index));
    }
    assert!(wrong.is_empty(), "{} of the cases' expectations failed:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a real Matomo is named by the environment")]
fn a_real_matomo_answers_every_case() {
    let names = ["MATOMO_TEST_URL", "MATOMO_TEST_SITE_ID", "MATOMO_TEST_TOKEN"];
    let [Ok(url), Ok(site), Ok(token)] = names.map(std::env::var) else {
        eprintln!(
            "SKIPPED: the conformance cases did not run against a real Matomo; set {}",
            names.join(", ")
        );
        return;
    };
    let url = url::Url::parse(&url).unwrap_or_else(|error| panic!("MATOMO_TEST_URL {url:?}: {error}"));
    assert_eq!(url.scheme(), "http", "MATOMO_TEST_URL: only http:// is spoken here");
    let port = url.port_or_known_default().unwrap();
    let target = Target {
        host: format!("{}:{port}", url.host_str().unwrap()),
        base: url.path().trim_end_matches('/').to_owned(),
        site,
        token,
        is_sink: false,
        unique: format!("run-{}", now()),
        now: now(),
    };
    let mut wrong = Vec::new();
    for (index, case) in cases().iter().enumerate().filter(|(_, case)| case.only.is_none()) {
        wrong.extend(target.run(case, index));
    }
    assert!(wrong.is_empty(), "{} of the cases' expectations failed:\n{}", wrong.len(), wrong.join("\n"));
}
