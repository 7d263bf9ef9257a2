//! Differences that are explained, and those that are not.

use jiff::Timestamp;
use ledger::BOOK_VERSION;

use super::*;

const DAY: Date = jiff::civil::date(2026, 1, 5);

fn figures(of: &[(Table, &str, Figure, i64)]) -> DayFigures {
    let mut figures = DayFigures::default();
    for (table, label, figure, count) in of {
        figures.add(*table, label, *figure, Span::exactly(*count));
    }
    figures
}

fn book(figures: DayFigures) -> Book {
    Book {
        schema_version: BOOK_VERSION,
        generation: 1,
        time_zone: "UTC".to_owned(),
        times: Times::Told,
        countries: true,
        gaps: Vec::new(),
        open: Vec::new(),
        days: BTreeMap::from([(DAY, figures)]),
    }
}

fn baseline(figures: DayFigures) -> Baseline {
    Baseline {
        taken_at: Timestamp::UNIX_EPOCH,
        missing: None,
        first: Some(DAY),
        last: Some(DAY),
        days: BTreeMap::from([(DAY, figures)]),
    }
}

fn compared(book: &Book, before: DayFigures, now: DayFigures, others: &[OtherRun]) -> Vec<Line> {
    compared_with(None, book, before, now, others)
}

fn compared_with(
    site: Option<&SiteFacts>,
    book: &Book,
    before: DayFigures,
    now: DayFigures,
    others: &[OtherRun],
) -> Vec<Line> {
    let recorded = Recorded { days: BTreeMap::from([(DAY, now)]), refused: Vec::new() };
    let baseline = baseline(before);
    let sides = Sides {
        book,
        baseline: Some(&baseline),
        others,
        recorded: &recorded,
        site,
        is_finished: true,
        shares_visitors: false,
    };
    sides.lines()
}

fn line<'a>(lines: &'a [Line], label: &str, figure: Figure) -> &'a Line {
    lines.iter().find(|line| line.label == label && line.figure == figure).unwrap()
}

#[test]
fn what_was_there_before_is_taken_off() {
    let expected = book(figures(&[(Table::Site, "all", Figure::Visits, 5)]));
    let before =
        figures(&[(Table::Site, "all", Figure::Visits, 10), (Table::Pages, "/old", Figure::PageViews, 3)]);
    let mut now = before.clone();
    now.add(Table::Site, "all", Figure::Visits, Span::exactly(5));
    let lines = compared(&expected, before, now, &[]);
    assert_eq!(lines.len(), 1, "what did not change is no line");
    assert_eq!(lines[0].verdict(), Verdict::Exact);
    assert_eq!((lines[0].before, lines[0].recorded), (10, 15));
}

#[test]
fn rows_without_room_stand_in_the_row_for_the_rest() {
    let expected = book(figures(&[
        (Table::Pages, "/a", Figure::PageViews, 5),
        (Table::Pages, "/b", Figure::PageViews, 2),
        (Table::Pages, "/c", Figure::PageViews, 1),
    ]));
    let now =
        figures(&[(Table::Pages, "/a", Figure::PageViews, 5), (Table::Pages, OTHERS, Figure::PageViews, 3)]);
    let lines = compared(&expected, DayFigures::default(), now, &[]);
    assert!(lines.iter().all(|line| line.unexplained == 0), "{lines:?}");
    // One less in the rest than is missing in the rows: that one is missing.
    let now =
        figures(&[(Table::Pages, "/a", Figure::PageViews, 5), (Table::Pages, OTHERS, Figure::PageViews, 2)]);
    let lines = compared(&expected, DayFigures::default(), now, &[]);
    assert_eq!(lines.iter().map(|line| line.unexplained).sum::<i64>(), -1, "{lines:?}");
    assert!(missing(&lines).is_empty(), "only the site's figure counts hits");
}

#[test]
fn another_run_accounts_for_its_own_hits_and_no_more() {
    let expected = book(figures(&[(Table::Site, "all", Figure::Visits, 5)]));
    let other = || OtherRun {
        book: book(figures(&[(Table::Site, "all", Figure::Visits, 7)])),
        is_before: false,
        is_later: true,
        shares_visitors: false,
    };
    let now = |visits| figures(&[(Table::Site, "all", Figure::Visits, visits)]);
    let verdict = |visits| {
        let lines = compared(&expected, DayFigures::default(), now(visits), &[other()]);
        line(&lines, "all", Figure::Visits).verdict()
    };
    assert_eq!(
        [verdict(11), verdict(12), verdict(13)],
        [Verdict::Unexplained, Verdict::Possible, Verdict::Unexplained]
    );
}

