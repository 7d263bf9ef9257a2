//! What start, stop, restart and apply do in each state.

use std::time::Duration;

use control::engine::{
    EngineError, State,
    change::ChangeError,
    fake::{Call, FakeEngine},
};
use tokio::time::{Instant, sleep};

use crate::support::{Bench, NAME, config, fake};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The view must follow within a second; here the clock is a patient one.
async fn seen(bench: &Bench<FakeEngine>, state: State) {
    let began = Instant::now();
    let mut views = bench.generator.views();
    views.wait_for(|view| view.state() == state).await.unwrap();
    assert!(began.elapsed() <= Duration::from_secs(1), "{state} was seen after {:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn without_a_unit_a_start_creates_it_and_all_else_says_that_there_is_none() {
    let bench = fake();
    seen(&bench, State::NotFound).await;
    assert_eq!(bench.generator.stop(Some(TIMEOUT)).await.unwrap_err(), ChangeError::Missing(NAME.to_owned()));
    assert!(matches!(bench.generator.restart(None, Some(TIMEOUT)).await, Err(ChangeError::Missing(_))));
    assert!(matches!(bench.generator.start(None, false).await, Err(ChangeError::Missing(_))));

    let done = bench.generator.start(Some(config(&[])), false).await.unwrap();
    assert_eq!((done.state, done.restarted), (State::Running, true));
    assert_eq!(bench.engine.state(NAME), State::Running);
}

#[tokio::test(start_paused = true)]
async fn a_unit_that_was_removed_behind_our_back_is_made_again_as_it_was() {
    let bench = fake();
    let token = ("MATOMO_TOKEN_AUTH", "c0ffee00c0ffee00c0ffee00c0ffee00");
    bench.generator.start(Some(config(&[("CONCURRENCY", "7"), token])), false).await.unwrap();
    bench.engine.remove_behind_our_back(NAME);
    seen(&bench, State::NotFound).await;
    bench.generator.start(None, false).await.unwrap();
    let env = bench.engine.env(NAME).unwrap();
    assert_eq!(env["CONCURRENCY"], "7");
    assert!(!env.contains_key("MATOMO_TOKEN_AUTH") && env.contains_key("MATOMO_TOKEN_AUTH_FILE"));
    assert_eq!(bench.generator.folder().token(&env).as_deref(), Some(token.1));
}

#[tokio::test(start_paused = true)]
async fn a_configuration_is_never_ignored() {
    let bench = fake();
    bench.generator.start(Some(config(&[("CONCURRENCY", "7")])), false).await.unwrap();
    let refused = bench.generator.start(Some(config(&[("CONCURRENCY", "8")])), false).await.unwrap_err();
    assert!(matches!(refused, ChangeError::Active(_, State::Running)), "{refused}");
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "7");
    bench.generator.start(Some(config(&[("CONCURRENCY", "8")])), true).await.unwrap();
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "8");
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    bench.generator.start(Some(config(&[("CONCURRENCY", "9")])), false).await.unwrap();
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "9");
    bench.generator.restart(Some(config(&[("CONCURRENCY", "10")])), Some(TIMEOUT)).await.unwrap();
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "10");
    assert_eq!(bench.engine.names(), [NAME]);
}

#[tokio::test(start_paused = true)]
async fn a_paused_one_goes_on_when_it_is_started_and_stays_paused_when_it_is_changed() {
    let bench = fake();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.engine.freeze(NAME);
    let done = bench.generator.apply(config(&[("CONCURRENCY", "8")])).await.unwrap();
    assert_eq!((done.state, bench.engine.state(NAME)), (State::Paused, State::Paused), "{}", done.message);
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "8");
    let done = bench.generator.start(None, false).await.unwrap();
    assert_eq!((done.state, bench.engine.state(NAME)), (State::Running, State::Running), "{}", done.message);
    bench.engine.freeze(NAME);
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    assert_eq!(bench.engine.state(NAME), State::Stopped);
}

