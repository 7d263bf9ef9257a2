//! Segments: reports about some of the visits only, picked as the Reporting API says it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use common::{Request, Sink, TOKEN, api, feed};
use serde_json::Value;

const RANGE: &str = "2026-11-18,2026-11-21";

/// A receiver with visits.
struct Site {
    sink: Sink,
}

impl Site {
    fn in_zone(time_zone: &str) -> Self {
        let config = sink::Config { time_zone: Some(time_zone.to_owned()), ..sink::Config::default() };
        Self { sink: Sink::start(config) }
    }

    /// The golden hits, and visits with everything that those lack.
    fn golden() -> Self {
        let site = Self::in_zone("UTC");
        feed(&site.sink);
        let telephone = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) \
                         Chrome/126.0.0.0 Mobile Safari/537.36";
        let (shop, odd) = ("https://example.test/shop", "https://www.example.test/odd/a%20b?x=1,2");
        let hits: &[&[(&str, &str)]] = &[
            &[
                ("cid", "00000000000000a1"),
                ("url", "https://example.test/?mtm_campaign=spring&mtm_kwd=red+shoes"),
            ],
            &[("cid", "00000000000000a1"), ("url", shop), ("action_name", "Fish & <Chips>, 100% \"fresh\"")],
            &[("cid", "00000000000000b2"), ("url", shop), ("urlref", "https://www.facebook.com/groups/1")],
            &[("cid", "00000000000000c3"), ("url", shop), ("urlref", "https://news.example.org/x")],
            &[("cid", "00000000000000c3"), ("url", odd), ("action_name", "Odd; one")],
            &[
                ("cid", "00000000000000d4"),
                ("url", odd),
                ("uid", "dora"),
                ("ua", telephone),
                ("lang", "de-ch,de"),
            ],
            &[
                ("cid", "00000000000000d4"),
                ("uid", "dora"),
                ("url", odd),
                ("c_n", "Banner"),
                ("c_p", "top.png"),
                ("ca", "1"),
            ],
            &[
                ("cid", "00000000000000d4"),
                ("uid", "dora"),
                ("ua", telephone),
                ("url", shop),
                ("idgoal", "0"),
                ("revenue", "3"),
                ("ec_id", "o-77"),
            ],
        ];
        for (minute, hit) in hits.iter().enumerate() {
            site.hit(&format!("2026-11-20 13:{minute:02}:00"), hit);
        }
        site
    }

    fn hit(&self, cdt: &str, fields: &[(&str, &str)]) {
        let mut all = vec![("idsite", "1"), ("rec", "1"), ("cdt", cdt), ("token_auth", TOKEN)];
        all.extend_from_slice(fields);
        let answer = Request::form("/matomo.php", &all).send(&self.sink.addr().to_string());
        assert_eq!(answer.status, 200, "{fields:?}");
    }

    fn view(&self, cdt: &str, cid: &str, page: &str) {
        let url = format!("https://example.test/{page}");
        self.hit(cdt, &[("cid", cid), ("url", &url), ("action_name", page)]);
    }

    fn ask(&self, method: &str, segment: &str, more: &[(&str, &str)]) -> Value {
        let mut fields = vec![("filter_limit", "-1"), ("segment", segment)];
        fields.extend_from_slice(more);
        if !more.iter().any(|(name, _)| *name == "date") {
            fields.extend([("period", "range"), ("date", RANGE)]);
        }
        api(&self.sink.addr().to_string(), TOKEN, "1", method, &fields)
    }

    fn report(&self, method: &str, segment: &str) -> Value {
        self.ask(method, segment, &[])
    }

    /// How many visits a segment has.
    fn visits(&self, segment: &str) -> i64 {
        let figures = self.report("VisitsSummary.get", segment);
        figures["nb_visits"].as_i64().unwrap_or_else(|| panic!("{segment}: {figures}"))
    }
}

fn row<'a>(rows: &'a Value, label: &str) -> Option<&'a Value> {
    rows.as_array().unwrap_or_else(|| panic!("{rows}")).iter().find(|row| row["label"] == label)
}

/// `label: figure` of each row.
fn figures(rows: &Value, figure: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap_or_else(|| panic!("{rows}")).iter();
    rows.map(|row| format!("{}: {}", row["label"].as_str().unwrap(), row[figure])).collect()
}