#[test]
fn visitors_who_were_there_before_may_not_count_again() {
    let expected = book(figures(&[(Table::Site, "all", Figure::UniqueVisitors, 5)]));
    let before = figures(&[(Table::Site, "all", Figure::UniqueVisitors, 3)]);
    let verdict = |now| {
        let now = figures(&[(Table::Site, "all", Figure::UniqueVisitors, now)]);
        compared(&expected, before.clone(), now, &[])[0].verdict()
    };
    assert_eq!(
        [verdict(4), verdict(5), verdict(8), verdict(9)],
        [Verdict::Unexplained, Verdict::Possible, Verdict::Possible, Verdict::Unexplained]
    );
}

#[test]
fn missing_hits_are_counted_by_kind_and_place() {
    let expected = book(figures(&[
        (Table::Site, "all", Figure::PageViews, 9),
        (Table::Site, "all", Figure::Events, 4),
        (Table::Pages, "/a", Figure::PageViews, 9),
        (Table::EventNames, "Menu", Figure::Events, 4),
        (Table::Hours, "07", Figure::Length, 100),
        (Table::Hours, "08", Figure::Length, 100),
        (Table::Hours, "09", Figure::Length, 100),
        (Table::Hours, "10", Figure::Length, 100),
    ]));
    let now = figures(&[
        (Table::Site, "all", Figure::PageViews, 7),
        (Table::Site, "all", Figure::Events, 3),
        (Table::Pages, "/a", Figure::PageViews, 7),
        (Table::EventNames, "Menu", Figure::Events, 3),
        (Table::Hours, "07", Figure::Length, 90),
        (Table::Hours, "08", Figure::Length, 90),
        (Table::Hours, "09", Figure::Length, 90),
        (Table::Hours, "10", Figure::Length, 90),
    ]);
    let missing = missing(&compared(&expected, DayFigures::default(), now, &[]));
    let said: Vec<(&str, i64, bool)> =
        missing.iter().map(|missing| (missing.kind.as_str(), missing.count, missing.at_least)).collect();
    assert_eq!(said, [("page_view", 2, false), ("event", 1, false), ("ping", 1, true)]);
    assert_eq!(missing[0].rows, [("/a".to_owned(), 2)]);
}

#[test]
fn single_precision_explains_cents_of_large_sums_only() {
    let sum = |cents| figures(&[(Table::Site, "all", Figure::Revenue, cents)]);
    let verdict =
        |sent, recorded| compared(&book(sum(sent)), DayFigures::default(), sum(recorded), &[])[0].verdict();
    assert_eq!(verdict(50_000, 50_001), Verdict::Unexplained);
    assert_eq!(verdict(50_000_000, 50_000_001), Verdict::Explained);
}

/// A site with goals and with referrers that it leaves out.
fn site() -> SiteFacts {
    SiteFacts {
        name: "Shop".to_owned(),
        time_zone: Some("UTC".to_owned()),
        site: ledger::Site::default(),
        ecommerce: true,
        excludes_addresses: false,
        excludes_agents: false,
        excludes_referrers: true,
        has_goals: true,
    }
}

#[test]
fn visits_that_met_a_goal_of_the_site_were_too_long_without_explanation() {
    let length = |seconds| {
        figures(&[
            (Table::Site, "all", Figure::Visits, 3),
            (Table::Site, "all", Figure::Length, seconds),
            (Table::Referrers, "direct", Figure::Visits, 3 - seconds % 2),
        ])
    };
    let site = site();
    let lines =
        |seconds| compared_with(Some(&site), &book(length(100)), DayFigures::default(), length(seconds), &[]);
    let longer = lines(103);
    assert_eq!(line(&longer, "all", Figure::Length).verdict(), Verdict::Explained);
    assert_eq!(line(&longer, "direct", Figure::Visits).explained[0].cause, Cause::ExcludedReferrers);
    // A goal lengthens a visit by one second at the most, and shortens none.
    for seconds in [104, 98] {
        assert_eq!(line(&lines(seconds), "all", Figure::Length).verdict(), Verdict::Unexplained);
    }
}
