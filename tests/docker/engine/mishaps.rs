//! What goes wrong on a real engine, and leaves nothing behind.

use std::time::Duration;

use serde_json::json;

use crate::{
    bench::{Bench, IMAGE, config, host, make_image},
    private::PrivateEngine,
};

/// Files and connections that this process has open.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_cycles_leave_nothing_behind() {
    host();
    // On an engine where nobody else leaves anything.
    let mut engine = PrivateEngine::new();
    engine.start();
    make_image(&engine.host());
    let bench = Bench::on(&engine.host(), "cycles").await;
    bench.until_state("not_found").await;
    bench.start_with(7).await;
    let volumes = || bench.docker(&["volume", "ls", "--quiet"]).lines().count();
    let before = (volumes(), descriptors());
    for cycle in 0..100 {
        let (stopped, answer) = bench.post("/api/stop?timeout=1", json!({})).await;
        assert_eq!((stopped, answer["state"].as_str()), (200, Some("stopped")), "{cycle}: {answer}");
        let (started, answer) = bench.post("/api/start", json!({})).await;
        assert_eq!((started, answer["state"].as_str()), (200, Some("running")), "{cycle}: {answer}");
    }
    for concurrency in 20..40 {
        let (applied, answer) =
            bench.post("/api/config/apply", json!({ "config": config(concurrency) })).await;
        assert_eq!(applied, 200, "{answer}");
    }
    assert_eq!(bench.containers(), [bench.name.as_str()]);
    assert_eq!(volumes(), before.0);
    assert_eq!(std::fs::read_dir(bench.data().join("secrets")).unwrap().count(), 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(descriptors() <= before.1 + 5, "{} descriptors, and {} before", descriptors(), before.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_do_is_seen() {
    let bench = Bench::new("outside").await;
    bench.start_with(7).await;
    let label = format!("org.trafficinator.name={}", bench.name);
    let steps: [(&[&str], &str); 7] = [
        (&["pause", &bench.name], "paused"),
        (&["unpause", &bench.name], "running"),
        (&["kill", &bench.name], "stopped"),
        (&["start", &bench.name], "running"),
        (&["stop", "--time", "0", &bench.name], "stopped"),
        (&["rm", &bench.name], "not_found"),
        (&["create", "--name", &bench.name, "--label", &label, IMAGE], "created"),
    ];
    for (words, state) in steps {
        bench.docker(words);
        bench.until_state(state).await;
        assert_eq!(bench.really(), state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recreation_that_fails_leaves_the_old_one_running() {
    let bench = Bench::new("fails").await;
    bench.start_with(7).await;
    let id = bench.inspect()["Id"].clone();
    // one that falls
    let (status, answer) = bench.post("/api/config/apply", json!({ "config": config(13) })).await;
    assert_eq!(status, 422, "{answer}");
    assert!(answer["detail"].as_str().unwrap().contains("thirteen is refused"), "{answer}");
    assert_eq!((bench.inspect()["Id"].clone(), bench.really()), (id.clone(), "running".to_owned()));
    // the name that the new one would have is somebody else's
    bench.docker(&["create", "--name", &format!("{}.next-active", bench.name), IMAGE]);
    let (status, answer) = bench.post("/api/config/apply", json!({ "config": config(8) })).await;
    assert_eq!(status, 409, "{answer}");
    assert_eq!((bench.inspect()["Id"].clone(), bench.really()), (id, "running".to_owned()));
    bench.docker(&["rm", &format!("{}.next-active", bench.name)]);
    assert_eq!(bench.state().await, "running");
    assert_eq!(bench.containers(), [bench.name.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_container_is_never_touched() {
    let bench = Bench::new("foreign").await;
    bench.docker(&["run", "--detach", "--name", &bench.name, IMAGE]);
    bench.until_state("error").await;
    let before = bench.inspect();
    for (path, body) in [
        ("/api/start", json!({ "config": config(8), "restart_if_running": true })),
        ("/api/stop", json!({})),
        ("/api/restart", json!({})),
        ("/api/config/apply", json!({ "config": config(8) })),
    ] {
        let (status, answer) = bench.post(path, body).await;
        assert_eq!(status, 409, "{path}: {answer}");
    }
    assert_eq!(bench.inspect()["State"], before["State"]);
    assert_eq!(bench.inspect()["Id"], before["Id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_removes_itself_is_not_lost_either() {
    let bench = Bench::new("rm").await;
    let label = format!("org.trafficinator.name={}", bench.name);
    let data = format!("{}:/app/data", bench.data().display());
    let url = "MATOMO_URL=http://127.0.0.1:9/matomo.php";
    bench.docker(&[
        "run",
        "--detach",
        "--rm",
        "--name",
        &bench.name,
        "--label",
        &label,
        "--volume",
        &data,
        "--env",
        url,
        "--env",
        "RANDOMIZE_VISITOR_COUNTRIES=false",
        IMAGE,
    ]);
    bench.until_state("running").await;
    let (status, answer) = bench.post("/api/config/apply", json!({ "config": config(13) })).await;
    // Its exit code and its last words went with it: nobody can tell that its settings were to blame.
    assert_eq!(status, 502, "{answer}");
    assert_eq!(bench.really(), "running", "{answer}");
    let (status, answer) = bench.post("/api/config/apply", json!({ "config": config(8) })).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((bench.really(), bench.containers()), ("running".to_owned(), vec![bench.name.clone()]));
}
