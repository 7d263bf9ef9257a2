//! `METRICS_PORT`: `/metrics` for Prometheus, `/report` as JSON, `/health`.

use std::convert::Infallible;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::engine::books::Figures;
use crate::figures::{self, Subject};

/// Takes the port.
///
/// # Errors
/// When it is not free.
pub async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    TcpListener::bind(("0.0.0.0", port))
        .await
        .with_context(|| format!("METRICS_PORT: cannot listen on {port}; choose a free port or 0 for none"))
}

/// Answers until the program ends.
pub async fn serve(listener: TcpListener, subject: Arc<std::sync::Mutex<Subject>>, figures: Arc<Figures>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: give the run a moment to free some.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let (subject, figures) = (Arc::clone(&subject), Arc::clone(&figures));
        tokio::spawn(async move {
            let service = hyper::service::service_fn(|request| {
                let subject = subject.lock().expect("no holder of this lock panics").clone();
                let response = answer(&request, &subject, &figures);
                async move { Ok::<_, Infallible>(response) }
            });
            let served = hyper::server::conn::http1::Builder::new()
                .timer(hyper_util::rt::TokioTimer::new())
                .header_read_timeout(std::time::Duration::from_secs(30))
                .serve_connection(TokioIo::new(stream), service)
                .await;
            if let Err(error) = served {
                tracing::debug!(%error, "a reader of the metrics port broke off");
            }
        });
    }
}

fn answer(request: &Request<Incoming>, subject: &Subject, figures: &Figures) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match request.uri().path() {
        "/metrics" => {
            let (report, tally) = figures::report(subject, figures);
            (StatusCode::OK, report::METRICS_CONTENT_TYPE, report::prometheus(&report, &tally))
        }
        "/report" => {
            let (report, _) = figures::report(subject, figures);
            let body = serde_json::to_string(&report).expect("a report has only string keys");
            (StatusCode::OK, "application/json", body)
        }
        "/health" => {
            let state = figures.status().state;
            (
                StatusCode::OK,
                "application/json",
                serde_json::json!({"status": "ok", "state": state}).to_string(),
            )
        }
        _ => (StatusCode::NOT_FOUND, "text/plain", "try /metrics, /report or /health\n".to_owned()),
    };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, content_type)
        .body(Full::from(body))
        .expect("status and header are constants")
}
