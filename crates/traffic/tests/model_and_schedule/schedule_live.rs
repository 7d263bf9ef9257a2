//! Guarantee 5, the schedule's half: exact rates for every shape, Poisson gaps, and random access.

use jiff::{Timestamp, civil::date, tz::TimeZone};
use proptest::prelude::*;
use settings::{ArrivalProcess, Arrivals, Shape};
use traffic::{Schedule, Start};

const ZONES: [&str; 6] =
    ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"];
const SHAPES: [Shape; 3] = [Shape::Flat, Shape::Daily, Shape::Weekly];
const PROCESSES: [ArrivalProcess; 2] = [ArrivalProcess::Poisson, ArrivalProcess::Even];

fn arrivals(visits_per_day: f64, process: ArrivalProcess, shape: Shape, zone: &str) -> Arrivals {
    Arrivals { visits_per_day, process, shape, time_zone: TimeZone::get(zone).unwrap() }
}

fn us(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_microsecond()
}

#[test]
fn guarantee_5_the_rate_is_exact_over_weeks_for_every_shape_in_every_zone() {
    for zone in ZONES {
        let time_zone = TimeZone::get(zone).unwrap();
        let midnight = |day: jiff::civil::Date| day.to_zoned(time_zone.clone()).unwrap().timestamp();
        for shape in SHAPES {
            for process in PROCESSES {
                let schedule =
                    Schedule::live(&arrivals(300_000.0, process, shape, zone), 1, us("2026-01-13T07:31:00Z"));
                // Weeks with and without a change of the clock, in both hemispheres, and many weeks.
                for (first, last) in [
                    (date(2026, 2, 2), date(2026, 2, 9)),
                    (date(2026, 3, 2), date(2026, 3, 9)),
                    (date(2026, 3, 23), date(2026, 3, 30)),
                    (date(2026, 3, 30), date(2026, 4, 6)),
                    (date(2026, 10, 19), date(2026, 11, 9)),
                    (date(2026, 2, 2), date(2027, 2, 1)),
                ] {
                    let (from, to) = (midnight(first), midnight(last));
                    let count =
                        schedule.index_at(to.as_microsecond()) - schedule.index_at(from.as_microsecond());
                    let days = to.duration_since(from).as_secs_f64() / 86_400.0;
                    let error = count as f64 / (300_000.0 * days) - 1.0;
                    assert!(
                        error.abs() < 0.001,
                        "{zone} {shape:?} {process:?} from {first} to {last}: {error:+.5}"
                    );
                }
            }
        }
    }
}

#[test]
fn guarantee_5_poisson_gaps_pass_a_kolmogorov_smirnov_test() {
    for (seed, per_day) in [(1, 20_000.0), (2, 1e6), (3, 5e8)] {
        let arrivals = arrivals(per_day, ArrivalProcess::Poisson, Shape::Flat, "UTC");
        let starts: Vec<f64> = Schedule::live(&arrivals, seed, 0)
            .cursor(0)
            .take(50_001)
            .map(|start| start.at_us as f64)
            .collect();
        let mut gaps: Vec<f64> =
            starts.windows(2).map(|pair| (pair[1] - pair[0]) * per_day / 86_400e6).collect();
        gaps.sort_by(f64::total_cmp);
        let n = gaps.len() as f64;
        let furthest = gaps.iter().enumerate().fold(0.0, |furthest: f64, (i, gap)| {
            let wanted = 1.0 - (-gap).exp();
            furthest.max((wanted - i as f64 / n).abs()).max((wanted - (i as f64 + 1.0) / n).abs())
        });
        // At the fastest rate a gap is 173 us and times are whole microseconds: that adds a 173rd.
        let rounding = per_day / 86_400e6;
        let critical = 1.63 / n.sqrt() + rounding;
        assert!(
            furthest < critical,
            "{per_day} a day: {furthest} from the exponential, 1% critical at {critical}"
        );
    }
}

