//! The ledger's own rules against a real Matomo: hits that were sent to one, and the reports that it gave.
#![allow(clippy::unwrap_used, reason = "what fails in a helper fails its test")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::PathBuf;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use ledger::{
    Book, DayFigures, Fate, Figure, Ledger, Settled, Setup, Site, Span, Table, Times, flat_page_label,
};
use serde_json::Value;
use traffic::content::{Agent, Channel, Country, Device, Event, Page, Product, Referrer, SearchTerm};
use traffic::{Content, Hit, Item, Kind, Order, PageTiming, Visit};

fn golden(path: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden");
    fs::read_to_string(folder.join(path)).unwrap()
}

fn report(name: &str) -> Value {
    serde_json::from_str(&golden(&format!("reports/{name}.json"))).unwrap()
}

/// The number of something in a list, which it is added to when it is new.
fn place<T: PartialEq>(list: &mut Vec<T>, thing: T) -> u32 {
    let at = list.iter().position(|known| *known == thing).unwrap_or_else(|| {
        list.push(thing);
        list.len() - 1
    });
    at as u32
}

/// Makes content and visits out of hits as they were sent.
#[derive(Default)]
struct Adapter {
    content: Content,
    visits: Vec<(Visit, i64)>,
    last: HashMap<String, usize>,
}

impl Adapter {
    fn read() -> Self {
        let mut adapter = Self::default();
        adapter.content.origins.push("https://example.test".to_owned());
        golden("hits.jsonl").lines().for_each(|line| adapter.take(&serde_json::from_str(line).unwrap()));
        adapter
    }

    fn page(&mut self, url: &str) -> u32 {
        let url = url.split('?').next().unwrap().to_owned();
        place(&mut self.content.pages, Page { url, title: String::new(), origin: 0, section: 0 })
    }

    fn referrer(&mut self, url: &str) -> u32 {
        // Which channel a referrer is of is not what is tested here: the receiver's tests are about that.
        let channel = match url {
            url if url.contains("news.example.org") => Channel::Site,
            url if url.contains("reddit") => Channel::Social,
            // A bare facebook.com is taken for a search engine.
            _ => Channel::Search,
        };
        place(&mut self.content.referrers, Referrer { url: url.to_owned(), channel })
    }

    fn take(&mut self, hit: &Value) {
        let text = |name: &str| hit[name].as_str().map(str::to_owned);
        let cents = |value: &Value| (value.as_f64().unwrap() * 100.0).round() as u64;
        let visitor = text("cid").unwrap();
        let time: DateTime = text("cdt").unwrap().replace(' ', "T").parse().unwrap();
        let at_ms = time.to_zoned(TimeZone::UTC).unwrap().timestamp().as_millisecond();
        let page = self.page(&text("url").unwrap());
        if hit["new_visit"] == 1 {
            let code = text("country").unwrap();
            let country = Country { code, weight: 1.0, languages: vec![], blocks: vec![] };
            let agent = text("ua").unwrap();
            let device = if agent.contains("Mobile") { Device::Mobile } else { Device::Desktop };
            let agent = Agent { user_agent: agent, resolution: String::new(), device, weight: 1.0 };
            let query = text("url").unwrap().split_once('?').map(|(_, query)| query.to_owned());
            let referrer = text("urlref").map(|url| self.referrer(&url));
            let visit = Visit {
                index: self.visits.len() as u64,
                returning: self.last.contains_key(&visitor),
                country: Some(place(&mut self.content.countries, country)),
                agent: place(&mut self.content.agents, agent),
                campaign: query.map(|query| place(&mut self.content.campaigns, query)),
                referrer,
                ..Visit::default()
            };
            self.last.insert(visitor.clone(), self.visits.len());
            self.visits.push((visit, at_ms));
        }
        let kind = self.kind(hit, cents);
        let (visit, begins_ms) = &mut self.visits[self.last[&visitor]];
        let kind = match kind {
            Kind::PageView { .. } if visit.hits.is_empty() => {
                Kind::PageView { from: None, timing: PageTiming::default() }
            }
            Kind::Order(_) => {
                let items: Vec<Vec<Value>> = serde_json::from_str(hit["ec_items"].as_str().unwrap()).unwrap();
                let items = items.iter().map(|item| Item {
                    product: place(
                        &mut self.content.products,
                        Product {
                            sku: item[0].as_str().unwrap().to_owned(),
                            name: String::new(),
                            category: String::new(),
                            price: 0,
                        },
                    ),
                    price: cents(&item[3]),
                    quantity: item[4].as_u64().unwrap() as u32,
                });
                visit.orders.push(Order {
                    items: items.collect(),
                    revenue: cents(&hit["revenue"]),
                    subtotal: cents(&hit["ec_st"]),
                    tax: cents(&hit["ec_tx"]),
                    shipping: cents(&hit["ec_sh"]),
                });
                Kind::Order(visit.orders.len() as u32 - 1)
            }
            // A goal that is sent by hand is no action, as a cart is none.
            Kind::Cart(_) => {
                visit.orders.push(Order::default());
                Kind::Cart(visit.orders.len() as u32 - 1)
            }
            kind => kind,
        };
        let offset_ms = u32::try_from(at_ms - *begins_ms).unwrap();
        visit.hits.push(Hit { offset_ms, send_ms: 0, page, pv_id: 0, kind });
    }

