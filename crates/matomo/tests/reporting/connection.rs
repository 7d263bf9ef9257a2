//! The connection test: what it concludes from whom it meets, and that it leaves nothing behind.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::fake::{FakeMatomo, NOW, Quirk, SITE, SUPERUSER, VIEWER, WRITER, image};
use matomo::reporting::{Client, ConnectionReport, Options, check_connection};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn options() -> Options {
    Options { timeout: Duration::from_secs(5), ca_pem: None, insecure: false, permits: None }
}

async fn check(address: &str, site: u64, token: Option<&str>, options: &Options) -> ConnectionReport {
    let client = Client::new(&address.parse().unwrap(), token.map(Into::into), options).unwrap();
    let readings = AtomicU64::new(0);
    let clock = || Duration::from_millis(7 * readings.fetch_add(1, Ordering::Relaxed));
    check_connection(&client, site, NOW, &clock).await
}

async fn check_server(server: &MockServer, site: u64, token: Option<&str>) -> ConnectionReport {
    check(&format!("{}/matomo.php", server.uri()), site, token, &options()).await
}

/// A server that gives one answer to everything.
async fn always(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_good_matomo_with_a_good_token() {
    let (server, fake) = FakeMatomo::start(Quirk::None).await;
    for token in [WRITER, SUPERUSER] {
        let report = check_server(&server, SITE, Some(token)).await;
        assert!(report.success(), "{:?}", report.errors);
        assert!(report.reachable && report.is_matomo && report.accepts_hits);
        assert_eq!(report.status_code, Some(200));
        assert_eq!(report.response_time, Some(Duration::from_millis(7)));
        assert_eq!(report.version.as_deref(), Some("5.2.0"));
        assert_eq!(report.token_valid, Some(true));
        assert_eq!(report.may_override_country, Some(true));
        assert_eq!(report.may_send_old_dates, Some(true));
        assert!(report.warnings.is_empty(), "{:?}", report.warnings);
        let site = report.site.as_ref().unwrap();
        assert_eq!((report.site_name(), site.time_zone.as_deref()), (Some("My shop"), Some("Europe/Berlin")));
        assert_eq!(
            (site.currency.as_deref(), site.ecommerce, site.site_search),
            (Some("EUR"), Some(true), Some(false))
        );
    }
    assert_eq!(fake.recorded.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn nothing_is_recorded_and_no_failure_noted_whatever_is_wrong() {
    let (server, fake) = FakeMatomo::start(Quirk::None).await;
    for token in [None, Some(VIEWER), Some(WRITER), Some("unknown")] {
        check_server(&server, SITE, token).await;
    }
    assert_eq!(fake.recorded.load(Ordering::Relaxed), 0);
    assert!(fake.failures_noted.lock().unwrap().is_empty(), "{:?}", fake.failures_noted.lock().unwrap());
}

/// Each of the two reasons that Matomo has for recording nothing would be enough.
#[tokio::test]
async fn every_probe_is_stopped_twice() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    check_server(&server, SITE, Some(WRITER)).await;
    let mut probes = 0;
    for request in server.received_requests().await.unwrap() {
        let mut params: Vec<_> = request.url.query_pairs().into_owned().collect();
        params.extend(matomo::params(&request.body));
        if request.url.path() != "/matomo.php" || params.is_empty() {
            continue;
        }
        probes += 1;
        let has = |name: &str, value: &str| params.contains(&(name.to_owned(), value.to_owned()));
        assert!(has("ping", "1"), "{params:?}");
        assert!(
            !params.iter().any(|(name, _)| ["new_visit", "bots", "cip"].contains(&name.as_str())),
            "{params:?}"
        );
        let (_, visitor) = params.iter().find(|(name, _)| name == "cid").unwrap();
        assert!(visitor.len() == 16 && visitor.bytes().all(|b| b.is_ascii_hexdigit()), "{visitor}");
        assert!(request.headers["user-agent"].to_str().unwrap().contains("TrafficinatorBot/"));
        assert_eq!(request.headers["x-purpose"], "preview");
    }
    assert_eq!(probes, 6);
}

#[tokio::test]
async fn the_token_travels_in_bodies_only() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    check_server(&server, SITE, Some(WRITER)).await;
    let mut bodies = 0;
    for request in server.received_requests().await.unwrap() {
        assert!(!request.url.as_str().contains(WRITER));
        assert!(!format!("{:?}", request.headers).contains(WRITER));
        bodies += u32::from(String::from_utf8_lossy(&request.body).contains(WRITER));
    }
    assert_eq!(bodies, 4);
}

#[tokio::test]
async fn without_a_token_hits_go_but_nothing_is_overridden() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let report = check_server(&server, SITE, None).await;
    assert!(report.success(), "{:?}", report.errors);
    assert!(report.is_matomo && report.accepts_hits);
    assert_eq!(report.token_valid, None);
    assert_eq!((report.may_override_country, report.may_send_old_dates), (Some(false), Some(false)));
    assert_eq!((report.version, report.site), (None, None));
}