#[test]
fn counts_a_minute_vary_as_a_poisson_process_varies() {
    // 100 a minute: far fewer than a block, so a block's fixed sum does not show.
    let arrivals = arrivals(144_000.0, ArrivalProcess::Poisson, Shape::Flat, "UTC");
    let mut counts = vec![0.0; 2000];
    for start in Schedule::live(&arrivals, 4, 0).cursor(0).take_while(|start| start.at_us < 2000 * 60_000_000)
    {
        counts[(start.at_us / 60_000_000) as usize] += 1.0;
    }
    let mean = counts.iter().sum::<f64>() / 2000.0;
    let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / 2000.0;
    assert!((mean - 100.0).abs() < 0.5, "{mean}");
    assert!((0.8..1.05).contains(&(variance / mean)), "variance {variance} at mean {mean}");
}

#[test]
fn even_arrivals_have_equal_gaps() {
    let arrivals = arrivals(86_400.0 * 4.0, ArrivalProcess::Even, Shape::Flat, "Europe/Berlin");
    let start = us("2026-03-29T00:12:34.5Z");
    for (n, visit) in (0_i64..).zip(Schedule::live(&arrivals, 1, start).cursor(0).take(100_000)) {
        let wanted = start + n * 250_000;
        assert!((visit.at_us - wanted).abs() <= 1, "visit {n}: {} instead of {wanted}", visit.at_us);
    }
}

#[test]
fn the_daily_curve_follows_the_local_clock() {
    let time_zone = TimeZone::get("America/New_York").unwrap();
    let arrivals = arrivals(100_000.0, ArrivalProcess::Poisson, Shape::Daily, "America/New_York");
    let (from, to) = (us("2026-03-01T05:00:00Z"), us("2026-03-29T04:00:00Z"));
    let mut hours = [0_u32; 24];
    for start in Schedule::live(&arrivals, 1, from).cursor(0).take_while(|start| start.at_us < to) {
        let local = time_zone.to_datetime(Timestamp::from_microsecond(start.at_us).unwrap());
        hours[local.hour() as usize] += 1;
    }
    let most = (0..24).max_by_key(|&hour| hours[hour]).unwrap();
    let least = (0..24).min_by_key(|&hour| hours[hour]).unwrap();
    assert_eq!(least, 4, "{hours:?}");
    assert!((19..=21).contains(&most), "{hours:?}");
    assert!(hours[11] > hours[9] && hours[11] > hours[14], "{hours:?}");
    assert!(hours[20] > 4 * hours[4], "{hours:?}");
}

#[test]
fn the_weekly_curve_has_quiet_weekends() {
    let arrivals = arrivals(100_000.0, ArrivalProcess::Poisson, Shape::Weekly, "Europe/Berlin");
    let schedule = Schedule::live(&arrivals, 1, us("2026-02-01T23:00:00Z"));
    let day = |n: i64| {
        let midnight = us("2026-02-01T23:00:00Z") + n * 86_400_000_000;
        schedule.index_at(midnight + 86_400_000_000) - schedule.index_at(midnight)
    };
    assert!(day(5) < day(4) && day(5) < day(0), "Saturday {} after Friday {}", day(5), day(4));
    let week: u64 = (0..7).map(day).sum();
    assert!((week as f64 / 700_000.0 - 1.0).abs() < 0.001, "{week}");
}