#[tokio::test(start_paused = true)]
async fn applying_leaves_a_still_one_still() {
    let bench = fake();
    let done = bench.generator.apply(config(&[])).await.unwrap();
    assert_eq!((done.state, done.restarted), (State::Created, false));
    bench.generator.start(None, false).await.unwrap();
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    let done = bench.generator.apply(config(&[("CONCURRENCY", "8")])).await.unwrap();
    assert_eq!((done.state, done.restarted), (State::Created, false), "{}", done.message);
    assert!(!bench.engine.calls().contains(&(Call::Start, format!("{NAME}.next-still"))));
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_cannot_run_touches_nothing() {
    let bench = fake();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    let before = bench.engine.calls();
    for (name, value) in [("CONCURRENCY", "3.0"), ("TIMEZONE", "Mars/Olympus"), ("MATOMO_URL", "a\0b")] {
        let refused = bench.generator.apply(config(&[(name, value)])).await.unwrap_err();
        let ChangeError::Invalid(rejected) = refused else { panic!("{refused}") };
        assert_eq!(rejected.errors[0].field, name);
    }
    assert_eq!(bench.engine.calls(), before);
}

#[tokio::test(start_paused = true)]
async fn what_falls_right_after_its_start_is_not_called_started() {
    let bench = fake();
    bench.engine.set_fate(|env| (env.get("CONCURRENCY").map(String::as_str) == Some("13")).then_some(64));
    let refused = bench.generator.start(Some(config(&[("CONCURRENCY", "13")])), false).await.unwrap_err();
    let ChangeError::Unfit { fall, .. } = refused else { panic!("{refused}") };
    assert_eq!(fall.exit_code, Some(64));
    assert_eq!(bench.generator.view().state(), bench.engine.state(NAME));
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_container_is_never_touched() {
    let bench = fake();
    bench.engine.put_foreign(NAME);
    seen(&bench, State::Error).await;
    let not_ours = ChangeError::Engine(EngineError::NotOurs(NAME.to_owned()));
    assert_eq!(bench.generator.start(Some(config(&[])), true).await.unwrap_err(), not_ours);
    assert_eq!(bench.generator.stop(Some(TIMEOUT)).await.unwrap_err(), not_ours);
    assert_eq!(bench.generator.restart(None, Some(TIMEOUT)).await.unwrap_err(), not_ours);
    assert_eq!(bench.generator.apply(config(&[])).await.unwrap_err(), not_ours);
    assert_eq!(bench.engine.calls(), []);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_away_is_said_to_be_and_is_found_again() {
    let bench = fake();
    bench.engine.set_away(true);
    seen(&bench, State::Error).await;
    assert!(!bench.generator.view().connected());
    let away = bench.generator.start(Some(config(&[])), false).await.unwrap_err();
    assert!(matches!(away, ChangeError::Engine(EngineError::Away { .. })), "{away}");
    bench.engine.set_away(false);
    seen(&bench, State::NotFound).await;
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.engine.set_away(true);
    seen(&bench, State::Error).await;
    bench.engine.set_away(false);
    seen(&bench, State::Running).await;
    // and its events are heard again
    bench.engine.end(NAME, 1);
    seen(&bench, State::Stopped).await;
}

#[tokio::test(start_paused = true)]
async fn what_happens_outside_is_seen_within_a_second() {
    let bench = fake();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.engine.freeze(NAME);
    seen(&bench, State::Paused).await;
    bench.engine.end(NAME, 137);
    seen(&bench, State::Stopped).await;
    assert_eq!(bench.generator.view().unit.unwrap().exit_code, Some(137));
    bench.engine.remove_behind_our_back(NAME);
    seen(&bench, State::NotFound).await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_stop_holds_up_nobody_who_only_looks() {
    let bench = fake();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.engine.slow(Call::Stop, Duration::from_secs(30));
    let generator = bench.generator.clone();
    let stopping = tokio::spawn(async move { generator.stop(Some(Duration::from_secs(40))).await });
    sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    assert_eq!(bench.generator.view().state(), State::Running);
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert_eq!(stopping.await.unwrap().unwrap().state, State::Stopped);
}

#[tokio::test(start_paused = true)]
async fn a_change_goes_on_when_the_client_has_gone() {
    let bench = fake();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    bench.engine.slow(Call::Stop, Duration::from_secs(5));
    let impatient =
        tokio::time::timeout(Duration::from_secs(1), bench.generator.apply(config(&[("CONCURRENCY", "8")])));
    assert!(impatient.await.is_err());
    sleep(Duration::from_secs(10)).await;
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "8");
    assert_eq!((bench.engine.state(NAME), bench.engine.names()), (State::Running, vec![NAME.to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_start_signal_that_nobody_took_does_not_lie_about() {
    let bench = fake();
    let signal = bench.path().join("loadgen.start");
    std::fs::write(&signal, "old").unwrap();
    bench.generator.start(Some(config(&[])), false).await.unwrap();
    assert!(!signal.exists());
    // a waiting one that never takes its signal is not called started, and the signal is taken back
    bench.generator.stop(Some(TIMEOUT)).await.unwrap();
    let refused = bench.generator.start(Some(config(&[("AUTO_START", "false")])), false).await.unwrap_err();
    assert!(refused.to_string().contains("start signal"), "{refused}");
    assert!(!signal.exists());
}
