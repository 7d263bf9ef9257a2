//! `journeys.json`: the journey templates.

use std::collections::HashSet;

use crate::journey::{Channels, Dwell, Features, Journey, Pages};

use super::{
    fault::{Faults, quoted},
    json::{Fields, Node},
    tables::{rows, unique},
    text::{self, Refused},
};

/// The most page views of a visit, as for `PAGEVIEWS_MAX`.
const MOST_PAGES: u32 = 100;

/// Reads the templates; `sections` are the names of the site's sections. One that it lacks is no preference.
pub(super) fn parse(content: &str, sections: &[String], faults: &mut Faults<'_>) -> Vec<Journey> {
    let mut seen = HashSet::new();
    rows(content, faults, |mut fields, faults| {
        let name = fields.required("name", |node| node.text(name), faults);
        unique(&fields, "name", name.as_deref(), &mut seen, faults);
        let description = fields.optional_label("description", faults).unwrap_or_default();
        let bounce = fields.number("bounce", 0.0..=1.0, faults);
        let pages = inner(&mut fields, "pages", faults, pages);
        let dwell = inner(&mut fields, "dwell", faults, dwell);
        let features =
            inner(&mut fields, "features", faults, |fields, faults| Some(features(fields, faults)));
        let channels =
            inner(&mut fields, "channels", faults, |fields, faults| Some(channels(fields, faults)));
        let names = fields.optional_list("sections", faults).unwrap_or_default();
        let section_affinity = fields.optional_probability("section_affinity", faults).unwrap_or_default();
        let source = fields.optional_label("source", faults).unwrap_or_default();
        let sections = preferred(&names, sections, &fields.place_of("sections"), faults);
        fields.close(faults);
        Some(Journey {
            name: name?,
            description,
            bounce: bounce?,
            pages: pages?,
            dwell: dwell?,
            features: features?,
            channels: channels?,
            sections,
            section_affinity,
            source,
        })
    })
}

/// As `JOURNEY_MIX` can write it.
fn name(given: &str) -> Result<String, Refused> {
    let name = text::label(given)?;
    if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) {
        Ok(name.to_owned())
    } else {
        Err(Refused::new(quoted(name), "use letters, digits, - and _ only, so that JOURNEY_MIX can name it"))
    }
}

fn inner<T>(
    fields: &mut Fields<'_>,
    field: &'static str,
    faults: &mut Faults<'_>,
    read: impl FnOnce(&mut Fields<'_>, &mut Faults<'_>) -> Option<T>,
) -> Option<T> {
    let node = fields.required(field, Ok::<Node<'_>, Refused>, faults)?;
    let mut inner = Fields::open(node, fields.place_of(field), faults)?;
    let value = read(&mut inner, faults);
    inner.close(faults);
    value
}

fn pages(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Option<Pages> {
    let min = fields.required("min", |node| node.whole(MOST_PAGES), faults);
    let max = fields.required("max", |node| node.whole(MOST_PAGES), faults);
    let mean = fields.number("mean", 1.0..=100.0, faults);
    let shape = fields.number("shape", 0.01..=1e6, faults);
    let (min, max) = (min?, max?);
    if min == 0 || min > max {
        fields.refuse_at(
            "min",
            Refused::new(min.to_string(), format!("give 1 to max, which is {max}")),
            faults,
        );
    }
    Some(Pages { min, max, mean: mean?, shape: shape? })
}

fn dwell(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Option<Dwell> {
    let shape = fields.number("shape", 0.1..=10.0, faults);
    let scale_s = fields.number("scale_seconds", 0.1..=3600.0, faults);
    Some(Dwell { shape: shape?, scale_s: scale_s? })
}

fn features(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Features {
    let features = Features {
        site_search: fields.optional_probability("site_search", faults),
        outlinks: fields.optional_probability("outlinks", faults),
        downloads: fields.optional_probability("downloads", faults),
        click_events: fields.optional_probability("click_events", faults),
        random_events: fields.optional_probability("random_events", faults),
        ecommerce: fields.optional_probability("ecommerce", faults),
        cart: fields.optional_probability("cart", faults),
    };
    if let (Some(cart), Some(ecommerce)) = (features.cart, features.ecommerce)
        && cart < ecommerce
    {
        let remedy = format!("give at least ecommerce, which is {ecommerce}: an order comes out of a cart");
        fields.refuse_at("cart", Refused::new(cart.to_string(), remedy), faults);
    }
    features
}

fn channels(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Channels {
    let mut sound = true;
    let mut weight = |field, faults: &mut Faults<'_>| {
        let given = fields.has(field);
        let weight = fields.optional(field, |node: Node<'_>| node.number(&(0.0..=1e9)), faults);
        sound &= given == weight.is_some();
        weight.unwrap_or_default()
    };
    let channels = Channels {
        direct: weight("direct", faults),
        search: weight("search", faults),
        social: weight("social", faults),
        site: weight("site", faults),
        campaign: weight("campaign", faults),
    };
    if sound && channels == Channels::default() {
        fields.missing("direct", "give at least one channel a weight above 0", faults);
    }
    channels
}

fn preferred(names: &[Node<'_>], sections: &[String], place: &str, faults: &mut Faults<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    for (index, node) in names.iter().enumerate() {
        match node.text(|t| text::label(t).map(str::to_owned)) {
            Ok(name) => {
                let number = sections.iter().zip(0..).find(|(section, _)| **section == name);
                found.extend(number.map(|(_, number)| number));
            }
            Err(refused) => {
                faults.add(Some(node.line()), format!("{place}[{index}]"), refused.given, refused.remedy);
            }
        }
    }
    found
}