#[test]
fn any_visit_is_found_without_those_before_it() {
    for shape in SHAPES {
        for process in PROCESSES {
            let arrivals = arrivals(1_000_000.0, process, shape, "Europe/Berlin");
            let schedule = Schedule::live(&arrivals, 9, us("2026-03-28T20:00:00Z"));
            let walked: Vec<Start> = schedule.cursor(0).take(300_000).collect();
            assert!(
                walked
                    .windows(2)
                    .all(|pair| pair[0].at_us <= pair[1].at_us && pair[0].index + 1 == pair[1].index)
            );
            for index in (0..300_000).step_by(7919) {
                let start = walked[index as usize];
                assert_eq!(schedule.at(index), Some(start.at_us));
                assert_eq!(schedule.cursor(index).next(), Some(start));
                let first = schedule.index_at(start.at_us);
                assert_eq!(walked[first as usize].at_us, start.at_us, "the first that is due then");
                assert!(first == 0 || walked[first as usize - 1].at_us < start.at_us);
                assert!(schedule.index_at(start.at_us + 1) > index);
            }
            assert_eq!(schedule.index_at(i64::MIN), 0);
            assert_eq!((schedule.total(), schedule.day(5)), (None, None));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn guarantee_7_a_start_is_the_same_from_wherever_it_is_reached(
        rate in 0.0..10.0_f64,
        (shape, process, zone) in (0..3_usize, 0..2_usize, 0..6_usize),
        seed in any::<u64>(),
        day in -3000..20_000_i64,
        from in 0..10_000_000_u64,
    ) {
        let arrivals = arrivals(10_f64.powf(rate), PROCESSES[process], SHAPES[shape], ZONES[zone]);
        let begin = day * 86_400_000_000 + (seed % 86_400_000_000).cast_signed();
        let schedule = Schedule::live(&arrivals, seed, begin);
        // At one visit a day ten million visits would reach past the end of the calendar.
        let from = from % (10_f64.powf(rate) * 1000.0) as u64;
        let walked: Vec<Start> = schedule.cursor(from).take(1500).collect();
        prop_assert_eq!(walked.len(), 1500);
        prop_assert!(walked[0].at_us >= begin);
        prop_assert!(walked.windows(2).all(|pair| pair[0].at_us <= pair[1].at_us));
        for start in walked.iter().step_by(97) {
            prop_assert_eq!(schedule.at(start.index), Some(start.at_us));
            let first = schedule.index_at(start.at_us);
            prop_assert!(first <= start.index && schedule.at(first) == Some(start.at_us));
            prop_assert!(schedule.index_at(start.at_us + 1) > start.index);
        }
    }
}

#[test]
fn nothing_starts_before_the_start_and_the_first_visit_comes_soon() {
    for shape in SHAPES {
        let arrivals = arrivals(86_400.0, ArrivalProcess::Poisson, shape, "Pacific/Apia");
        let start = us("2011-12-30T09:59:30Z");
        let first = Schedule::live(&arrivals, 1, start).at(0).unwrap();
        assert!((start..start + 60_000_000).contains(&first), "{shape:?}: {} s", (first - start) / 1_000_000);
    }
}

#[test]
fn the_fastest_and_the_slowest_rate_are_met() {
    let start = us("2026-06-15T12:00:00Z");
    let fast = Schedule::live(&arrivals(1e10, ArrivalProcess::Poisson, Shape::Weekly, "UTC"), 1, start);
    let year = start + 365 * 86_400_000_000;
    let error = fast.index_at(year) as f64 / (365.0 * 1e10) - 1.0;
    assert!(error.abs() < 0.001, "{error}");
    let slow = Schedule::live(&arrivals(1.0, ArrivalProcess::Even, Shape::Daily, "UTC"), 1, start);
    for index in 1..100 {
        let days = (slow.at(index).unwrap() - slow.at(0).unwrap()) as f64 / 86_400e6;
        assert!((days - index as f64).abs() < 0.01, "visit {index} after {days} days");
    }
}

#[test]
fn the_seed_decides_the_moments() {
    let arrivals = arrivals(20_000.0, ArrivalProcess::Poisson, Shape::Flat, "UTC");
    let moments = |seed| Schedule::live(&arrivals, seed, 0).cursor(0).take(100).collect::<Vec<_>>();
    assert_eq!(moments(1), moments(1));
    assert_ne!(moments(1), moments(2));
}
