//! The first 20 visits of seed 1, written down: whatever changes them changes every run of every user.

use std::{fmt::Write as _, sync::Arc};

use traffic::{Content, Kind, Model, Schedule, Visit};

use crate::support::settings;

#[test]
fn golden_seed_1_first_20_visits() {
    let settings = settings(&[]);
    let model = Model::new(&settings, Arc::new(Content::built_in()), 1);
    let schedule = Schedule::live(&settings.arrivals, 1, 1_780_000_000_000_000);
    let (mut text, mut visit) = (String::new(), Visit::default());
    for start in schedule.cursor(0).take(20) {
        model.visit(start.index, &mut visit);
        let at = start.at_us - 1_780_000_000_000_000;
        render(&mut text, model.content(), &visit, at).unwrap();
    }
    insta::assert_snapshot!(text);
}

fn render(text: &mut String, content: &Content, visit: &Visit, at_us: i64) -> std::fmt::Result {
    write!(text, "visit {} at +{at_us} us by {:016x}", visit.index, visit.visitor)?;
    let agent = &content.agents[visit.agent as usize];
    write!(
        text,
        " {:?} {} {}",
        agent.device, agent.resolution, content.languages[visit.language as usize].lang
    )?;
    if let (Some(country), Some(address)) = (visit.country, visit.address) {
        write!(text, " in {} at {address}", content.countries[country as usize].code)?;
    }
    if let Some(referrer) = visit.referrer {
        write!(text, " from {}", content.referrers[referrer as usize].url)?;
    }
    if let Some(campaign) = visit.campaign {
        write!(text, " with {}", content.campaigns[campaign as usize])?;
    }
    writeln!(text)?;
    for hit in &visit.hits {
        write!(text, "  {:>7} ms {:>6} ms {:06x} ", hit.offset_ms, hit.send_ms, hit.pv_id)?;
        match hit.kind {
            Kind::PageView { timing: t, .. } => {
                let url = &content.pages[hit.page as usize].url;
                let stages = [t.network, t.server, t.transfer, t.dom_processing, t.dom_completion, t.on_load];
                writeln!(text, "view {url} {stages:?}")?;
            }
            Kind::Ping => writeln!(text, "ping")?,
            Kind::Search { term, category } => {
                let category = category.map(|category| &content.search_categories[category as usize]);
                writeln!(text, "search {:?} in {category:?}", content.searches[term as usize].keyword)?;
            }
            Kind::Outlink(link) => writeln!(text, "outlink {}", content.outlinks[link as usize])?,
            Kind::Download(file) => writeln!(text, "download {}", content.downloads[file as usize])?,
            Kind::Event(event) => {
                let event = &content.events[event as usize];
                writeln!(text, "event {} / {}", event.category, event.action)?;
            }
            Kind::Cart(order) | Kind::Order(order) => {
                let order = &visit.orders[order as usize];
                let name = if matches!(hit.kind, Kind::Cart(_)) { "cart" } else { "order" };
                let (revenue, shipping, tax) = (order.revenue, order.shipping, order.tax);
                write!(text, "{name} of {revenue} (shipping {shipping}, tax {tax}):")?;
                for item in &order.items {
                    let sku = &content.products[item.product as usize].sku;
                    write!(text, " {}x{sku}@{}", item.quantity, item.price)?;
                }
                writeln!(text)?;
            }
        }
    }
    Ok(())
}
