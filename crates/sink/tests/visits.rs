//! Visits by Matomo's rules: which hits make one, whose they are, what they convert, and on which day they are reported.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use common::{Request, Sink, TOKEN, api};
use serde_json::Value;

/// A receiver that hits with times of their own are sent to.
struct Site {
    sink: Sink,
}

const ANNA: &str = "00000000000000a1";
const BERT: &str = "00000000000000b2";

impl Site {
    fn in_zone(time_zone: &str) -> Self {
        let config = sink::Config { time_zone: Some(time_zone.to_owned()), ..sink::Config::default() };
        Self { sink: Sink::start(config) }
    }

    fn new() -> Self {
        Self::in_zone("UTC")
    }

    /// Sends a hit of that moment in UTC. Returns the status.
    fn hit(&self, cdt: &str, fields: &[(&str, &str)]) -> u16 {
        let mut all = vec![("idsite", "1"), ("rec", "1"), ("cdt", cdt), ("token_auth", TOKEN)];
        all.extend_from_slice(fields);
        Request::form("/matomo.php", &all).send(&self.sink.addr().to_string()).status
    }

    /// A page view of a visitor.
    fn view(&self, cdt: &str, cid: &str, page: &str) {
        self.view_with(cdt, cid, page, &[]);
    }

    fn view_with(&self, cdt: &str, cid: &str, page: &str, more: &[(&str, &str)]) {
        let url = format!("https://example.test/{page}");
        let mut fields = vec![("cid", cid), ("url", url.as_str()), ("action_name", page)];
        fields.extend_from_slice(more);
        assert_eq!(self.hit(cdt, &fields), 200);
    }

    fn report(&self, method: &str, period: &str, date: &str, more: &[(&str, &str)]) -> Value {
        let mut fields = vec![("period", period), ("date", date), ("filter_limit", "-1")];
        fields.extend_from_slice(more);
        api(&self.sink.addr().to_string(), TOKEN, "1", method, &fields)
    }

    /// The actions of each visit that ended in a period, the first visit first.
    fn visits(&self, period: &str, date: &str) -> Vec<i64> {
        let visits = self.report("Live.getLastVisitsDetails", period, date, &[]);
        let mut visits: Vec<(i64, i64)> = visits
            .as_array()
            .unwrap()
            .iter()
            .map(|visit| {
                (visit["firstActionTimestamp"].as_i64().unwrap(), visit["actions"].as_i64().unwrap())
            })
            .collect();
        visits.sort_unstable();
        visits.into_iter().map(|(_, actions)| actions).collect()
    }

    fn row<'a>(rows: &'a Value, label: &str) -> &'a Value {
        let found = rows.as_array().unwrap().iter().find(|row| row["label"] == label);
        found.unwrap_or_else(|| panic!("no row {label:?} in {rows}"))
    }
}

#[test]
fn half_an_hour_of_silence_ends_a_visit() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    site.view("2026-03-10 10:29:59", ANNA, "b");
    site.view("2026-03-10 10:59:59", ANNA, "c");
    assert_eq!(site.visits("day", "2026-03-10"), [2, 1]);
    let figures = site.report("VisitsSummary.get", "day", "2026-03-10", &[]);
    assert_eq!(
        (&figures["nb_uniq_visitors"], &figures["nb_visits"], &figures["bounce_count"]),
        (&1.into(), &2.into(), &1.into())
    );
    let frequency = site.report("VisitFrequency.get", "day", "2026-03-10", &[]);
    assert_eq!((&frequency["nb_visits_new"], &frequency["nb_visits_returning"]), (&1.into(), &1.into()));
}

#[test]
fn the_sites_midnight_ends_a_visit_and_divides_the_reports() {
    let site = Site::in_zone("America/New_York");
    // Midnight there is at four o'clock UTC, and daylight saving time began two days before.
    site.view("2026-03-10 03:50:00", ANNA, "a");
    site.view("2026-03-10 04:05:00", ANNA, "b");
    assert_eq!(site.visits("day", "2026-03-09"), [1]);
    assert_eq!(site.visits("day", "2026-03-10"), [1]);
    let hours = site.report("VisitTime.getVisitInformationPerServerTime", "day", "2026-03-09", &[]);
    assert_eq!(hours[23]["nb_visits"], 1);
    let week = site.report("VisitsSummary.get", "week", "2026-03-12", &[]);
    assert_eq!((&week["nb_visits"], &week["nb_actions"]), (&2.into(), &2.into()));
    let month = site.report("VisitsSummary.get", "month", "2026-03-31", &[]);
    assert_eq!(month["nb_visits"], 2);
}