#[test]
fn the_segment_of_a_row_has_the_rows_visits() {
    let site = Site::golden();
    let reports = [
        ("DevicesDetection.getType", "nb_visits"),
        ("DevicesDetection.getBrowsers", "nb_visits"),
        ("UserCountry.getCountry", "nb_visits"),
        ("UserCountry.getContinent", "nb_visits"),
        ("Resolution.getResolution", "nb_visits"),
        ("VisitorInterest.getNumberOfVisitsPerPage", "nb_visits"),
        ("VisitorInterest.getNumberOfVisitsPerVisitDuration", "nb_visits"),
        ("VisitorInterest.getNumberOfVisitsByVisitCount", "nb_visits"),
        ("VisitTime.getVisitInformationPerServerTime", "nb_visits"),
        ("VisitTime.getVisitInformationPerLocalTime", "nb_visits"),
        ("Referrers.getReferrerType", "nb_visits"),
        ("Referrers.getKeywords", "nb_visits"),
        ("Referrers.getSearchEngines", "nb_visits"),
        ("Referrers.getWebsites", "nb_visits"),
        ("Referrers.getCampaigns", "nb_visits"),
        ("Referrers.getSocials", "nb_visits"),
        ("Actions.getPageUrls", "nb_visits"),
        ("Actions.getPageTitles", "nb_visits"),
        ("Actions.getEntryPageUrls", "entry_nb_visits"),
        ("Actions.getEntryPageTitles", "entry_nb_visits"),
        ("Actions.getExitPageUrls", "exit_nb_visits"),
        ("Actions.getExitPageTitles", "exit_nb_visits"),
        ("Actions.getOutlinks", "nb_visits"),
        ("Actions.getDownloads", "nb_visits"),
        ("Actions.getSiteSearchKeywords", "nb_visits"),
        ("Actions.getSiteSearchCategories", "nb_visits"),
        ("Events.getAction", "nb_visits"),
    ];
    let mut wrong = Vec::new();
    for (method, figure) in reports {
        let rows = site.ask(method, "", &[("flat", "1")]);
        let rows = rows.as_array().unwrap_or_else(|| panic!("{method}: {rows}"));
        assert!(!rows.is_empty(), "{method}");
        let mut asked = 0;
        for row in rows {
            let Some(segment) = row["segment"].as_str() else { continue };
            if row["label"] == "Page Name not defined" {
                // The segment of this row is about pages that are called so, in a Matomo too.
                continue;
            }
            asked += 1;
            let (expected, visits) = (row[figure].as_i64().unwrap_or(0), site.visits(segment));
            if visits != expected {
                wrong.push(format!("{method} {:?}: {expected}, but {segment} has {visits}", row["label"]));
            }
        }
        assert!(asked > 0, "{method}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Rows that are sums of others, or that no visit's figure belongs to, are alike in the report of their segment.
#[test]
fn the_segment_of_a_row_has_the_row() {
    let site = Site::golden();
    for (method, names) in [
        ("Goals.getItemsSku", ["revenue", "quantity", "orders"]),
        ("Goals.getItemsName", ["revenue", "quantity", "orders"]),
        ("Goals.getItemsCategory", ["revenue", "quantity", "orders"]),
        ("Events.getCategory", ["nb_visits", "nb_events", "sum_event_value"]),
        ("Events.getAction", ["nb_visits", "nb_events", "sum_event_value"]),
        ("Events.getName", ["nb_visits", "nb_events", "sum_event_value"]),
        ("Actions.getPageUrls", ["nb_visits", "nb_hits", "nb_uniq_visitors"]),
        ("Actions.getPageTitles", ["nb_visits", "nb_hits", "nb_uniq_visitors"]),
        ("DevicesDetection.getType", ["nb_visits", "nb_actions", "nb_conversions"]),
        ("Referrers.getReferrerType", ["nb_visits", "bounce_count", "sum_visit_length"]),
    ] {
        let rows = site.ask(method, "", &[("flat", "1")]);
        assert!(!rows.as_array().unwrap().is_empty(), "{method}");
        for whole in rows.as_array().unwrap() {
            let label = whole["label"].as_str().unwrap();
            if label.ends_with("not defined") || whole["nb_visits"] == 0 {
                continue;
            }
            let picked = site.ask(method, whole["segment"].as_str().unwrap(), &[("flat", "1")]);
            let picked = row(&picked, label).unwrap_or_else(|| panic!("{method} {label}: {picked}"));
            for name in names {
                assert_eq!(picked[name], whole[name], "{method} {label} {name}");
            }
        }
    }
}

#[test]
fn a_segment_and_its_negation_have_all_visits() {
    let site = Site::golden();
    let all = site.visits("");
    let values = [
        ("deviceType", "smartphone"),
        ("browserCode", "FF"),
        ("browserName", "Firefox"),
        ("browserEngine", "Gecko"),
        ("operatingSystemCode", "WIN"),
        ("operatingSystemName", "Windows"),
        ("countryCode", "se"),
        ("countryName", "Sweden"),
        ("continentCode", "eur"),
        ("languageCode", "en-us"),
        ("resolution", "1920x1080"),
        ("visitorId", "f2a74de452e6b438"),
        ("visitorType", "returning"),
        ("userId", "dora"),
        ("visitCount", "1"),
        ("visitDuration", "0"),
        ("visitConverted", "1"),
        ("visitEcommerceStatus", "ordered"),
        ("actions", "2"),
        ("interactions", "2"),
        ("searches", "1"),
        ("events", "1"),
        ("visitServerHour", "13"),
        ("visitStartServerHour", "13"),
        ("visitLocalHour", "13"),
        ("referrerType", "search"),
        ("referrerName", "DuckDuckGo"),
        ("referrerKeyword", "red shoes"),
        ("entryPageUrl", "https://example.test/shop"),
        ("entryPageTitle", "Page page-003"),
        ("exitPageUrl", "https://example.test/shop"),
        ("exitPageTitle", "Page page-003"),
        ("pageUrl", "https://example.test/support/page-003"),
        ("pageTitle", "Page page-003"),
        ("downloadUrl", "https://example.test/files/guide.pdf"),
        ("contentName", "Banner"),
        ("contentPiece", "top.png"),
    ];
    for (name, value) in values {
        let (visits, others) =
            (site.visits(&format!("{name}=={value}")), site.visits(&format!("{name}!={value}")));
        assert_eq!(visits + others, all, "{name}=={value}: {visits}, {others}");
        assert!(visits > 0 && others > 0, "{name}=={value}: {visits}, {others}");
    }
    for (name, part) in [
        ("browserName", "Fire"),
        ("referrerName", "duck"),
        ("resolution", "x10"),
        ("countryCode", "S"),
        ("actions", "1"),
        ("pageUrl", "page-003"),
        ("pageTitle", "PAGE-003"),
        ("siteSearchKeyword", "e"),
        ("siteSearchCategory", "o"),
        ("eventCategory", "o"),
        ("eventName", "o"),
        ("productSku", "1"),
        ("productCategory", "o"),
    ] {
        let (visits, others) =
            (site.visits(&format!("{name}=@{part}")), site.visits(&format!("{name}!@{part}")));
        assert_eq!(visits + others, all, "{name}=@{part}: {visits}, {others}");
        assert!(visits > 0, "{name}=@{part}");
    }
    for (below, from) in [("actions<3", "actions>=3"), ("visitDuration<=60", "visitDuration>60")] {
        assert_eq!(site.visits(below) + site.visits(from), all, "{below}");
        assert!(site.visits(below) > 0 && site.visits(from) > 0, "{below}");
    }
    for name in ["userId", "referrerName", "referrerKeyword", "searches", "city"] {
        let (unset, set) = (site.visits(&format!("{name}==")), site.visits(&format!("{name}!=")));
        assert_eq!(unset + set, all, "{name}: {unset}, {set}");
    }
    assert_eq!(site.visits("userId!="), 1);
}

#[test]
fn conditions_are_joined_or_before_and() {
    let site = Site::golden();
    let (phones, desktops) = (site.visits("deviceType==smartphone"), site.visits("deviceType==desktop"));
    assert_eq!(site.visits("deviceType==smartphone,deviceType==desktop"), phones + desktops);
    assert_eq!(site.visits("deviceType==smartphone;deviceType==desktop"), 0);
    let swedes = site.visits("countryCode==se;deviceType==smartphone")
        + site.visits("countryCode==se;deviceType==desktop");
    assert_eq!(site.visits("countryCode==se;deviceType==smartphone,deviceType==desktop"), swedes);
    assert_eq!(site.visits("deviceType==smartphone,deviceType==desktop;countryCode==se"), swedes);
    assert!(swedes > 0);
    assert_eq!(site.visits("browserName=^fire"), site.visits("browserName=@firefox"));
    assert_eq!(site.visits("resolution=$x1080"), site.visits("resolution=@x1080"));
    // Hits and products of the same visit.
    let bought = site.visits("productSku=^SKU");
    assert!(bought > 0);
    assert_eq!(site.visits("productSku=^SKU;pageUrl=@page"), bought);
    assert_eq!(site.visits("productSku=^SKU;pageUrl==https://example.test/shop"), 0);
    let (sold, all) = ("productSku=^SKU;pageUrl=@page;countryName!=Nowhere", "");
    assert_eq!(
        site.report("Goals.getItemsSku", sold)[0]["orders"],
        site.report("Goals.getItemsSku", all)[0]["orders"]
    );
}

/// Every report is about the picked visits, whatever table it is made from.
#[test]
fn all_reports_go_by_the_segment() {
    let site = Site::golden();
    let segment = "userId==dora";
    let day = [("period", "day"), ("date", "2026-11-20")];
    let summary = site.ask("VisitsSummary.get", segment, &day);
    assert_eq!((&summary["nb_visits"], &summary["nb_uniq_visitors"]), (&1.into(), &1.into()));
    assert_eq!(site.report("VisitsSummary.getVisits", segment)["value"], 1);
    assert_eq!(site.report("VisitFrequency.get", segment)["nb_visits_new"], 1);
    let actions = site.report("Actions.get", segment);
    assert_eq!((&actions["nb_pageviews"], &actions["nb_searches"]), (&1.into(), &0.into()));
    let goals = site.ask("Goals.get", segment, &[("idGoal", "ecommerceOrder")]);
    assert_eq!((&goals["nb_conversions"], &goals["revenue"]), (&1.into(), &3.into()));
    assert_eq!(figures(&site.report("UserId.getUsers", segment), "nb_visits"), ["dora: 1"]);
    assert_eq!(
        figures(&site.report("UserLanguage.getLanguageCode", segment), "nb_visits"),
        ["German - Switzerland (de-ch): 1"]
    );
    assert_eq!(site.report("Events.getCategory", segment), Value::Array(Vec::new()));
    assert_eq!(site.report("Goals.getItemsSku", segment), Value::Array(Vec::new()));
    assert_eq!(site.report("Referrers.getAll", segment), Value::Array(Vec::new()));
    // Several periods are cut alike, and one without such visits is empty.
    let days = site.ask("VisitsSummary.get", segment, &[("period", "day"), ("date", RANGE)]);
    assert_eq!((&days["2026-11-19"]["nb_visits"], &days["2026-11-20"]["nb_visits"]), (&0.into(), &1.into()));
    let log = site.report("Live.getLastVisitsDetails", segment);
    assert_eq!(log.as_array().unwrap().len(), 1);
    assert_eq!(log[0]["userId"], "dora");
    let counters = site.ask("Live.getCounters", segment, &[("lastMinutes", "100000000")]);
    assert_eq!(counters[0]["visits"], 1);
}

/// A Matomo joins visits with their hits, one at a time, and so reports about hits show the hits that were asked for.
#[test]
fn conditions_about_hits_are_about_one_hit() {
    let site = Site::in_zone("UTC");
    for (minute, cid, page) in
        [(0, "a1", "a"), (1, "a1", "b"), (2, "a1", "c"), (0, "b2", "a"), (1, "c3", "d")]
    {
        site.view(&format!("2026-11-20 10:{minute:02}:00"), &format!("00000000000000{cid}"), page);
    }
    let url = |page: &str| format!("https://example.test/{page}");
    let segment = format!("pageUrl=={}", url("a"));
    let summary = site.report("VisitsSummary.get", &segment);
    assert_eq!((&summary["nb_visits"], &summary["nb_actions"]), (&2.into(), &4.into()));
    assert_eq!(figures(&site.report("Actions.getPageUrls", &segment), "nb_visits"), ["/a: 2"]);
    let log = site.report("Live.getLastVisitsDetails", &segment);
    let actions: usize =
        log.as_array().unwrap().iter().map(|visit| visit["actionDetails"].as_array().unwrap().len()).sum();
    assert_eq!(actions, 4);
    // No hit is of two pages, but one is of either.
    assert_eq!(site.visits(&format!("pageUrl=={};pageUrl=={}", url("a"), url("b"))), 0);
    assert_eq!(site.visits(&format!("pageUrl=={},pageUrl=={}", url("b"), url("d"))), 2);
    // Who never saw a page is another matter: the whole visit must be without it.
    let without = format!("pageUrl!={}", url("b"));
    assert_eq!(site.visits(&without), 2);
    assert_eq!(figures(&site.report("Actions.getPageUrls", &without), "nb_visits"), ["/a: 1", "/d: 1"]);
    assert_eq!(site.visits(&format!("pageUrl=={};pageUrl!={}", url("a"), url("b"))), 1);
    // With conditions about the visit, all of its hits are shown.
    let entered = format!("entryPageUrl=={};actions>1", url("a"));
    assert_eq!(
        figures(&site.report("Actions.getPageUrls", &entered), "nb_visits"),
        ["/a: 1", "/b: 1", "/c: 1"]
    );
}

#[test]
fn hours_are_those_of_utc_and_rows_say_so() {
    let site = Site::in_zone("America/New_York");
    site.view("2026-11-20 15:00:00", "00000000000000a1", "a");
    assert_eq!(site.visits("visitServerHour==15;visitStartServerHour==15"), 1);
    let hours = site.report("VisitTime.getVisitInformationPerServerTime", "");
    assert_eq!(row(&hours, "10").unwrap()["nb_visits"], 1);
    assert_eq!(row(&hours, "10").unwrap()["segment"], "visitStartServerHour==15");
}

#[test]
fn segments_may_be_encoded_once_or_twice() {
    let site = Site::golden();
    let url = "https://www.example.test/odd/a%20b?x=1,2";
    let once = |text: &str| common::encode(&[("", text)])[1..].to_owned();
    assert_eq!(site.visits(&format!("pageUrl=={}", once(&once(url)))), 2);
    assert_eq!(site.visits(&once(&format!("pageUrl=={}", once(&once(url))))), 2);
    assert_eq!(site.visits("referrerKeyword==red+shoes"), 1);
    assert_eq!(site.visits("referrerKeyword==red%20shoes"), 1);
    assert_eq!(site.visits("referrerKeyword%3D%3Dred%2520shoes%3Bactions%3D%3D2"), 1);
    assert_eq!(site.visits(r"pageTitle==Odd\; one"), 1);
    assert_eq!(site.visits("pageTitle=@<Chips>\\, 100%25"), 1);
    assert_eq!(site.visits("pageTitle=@%26lt%3Bchips%26gt%3B"), 1);
}

#[test]
fn what_is_no_segment_is_an_error_as_matomo_has_it() {
    let site = Site::golden();
    let host = site.sink.addr().to_string();
    for method in [
        "VisitsSummary.get",
        "Actions.getPageUrls",
        "Goals.get",
        "Live.getLastVisitsDetails",
        "Live.getCounters",
    ] {
        for (segment, message) in [
            ("xyz==1", "Segment 'xyz' is not a supported segment."),
            ("actions>1;xyz==1", "Segment 'xyz' is not a supported segment."),
            ("DeviceType==smartphone", "Segment 'DeviceType' is not a supported segment."),
            ("deviceType", "The segment condition 'deviceType' is not valid."),
            ("deviceType==toaster", "Invalid 'log_visit.config_device_type' segment value toaster"),
            ("referrerType==letter", "Referrer type 'letter' is not valid."),
        ] {
            let fields = [
                ("module", "API"),
                ("format", "JSON"),
                ("method", method),
                ("idSite", "1"),
                ("token_auth", TOKEN),
                ("period", "range"),
                ("date", RANGE),
                ("segment", segment),
            ];
            let answer = Request::form("/index.php", &fields).send(&host);
            assert_eq!(answer.status, 200);
            let json = answer.json();
            assert_eq!((&json["result"], &json["message"]), (&"error".into(), &message.into()), "{method}");
        }
    }
    for segment in ["actions>", "pageUrl>a", "visitorId==12", "visitorId>00000000000000a1"] {
        assert_eq!(site.report("VisitsSummary.get", segment)["result"], "error", "{segment}");
    }
    assert_eq!(site.visits(" "), site.visits(""));
}

#[test]
fn whatever_stands_in_a_value_is_a_value() {
    let site = Site::golden();
    let all = site.visits("");
    for evil in [
        "' OR 1=1 --",
        "' OR '1'='1",
        "x') OR (1=1",
        "1 OR 1=1",
        "?1",
        "x' UNION SELECT id FROM visit --",
        "\\' OR 1=1 --",
        "\" OR \"\"=\"",
        "%27%20OR%201%3D1",
        "x\0' OR 1=1",
    ] {
        for name in [
            "city",
            "countryCode",
            "userId",
            "referrerName",
            "pageUrl",
            "pageTitle",
            "entryPageUrl",
            "browserCode",
            "siteSearchCategory",
            "eventName",
            "productSku",
        ] {
            for operator in ["==", "=@", "=^", "=$"] {
                let segment = format!("{name}{operator}{evil}");
                assert_eq!(site.visits(&segment), 0, "{segment}");
            }
            let segment = format!("{name}!={evil}");
            assert_eq!(site.visits(&segment), all, "{segment}");
        }
        let answer = site.report("VisitsSummary.get", &format!("{evil}==1"));
        assert_eq!(answer["result"], "error", "{answer}");
    }
    // `%` and `_` are themselves where texts of visits are compared.
    assert_eq!(site.visits("countryCode=@%25"), 0);
    assert_eq!(site.visits("countryCode=@_"), 0);
    assert_eq!(site.visits(""), all);
}