#[tokio::test]
async fn a_token_that_matomo_does_not_know() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let token = "dddd0000dddd0000dddd0000dddd0000";
    let report = check_server(&server, SITE, Some(token)).await;
    assert!(!report.success());
    assert!(report.is_matomo && report.accepts_hits);
    assert_eq!(report.token_valid, Some(false));
    assert!(report.errors[0].contains("Unable to authenticate"), "{:?}", report.errors);
    assert!(!format!("{report:?}").contains(token));
}

#[tokio::test]
async fn a_token_that_may_only_view() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let report = check_server(&server, SITE, Some(VIEWER)).await;
    assert_eq!(report.token_valid, Some(true));
    assert_eq!((report.may_override_country, report.may_send_old_dates), (Some(false), Some(false)));
    assert!(report.errors[0].contains("may only view site 7"), "{:?}", report.errors);
}

#[tokio::test]
async fn a_site_that_does_not_exist() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let report = check_server(&server, 8, Some(WRITER)).await;
    assert!(report.is_matomo && !report.accepts_hits);
    assert!(
        report.errors[0].contains("no such site") && report.errors[0].contains('8'),
        "{:?}",
        report.errors
    );
}

#[tokio::test]
async fn a_database_that_is_down() {
    let (server, _) = FakeMatomo::start(Quirk::DatabaseDown).await;
    let report = check_server(&server, SITE, Some(WRITER)).await;
    assert!(report.is_matomo && !report.accepts_hits);
    assert!(report.errors[0].contains("Matomo knows site 7"), "{:?}", report.errors);
}

#[tokio::test]
async fn statistics_that_are_switched_off() {
    let (server, _) = FakeMatomo::start(Quirk::StatisticsOff).await;
    let report = check_server(&server, SITE, Some(WRITER)).await;
    assert!(report.is_matomo && !report.accepts_hits);
    assert!(report.errors[0].contains("record_statistics=1"), "{:?}", report.errors);
}

#[tokio::test]
async fn a_tracker_without_the_reporting_api() {
    let (server, _) = FakeMatomo::start(Quirk::NoApi).await;
    let report = check_server(&server, SITE, Some(WRITER)).await;
    assert!(report.success(), "{:?}", report.errors);
    assert!(report.is_matomo);
    assert_eq!((report.token_valid, report.version), (Some(true), None));

    let report = check_server(&server, SITE, Some("unknown")).await;
    assert_eq!(report.token_valid, None);
    assert!(report.errors[0].contains("has no write access to site 7"), "{:?}", report.errors);
}

#[tokio::test]
async fn queued_tracking_is_a_matomo_with_a_warning() {
    let (server, _) = FakeMatomo::start(Quirk::Queued).await;
    for token in [None, Some(WRITER)] {
        let report = check_server(&server, SITE, token).await;
        assert!(report.success() && report.is_matomo && report.accepts_hits, "{:?}", report.errors);
        assert!(report.warnings[0].contains("queued tracking"), "{:?}", report.warnings);
        assert_eq!(report.may_override_country, None);
    }
}

