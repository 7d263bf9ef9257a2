//! A re-creation that fails at any step leaves the old unit as it was, and one that was interrupted is finished or undone.

use control::engine::{
    State,
    change::{Aftermath, ChangeError},
    fake::Call,
};

use crate::support::{NAME, config, fake};

/// Fails one call of an apply in each state, and looks at what is left.
async fn fail_at(call: Call, state: State) {
    let bench = fake();
    bench.generator.start(Some(config(&[("CONCURRENCY", "7")])), false).await.unwrap();
    match state {
        State::Paused => bench.engine.freeze(NAME),
        State::Stopped => bench.engine.end(NAME, 0),
        _ => {}
    }
    let files = std::fs::read_dir(bench.path().join("secrets")).map_or(0, Iterator::count);
    bench.engine.refuse_next(call, "out of order");
    let refused = bench.generator.apply(config(&[("CONCURRENCY", "8")])).await;
    let Err(ChangeError::RolledBack { after, .. }) = &refused else {
        panic!("{call:?} in {state}: {refused:?}")
    };
    let untouched = *after == Aftermath::Untouched;
    assert!(untouched || *after == Aftermath::Back(state), "{call:?} in {state}: {after}");
    assert_eq!(bench.engine.names(), [NAME], "{call:?} in {state}");
    assert_eq!(bench.engine.state(NAME), state, "{call:?} in {state}");
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "7", "{call:?} in {state}");
    assert_eq!(bench.generator.view().state(), state, "{call:?} in {state}");
    assert_eq!(std::fs::read_dir(bench.path().join("secrets")).map_or(0, Iterator::count), files);
}

#[tokio::test(start_paused = true)]
async fn whatever_fails_the_old_one_is_back() {
    for state in [State::Running, State::Paused, State::Stopped] {
        for call in [Call::Create, Call::Rename] {
            fail_at(call, state).await;
        }
    }
    for state in [State::Running, State::Paused] {
        fail_at(Call::Stop, state).await;
        fail_at(Call::Start, state).await;
    }
    fail_at(Call::Pause, State::Paused).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_one_that_falls_makes_room_for_the_old_one_and_its_words_are_told() {
    let bench = fake();
    let is_13 = |env: &control::engine::configuration::Vars| {
        env.get("CONCURRENCY").is_some_and(|value| value == "13")
    };
    bench.engine.set_fate(move |env| is_13(env).then_some(64));
    let token = ("MATOMO_TOKEN_AUTH", "c0ffee00c0ffee00c0ffee00c0ffee00");
    bench.generator.start(Some(config(&[token])), false).await.unwrap();
    let old = bench.engine.env(NAME).unwrap();
    let other = ("MATOMO_TOKEN_AUTH", "decaf000decaf000decaf000decaf000");
    let refused = bench.generator.apply(config(&[("CONCURRENCY", "13"), other])).await.unwrap_err();
    assert!(refused.to_string().contains("ended with 64"), "{refused}");
    assert!(refused.to_string().contains("the one before is back, and running"), "{refused}");
    assert_eq!(bench.engine.env(NAME), Some(old.clone()));
    assert_eq!(bench.generator.folder().token(&old).as_deref(), Some(token.1));
    // no token file is left of the one that fell
    assert_eq!(std::fs::read_dir(bench.path().join("secrets")).unwrap().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_goes_away_half_way_is_waited_for() {
    let bench = fake();
    bench.generator.start(Some(config(&[("CONCURRENCY", "7")])), false).await.unwrap();
    bench.engine.slow(Call::Start, std::time::Duration::from_secs(1));
    let generator = bench.generator.clone();
    let applying = tokio::spawn(async move { generator.apply(config(&[("CONCURRENCY", "8")])).await });
    // the new one is being started
    while !bench.engine.names().iter().any(|name| name.contains("previous")) {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    bench.engine.set_away(true);
    tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    bench.engine.set_away(false);
    let refused = applying.await.unwrap().unwrap_err();
    assert!(
        matches!(refused, ChangeError::RolledBack { after: Aftermath::Back(State::Running), .. }),
        "{refused}"
    );
    assert_eq!(bench.engine.names(), [NAME]);
    assert_eq!(bench.engine.env(NAME).unwrap()["CONCURRENCY"], "7");
}

/// Interrupts an apply before its n-th call, as `kill -9` does, and starts a new control plane.
async fn interrupt(calls: usize) -> Option<(String, State)> {
    let bench = fake();
    bench.generator.start(Some(config(&[("CONCURRENCY", "7")])), false).await.unwrap();
    let before = bench.engine.calls().len();
    let all = [Call::Create, Call::Start, Call::Stop, Call::Rename, Call::Remove];
    for call in all {
        bench.engine.slow(call, std::time::Duration::from_millis(100));
    }
    // A runtime of its own ends in the middle of what it does.
    let engine = bench.engine.clone();
    let dir = bench.path().to_owned();
    let interrupted = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let place = control::engine::Place::new(NAME, dir.clone(), dir.join("loadgen.start"));
            let generator = control::engine::LoadGenerator::new(
                std::sync::Arc::new(engine.clone()),
                place,
                std::sync::Arc::default(),
            );
            let applying = generator.apply(config(&[("CONCURRENCY", "8")]));
            let enough = async {
                while engine.calls().len() < before + calls {
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            };
            tokio::select! {
                _ = applying => true,
                () = enough => false,
            }
        })
    });
    let finished = interrupted.join().unwrap();
    let engine = bench.engine.clone();
    let bench = bench.restarted(engine);
    bench.generator.stop(Some(std::time::Duration::from_secs(1))).await.unwrap();
    let done = bench.generator.start(None, false).await.unwrap();
    assert_eq!(done.state, State::Running);
    assert_eq!(bench.engine.names(), [NAME], "interrupted after {calls} calls");
    let concurrency = bench.engine.env(NAME).unwrap()["CONCURRENCY"].clone();
    (!finished).then_some((concurrency, done.state))
}

#[tokio::test(start_paused = true)]
async fn a_kill_at_any_step_is_repaired_at_the_next_start() {
    let mut outcomes = Vec::new();
    for calls in 1..20 {
        match interrupt(calls).await {
            Some((concurrency, _)) => outcomes.push(concurrency),
            None => break,
        }
    }
    assert!(outcomes.len() >= 5, "{outcomes:?}");
    assert!(outcomes.iter().all(|concurrency| concurrency == "7" || concurrency == "8"), "{outcomes:?}");
    assert_eq!(outcomes.first().map(String::as_str), Some("7"));
}
