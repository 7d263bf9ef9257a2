//! What a hit looks like on the wire.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod support;

use matomo::{Encoder, params};
use proptest::prelude::*;
use settings::Settings;
use support::{TOKEN, content, settings, settings_with_token, visit};
use traffic::content::{Event, Page, SearchTerm};
use traffic::{Hit, Kind, PageTiming, Visit};

fn encoder(settings: &Settings) -> Encoder {
    Encoder::new(&content(), settings, "run9")
}

fn query(encoder: &Encoder, visit: &Visit, seq: usize, cdt_base_ms: Option<i64>) -> String {
    let mut out = Vec::new();
    encoder.query(visit, seq, cdt_base_ms, &mut out);
    String::from_utf8(out).unwrap()
}

/// The parameters that come between `url` and the browser's own.
fn kind_part(seq: usize) -> String {
    let query = query(&encoder(&settings(&[])), &visit(), seq, None);
    let start = query.find("&url=").unwrap() + 1;
    let start = start + query[start..].find('&').unwrap();
    query[start..].strip_suffix("&res=1920x1080&lang=de-de").unwrap().to_owned()
}

const HOME: &str = "https%3A%2F%2Fshop.example%2F";
const CHEESE: &str = "https%3A%2F%2Fshop.example%2Fk%C3%A4se%3Fsort%3Da%20b%23top";

#[test]
fn the_first_hit_in_full() {
    assert_eq!(
        query(&encoder(&settings(&[])), &visit(), 0, None),
        format!(
            "idsite=7&rec=1&apiv=1&_id=00ff123456789abc&cid=00ff123456789abc&pv_id=0000a1&url={HOME}\
             &new_visit=1&action_name=Home%20%26%20More&urlref=https%3A%2F%2Fwww.google.com%2Fsearch%3Fq%3Dx\
             &pf_net=12&pf_srv=180&pf_tfr=30&pf_dm1=240&pf_dm2=95&pf_onl=7&res=1920x1080&lang=de-de"
        )
    );
}

#[test]
fn every_kind_says_what_it_is() {
    let expected = [
        (1, format!("&action_name=K%C3%A4se%20%E2%80%93%20100%25%20%22gut%22&urlref={HOME}")),
        (2, "&search=blue%20shoes&search_count=12&search_cat=Shoes%20%26%20Boots".to_owned()),
        (3, "&search=blue%20shoes&search_count=12".to_owned()),
        (4, format!("&link=https%3A%2F%2Fpartner.example%2Fa%3Fb%3Dc%26d&urlref={CHEESE}")),
        (5, format!("&download=https%3A%2F%2Fshop.example%2Ffiles%2Fprice%20list.pdf&urlref={CHEESE}")),
        (6, format!("&download=https%3A%2F%2Fcdn.example%2Fapp.zip&urlref={CHEESE}")),
        (7, "&e_c=Video&e_a=play&e_n=Intro%2B1&e_v=2.5&ca=1".to_owned()),
        (8, "&e_c=Menu&e_a=open&ca=1".to_owned()),
        (11, "&ping=1".to_owned()),
    ];
    for (seq, expected) in expected {
        assert_eq!(kind_part(seq), expected, "hit {seq}");
    }
}

#[test]
fn an_order_adds_up_and_names_its_items() {
    let pairs = params(kind_part(10).strip_prefix('&').unwrap().as_bytes());
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(value("idgoal"), Some("0"));
    assert_eq!(value("ec_id"), Some("run9-ya-a"));
    assert_eq!(value("revenue"), Some("96.40"));
    assert_eq!(value("ec_st"), Some("75.03"));
    assert_eq!(value("ec_tx"), Some("15.39"));
    assert_eq!(value("ec_sh"), Some("5.98"));
    assert_eq!(value("ec_dt"), Some("0.00"));
    let items: serde_json::Value = serde_json::from_str(value("ec_items").unwrap()).unwrap();
    assert_eq!(
        items,
        serde_json::json!([
            ["SKU-1", "Mug \"XL\"", "Kitchen", 12.49, 2],
            ["SKU-2", "Lamp, big", "Home", 50.05, 1]
        ])
    );
}

#[test]
fn a_cart_is_an_order_without_an_id() {
    let part = kind_part(9);
    assert!(part.starts_with("&idgoal=0&revenue=75.03&ec_items=%5B%5B%22SKU-1%22"), "{part}");
    for absent in ["ec_id", "ec_st", "ec_tx", "ec_sh", "ec_dt"] {
        assert!(!part.contains(absent), "{absent} in {part}");
    }
}