#[test]
fn a_new_campaign_or_new_visit_begins_a_visit_and_another_referrer_does_not() {
    let site = Site::new();
    site.view_with("2026-03-10 10:00:00", ANNA, "a", &[("urlref", "https://www.google.com/")]);
    site.view_with("2026-03-10 10:01:00", ANNA, "b", &[("urlref", "https://news.example.org/")]);
    site.view("2026-03-10 10:02:00", ANNA, "c?mtm_campaign=spring");
    site.view("2026-03-10 10:03:00", ANNA, "d?mtm_campaign=spring");
    site.view("2026-03-10 10:04:00", ANNA, "e?mtm_campaign=summer");
    site.view_with("2026-03-10 10:05:00", ANNA, "f", &[("new_visit", "1")]);
    assert_eq!(site.visits("day", "2026-03-10"), [2, 2, 1, 1]);
    let kinds = site.report("Referrers.getReferrerType", "day", "2026-03-10", &[]);
    assert_eq!(Site::row(&kinds, "Campaigns")["nb_visits"], 2);
    assert_eq!(Site::row(&kinds, "Search Engines")["nb_visits"], 1);
    assert_eq!(Site::row(&kinds, "Direct Entry")["nb_visits"], 1);
}

/// The tag that names the campaign may come later than the first hit.
#[test]
fn a_visit_without_a_referrer_takes_a_later_campaign_or_referrer_for_its_own() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    site.view("2026-03-10 10:01:00", ANNA, "b?utm_source=mail&utm_term=offer");
    site.view("2026-03-10 10:02:00", ANNA, "c");
    site.view("2026-03-10 10:00:00", BERT, "a");
    site.view_with("2026-03-10 10:01:00", BERT, "b", &[("urlref", "https://news.example.org/x")]);
    assert_eq!(site.visits("day", "2026-03-10"), [2, 3]);
    let campaigns = site.report("Referrers.getCampaigns", "day", "2026-03-10", &[]);
    assert_eq!(Site::row(&campaigns, "mail")["nb_visits"], 1);
    let websites = site.report("Referrers.getWebsites", "day", "2026-03-10", &[]);
    assert_eq!(Site::row(&websites, "news.example.org")["nb_visits"], 1);
}

