//! The Reporting API client: addresses, answers, access levels, and whom it may talk to.

use std::sync::Arc;
use std::time::Duration;

use crate::fake::{FakeMatomo, Quirk, SITE, SUPERUSER, VIEWER, WRITER, image};
use matomo::reporting::{Access, AddressPolicy, Client, Error, Options};
use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

fn options(permits: Option<AddressPolicy>) -> Options {
    Options { timeout: Duration::from_secs(5), ca_pem: None, insecure: false, permits }
}

fn client(address: &str, token: Option<&str>) -> Client {
    Client::new(&address.parse().unwrap(), token.map(Into::into), &options(None)).unwrap()
}

async fn always(answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let client = client(&format!("{}/matomo.php", server.uri()), Some(WRITER));
    (server, client)
}

#[test]
fn the_api_lies_beside_the_tracker() {
    for (tracker, api) in [
        ("https://stats.example/matomo.php", "https://stats.example/index.php"),
        ("https://stats.example:8443/piwik.php", "https://stats.example:8443/index.php"),
        ("https://example.com/analytics/matomo.php", "https://example.com/analytics/index.php"),
        ("https://example.com/analytics/Matomo.PHP?x=1#y", "https://example.com/analytics/index.php"),
        ("https://example.com/analytics", "https://example.com/analytics/index.php"),
        ("https://example.com/analytics/", "https://example.com/analytics/index.php"),
        ("https://example.com", "https://example.com/index.php"),
    ] {
        assert_eq!(client(tracker, None).api_url().as_str(), api, "{tracker}");
    }
}

#[tokio::test]
async fn methods_of_a_real_api() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let client = client(&format!("{}/matomo.php", server.uri()), Some(WRITER));
    assert_eq!(client.matomo_version().await.unwrap(), "5.2.0");
    assert_eq!(client.site(SITE).await.unwrap().name, "My shop");
    assert_eq!(
        client.call("API.getMatomoVersion", &[("period", "day")]).await.unwrap(),
        json!({"value": "5.2.0"})
    );
    let error = client.call("No.such", &[]).await.unwrap_err();
    assert!(matches!(error, Error::Refused { .. }) && error.to_string().contains("No.such"), "{error}");
    let request = server.received_requests().await.unwrap().pop().unwrap();
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.query(), None);
}

#[tokio::test]
async fn what_a_token_may_do() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let address = format!("{}/matomo.php", server.uri());
    for (token, site, access) in [
        (SUPERUSER, SITE, Access::Superuser),
        (WRITER, SITE, Access::Write),
        (WRITER, 1, Access::View),
        (VIEWER, SITE, Access::View),
        (VIEWER, 99, Access::None),
        ("unknown", SITE, Access::None),
    ] {
        assert_eq!(client(&address, Some(token)).access(site).await.unwrap(), access, "{token} on {site}");
    }
}

#[tokio::test]
async fn a_site_in_a_list_as_matomo_3_wrote_it() {
    let (_server, client) =
        always(ResponseTemplate::new(200).set_body_json(json!([{"name": "Old shop", "ecommerce": "1"}])))
            .await;
    let site = client.site(1).await.unwrap();
    assert_eq!((site.name.as_str(), site.ecommerce, site.time_zone), ("Old shop", Some(true), None));
}

#[tokio::test]
async fn answers_that_are_not_the_apis() {
    for answer in [
        ResponseTemplate::new(200).set_body_string("<html>login</html>"),
        ResponseTemplate::new(200),
        ResponseTemplate::new(204),
        ResponseTemplate::new(302).insert_header("location", "/login"),
        ResponseTemplate::new(404).set_body_json(json!({"result": "error", "message": "no route"})),
        ResponseTemplate::new(500).set_body_json(json!({"result": "error", "message": "oops"})),
        image(200),
    ] {
        let (_server, client) = always(answer).await;
        let error = client.matomo_version().await.unwrap_err();
        assert!(matches!(error, Error::NotTheApi { .. }), "{error:?}");
    }
    for version in
        [json!({"value": "<b>5.2.0</b>"}), json!({"value": "five"}), json!({"value": 5}), json!("5.2.0")]
    {
        let (_server, client) = always(ResponseTemplate::new(200).set_body_json(version.clone())).await;
        assert!(matches!(client.matomo_version().await, Err(Error::NotTheApi { .. })), "{version}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let (_server, client) =
        always(ResponseTemplate::new(200).set_body_bytes(vec![b' '; (4 << 20) + 1])).await;
    assert!(matches!(client.matomo_version().await, Err(Error::TooLarge { .. })));
}

#[tokio::test]
async fn refused_addresses_are_never_contacted() {
    let (server, _) = FakeMatomo::start(Quirk::None).await;
    let nobody: AddressPolicy = Arc::new(|_| false);
    for literal in ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"] {
        let url = format!("http://{literal}:{}/matomo.php", server.address().port()).parse().unwrap();
        let error = Client::new(&url, None, &options(Some(nobody.clone()))).unwrap_err();
        assert!(matches!(error, Error::Address(_)), "{literal}: {error}");
    }
    let by_name = format!("http://localhost:{}/matomo.php", server.address().port()).parse().unwrap();
    let client = Client::new(&by_name, None, &options(Some(nobody))).unwrap();
    let error = client.matomo_version().await.unwrap_err();
    assert!(matches!(&error, Error::Address(which) if which.contains("localhost")), "{error}");
    assert!(server.received_requests().await.unwrap().is_empty());

    let loopback: AddressPolicy = Arc::new(|address| address.is_loopback() && address.is_ipv4());
    let client = Client::new(&by_name, Some(WRITER.into()), &options(Some(loopback))).unwrap();
    assert_eq!(client.matomo_version().await.unwrap(), "5.2.0");
}

#[test]
fn a_ca_file_that_is_none_is_named() {
    for pem in [&b""[..], b"hello", b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"] {
        let options = Options { ca_pem: Some(pem.to_vec()), ..options(None) };
        let error =
            Client::new(&"https://stats.example/matomo.php".parse().unwrap(), None, &options).unwrap_err();
        assert!(error.to_string().starts_with("TLS_CA_FILE: "), "{error}");
    }
}