#[test]
fn order_ids_differ_by_visit_hit_and_run() {
    let content = content();
    let settings = settings(&[]);
    let mut visit = visit();
    let order = visit.hits[10];
    visit.hits = vec![order; 40];
    let mut ids = std::collections::BTreeSet::new();
    for run in ["a", "b"] {
        let encoder = Encoder::new(&content, &settings, run);
        for index in [0, 1, 35, 36, 1 << 40] {
            visit.index = index;
            for seq in 0..visit.hits.len() {
                let query = query(&encoder, &visit, seq, None);
                let (_, id) = params(query.as_bytes()).into_iter().find(|(name, _)| name == "ec_id").unwrap();
                assert!(ids.insert(id.clone()), "{id} comes twice");
            }
        }
    }
    assert_eq!(ids.len(), 2 * 5 * 40);
}

#[test]
fn only_the_first_hit_opens_a_visit() {
    let encoder = encoder(&settings(&[]));
    for seq in 0..visit().hits.len() {
        let query = query(&encoder, &visit(), seq, None);
        assert_eq!(query.contains("&new_visit=1"), seq == 0, "hit {seq}");
        assert_eq!(query.contains("google.com"), seq == 0, "hit {seq}");
        assert_eq!(query.contains("&ca=1"), matches!(visit().hits[seq].kind, Kind::Event(_)), "hit {seq}");
        assert!(!query.contains("send_image"), "hit {seq}");
    }
}

#[test]
fn direct_traffic_has_no_referrer() {
    let mut visit = visit();
    visit.referrer = None;
    assert!(!query(&encoder(&settings(&[])), &visit, 0, None).contains("urlref"));
}

#[test]
fn campaign_parameters_stand_on_the_landing_page_before_its_fragment() {
    let encoder = encoder(&settings(&[]));
    let mut visit = visit();
    visit.campaign = Some(0);
    let url = |visit: &Visit, seq| {
        let query = query(&encoder, visit, seq, None);
        params(query.as_bytes()).into_iter().find(|(name, _)| name == "url").unwrap().1
    };
    assert_eq!(url(&visit, 0), "https://shop.example/?mtm_campaign=spring%20sale&mtm_medium=email");
    assert_eq!(url(&visit, 1), "https://shop.example/käse?sort=a b#top");
    visit.hits[0].page = 1;
    assert_eq!(
        url(&visit, 0),
        "https://shop.example/käse?sort=a b&mtm_campaign=spring%20sale&mtm_medium=email#top"
    );
}

#[test]
fn cdt_is_in_whole_seconds_and_absent_in_real_time() {
    let encoder = encoder(&settings(&[]));
    let base = 1_750_000_000_400;
    for (seq, seconds) in [(0, 1_750_000_000), (1, 1_750_000_001), (2, 1_750_000_003)] {
        assert!(
            query(&encoder, &visit(), seq, Some(base)).ends_with(&format!("&cdt={seconds}")),
            "hit {seq}"
        );
    }
    assert!(!query(&encoder, &visit(), 0, None).contains("cdt"));
}

#[test]
fn place_is_told_only_with_a_token() {
    let told = query(&encoder(&settings_with_token()), &visit(), 3, Some(0));
    assert!(told.ends_with("&lang=de-de&cip=85.214.0.9&country=de&cdt=4"), "{told}");
    for settings in [settings(&[]), settings(&[("MATOMO_TOKEN_AUTH", TOKEN)])] {
        let query = query(&encoder(&settings), &visit(), 3, None);
        assert!(!query.contains("cip") && !query.contains("country"), "{query}");
    }
}

#[test]
fn headers_are_the_browsers_own() {
    let encoder = encoder(&settings(&[]));
    assert_eq!(encoder.user_agent(&visit()), "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0");
    assert_eq!(encoder.accept_language(&visit()), "de-DE,de;q=0.9,en;q=0.8");
}

#[test]
fn a_bulk_body_is_json_with_a_query_an_entry() {
    for (settings, token) in [(settings(&[]), None), (settings_with_token(), Some(TOKEN))] {
        let encoder = encoder(&settings);
        let visit = visit();
        let mut body = Vec::new();
        encoder.bulk_open(&mut body);
        for seq in 0..visit.hits.len() {
            if seq > 0 {
                body.push(b',');
            }
            encoder.bulk_entry(&visit, seq, Some(0), &mut body);
        }
        encoder.bulk_close(&mut body);
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body.get("token_auth").and_then(|token| token.as_str()), token);
        let entries = body["requests"].as_array().unwrap();
        assert_eq!(entries.len(), visit.hits.len());
        for (seq, entry) in entries.iter().enumerate() {
            let agent = "Mozilla%2F5.0%20%28X11%3B%20Linux%20x86_64%29%20Firefox%2F140.0";
            assert_eq!(*entry, format!("?{}&ua={agent}", query(&encoder, &visit, seq, Some(0))));
        }
    }
}