/// Whatever a hit says beside what it is about changes nothing.
#[test]
fn what_matomo_leaves_to_plugins_is_taken_and_ignored() {
    let site = Site::new();
    let more = [
        ("dimension1", "gold"),
        ("cvar", r#"{"1":["type","member"]}"#),
        ("_cvar", r#"{"1":["type","member"]}"#),
        ("ma_id", "abc123"),
        ("ma_ti", "A film"),
        ("uadata", r#"{"brands":[{"brand":"Chromium","version":"120"}]}"#),
        ("cs", "utf-8"),
        ("unknown", "x"),
    ];
    site.view_with("2026-03-10 10:00:00", ANNA, "a", &more);
    let figures = site.report("VisitsSummary.get", "day", "2026-03-10", &[]);
    assert_eq!((&figures["nb_visits"], &figures["nb_actions"]), (&1.into(), &1.into()));
}

#[test]
fn a_view_of_content_is_no_action_and_makes_no_page() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    let view =
        [("cid", ANNA), ("url", "https://example.test/a"), ("c_n", "Banner"), ("c_p", "a.png"), ("ca", "1")];
    assert_eq!(site.hit("2026-03-10 10:00:10", &view), 200);
    let mut click = view.to_vec();
    click.push(("c_i", "click"));
    assert_eq!(site.hit("2026-03-10 10:00:20", &click), 200);
    let figures = site.report("VisitsSummary.get", "day", "2026-03-10", &[]);
    assert_eq!((&figures["nb_actions"], &figures["sum_visit_length"]), (&1.into(), &21.into()));
    assert_eq!(site.report("Actions.get", "day", "2026-03-10", &[])["nb_pageviews"], 1);
}

/// Hits of one visitor that come out of order: within half an hour they are one visit, which begins where it began.
#[test]
fn hits_out_of_order_stay_in_their_visit() {
    let site = Site::new();
    site.view("2026-03-10 10:10:00", ANNA, "b");
    site.view("2026-03-10 10:00:00", ANNA, "a");
    site.view("2026-03-10 10:12:00", ANNA, "c");
    let figures = site.report("VisitsSummary.get", "day", "2026-03-10", &[]);
    assert_eq!((&figures["nb_visits"], &figures["nb_actions"]), (&1.into(), &3.into()));
    assert_eq!(figures["sum_visit_length"], 121);
}

#[test]
fn visitors_are_told_apart_by_id_and_without_one_by_what_they_browse_with() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    site.view("2026-03-10 10:01:00", BERT, "a");
    // Without an id, the same address and client within the half hour are the same visitor, here the last one.
    let anonymous = [("url", "https://example.test/b"), ("cip", "203.0.113.9")];
    assert_eq!(site.hit("2026-03-10 11:00:00", &anonymous), 200);
    assert_eq!(site.hit("2026-03-10 11:05:00", &anonymous), 200);
    let elsewhere = [("url", "https://example.test/b"), ("cip", "203.0.113.10")];
    assert_eq!(site.hit("2026-03-10 11:06:00", &elsewhere), 200);
    assert_eq!(site.report("VisitsSummary.get", "day", "2026-03-10", &[])["nb_uniq_visitors"], 4);
    assert_eq!(site.report("VisitsSummary.get", "day", "2026-03-10", &[])["nb_visits"], 4);
}

/// `_id` alone does not tell two visitors apart who browse with the same, not even when a new visit begins.
#[test]
fn who_is_recognized_by_the_client_keeps_the_id_of_the_last_visit() {
    let site = Site::new();
    let page = ("url", "https://example.test/a");
    assert_eq!(site.hit("2026-03-10 10:00:00", &[("_id", ANNA), page]), 200);
    assert_eq!(site.hit("2026-03-10 10:01:00", &[("_id", BERT), page, ("new_visit", "1")]), 200);
    let figures = site.report("VisitsSummary.get", "day", "2026-03-10", &[]);
    assert_eq!((&figures["nb_visits"], &figures["nb_uniq_visitors"]), (&2.into(), &1.into()));
    let visits = site.report("Live.getLastVisitsDetails", "day", "2026-03-10", &[]);
    assert_eq!((&visits[0]["visitorId"], &visits[0]["visitorType"]), (&ANNA.into(), &"returning".into()));
    // In a visit that goes on, the last id counts.
    assert_eq!(site.hit("2026-03-10 10:02:00", &[("_id", BERT), page]), 200);
    assert_eq!(site.report("VisitsSummary.get", "day", "2026-03-10", &[])["nb_uniq_visitors"], 2);
}

#[test]
fn a_user_who_signs_in_keeps_the_visit_and_is_known_elsewhere() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    site.view_with("2026-03-10 10:01:00", ANNA, "b", &[("uid", "anna@example.test")]);
    assert_eq!(site.visits("day", "2026-03-10"), [2]);
    let other = [("uid", "anna@example.test"), ("cip", "203.0.113.77")];
    site.view_with("2026-03-10 10:02:00", BERT, "c", &other);
    assert_eq!(site.visits("day", "2026-03-10"), [3], "the user's visit goes on from another device");
    let visits = site.report("Live.getLastVisitsDetails", "day", "2026-03-10", &[]);
    assert_eq!(visits[0]["userId"], "anna@example.test");
}

#[test]
fn hits_of_old_times_find_the_visitors_earlier_visit() {
    let site = Site::new();
    site.view("2026-01-05 10:00:00", ANNA, "a");
    site.view("2026-03-10 10:00:00", ANNA, "b");
    let visits = site.report("Live.getLastVisitsDetails", "day", "2026-03-10", &[]);
    assert_eq!((&visits[0]["visitorType"], &visits[0]["visitCount"]), (&"returning".into(), &2.into()));
    assert_eq!(visits[0]["daysSinceLastVisit"], 64);
    site.view("2026-01-05 10:10:00", ANNA, "c");
    assert_eq!(site.visits("day", "2026-01-05"), [2]);
    assert_eq!(site.visits("day", "2026-03-10"), [1]);
}

