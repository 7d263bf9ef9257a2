//! Wrong settings and wrong files end with exit 64, name the field or the line, and send nothing.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Answer, Loadgen, Scripted, gif};

/// The settings crate's own table of what is wrong with what, run through the program.
#[test]
fn every_wrong_setting_is_named_and_nothing_is_sent() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("../settings/tests/it/wrong.jsonl");
    let server = Scripted::start(|_, _| Answer::Bytes(gif()));
    let mut cases = 0;
    for line in std::fs::read_to_string(table).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let vars = case["vars"].as_object().unwrap();
        // An environment holds no NUL; dates and token files depend on the time and the machine.
        let apart = |(name, value): (&String, &Value)| {
            value.as_str().is_some_and(|text| text.contains('\0'))
                || name.contains("_DATE")
                || name.ends_with("_FILE")
        };
        if vars.iter().any(apart) {
            continue;
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
        command.env_clear().env("MATOMO_URL", &server.url).env("MATOMO_TOKEN_AUTH", support::TOKEN);
        for (name, value) in vars {
            match value.as_str() {
                None => command.env_remove(name),
                Some(value) => command.env(name, value),
            };
        }
        let output = command.args(["run", "--visits=1"]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(64), "{line}\n{stderr}");
        let field = case["field"].as_str().unwrap();
        assert!(stderr.contains(&format!("error: {field}")), "{line}\n{stderr}");
        cases += 1;
    }
    assert!(cases > 100, "{cases} cases");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn wrong_files_are_named_with_the_line_all_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let urls = write("urls.txt", "https://example.com/ Home\nnot a url\n");
    let events = write(
        "events.json",
        r#"{"click_events": [{"category": "", "action": "play"}], "random_events": []}"#,
    );
    let funnels = write("funnels.json", r#"[{"name": "f", "probability": 2, "steps": []}]"#);
    let server = Scripted::start(|_, _| Answer::Bytes(gif()));
    let vars = [("URLS_FILE", urls.as_str()), ("EVENTS_FILE", &events), ("FUNNEL_CONFIG_PATH", &funnels)];
    let ran = Loadgen::new(&server.url, &vars).run();
    assert_eq!(ran.code, Some(64), "{}", ran.stderr);
    for (file, words) in [("urls.txt", "2"), ("events.json", "category"), ("funnels.json", "probability")] {
        let line = ran
            .stderr
            .lines()
            .find(|line| line.contains(file))
            .unwrap_or_else(|| panic!("{file}: {}", ran.stderr));
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(server.requests().len(), 0);
}

/// Lesson: an empty list of URLs made a crash loop.
#[test]
fn an_empty_list_of_urls_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let urls = dir.path().join("urls.txt");
    std::fs::write(&urls, "# nothing\n").unwrap();
    let ran = Loadgen::new(&support::dead_url(), &[("URLS_FILE", urls.to_str().unwrap())]).run();
    assert_eq!(ran.code, Some(64), "{}", ran.stderr);
    assert!(ran.stderr.contains("urls.txt"), "{}", ran.stderr);
}

#[test]
fn an_unknown_journey_a_missing_file_and_a_wrong_flag_are_refused() {
    let url = support::dead_url();
    for (vars, words) in [
        (("JOURNEY_MIX", "wanderer=1"), "wanderer"),
        (("URLS_FILE", "/nowhere/urls.txt"), "/nowhere/urls.txt"),
        (("CONTENT_DIR", "/nowhere"), "CONTENT_DIR"),
    ] {
        let ran = Loadgen::new(&url, &[vars]).run();
        assert_eq!(ran.code, Some(64), "{vars:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    let status = Command::new(env!("CARGO_BIN_EXE_loadgen")).arg("--no-such-flag").output().unwrap().status;
    assert_eq!(status.code(), Some(64));
}

#[test]
fn validate_says_what_is_wrong_and_exits_64_or_what_it_found_and_exits_0() {
    let validate = |vars: &[(&str, &str)], args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
            .env_clear()
            .envs(vars.iter().copied())
            .arg("validate")
            .args(args)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) =
        validate(&[("MATOMO_URL", "ftp://x"), ("CONCURRENCY", "0")], &["--skip-connection", "--json"]);
    let found: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(code, Some(64));
    assert_eq!(found["valid"], false);
    assert!(found["errors"].as_array().unwrap().len() >= 2, "{text}");

    let sink = support::Sink::start();
    let vars = [("MATOMO_URL", sink.url.as_str()), ("MATOMO_TOKEN_AUTH", support::TOKEN)];
    let (code, text) = validate(&vars, &["--json"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(!text.contains(support::TOKEN));
    assert_eq!(sink.stats()["visits"], 0, "a connection test leaves no visit");

    let (code, text) =
        validate(&[("MATOMO_URL", &support::dead_url()), ("RANDOMIZE_VISITOR_COUNTRIES", "false")], &[]);
    assert_eq!(code, Some(64), "{text}");
}

#[test]
fn plan_is_the_same_for_the_same_input_and_shards_make_up_the_whole() {
    let plan = |shard: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
            .env_clear()
            .args(["plan", "--visits=60", "--seed=1", "--start=2026-01-05T08:00:00Z", "--shard", shard])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let whole = plan("0/1");
    assert_eq!(whole, plan("0/1"));
    let first: Value = serde_json::from_str(whole.lines().next().unwrap()).unwrap();
    assert_eq!((&first["visit"], &first["seq"]), (&Value::from(0), &Value::from(0)));
    assert_eq!(first["params"]["new_visit"], "1");
    assert!(first["params"].get("token_auth").is_none());
    let mut parts: Vec<String> = (0..3)
        .flat_map(|index| plan(&format!("{index}/3")).lines().map(String::from).collect::<Vec<_>>())
        .collect();
    let mut lines: Vec<String> = whole.lines().map(String::from).collect();
    parts.sort();
    lines.sort();
    assert_eq!(parts, lines);
}