    fn kind(&mut self, hit: &Value, _cents: impl Fn(&Value) -> u64) -> Kind {
        let text = |name: &str| hit[name].as_str().map(str::to_owned);
        let content = &mut self.content;
        if let Some(category) = text("e_c") {
            let (action, name, value) = (text("e_a").unwrap(), text("e_n"), hit["e_v"].as_f64());
            return Kind::Event(place(&mut content.events, Event { category, action, name, value }));
        }
        if let Some(keyword) = text("search") {
            let results = hit["search_count"].as_u64().unwrap() as u32;
            let category = text("search_cat").map(|category| place(&mut content.search_categories, category));
            return Kind::Search {
                term: place(&mut content.searches, SearchTerm { keyword, results }),
                category,
            };
        }
        if let Some(url) = text("link") {
            return Kind::Outlink(place(&mut content.outlinks, url));
        }
        if let Some(url) = text("download") {
            return Kind::Download(place(&mut content.downloads, url));
        }
        if hit["ping"] == 1 {
            return Kind::Ping;
        }
        match hit["idgoal"].as_i64() {
            Some(0) => Kind::Order(0),
            Some(_) => Kind::Cart(0),
            None => {
                let from = text("urlref").map(|url| self.page(&url));
                Kind::PageView { from, timing: PageTiming::default() }
            }
        }
    }

    fn book(&self) -> Book {
        let mut ledger = Ledger::new(Setup {
            content: &self.content,
            zone: TimeZone::UTC,
            zone_name: "UTC".to_owned(),
            times: Times::Told,
            countries: true,
            site: &Site::default(),
            reach: Some(self.visits.len() as u64),
        });
        // The visits of one visitor, and which came before which, as the engine knows it from the numbers.
        let mut before: HashMap<u64, u64> = HashMap::new();
        let mut by_visitor: HashMap<String, u64> = HashMap::new();
        let mut number = 0;
        for line in golden("hits.jsonl").lines() {
            let hit: Value = serde_json::from_str(line).unwrap();
            if hit["new_visit"] == 1 {
                let visitor = hit["cid"].as_str().unwrap().to_owned();
                if let Some(earlier) = by_visitor.insert(visitor, number) {
                    before.insert(number, earlier);
                }
                number += 1;
            }
        }
        for (visit, begins_ms) in &self.visits {
            for seq in 0..visit.hits.len() as u16 {
                ledger.settle(Settled { visit: visit.index, seq, fate: Fate::Recorded, came: None });
            }
            ledger.close(visit, *begins_ms, before.get(&visit.index).copied());
        }
        assert!(ledger.open().is_empty());
        ledger.book(true)
    }
}

const DAYS: [&str; 4] = ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"];

fn day(book: &Book, number: usize) -> DayFigures {
    let date: Date = DAYS[number].parse().unwrap();
    book.days.get(&date).cloned().unwrap_or_default()
}

fn all_days(book: &Book) -> DayFigures {
    let mut sum = DayFigures::default();
    book.days.values().for_each(|day| sum.merge(&day.as_reported()));
    sum
}

#[track_caller]
fn same(what: &str, report: &Value, ours: Span, figure: Figure) {
    let theirs = (report.as_f64().unwrap_or_else(|| panic!("{what}: {report}")) * figure.scale() as f64)
        .round() as i64;
    assert_eq!(ours, Span::exactly(theirs), "{what}");
}

#[test]
fn every_day_has_the_figures_that_matomo_reported() {
    let book = Adapter::read().book();
    assert_eq!(book.days.len(), 3, "nobody came on the last day");
    for number in 0..4 {
        let day = day(&book, number);
        let summary = report(&format!("VisitsSummary.get.day{number}"));
        for (name, figure) in [
            ("nb_visits", Figure::Visits),
            ("nb_uniq_visitors", Figure::UniqueVisitors),
            ("nb_actions", Figure::Actions),
            ("bounce_count", Figure::Bounces),
            ("sum_visit_length", Figure::Length),
        ] {
            same(&format!("day {number}, {name}"), &summary[name], day.site(figure), figure);
        }
        let actions = report(&format!("Actions.get.day{number}"));
        for (name, figure) in [
            ("nb_pageviews", Figure::PageViews),
            ("nb_searches", Figure::Searches),
            ("nb_outlinks", Figure::Outlinks),
            ("nb_downloads", Figure::Downloads),
        ] {
            same(&format!("day {number}, {name}"), &actions[name], day.site(figure), figure);
        }
    }
}

