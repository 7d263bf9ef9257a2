//! A control plane on a free port, over an engine that is only remembered: the same `build` as in production.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use control::{Application, Config, Store, engine::fake::FakeEngine};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

/// The key of every harness. It must never turn up in an answer.
pub(crate) const KEY: &str = "a-key-of-the-tests-0123456789";
/// A token that must never turn up in an answer.
pub(crate) const TOKEN: &str = "c0ffee00c0ffee00c0ffee00c0ffee00";

/// A running control plane. It ends when it is dropped or stopped.
pub(crate) struct Harness {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    pub(crate) config: Config,
    pub(crate) engine: FakeEngine,
    pub(crate) client: reqwest::Client,
    pub(crate) dir: TempDir,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<std::io::Result<()>>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The fields that the error names.
    pub(crate) fn fields(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that it is an error of that status and code, in the one shape.
    #[track_caller]
    pub(crate) fn assert_error(&self, status: u16, code: &str) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let body = self.json();
        assert_eq!(body["code"], code, "{body}");
        assert!(!body["detail"].as_str().unwrap().is_empty(), "{body}");
        assert!(body["errors"].is_array(), "{body}");
        assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
        self
    }

    /// Checks the status of a success.
    #[track_caller]
    pub(crate) fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }
}

impl Harness {
    /// A control plane without limits.
    pub(crate) async fn start() -> Harness {
        Self::with(|_| {}).await
    }

    /// A control plane whose configuration was changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Harness {
        Self::in_dir(tempfile::tempdir().unwrap(), change).await
    }

    /// A control plane over what another one left.
    pub(crate) async fn in_dir(dir: TempDir, change: impl FnOnce(&mut Config)) -> Harness {
        rustls::crypto::ring::default_provider().install_default().ok();
        let vars = [
            ("CONTROL_UI_API_KEY", KEY),
            ("CONTROL_UI_HOST", "127.0.0.1"),
            ("CONTROL_UI_PORT", "0"),
            ("RATE_LIMITS", "off"),
            ("DATA_DIR", dir.path().to_str().unwrap()),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let mut config = Config::from_vars(&vars, &|_| Err("no files".to_owned())).unwrap();
        change(&mut config);
        let store = Store::open(&config.db_path).unwrap();
        let engine = FakeEngine::new(dir.path());
        let application = control::build(config.clone(), Arc::new(engine.clone()), store).await.unwrap();
        Self::serve(application, config, engine, dir)
    }

    fn serve(application: Application, config: Config, engine: FakeEngine, dir: TempDir) -> Harness {
        let address = application.address;
        let (stop, stopped) = oneshot::channel();
        let served = tokio::spawn(application.run(async move {
            stopped.await.ok();
        }));
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Harness {
            url: format!("http://{address}"),
            address,
            config,
            engine,
            client,
            dir,
            stop: Some(stop),
            served: Some(served),
        }
    }

    /// Stops it as SIGTERM does, and waits for its end.
    pub(crate) async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).ok();
        self.served.take().unwrap().await.unwrap().unwrap();
    }

    /// Stops it, and starts another one over what it left.
    pub(crate) async fn restart(mut self) -> Harness {
        self.stop().await;
        Self::in_dir(self.dir, |_| {}).await
    }

    /// A request without a key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends a request with the key.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path).header("X-API-Key", KEY);
        if let Some(body) = body {
            request = request.json(&body);
        }
        answer(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }
}

/// Sends a request and reads the answer. No answer may hold a secret.
pub(crate) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    assert!(!text.contains(KEY), "the key was returned: {text}");
    Answer { status, headers, text }
}

/// The body of a funnel that is valid.
pub(crate) fn funnel(name: &str) -> Value {
    json!({
        "name": name,
        "probability": 0.5,
        "steps": [
            { "type": "pageview", "url": "https://example.com/shop", "title": "Shop", "delay_seconds_min": 2 },
            { "type": "site_search", "search_keyword": "shoes", "search_results": 3, "delay_seconds_min": 1 },
            { "type": "ecommerce", "ecommerce_items": [{ "sku": "S1", "name": "Shoe", "price": 20 }] },
        ],
    })
}

/// Makes what changes from run to run the same.
pub(crate) fn settled(mut value: Value) -> Value {
    fn settle(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    if matches!(name.as_str(), "created_at" | "updated_at" | "exported_at")
                        && value.is_string()
                    {
                        assert!(value.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{value}");
                        *value = "[time]".into();
                    } else {
                        settle(value);
                    }
                }
            }
            Value::Array(members) => members.iter_mut().for_each(settle),
            _ => {}
        }
    }
    settle(&mut value);
    value
}