#[test]
fn a_ping_lengthens_the_visit_and_counts_for_nothing_else() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    let ping = [("cid", ANNA), ("url", "https://example.test/a"), ("ping", "1")];
    assert_eq!(site.hit("2026-03-10 10:00:59", &ping), 200);
    let figures = site.report("VisitsSummary.get", "day", "2026-03-10", &[]);
    assert_eq!((&figures["nb_actions"], &figures["sum_visit_length"]), (&1.into(), &60.into()));
    assert_eq!(figures["bounce_count"], 1);
}

#[test]
fn a_goal_is_reached_once_a_visit_and_worth_what_the_hit_says() {
    let site = Site::new();
    site.view("2026-03-10 10:00:00", ANNA, "a");
    for _ in 0..2 {
        let goal = [("cid", ANNA), ("url", "https://example.test/a"), ("idgoal", "1"), ("revenue", "7.5")];
        assert_eq!(site.hit("2026-03-10 10:01:00", &goal), 200);
    }
    site.view("2026-03-10 10:00:00", BERT, "a");
    let goal = [("cid", BERT), ("url", "https://example.test/a"), ("idgoal", "1")];
    assert_eq!(site.hit("2026-03-10 10:01:00", &goal), 200);
    let goals = site.report("Goals.get", "day", "2026-03-10", &[("idGoal", "1")]);
    assert_eq!((&goals["nb_conversions"], &goals["revenue"]), (&2.into(), &12.5.into()));
    assert_eq!(goals["conversion_rate"], "100%");
}

#[test]
fn goals_are_reached_by_pages_titles_files_links_and_events() {
    let goal = |id, trigger, match_by, pattern, many| {
        serde_json::json!({"id": id, "name": pattern, "trigger": trigger, "match_by": match_by, "pattern": pattern,
                           "revenue": 2, "allow_multiple": many})
    };
    let goals = [
        goal(1, "url", "contains", "/thanks", false),
        goal(2, "title", "exact", "Thank you", false),
        goal(3, "file", "regex", r"\.pdf$", true),
        goal(4, "external_website", "regex", r"^https://(www\.)?partner\.test/", false),
        goal(5, "event_category", "exact", "video", false),
        goal(6, "event_action", "contains", "play", true),
        goal(7, "event_name", "contains", "intro", false),
    ];
    let setup = serde_json::json!({"sites": [{"id": 1, "name": "Example", "goals": goals}]});
    let setup = serde_json::from_value(setup).unwrap();
    let site = Site { sink: Sink::start(sink::Config { setup, ..sink::Config::default() }) };
    site.view_with("2026-03-10 10:00:00", ANNA, "Thanks/1", &[("action_name", "thank YOU")]);
    let page = ("url", "https://example.test/a");
    for (second, fields) in [
        ("01", [("download", "https://example.test/a.PDF"), page]),
        ("02", [("download", "https://example.test/b.pdf"), page]),
        ("03", [("download", "https://example.test/c.zip"), page]),
        ("04", [("link", "https://www.partner.test/x"), page]),
        ("05", [("link", "https://other.test/?to=https://partner.test/"), page]),
    ] {
        let fields = [fields[0], fields[1], ("cid", ANNA)];
        assert_eq!(site.hit(&format!("2026-03-10 10:00:{second}"), &fields), 200);
    }
    for second in ["06", "07"] {
        let event = [("cid", ANNA), page, ("e_c", "Video"), ("e_a", "replay"), ("e_n", "the intro")];
        assert_eq!(site.hit(&format!("2026-03-10 10:00:{second}"), &event), 200);
    }
    let conversions: Vec<i64> = (1..=7)
        .map(|id: i64| {
            let goals = site.report("Goals.get", "day", "2026-03-10", &[("idGoal", &id.to_string())]);
            goals["nb_conversions"].as_i64().unwrap()
        })
        .collect();
    assert_eq!(conversions, [1, 1, 2, 1, 1, 2, 1]);
    let all = site.report("Goals.get", "day", "2026-03-10", &[]);
    assert_eq!((&all["nb_conversions"], &all["revenue"]), (&9.into(), &18.into()));
    assert_eq!(all["nb_visits_converted"], 1);
}

