//! Backfill calendars: every day its visits, within the day, also where the clock or the calendar jumps.

use jiff::{
    Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use settings::{ArrivalProcess, Backfill, Shape};
use traffic::{Kind, Schedule, Start};

use crate::support::{model, settings, visits};

const FAR: i64 = 4_000_000_000_000_000;

fn window(first_day: Date, last_day: Date, visits_per_day: u64) -> Backfill {
    Backfill {
        first_day,
        last_day,
        visits_per_day,
        visits_total: None,
        requests_per_second: None,
        seed: None,
        run_once: false,
    }
}

fn schedule(
    backfill: &Backfill,
    shape: Shape,
    process: ArrivalProcess,
    zone: &str,
    seed: u64,
    now_us: i64,
) -> Schedule {
    let mut settings = settings(&[]);
    settings.arrivals.shape = shape;
    settings.arrivals.process = process;
    settings.arrivals.time_zone = TimeZone::get(zone).unwrap();
    Schedule::backfill(backfill, &settings.arrivals, &settings.visits, seed, now_us)
}

fn local(zone: &str, at_us: i64) -> jiff::civil::DateTime {
    TimeZone::get(zone).unwrap().to_datetime(Timestamp::from_microsecond(at_us).unwrap())
}

/// A window of three days around `day`, whose real length is `minutes`.
#[track_caller]
fn check_day(zone: &str, day: Date, minutes: i64) {
    let time_zone = TimeZone::get(zone).unwrap();
    let start_of = |day: Date| day.to_zoned(time_zone.clone()).unwrap().timestamp().as_microsecond();
    let (start, end) = (start_of(day), start_of(day.tomorrow().unwrap()));
    assert_eq!((end - start) / 60_000_000, minutes, "length of {day} in {zone}");
    let window = window(day.yesterday().unwrap(), day.tomorrow().unwrap(), 2500);
    for shape in [Shape::Flat, Shape::Daily, Shape::Weekly] {
        for process in [ArrivalProcess::Poisson, ArrivalProcess::Even] {
            let schedule = schedule(&window, shape, process, zone, 1, FAR);
            let all: Vec<Start> = schedule.cursor(0).collect();
            let total = if minutes == 0 { 5000 } else { 7500 };
            assert_eq!(all.len(), total);
            assert_eq!(schedule.total(), Some(total as u64));
            assert!(
                all.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us),
                "days in order, starts in order"
            );
            for start in &all {
                assert_eq!(local(zone, start.at_us).date(), schedule.day(start.index).unwrap());
            }
            for start in all.iter().step_by(61) {
                assert_eq!(schedule.at(start.index), Some(start.at_us));
            }
            let today = all.iter().filter(|visit| schedule.day(visit.index) == Some(day));
            let moments: Vec<i64> = today.map(|visit| visit.at_us).collect();
            assert_eq!(moments.len(), if minutes == 0 { 0 } else { 2500 });
            assert!(moments.iter().all(|at| (start..end).contains(at)));
            if shape == Shape::Flat && minutes > 0 {
                // Every real hour has its share: none is doubled, none is empty.
                let per_hour = 2500.0 * 60.0 / minutes as f64;
                for hour in 0..minutes / 60 {
                    let from = start + hour * 3_600_000_000;
                    let count =
                        moments.iter().filter(|&&at| (from..from + 3_600_000_000).contains(&at)).count();
                    let error = count as f64 - per_hour;
                    assert!(error.abs() < 5.0 * per_hour.sqrt(), "hour {hour}: {count}, wanted {per_hour}");
                }
            }
            assert_eq!(schedule.at(total as u64), None);
            assert_eq!(schedule.day(total as u64), None);
            assert_eq!(
                schedule.index_at(start),
                if minutes == 0 { 2500 } else { schedule.index_at(start - 1) }
            );
        }
    }
}

#[test]
fn berlin_has_days_of_23_and_25_hours() {
    check_day("Europe/Berlin", date(2026, 3, 29), 23 * 60);
    check_day("Europe/Berlin", date(2026, 10, 25), 25 * 60);
    check_day("Europe/Berlin", date(2026, 6, 1), 24 * 60);
}

