//! The web page as it is served: without a key, at an address for each view, and kept by browsers no longer than is right.

use reqwest::Method;

use crate::harness::{Harness, answer};

#[tokio::test]
async fn every_view_is_the_page_and_needs_no_key() {
    let harness = Harness::start().await;
    let page = answer(harness.request(Method::GET, "/ui")).await;
    page.assert_status(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.text.contains("<title>Trafficinator</title>"), "{}", page.text);
    for view in ["/ui/", "/ui/logs", "/ui/funnels/3"] {
        let other = answer(harness.request(Method::GET, view)).await;
        assert_eq!(other.assert_status(200).text, page.text, "{view}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_not_answered_with_the_page() {
    let harness = Harness::start().await;
    for file in ["/ui/assets/gone-1a2b3c4d.js", "/ui/logs.html", "/ui/assets/", "/ui/%2e%2e/Cargo.toml"] {
        answer(harness.request(Method::GET, file)).await.assert_error(404, "not_found");
    }
}

#[tokio::test]
async fn the_page_is_asked_for_again_and_not_sent_again() {
    let harness = Harness::start().await;
    let page = answer(harness.request(Method::GET, "/ui")).await;
    let etag = page.header("etag");
    if etag.is_empty() {
        // Built without the page: what stands there then says how to build it.
        assert!(page.text.contains("cargo xtask web"), "{}", page.text);
        return;
    }
    assert_eq!(page.header("cache-control"), "no-cache");
    let again = answer(harness.request(Method::GET, "/ui").header("If-None-Match", etag)).await;
    assert_eq!((again.assert_status(304).text.as_str(), again.header("etag")), ("", etag));
    let changed = answer(harness.request(Method::GET, "/ui").header("If-None-Match", "\"another\"")).await;
    assert_eq!(changed.assert_status(200).text, page.text);

    let small = harness.request(Method::GET, "/ui").header("Accept-Encoding", "br, gzip");
    let small = small.send().await.unwrap();
    assert_eq!(small.headers()["content-encoding"], "br");
    assert_eq!(small.headers()["vary"], "Accept-Encoding");
    assert_ne!(small.headers()["etag"], etag);

    // Files whose names change with their content are never asked for again.
    let (_, rest) = page.text.split_once("/ui/assets/").unwrap();
    let (script, _) = rest.split_once('"').unwrap();
    let script = answer(harness.request(Method::GET, &format!("/ui/assets/{script}"))).await;
    assert_eq!(script.assert_status(200).header("cache-control"), "public, max-age=31536000, immutable");
}