#[test]
fn a_cart_becomes_the_visits_order_and_one_left_behind_is_abandoned() {
    let site = Site::new();
    let cart = |cid, items, revenue| {
        [
            ("cid", cid),
            ("url", "https://example.test/cart"),
            ("idgoal", "0"),
            ("ec_items", items),
            ("revenue", revenue),
        ]
    };
    let one = r#"[["SKU-1","Tent","Camping",40,1]]"#;
    let two = r#"[["SKU-1","Tent","Camping",40,2],["SKU-2","Lamp","Light",5.5,1]]"#;
    for cid in [ANNA, BERT] {
        site.view("2026-03-10 10:00:00", cid, "shop");
        assert_eq!(site.hit("2026-03-10 10:01:00", &cart(cid, two, "85.5")), 200);
        assert_eq!(site.hit("2026-03-10 10:02:00", &cart(cid, one, "40")), 200);
    }
    let mut order = cart(ANNA, one, "45").to_vec();
    order.extend([("ec_id", "O-1"), ("ec_st", "40"), ("ec_sh", "5")]);
    assert_eq!(site.hit("2026-03-10 10:03:00", &order), 200);
    assert_eq!(site.hit("2026-03-10 10:04:00", &order), 400, "the site has seen the order");

    let goals = |id| site.report("Goals.get", "day", "2026-03-10", &[("idGoal", id)]);
    let orders = goals("ecommerceOrder");
    assert_eq!(
        (&orders["nb_conversions"], &orders["revenue"], &orders["items"]),
        (&1.into(), &45.into(), &1.into())
    );
    assert_eq!((&orders["revenue_subtotal"], &orders["revenue_shipping"]), (&40.into(), &5.into()));
    let carts = goals("ecommerceAbandonedCart");
    assert_eq!(
        (&carts["nb_conversions"], &carts["revenue"], &carts["items"]),
        (&1.into(), &40.into(), &1.into())
    );
    let all = goals("");
    assert_eq!((&all["nb_conversions"], &all["revenue"]), (&1.into(), &45.into()), "a cart is no conversion");

    let items = |carts| site.report("Goals.getItemsSku", "day", "2026-03-10", &[("abandonedCarts", carts)]);
    assert_eq!(items("0").as_array().unwrap().len(), 1);
    assert_eq!(Site::row(&items("0"), "SKU-1")["quantity"], 1);
    let left = items("1");
    assert_eq!(left.as_array().unwrap().len(), 1, "what was taken out of the cart is not left in it: {left}");
    assert_eq!(Site::row(&left, "SKU-1")["quantity"], 1);
    let visits = site.report("Live.getLastVisitsDetails", "day", "2026-03-10", &[]);
    let mut statuses: Vec<&str> = visits
        .as_array()
        .unwrap()
        .iter()
        .map(|visit| visit["visitEcommerceStatus"].as_str().unwrap())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, ["abandonedCart", "ordered"]);
}

#[test]
fn an_order_before_the_visitors_earlier_one_fails_as_a_whole() {
    let site = Site::new();
    let order = |id| {
        [
            ("cid", ANNA),
            ("url", "https://example.test/"),
            ("idgoal", "0"),
            ("ec_id", id),
            ("revenue", "9"),
            ("ec_items", "[]"),
        ]
    };
    assert_eq!(site.hit("2026-03-10 10:00:00", &order("O-1")), 200);
    // Another day: a visit of its own, whose last order would lie in the future.
    let page = [("cid", ANNA), ("url", "https://example.test/"), ("new_visit", "1")];
    assert_eq!(site.hit("2026-03-10 09:45:00", &page), 400);
    assert_eq!(site.visits("day", "2026-03-10").len(), 1);
}