#[test]
fn new_york_has_days_of_23_and_25_hours() {
    check_day("America/New_York", date(2026, 3, 8), 23 * 60);
    check_day("America/New_York", date(2026, 11, 1), 25 * 60);
}

#[test]
fn lord_howe_moves_its_clock_by_half_an_hour() {
    check_day("Australia/Lord_Howe", date(2026, 4, 5), 24 * 60 + 30);
    check_day("Australia/Lord_Howe", date(2026, 10, 4), 23 * 60 + 30);
}

#[test]
fn kathmandu_once_moved_its_clock_by_a_quarter() {
    check_day("Asia/Kathmandu", date(1986, 1, 1), 23 * 60 + 45);
    check_day("Asia/Kathmandu", date(2026, 1, 1), 24 * 60);
}

#[test]
fn apia_left_out_a_day() {
    check_day("Pacific/Apia", date(2011, 12, 30), 0);
}

#[test]
fn clocks_that_are_set_back_across_midnight_give_no_day_twice() {
    // At 00:01 on 1 November 2009 the clock of St. John's went back to 23:01 on 31 October.
    let zone = "America/St_Johns";
    let window = window(date(2009, 10, 30), date(2009, 11, 3), 1000);
    let schedule = schedule(&window, Shape::Daily, ArrivalProcess::Poisson, zone, 1, FAR);
    let all: Vec<Start> = schedule.cursor(0).collect();
    assert_eq!(all.len(), 5000);
    assert!(all.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
}

#[test]
fn the_day_is_shaped() {
    let window = window(date(2026, 3, 28), date(2026, 3, 30), 20_000);
    let schedule = schedule(&window, Shape::Daily, ArrivalProcess::Poisson, "Europe/Berlin", 1, FAR);
    let mut hours = [0_u32; 24];
    for start in schedule.cursor(20_000).take(20_000) {
        hours[local("Europe/Berlin", start.at_us).hour() as usize] += 1;
    }
    assert_eq!(hours[2], 0, "the hour that is left out in spring has no visits");
    assert!(hours[20] > 4 * hours[4], "{hours:?}");
}

#[test]
fn the_total_cuts_the_end() {
    let mut window = window(date(2026, 1, 1), date(2026, 1, 31), 2000);
    window.visits_total = Some(5000);
    let schedule = schedule(&window, Shape::Flat, ArrivalProcess::Poisson, "UTC", 1, FAR);
    assert_eq!(schedule.total(), Some(5000));
    assert_eq!(schedule.cursor(4990).count(), 10);
    assert_eq!(schedule.day(4999), Some(date(2026, 1, 3)));
    assert_eq!((schedule.at(5000), schedule.day(5000)), (None, None));
}

#[test]
fn guarantee_3_no_time_lies_in_the_future() {
    let now = "2026-06-15T12:00:00Z".parse::<Timestamp>().unwrap().as_microsecond();
    let vars = [
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_START_DATE", "2026-06-13"),
        ("BACKFILL_END_DATE", "2026-06-15"),
        ("TARGET_VISITS_PER_DAY", "3000"),
        ("BACKFILL_MAX_VISITS_PER_DAY", "3000"),
    ];
    let settings = settings(&vars);
    let backfill = settings.backfill.as_ref().unwrap();
    let model = model(&vars, 1);
    let schedule = Schedule::backfill(backfill, &settings.arrivals, &settings.visits, 1, now);
    let total = schedule.total().unwrap();
    assert!((7300..7600).contains(&total), "two days and a half: {total}");
    for (visit, start) in visits(&model, 0..total).zip(schedule.cursor(0)) {
        let last = visit.hits.last().unwrap().offset_ms;
        assert!(start.at_us + i64::from(last) * 1000 <= now);
    }
    let shorter = schedule.clone().ending_before(now, 6 * 3_600_000);
    assert!(shorter.total().unwrap() < total - 600);
    assert!(shorter.cursor(0).all(|start| start.at_us <= now - 6 * 3_600_000_000));
}

#[test]
fn guarantee_3_no_journey_and_no_funnel_reaches_into_the_future() {
    let now = "2026-06-15T12:00:00Z".parse::<Timestamp>().unwrap().as_microsecond();
    let mut settings = settings(&[("JOURNEY_MIX", "researcher=1")]);
    settings.backfill = Some(window(date(2026, 6, 14), date(2026, 6, 15), 2000));
    let backfill = settings.backfill.as_ref().unwrap();
    let steps = [(0, 3_600_000), (3_600_000, 3_600_000)]
        .map(|delay_ms| traffic::Step { delay_ms, kind: traffic::StepKind::PageView { page: 1 } });
    let funnel = traffic::Funnel { probability: 0.3, steps: steps.into(), ..traffic::Funnel::default() };
    for funnels in [vec![], vec![funnel]] {
        let content = traffic::Content { funnels, ..traffic::Content::built_in() };
        let model = traffic::Model::new(&settings, std::sync::Arc::new(content), 1);
        let schedule = Schedule::backfill(backfill, &settings.arrivals, &settings.visits, 1, now);
        let schedule = schedule.ending_before(now, model.longest_visit_ms());
        assert!(schedule.total().unwrap() > 2500);
        for (visit, start) in visits(&model, 0..4000).zip(schedule.cursor(0)) {
            assert!(start.at_us + i64::from(visit.hits.last().unwrap().offset_ms) * 1000 <= now);
        }
    }
}

#[test]
fn a_window_in_the_future_is_empty() {
    let window = window(date(2026, 6, 1), date(2026, 6, 2), 100);
    let schedule = schedule(&window, Shape::Flat, ArrivalProcess::Even, "UTC", 1, 1_000_000);
    assert_eq!((schedule.total(), schedule.at(0)), (Some(0), None));
}

#[test]
fn a_day_is_the_same_whatever_window_it_is_part_of() {
    let moments = |first: Date, skip: usize| {
        let window = window(first, date(2026, 5, 10), 3000);
        let schedule = schedule(&window, Shape::Daily, ArrivalProcess::Poisson, "Europe/Berlin", 4, FAR);
        schedule.cursor(0).skip(skip).take(3000).map(|start| start.at_us).collect::<Vec<_>>()
    };
    assert_eq!(moments(date(2026, 5, 1), 12_000), moments(date(2026, 5, 5), 0));
}

#[test]
fn the_seed_of_the_backfill_takes_the_place_of_the_run_s() {
    let mut one = window(date(2026, 5, 1), date(2026, 5, 3), 500);
    one.seed = Some(8);
    let moments = |window: &Backfill, seed| {
        let schedule = schedule(window, Shape::Flat, ArrivalProcess::Poisson, "UTC", seed, FAR);
        schedule.cursor(0).collect::<Vec<_>>()
    };
    assert_eq!(moments(&one, 1), moments(&one, 2));
    one.seed = None;
    assert_ne!(moments(&one, 1), moments(&one, 2));
}

#[test]
fn in_a_backfill_visitors_return_two_days_later_at_the_earliest_and_in_order() {
    let vars = [
        ("BACKFILL_ENABLED", "true"),
        ("BACKFILL_START_DATE", "2026-05-01"),
        ("BACKFILL_END_DATE", "2026-05-20"),
        ("TARGET_VISITS_PER_DAY", "500"),
        ("RETURNING_VISITORS_PROBABILITY", "0.5"),
    ];
    let model = model(&vars, 1);
    let mut last = std::collections::HashMap::new();
    let mut returned = 0;
    for visit in visits(&model, 0..10_000) {
        assert!(visit.hits.iter().all(|hit| hit.kind != Kind::Ping || hit.offset_ms > 0));
        let day = visit.index / 500;
        returned += u64::from(visit.returning);
        if let Some(before) = last.insert(visit.visitor, day) {
            assert!(day >= before + 2);
        }
    }
    assert!((4300..4700).contains(&returned), "{returned} of 9,000");
}