#[test]
fn the_token_is_in_bodies_only() {
    let encoder = encoder(&settings_with_token());
    let mut pair = Vec::new();
    encoder.token_pair(&mut pair);
    assert_eq!(pair, format!("&token_auth={TOKEN}").into_bytes());
    for seq in 0..visit().hits.len() {
        assert!(!query(&encoder, &visit(), seq, Some(0)).contains(TOKEN));
    }
    assert!(!format!("{encoder:?}").contains(TOKEN));

    pair.clear();
    Encoder::new(&content(), &settings(&[]), "").token_pair(&mut pair);
    assert!(pair.is_empty());
}

#[test]
fn nothing_is_allocated_in_a_buffer_that_is_large_enough() {
    let encoder = encoder(&settings_with_token());
    let visit = visit();
    let mut out = Vec::with_capacity(64 << 10);
    let counted = allocation_counter::measure(|| {
        for seq in 0..visit.hits.len() {
            out.clear();
            encoder.bulk_entry(&visit, seq, Some(1_750_000_000_000), &mut out);
        }
        encoder.bulk_open(&mut out);
        encoder.bulk_close(&mut out);
        encoder.token_pair(&mut out);
    });
    assert_eq!(counted.count_total, 0);
}

proptest! {
    #[test]
    fn texts_of_any_kind_come_back_whole(
        url in "https://[a-z]{1,9}\\.example/\\PC{0,20}",
        title in any::<String>(),
        keyword in any::<String>(),
        [category, action, name] in any::<[String; 3]>(),
        value in -1e9..1e9f64,
    ) {
        let mut content = content();
        content.pages[0] = Page { url: url.clone(), title: title.clone(), origin: 0, section: 0 };
        content.searches[0] = SearchTerm { keyword: keyword.clone(), results: 3 };
        content.events[0] = Event {
            category: category.clone(),
            action: action.clone(),
            name: Some(name.clone()),
            value: Some(value),
        };
        let hit = |kind| Hit { offset_ms: 0, send_ms: 0, page: 0, pv_id: 1, kind };
        let visit = Visit {
            hits: vec![
                hit(Kind::PageView { from: None, timing: PageTiming::default() }),
                hit(Kind::Search { term: 0, category: None }),
                hit(Kind::Event(0)),
            ],
            ..Visit::default()
        };
        let encoder = Encoder::new(&content, &settings(&[]), "r");
        let decoded = |seq| params(query(&encoder, &visit, seq, None).as_bytes());
        let has = |pairs: Vec<(String, String)>, name: &str, value: &str| {
            pairs.contains(&(name.to_owned(), value.to_owned()))
        };
        prop_assert!(has(decoded(0), "url", &url));
        prop_assert!(has(decoded(0), "action_name", &title));
        prop_assert!(has(decoded(1), "search", &keyword));
        prop_assert!(has(decoded(2), "e_c", &category));
        prop_assert!(has(decoded(2), "e_a", &action));
        prop_assert!(has(decoded(2), "e_n", &name));
        let (_, sent) = decoded(2).into_iter().find(|(name, _)| name == "e_v").unwrap();
        prop_assert_eq!(sent.parse::<f64>().unwrap().to_bits(), value.to_bits());
        // Each parameter comes once, so that no text can smuggle in another.
        for seq in 0..3 {
            let mut names: Vec<_> = decoded(seq).into_iter().map(|(name, _)| name).collect();
            let all = names.len();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len(), all);
        }
    }

    #[test]
    fn product_texts_survive_json_in_percents(texts in any::<[String; 3]>(), price in 0..10_000_000u64) {
        let mut content = content();
        let [sku, name, category] = texts.clone();
        content.products[0] = traffic::content::Product { sku, name, category, price };
        let mut visit = visit();
        visit.orders[0].items.truncate(1);
        visit.orders[0].items[0].price = price;
        let encoder = Encoder::new(&content, &settings(&[]), "r");
        let pairs = params(query(&encoder, &visit, 10, None).as_bytes());
        let (_, items) = pairs.into_iter().find(|(name, _)| name == "ec_items").unwrap();
        let items: serde_json::Value = serde_json::from_str(&items).unwrap();
        let [sku, name, category] = &texts;
        prop_assert_eq!(items, serde_json::json!([[sku, name, category, price as f64 / 100.0, 2]]));
    }
}