#[test]
fn searches_links_files_and_events_are_reported_by_what_they_say() {
    let site = Site::new();
    let page = ("url", "https://example.test/a");
    site.view("2026-03-10 10:00:00", ANNA, "a");
    let search = [("cid", ANNA), page, ("search", "tents"), ("search_cat", "gear"), ("search_count", "0")];
    assert_eq!(site.hit("2026-03-10 10:00:10", &search), 200);
    site.view("2026-03-10 10:00:40", ANNA, "b");
    for link in
        [[("link", "https://other.test/x/y"), page], [("download", "https://example.test/f/g.pdf"), page]]
    {
        assert_eq!(site.hit("2026-03-10 10:01:00", &[link[0], link[1], ("cid", ANNA)]), 200);
    }
    for value in ["2", "3.5"] {
        let event =
            [("cid", ANNA), page, ("e_c", "video"), ("e_a", "play"), ("e_n", "intro"), ("e_v", value)];
        assert_eq!(site.hit("2026-03-10 10:01:10", &event), 200);
    }
    let report = |method| site.report(method, "day", "2026-03-10", &[("flat", "1")]);
    let keywords = report("Actions.getSiteSearchNoResultKeywords");
    assert_eq!((&keywords[0]["label"], &keywords[0]["nb_hits"]), (&"tents".into(), &1.into()));
    assert_eq!(report("Actions.getSiteSearchCategories")[0]["label"], "gear");
    assert_eq!(report("Actions.getOutlinks")[0]["label"], "other.test/x/y");
    assert_eq!(report("Actions.getDownloads")[0]["label"], "example.test/f/g.pdf");
    let events = report("Events.getCategory");
    assert_eq!((&events[0]["label"], &events[0]["nb_events"]), (&"video".into(), &2.into()));
    assert_eq!((&events[0]["sum_event_value"], &events[0]["max_event_value"]), (&5.5.into(), &3.5.into()));
    let actions = report("Actions.get");
    for (name, figure) in
        [("nb_pageviews", 2), ("nb_outlinks", 1), ("nb_downloads", 1), ("nb_searches", 1), ("nb_keywords", 1)]
    {
        assert_eq!(actions[name], figure, "{name}");
    }
    let pages = report("Actions.getPageUrls");
    let first = Site::row(&pages, "/a");
    assert_eq!((&first["sum_time_spent"], &first["entry_nb_visits"]), (&10.into(), &1.into()));
    assert_eq!(Site::row(&pages, "/b")["nb_hits_following_search"], 1);
}

#[test]
fn a_days_rows_beyond_the_most_are_put_together() {
    let site = Site::new();
    for number in 0..105 {
        site.view("2026-03-10 10:00:00", ANNA, &format!("dir/page-{number:03}"));
    }
    site.view("2026-03-10 10:00:01", ANNA, "dir/page-104");
    let pages = site.report("Actions.getPageUrls", "day", "2026-03-10", &[("flat", "1")]);
    assert_eq!(pages.as_array().unwrap().len(), 100);
    assert_eq!(Site::row(&pages, "/dir/page-104")["nb_hits"], 2);
    assert_eq!(Site::row(&pages, "/dir/ - Others")["nb_hits"], 6);
    assert_eq!(Site::row(&pages, "/dir/ - Others")["nb_uniq_visitors"], Value::Null);
    let directories = site.report("Actions.getPageUrls", "day", "2026-03-10", &[]);
    assert_eq!(Site::row(&directories, "dir")["nb_hits"], 106);
}

#[test]
fn page_timings_are_averaged_and_may_come_later() {
    let site = Site::new();
    site.view_with(
        "2026-03-10 10:00:00",
        ANNA,
        "a",
        &[("pv_id", "aaaaaa"), ("pf_net", "20"), ("pf_srv", "100")],
    );
    site.view_with("2026-03-10 10:00:00", BERT, "a", &[("pv_id", "bbbbbb")]);
    site.view("2026-03-10 10:00:10", BERT, "b");
    let later = [
        ("cid", BERT),
        ("url", "https://example.test/a"),
        ("pv_id", "bbbbbb"),
        ("pf_net", "50"),
        ("ping", "1"),
    ];
    assert_eq!(site.hit("2026-03-10 10:00:20", &later), 200);
    let pages = site.report("Actions.getPageUrls", "day", "2026-03-10", &[("flat", "1")]);
    let page = Site::row(&pages, "/a");
    for (name, figure) in [
        ("avg_time_network", 0.035),
        ("min_time_network", 0.02),
        ("max_time_network", 0.05),
        ("avg_time_server", 0.1),
        ("avg_page_load_time", 0.135),
    ] {
        assert_eq!(page[name], figure, "{name}");
    }
    assert_eq!(
        (&page["nb_hits_with_time_network"], &page["nb_hits_with_time_server"]),
        (&2.into(), &1.into())
    );
    assert_eq!(Site::row(&pages, "/b")["nb_hits_with_time_network"], 0);
    assert_eq!(page["avg_time_on_load"], Value::Null, "no page was timed in that stage");
    let below_zero = [("cid", ANNA), ("url", "https://example.test/a"), ("pf_net", "-5")];
    assert_eq!(site.hit("2026-03-10 10:00:30", &below_zero), 400);
}