#[tokio::test]
async fn a_token_is_never_repeated() {
    let (server, _) = FakeMatomo::start(Quirk::Echo).await;
    let report = check_server(&server, SITE, Some("s3cr3t&token=ü")).await;
    assert!(report.errors[0].contains("Unknown  token ***"), "{:?}", report.errors);
    assert!(!format!("{report:?}").contains("s3cr3t"));
}

#[tokio::test]
async fn any_204_is_not_a_matomo() {
    let server = always(ResponseTemplate::new(204)).await;
    let report = check_server(&server, SITE, Some(WRITER)).await;
    assert!(report.reachable && !report.is_matomo && !report.accepts_hits && !report.success());
    assert_eq!((report.status_code, report.token_valid), (Some(204), None));
    assert!(report.errors[0].starts_with("204"), "{:?}", report.errors);
}

#[tokio::test]
async fn any_image_is_not_a_matomo() {
    let server = always(image(200)).await;
    let report = check_server(&server, SITE, Some(WRITER)).await;
    assert!(!report.is_matomo && !report.accepts_hits && !report.success());
    assert_eq!((report.token_valid, report.may_override_country), (None, None));
    assert!(report.errors[0].contains("it is not a Matomo"), "{:?}", report.errors);
}

#[tokio::test]
async fn other_servers_are_not_matomos() {
    for (answer, hint) in [
        (
            ResponseTemplate::new(200).set_body_raw("<html>Welcome</html>", "text/html"),
            "not a tracker's answer",
        ),
        (
            ResponseTemplate::new(200).set_body_json(serde_json::json!({"value": true})),
            "not a tracker's answer",
        ),
        (ResponseTemplate::new(404), "matomo.php"),
        (ResponseTemplate::new(401), "lets nobody track"),
        (ResponseTemplate::new(500), "error log"),
        (ResponseTemplate::new(503).set_body_string("maintenance"), "error log"),
        (ResponseTemplate::new(429), "rate limit"),
        (ResponseTemplate::new(400).set_body_string("nope"), "not as Matomo says it"),
    ] {
        let server = always(answer).await;
        let report = check_server(&server, SITE, Some(WRITER)).await;
        assert!(report.reachable && !report.is_matomo && !report.success(), "{hint}");
        assert!(report.errors[0].contains(hint), "{:?}", report.errors);
        assert_ne!(report.token_valid, Some(true));
    }
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let elsewhere = always(image(200)).await;
    for status in [301, 302, 307, 308] {
        let server = always(ResponseTemplate::new(status).insert_header("location", elsewhere.uri())).await;
        let report = check_server(&server, SITE, Some(WRITER)).await;
        assert!(report.errors[0].contains("final URL"), "{:?}", report.errors);
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn nobody_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let report =
        check(&format!("http://user:passw0rd@127.0.0.1:{port}/matomo.php"), SITE, Some(WRITER), &options())
            .await;
    assert!(!report.reachable && !report.success());
    assert_eq!((report.status_code, report.response_time), (None, None));
    assert!(report.errors[0].contains(&format!("127.0.0.1:{port}")), "{:?}", report.errors);
    assert!(!format!("{report:?}").contains("passw0rd"));
}

#[tokio::test]
async fn nobody_answers() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let options = Options { timeout: Duration::from_millis(100), ..options() };
    let report =
        check(&format!("http://{}/matomo.php", silent.local_addr().unwrap()), SITE, None, &options).await;
    assert!(!report.reachable);
    assert!(report.errors[0].contains("within 0.1 s"), "{:?}", report.errors);
}

#[tokio::test]
async fn a_name_that_does_not_exist() {
    let report = check("http://no-such-host.invalid/matomo.php", SITE, None, &options()).await;
    assert!(!report.reachable);
    assert!(report.errors[0].contains("no-such-host.invalid"), "{:?}", report.errors);
}