#[test]
fn orders_are_worth_what_matomo_reported() {
    let days = all_days(&Adapter::read().book());
    let orders = report("Goals.get.ecommerceOrder.range");
    for (name, figure) in [
        ("nb_conversions", Figure::Orders),
        ("revenue", Figure::Revenue),
        ("revenue_subtotal", Figure::Subtotal),
        ("revenue_tax", Figure::Tax),
        ("revenue_shipping", Figure::Shipping),
        ("items", Figure::Quantity),
    ] {
        same(name, &orders[name], days.site(figure), figure);
    }
    table(
        &days,
        "Goals.getItemsSku.range",
        Table::Products,
        &[("orders", Figure::Orders), ("quantity", Figure::Quantity), ("revenue", Figure::Revenue)],
        str::to_owned,
    );
}

/// Every row of the report is in the ledger, with these figures, and no others are.
#[track_caller]
fn table(
    days: &DayFigures,
    name: &str,
    table: Table,
    columns: &[(&str, Figure)],
    label: impl Fn(&str) -> String,
) {
    let mut theirs: BTreeMap<(String, Figure), i64> = BTreeMap::new();
    for row in report(name).as_array().unwrap() {
        for (column, figure) in columns {
            let value = row[*column].as_f64().unwrap_or(0.0) * figure.scale() as f64;
            *theirs.entry((label(row["label"].as_str().unwrap()), *figure)).or_default() +=
                value.round() as i64;
        }
    }
    theirs.retain(|_, count| *count != 0);
    let mut ours = BTreeMap::new();
    for (label, row) in &days.0[&table] {
        for (figure, span) in
            row.iter().filter(|(figure, _)| columns.iter().any(|(_, known)| known == *figure))
        {
            assert_eq!(span.least, span.most, "{name}, {label}");
            ours.insert((label.clone(), *figure), span.most);
        }
    }
    assert_eq!(ours, theirs, "{name}");
}

#[test]
fn every_table_has_the_rows_that_matomo_reported() {
    let days = all_days(&Adapter::read().book());
    let as_is = |label: &str| label.to_owned();
    table(
        &days,
        "Actions.getPageUrls.range",
        Table::Pages,
        &[
            ("nb_hits", Figure::PageViews),
            ("entry_nb_visits", Figure::Entries),
            ("exit_nb_visits", Figure::Exits),
        ],
        flat_page_label,
    );
    let events = [("nb_events", Figure::Events), ("sum_event_value", Figure::EventValue)];
    table(&days, "Events.getCategory.range", Table::EventCategories, &events, as_is);
    table(&days, "Events.getAction.range", Table::EventActions, &events, as_is);
    table(&days, "Events.getName.range", Table::EventNames, &events, as_is);
    let searches = [("nb_hits", Figure::Searches)];
    table(&days, "Actions.getSiteSearchKeywords.range", Table::Keywords, &searches, str::to_lowercase);
    let searches = [("nb_actions", Figure::Searches)];
    table(
        &days,
        "Actions.getSiteSearchCategories.range",
        Table::SearchCategories,
        &searches,
        str::to_lowercase,
    );
    table(&days, "Actions.getOutlinks.range", Table::Outlinks, &[("nb_hits", Figure::Outlinks)], as_is);
    table(&days, "Actions.getDownloads.range", Table::Downloads, &[("nb_hits", Figure::Downloads)], as_is);
    let visits = [("nb_visits", Figure::Visits)];
    let hours = [("nb_visits", Figure::Visits), ("sum_visit_length", Figure::Length)];
    table(&days, "VisitTime.getVisitInformationPerServerTime.range", Table::Hours, &hours, as_is);
    table(&days, "Referrers.getCampaigns.range", Table::Campaigns, &visits, as_is);
    table(&days, "Referrers.getReferrerType.range", Table::Referrers, &visits, |label| {
        let name = match label {
            "Direct Entry" => "direct",
            "Search Engines" => "search",
            "Websites" => "website",
            "Campaigns" => "campaign",
            "Social Networks" => "social",
            other => other,
        };
        name.to_owned()
    });
    table(&days, "DevicesDetection.getType.range", Table::Devices, &visits, |label| match label {
        "Smartphone" => "mobile".to_owned(),
        other => other.to_lowercase(),
    });
    table(&days, "UserCountry.getCountry.range", Table::Countries, &visits, |label| {
        let rows = report("UserCountry.getCountry.range");
        let row = rows.as_array().unwrap().iter().find(|row| row["label"] == label).unwrap();
        row["code"].as_str().unwrap().to_owned()
    });
}
