//! What a re-creation keeps: everything.

use serde_json::{Value, json};

use crate::bench::{Bench, IMAGE, TOKEN, config};

/// What a container is told at its creation, without what the engine fills in by itself.
fn shape(inspect: &Value) -> Value {
    let mut shape = json!({ "Config": inspect["Config"], "HostConfig": inspect["HostConfig"] });
    shape["Config"]["Env"] = Value::Null;
    // An anonymous volume has a name now, by which the new container has the same one.
    shape["HostConfig"]["Binds"] = Value::Null;
    shape["HostConfig"]["Mounts"] = Value::Null;
    let mut mounts: Vec<Value> = inspect["Mounts"].as_array().unwrap().clone();
    for mount in &mut mounts {
        // The engine writes "z" for a volume that it has made, and nothing for one that was named.
        mount["Mode"] = Value::Null;
        mount["Propagation"] = Value::Null;
    }
    mounts.sort_by_key(|mount| mount["Destination"].to_string());
    shape["Mounts"] = mounts.into();
    let mut networks = inspect["NetworkSettings"]["Networks"].clone();
    let id = inspect["Id"].as_str().unwrap();
    for network in networks.as_object_mut().unwrap().values_mut() {
        let mut aliases: Vec<Value> = network["Aliases"].as_array().cloned().unwrap_or_default();
        aliases.retain(|alias| !id.starts_with(alias.as_str().unwrap()));
        aliases.sort_by_key(Value::to_string);
        *network = json!({ "Aliases": aliases, "Fixed": network["IPAMConfig"]["IPv4Address"] });
    }
    shape["Networks"] = networks;
    shape
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_with_every_option_is_made_again_as_it_was() {
    let bench = Bench::new("keeps").await;
    let (first, second) = (format!("{}-one", bench.name), format!("{}-two", bench.name));
    bench.docker(&["network", "create", "--subnet", "172.31.241.0/24", &first]);
    bench.docker(&["network", "create", "--subnet", "172.31.242.0/24", &second]);
    let data = format!("{}:/app/data", bench.data().display());
    let volume = format!("type=volume,source={}-vol,target=/by-mount", bench.name);
    let label = format!("org.trafficinator.name={}", bench.name);
    #[rustfmt::skip]
    let words = [
        "create", "--name", &bench.name, "--label", &label, "--label", "mine=yes",
        "--user", "10001:10001", "--cap-drop", "ALL", "--cap-add", "NET_BIND_SERVICE", "--read-only",
        "--memory", "96m", "--memory-reservation", "48m", "--cpus", "0.5", "--pids-limit", "77", "--cpu-shares", "512",
        "--health-cmd", "/unit", "--health-interval", "1h", "--health-retries", "9", "--health-start-period", "1h",
        "--volume", &data, "--mount", &volume, "--mount", "type=tmpfs,target=/by-tmpfs,tmpfs-size=1048576",
        "--mount", "type=volume,target=/anonymous", "--tmpfs", "/tmp:size=2m",
        "--publish", "127.0.0.1:18471:9464", "--expose", "9999",
        "--network", &first, "--network-alias", "crowd", "--ip", "172.31.241.77",
        "--dns", "10.0.0.53", "--dns-search", "example.test", "--dns-option", "ndots:3", "--add-host", "there:10.0.0.9",
        "--ulimit", "nofile=1024:2048", "--init", "--stop-signal", "SIGINT", "--stop-timeout", "7",
        "--hostname", "the-host", "--restart", "on-failure:4", "--log-driver", "json-file",
        "--log-opt", "max-size=1m", "--log-opt", "max-file=3", "--security-opt", "no-new-privileges",
        "--group-add", "12345", "--sysctl", "net.ipv4.ip_unprivileged_port_start=0", "--oom-score-adj", "100",
        "--shm-size", "32m", "--workdir", "/", "--env", "CONCURRENCY=7", "--env", "MINE=kept",
        "--env", "MATOMO_URL=http://127.0.0.1:9/matomo.php", "--env", "RANDOMIZE_VISITOR_COUNTRIES=false",
        IMAGE, "one", "two words",
    ];
    bench.docker(&words);
    bench.docker(&[
        "network",
        "connect",
        "--alias",
        "second-crowd",
        "--ip",
        "172.31.242.88",
        &second,
        &bench.name,
    ]);
    bench.docker(&["start", &bench.name]);
    bench.until_state("running").await;
    let before = bench.inspect();

    for concurrency in [8, 9] {
        let (status, answer) =
            bench.post("/api/config/apply", json!({ "config": config(concurrency) })).await;
        assert_eq!(status, 200, "{answer}");
    }
    let after = bench.inspect();
    assert_ne!(before["Id"], after["Id"]);
    assert_eq!(shape(&before), shape(&after));
    assert_eq!(before["Image"], after["Image"]);
    let env: Vec<&str> =
        after["Config"]["Env"].as_array().unwrap().iter().map(|pair| pair.as_str().unwrap()).collect();
    assert!(env.contains(&"CONCURRENCY=9") && env.contains(&"MINE=kept"), "{env:?}");
    assert!(!after.to_string().contains(TOKEN));
    assert_eq!(bench.containers(), [bench.name.as_str()]);
    // the token is there for the unit alone, and what it says of it is not shown
    let logs = bench.get("/api/logs").await.1.to_string();
    assert!(logs.contains("the token is ***MASKED***"), "{logs}");

    bench.docker(&["rm", "--force", "--volumes", &bench.name]);
    bench.docker(&["network", "rm", &first, &second]);
    bench.docker(&["volume", "rm", &format!("{}-vol", bench.name)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_whose_tag_has_moved_or_gone_is_still_the_same_image() {
    let bench = Bench::new("image").await;
    let tag = "trafficinator-test/moving:latest";
    bench.docker(&["tag", IMAGE, tag]);
    let label = format!("org.trafficinator.name={}", bench.name);
    let data = format!("{}:/app/data", bench.data().display());
    bench.docker(&["run", "--detach", "--name", &bench.name, "--label", &label, "--volume", &data, tag]);
    bench.until_state("running").await;
    let image = bench.inspect()["Image"].clone();
    bench.docker(&["rmi", tag]);
    let (status, answer) = bench.post("/api/config/apply", json!({ "config": config(8) })).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(bench.inspect()["Image"], image);
}
