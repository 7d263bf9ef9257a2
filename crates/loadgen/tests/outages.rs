//! Targets that fail in every way that targets do, against a receiver that counts: after each, what was recorded
//! lies between what was acknowledged and that plus what is unknown, and the log says what to do.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

mod support;

use support::{Loadgen, Ran, Sink, TOKEN, assert_law, dead_url, wait_until};

/// Both transports must stand every test below.
macro_rules! in_both_transports {
    ($($name:ident)*) => {
        mod single {
            $(#[test] fn $name() { super::$name("single"); })*
        }
        mod bulk {
            $(#[test] fn $name() { super::$name("bulk"); })*
        }
    };
}

in_both_transports! {
    a_target_that_is_down_from_the_start
    a_target_that_goes_down_in_the_middle_and_comes_back
    a_target_that_resets_everything_for_a_while
    a_wrong_token
    a_wrong_site
    a_name_that_does_not_resolve
    errors_500
    errors_503
    a_rate_limit_with_retry_after
    a_target_that_fails_for_good
    a_slow_target
    connections_that_are_cut_before_the_hit_is_recorded
    connections_that_are_cut_after_the_hit_was_recorded
    connections_that_are_cut_inside_the_answer
    half_an_answer
    a_target_that_hangs_before_it_records
    a_target_that_hangs_after_it_recorded
    hits_that_are_dropped_without_a_word
}

const VISITS: &str = "--visits=60";

fn vars<'a>(transport: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual =
        [("TRANSPORT", transport), ("BULK_SIZE", "20"), ("CONCURRENCY", "8"), ("REQUEST_RETRIES", "9")];
    usual.into_iter().chain(more.iter().copied()).collect()
}

fn run(sink: &Sink, transport: &str, more: &[(&str, &str)]) -> Ran {
    let ran = Loadgen::new(&sink.url, &vars(transport, more)).arg(VISITS).run();
    assert_accounted(sink, &ran);
    ran
}

/// The run's own books are right, and the receiver's say the same.
fn assert_accounted(sink: &Sink, ran: &Ran) {
    ran.assert_conserved();
    assert_law(ran.count("/hits/acknowledged"), ran.count("/hits/unknown"), sink.recorded(), &ran.stderr);
}

/// The same while `plan` goes wrong; also proves that it did.
fn under(plan: &str, transport: &str, more: &[(&str, &str)]) -> (Sink, Ran) {
    let sink = Sink::with(|config| plan.clone_into(&mut config.faults));
    let ran = run(&sink, transport, more);
    assert_eq!(ran.count("/hits/not_yet_sent"), 0, "{}", ran.stderr);
    (sink, ran)
}

/// Every hit got through in the end.
fn assert_all_acknowledged(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(ran.count("/hits/acknowledged"), ran.count("/hits/planned"), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/completed"), 60, "{}", ran.stderr);
}

fn assert_said(ran: &Ran, remedy: &str) {
    assert!(ran.stderr.contains(remedy), "the log does not say {remedy:?}:\n{}", ran.stderr);
}

fn a_target_that_is_down_from_the_start(transport: &str) {
    let ran = Loadgen::new(&dead_url(), &vars(transport, &[("REQUEST_RETRIES", "1")])).arg(VISITS).run();
    assert_eq!(ran.code, Some(69), "{}", ran.stderr);
    ran.assert_conserved();
    assert_eq!(ran.count("/hits/failed"), ran.count("/hits/planned"), "{}", ran.stderr);
    assert_eq!(ran.count("/requests/sent"), 0);
    assert_said(&ran, "is the target up and reachable from here?");
}

fn a_target_that_goes_down_in_the_middle_and_comes_back(transport: &str) {
    let mut sink = Sink::start();
    let (generator, log) = Loadgen::new(&sink.url, &vars(transport, &[])).arg("--visits=200").log_to_file();
    let (child, dir) = generator.spawn();
    wait_until("some hits", || sink.recorded() >= 100);
    sink.stop();
    wait_until("the log to tell of it", || std::fs::read_to_string(&log).unwrap().contains("cannot connect"));
    sink.start_again();
    let mut ran = Ran::new(child.wait_with_output().unwrap(), dir);
    ran.stderr = std::fs::read_to_string(&log).unwrap();
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_accounted(&sink, &ran);
    assert_eq!(ran.count("/visits/completed") + ran.count("/visits/failed"), ran.count("/visits/started"));
    assert_eq!(ran.count("/hits/failed"), 0, "it came back within the retries\n{}", ran.stderr);
    assert!(ran.count("/hits/unknown") <= 40, "only what was in flight is unknown\n{}", ran.stderr);
    assert!(sink.recorded() > 500, "{}", ran.stderr);
    assert_said(&ran, "is the target up and reachable from here?");
}

fn a_target_that_resets_everything_for_a_while(transport: &str) {
    let (_sink, ran) = under("refuse=0.6@after=12,for=1", transport, &[]);
    assert_eq!(ran.count("/hits/failed"), 0, "{}", ran.stderr);
    assert_said(&ran, "is the target up and reachable from here?");
}

fn a_wrong_token(transport: &str) {
    let token = "ffffffffffffffffffffffffffffffff";
    let sink = Sink::start();
    let ran = run(&sink, transport, &[("RANDOMIZE_VISITOR_COUNTRIES", "true"), ("MATOMO_TOKEN_AUTH", token)]);
    assert_eq!(ran.count("/hits/refused"), ran.count("/hits/planned"), "{}", ran.stderr);
    assert_eq!(sink.recorded(), 0);
    assert_said(&ran, "MATOMO_TOKEN_AUTH has write access to that site");
    assert!(!ran.stderr.contains(token) && !ran.stdout.contains(token), "the token is in the log");
}

fn a_wrong_site(transport: &str) {
    let sink = Sink::start();
    let ran = run(&sink, transport, &[("MATOMO_SITE_ID", "999"), ("MATOMO_TOKEN_AUTH", TOKEN)]);
    assert_eq!(ran.count("/hits/refused"), ran.count("/hits/planned"), "{}", ran.stderr);
    assert_eq!(ran.count("/visits/completed"), 0);
    assert_said(&ran, "check MATOMO_SITE_ID");
}

fn a_name_that_does_not_resolve(transport: &str) {
    let url = "http://matomo.invalid/matomo.php";
    let ran = Loadgen::new(url, &vars(transport, &[("REQUEST_RETRIES", "1")])).arg(VISITS).run();
    assert_eq!(ran.code, Some(69), "{}", ran.stderr);
    ran.assert_conserved();
    assert_eq!(ran.count("/hits/failed"), ran.count("/hits/planned"), "{}", ran.stderr);
    assert_said(&ran, "cannot resolve matomo.invalid");
    assert_said(&ran, "check the host in MATOMO_URL and this machine's DNS");
}

fn errors_500(transport: &str) {
    let (_sink, ran) = under("status=500@rate=0.3; seed=1", transport, &[]);
    assert_all_acknowledged(&ran);
    assert!(ran.count("/requests/retried") > 0);
    assert_said(&ran, "500: the server failed; its error log says why");
}

fn errors_503(transport: &str) {
    let (_sink, ran) = under("status=503@rate=0.3; seed=2", transport, &[]);
    assert_all_acknowledged(&ran);
    assert_said(&ran, "503: the server failed; its error log says why");
}

fn a_rate_limit_with_retry_after(transport: &str) {
    let (_sink, ran) = under("status=429:1@after=5,for=3", transport, &[]);
    assert_all_acknowledged(&ran);
    assert!(ran.count("/requests/retried") >= 3);
    assert_said(&ran, "429: a rate limit before Matomo; lower the rate, or lift the limit for us");
}

fn a_target_that_fails_for_good(transport: &str) {
    let (sink, ran) = under("status=502@after=5", transport, &[("REQUEST_RETRIES", "2")]);
    assert!(ran.count("/hits/failed") > 0, "{}", ran.stderr);
    assert_eq!(sink.recorded(), ran.count("/hits/acknowledged"), "a 502 leaves nothing in doubt");
    assert_said(&ran, "502: the web server has no answer from PHP");
}

fn a_slow_target(transport: &str) {
    let (_sink, ran) = under("latency=150~100", transport, &[("CONCURRENCY", "60")]);
    assert_all_acknowledged(&ran);
}

fn connections_that_are_cut_before_the_hit_is_recorded(transport: &str) {
    let (sink, ran) = under("reset@rate=0.2; seed=3", transport, &[]);
    assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
    assert!(sink.recorded() < ran.count("/hits/acknowledged") + ran.count("/hits/unknown"), "{}", ran.stderr);
    assert_said(&ran, "look for crashes and limits in the error log of the target");
}

fn connections_that_are_cut_after_the_hit_was_recorded(transport: &str) {
    let (sink, ran) = under("reset-after@rate=0.2; seed=4", transport, &[]);
    let most = ran.count("/hits/acknowledged") + ran.count("/hits/unknown");
    assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
    assert_eq!(sink.recorded(), most, "all of the unknown ones were recorded, each once");
    assert_said(&ran, "may be recorded and is not sent again");
}

fn connections_that_are_cut_inside_the_answer(transport: &str) {
    let (sink, ran) = under("reset-mid@rate=0.2; seed=5", transport, &[]);
    let most = ran.count("/hits/acknowledged") + ran.count("/hits/unknown");
    assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
    assert_eq!(sink.recorded(), most, "{}", ran.stderr);
}

fn half_an_answer(transport: &str) {
    let (sink, ran) = under("half@rate=0.2; seed=6", transport, &[]);
    let most = ran.count("/hits/acknowledged") + ran.count("/hits/unknown");
    assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
    assert_eq!(sink.recorded(), most);
    assert_said(&ran, "half an answer");
    assert_said(&ran, "look for crashes and limits in the target's error log");
}

fn a_target_that_hangs_before_it_records(transport: &str) {
    let (sink, ran) = under("hang@after=6,for=3", transport, &[("REQUEST_TIMEOUT", "0.5")]);
    assert!(ran.count("/hits/unknown") >= 3, "{}", ran.stderr);
    assert!(sink.recorded() < ran.count("/hits/acknowledged") + ran.count("/hits/unknown"), "{}", ran.stderr);
    assert_said(&ran, "lower the rate, or raise REQUEST_TIMEOUT");
}

fn a_target_that_hangs_after_it_recorded(transport: &str) {
    let (sink, ran) = under("hang-after@after=6,for=3", transport, &[("REQUEST_TIMEOUT", "0.5")]);
    let most = ran.count("/hits/acknowledged") + ran.count("/hits/unknown");
    assert!(ran.count("/hits/unknown") >= 3, "{}", ran.stderr);
    assert_eq!(sink.recorded(), most, "what is unknown was recorded once, as it was not sent again");
    assert_said(&ran, "lower the rate, or raise REQUEST_TIMEOUT");
}

/// The one fault that no answer tells of: only what the target counted shows it.
fn hits_that_are_dropped_without_a_word(transport: &str) {
    let sink = Sink::with(|config| "drop=1/4; seed=7".clone_into(&mut config.faults));
    let ran = Loadgen::new(&sink.url, &vars(transport, &[])).arg(VISITS).run();
    ran.assert_conserved();
    assert_all_acknowledged(&ran);
    assert!(sink.count("/hits/lost") > 0);
    // A ping whose visit was dropped finds none, and is ignored.
    let kept_or_lost = sink.recorded() + sink.count("/hits/lost") + sink.count("/hits/ignored");
    assert_eq!(kept_or_lost, ran.count("/hits/acknowledged"));
}

/// What only bulk bodies can suffer.
mod bulk_only {
    use super::*;

    #[test]
    fn a_body_that_is_tracked_in_half_leaves_the_rest_unknown() {
        let (sink, ran) = under("bulk-half@after=2,for=4", "bulk", &[]);
        assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
        // More than was lost: where a visit's earlier hits are in doubt, a ping that was answered proves nothing.
        assert!(ran.count("/hits/unknown") >= sink.count("/hits/lost"), "{}", ran.stderr);
        assert_said(&ran, "the target counted fewer hits of a bulk request than it was sent");
        assert_said(&ran, "lower BULK_SIZE if it ran out of time");
    }

    #[test]
    fn a_body_that_was_rolled_back_goes_out_again_and_is_recorded_once() {
        let (sink, ran) = under("bulk-rollback@after=1,for=5", "bulk", &[]);
        assert_all_acknowledged(&ran);
        assert_eq!(sink.recorded(), ran.count("/hits/acknowledged"), "recorded once");
        assert!(ran.count("/requests/retried") >= 5);
        assert_said(&ran, "nothing of the body was stored; if it goes on, lower BULK_CONNECTIONS");
    }

    #[test]
    fn deadlocks_by_chance_cost_no_hit() {
        let (sink, ran) = under("deadlock=0.2; seed=8", "bulk", &[("BULK_CONNECTIONS", "4")]);
        assert_all_acknowledged(&ran);
        assert_eq!(sink.recorded(), ran.count("/hits/acknowledged"));
        assert_said(&ran, "fewer streams for a while");
    }

    #[test]
    fn a_body_that_is_always_rolled_back_is_given_up_as_failed() {
        let (sink, ran) = under("bulk-rollback@after=3", "bulk", &[("REQUEST_RETRIES", "2")]);
        assert!(ran.count("/hits/failed") > 0);
        assert_eq!(sink.recorded(), ran.count("/hits/acknowledged"));
        assert_eq!(
            ran.count("/visits/completed") + ran.count("/visits/failed"),
            ran.count("/visits/started")
        );
    }

    #[test]
    fn a_body_answered_without_counts_is_unknown_and_not_sent_again() {
        let (sink, ran) = under("bulk-no-counts@after=2,for=3", "bulk", &[]);
        let most = ran.count("/hits/acknowledged") + ran.count("/hits/unknown");
        assert!(ran.count("/hits/unknown") > 0, "{}", ran.stderr);
        assert_eq!(sink.recorded(), most);
        assert_said(&ran, "it does not say how many hits were recorded");
    }
}
