//! After any sequence of what we do and what others do, we say what the engine says.

use std::time::Duration;

use control::engine::{Engine, State, change::ChangeError, fake::Call};
use proptest::prelude::*;

use crate::support::{Bench, NAME, config, fake, process};

#[derive(Debug, Clone, Copy)]
enum Step {
    Start,
    StartWith { falls: bool, anyway: bool },
    Stop,
    Restart,
    RestartWith { falls: bool },
    Apply { falls: bool },
    Crash,
    StopOutside,
    RemoveOutside,
    Freeze,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Start),
        2 => any::<(bool, bool)>().prop_map(|(falls, anyway)| Step::StartWith { falls, anyway }),
        2 => Just(Step::Stop),
        2 => Just(Step::Restart),
        1 => any::<bool>().prop_map(|falls| Step::RestartWith { falls }),
        3 => any::<bool>().prop_map(|falls| Step::Apply { falls }),
        1 => Just(Step::Crash),
        1 => Just(Step::StopOutside),
        1 => Just(Step::RemoveOutside),
        1 => Just(Step::Freeze),
    ]
}

fn call() -> impl Strategy<Value = Option<Call>> {
    let some = [Call::Create, Call::Start, Call::Stop, Call::Pause, Call::Resume, Call::Rename, Call::Remove];
    prop_oneof![4 => Just(None), 1 => proptest::sample::select(some.to_vec()).prop_map(Some)]
}

/// Does it, and says whether a unit was lost by what we did.
async fn take<E: Engine + Clone>(bench: &Bench<E>, step: Step, number: usize) {
    let concurrency = |falls: bool| if falls { "13".to_owned() } else { (20 + number).to_string() };
    let wanted = |falls: bool| config(&[("CONCURRENCY", &concurrency(falls))]);
    let timeout = Duration::from_secs(5);
    let before = bench.engine.find(NAME).await.unwrap();
    let (generator, engine) = (&bench.generator, &bench.engine);
    let result = match step {
        Step::Start => generator.start(None, false).await,
        Step::StartWith { falls, anyway } => generator.start(Some(wanted(falls)), anyway).await,
        Step::Stop => generator.stop(Some(timeout)).await,
        Step::Restart => generator.restart(None, Some(timeout)).await,
        Step::RestartWith { falls } => generator.restart(Some(wanted(falls)), Some(timeout)).await,
        Step::Apply { falls } => generator.apply(wanted(falls)).await,
        Step::Crash => {
            engine.stop(NAME, Duration::ZERO).await.ok();
            return;
        }
        Step::StopOutside => {
            engine.stop(NAME, timeout).await.ok();
            return;
        }
        Step::RemoveOutside => {
            engine.remove(NAME).await.ok();
            return;
        }
        Step::Freeze => {
            engine.pause(NAME).await.ok();
            return;
        }
    };
    let after = engine.find(NAME).await.unwrap();
    // What we do never loses a unit.
    assert!(before.is_none() || after.is_some(), "{step:?} lost it");
    match result {
        Ok(done) => {
            let state = after.as_ref().map_or(State::NotFound, |unit| unit.state);
            assert_eq!(done.state, state, "{step:?}: {}", done.message);
        }
        // A new one that failed leaves the old one as it was.
        Err(ChangeError::RolledBack { after: aftermath, .. }) => {
            let (before, after) = (before.unwrap(), after.unwrap());
            assert_eq!((&before.id, before.state), (&after.id, after.state), "{step:?}: {aftermath}");
        }
        Err(_) => {}
    }
}

async fn agree<E: Engine + Clone>(bench: &Bench<E>, step: Step) {
    let really = bench.engine.find(NAME).await.unwrap().map_or(State::NotFound, |unit| unit.state);
    assert_eq!(bench.generator.look().await.state(), really, "after {step:?}");
    for aside in ["next", "previous"]
        .iter()
        .flat_map(|side| ["still", "active", "frozen"].map(|what| format!("{side}-{what}")))
    {
        let left = bench.engine.find(&format!("{NAME}.{aside}")).await.unwrap();
        assert!(left.is_none(), "{aside} is left behind after {step:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn on_a_remembered_engine(steps in proptest::collection::vec((step(), call()), 1..15)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let bench = fake();
            bench.engine.set_fate(|env| env.get("CONCURRENCY").is_some_and(|value| value == "13").then_some(64));
            for (number, (step, fault)) in steps.into_iter().enumerate() {
                let ours = !matches!(step, Step::Crash | Step::StopOutside | Step::RemoveOutside | Step::Freeze);
                if let Some(fault) = fault.filter(|fault| ours && *fault != Call::Remove) {
                    bench.engine.refuse_next(fault, "out of order");
                }
                take(&bench, step, number).await;
                bench.engine.forgive();
                agree(&bench, step).await;
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn on_real_processes(steps in proptest::collection::vec(step(), 1..8)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let bench = process();
            for (number, step) in steps.into_iter().enumerate() {
                take(&bench, step, number).await;
                agree(&bench, step).await;
            }
            bench.engine.remove(NAME).await.unwrap();
        });
    }
}
