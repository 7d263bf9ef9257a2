//! `funnels.json`: reading funnels, before they are interned.
//!
//! The file is a list of funnels, or an object with that list as `funnels`. A fault names the funnel, the step by its
//! number from 1, and the field.

use std::collections::{HashMap, HashSet};

use url::Url;

use crate::funnel::{Action, Draft, DraftStep};

use super::{
    Event, Fault,
    fault::{Faults, quoted},
    json::{self, Fields, Node},
    order,
    source::File,
    tables::{MOST_RESULTS, unique},
    text::{self, Refused},
    urls::file_address,
};

/// The longest delay after a step, in seconds.
const LONGEST_DELAY_S: f64 = 3600.0;

/// Checks funnels.
///
/// # Errors
/// Every fault of the text.
pub(crate) fn validate(content: &str) -> Result<Vec<Draft>, Vec<Fault>> {
    let mut faults = Faults::of(File::Funnels.name());
    let funnels = parse(content, &mut faults);
    faults.or(funnels)
}

/// Reads funnels, the disabled ones too.
pub(super) fn parse(content: &str, faults: &mut Faults<'_>) -> Vec<Draft> {
    let Some(root) = json::parse(content, faults) else { return Vec::new() };
    let list = match root.list() {
        Some(list) => list,
        None if root.fields().is_some_and(|fields| fields.iter().any(|(name, _)| name == "funnels")) => {
            let Some(mut fields) = Fields::open(root, "", faults) else { return Vec::new() };
            let list = fields.list("funnels", faults).unwrap_or_default();
            fields.close(faults);
            list
        }
        None => {
            let remedy = r#"give a list of funnels in [ ], or { "funnels": [ ] }"#;
            faults.add(Some(root.line()), "", root.shown(), remedy);
            return Vec::new();
        }
    };
    let mut told = Told::default();
    let numbered = list.into_iter().zip(1..);
    numbered.filter_map(|(node, number)| funnel(node, number, &mut told, faults)).collect()
}

/// What funnels have said that later ones must not gainsay.
#[derive(Default)]
struct Told {
    names: HashSet<String>,
    /// The results of each keyword. A report shows a keyword as found or not found, never as both.
    results: HashMap<String, u32>,
}

fn funnel(node: Node<'_>, number: usize, told: &mut Told, faults: &mut Faults<'_>) -> Option<Draft> {
    let mut fields = Fields::open_as(node, format!("funnel {number}"), ", ", faults)?;
    let name = fields.label("name", faults);
    unique(&fields, "name", name.as_deref(), &mut told.names, faults);
    if let Some(name) = &name {
        fields.rename(format!("funnel {}", quoted(name)));
    }
    let description =
        fields.optional("description", |node| node.text(description), faults).unwrap_or_default();
    let probability = fields.number("probability", 0.0..=1.0, faults);
    let priority = fields.optional("priority", |node| node.whole(u32::MAX), faults);
    let enabled = fields.optional("enabled", Node::flag, faults);
    let exit = fields.optional("exit_after_completion", Node::flag, faults);
    let nodes = fields.list("steps", faults);
    if nodes.as_ref().is_some_and(Vec::is_empty) {
        let refused = Refused::new("an empty list", "give at least one step, the first a page view");
        fields.refuse_at("steps", refused, faults);
    }
    let nodes = nodes.unwrap_or_default();
    let mut viewed = None;
    let mut steps = Vec::with_capacity(nodes.len());
    for (node, number) in nodes.into_iter().zip(1..) {
        let place = format!("{}, step {number}", fields.place());
        let step = Fields::open_as(node, place, ", ", faults);
        steps.push(step.and_then(|fields| self::step(fields, number == 1, &mut viewed, told, faults)));
    }
    fields.close(faults);
    Some(Draft {
        name: name?,
        description,
        probability: probability?,
        priority: priority.unwrap_or(0),
        enabled: enabled.unwrap_or(true),
        exit_after_completion: exit.unwrap_or(true),
        steps: steps.into_iter().collect::<Option<_>>()?,
    })
}

/// A description may be empty and may have lines.
fn description(given: &str) -> Result<String, Refused> {
    const LONGEST: usize = 10_000;
    if given.chars().count() > LONGEST {
        return Err(Refused::new(quoted(given), format!("give at most {LONGEST} characters")));
    }
    match given.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        Some(control) => Err(Refused::new(
            quoted(given),
            format!("take out the control character U+{:04X}", u32::from(control)),
        )),
        None => Ok(given.trim().to_owned()),
    }
}

/// The step types and the fields that are theirs. `title`, `url`, `action_name` and the delays go with all of them.
const TYPES: [(&str, &[&str]); 6] = [
    ("pageview", &[]),
    ("event", &["event_category", "event_action", "event_name", "event_value"]),
    ("site_search", &["search_keyword", "search_category", "search_results"]),
    ("outlink", &["target_url"]),
    ("download", &["target_url"]),
    (
        "ecommerce",
        &[
            "ecommerce_revenue",
            "ecommerce_items",
            "ecommerce_subtotal",
            "ecommerce_tax",
            "ecommerce_shipping",
            "ecommerce_currency",
        ],
    ),
];

/// Reads a step. `viewed` is the page viewed last, which this step replaces when it is a page view itself.
fn step(
    mut fields: Fields<'_>,
    first: bool,
    viewed: &mut Option<Url>,
    told: &mut Told,
    faults: &mut Faults<'_>,
) -> Option<DraftStep> {
    let kind = fields.required("type", |node| node.text(step_type), faults);
    let delay_ms = delay(&mut fields, faults);
    let title = fields.optional("title", optional_label, faults).flatten();
    let action_name = fields.optional("action_name", optional_label, faults).flatten();
    let url = fields.optional("url", |node| node.text(optional_address), faults).flatten();
    let Some(kind) = kind else {
        // its fields depend on what it is: only what no type knows is wrong for certain
        for field in TYPES.iter().flat_map(|(_, own)| own.iter()) {
            fields.let_pass(field);
        }
        fields.close(faults);
        return None;
    };
    if first && kind != "pageview" {
        let refused =
            Refused::new(quoted(kind), "begin with a pageview step: everything else happens on a page");
        fields.refuse_at("type", refused, faults);
    }
    if kind == "pageview" {
        if url.is_none() && !fields.has_text("url") {
            fields.missing("url", "a pageview step needs it", faults);
        }
        viewed.clone_from(&url);
    } else if let (Some(given), Some(page)) = (&url, viewed.as_ref())
        && given != page
    {
        let remedy = format!("leave it out, or put a pageview step before: the page viewed last is {page}");
        fields.refuse_at("url", Refused::new(quoted(given.as_str()), remedy), faults);
    }
    let action = match kind {
        "pageview" => url.map(|url| Action::PageView { url, title: action_name.or(title) }),
        "event" => event(&mut fields, faults),
        "site_search" => search(&mut fields, told, faults),
        "outlink" => fields
            .required("target_url", |node| node.text(|t| text::address(t).map(String::from)), faults)
            .map(Action::Outlink),
        "download" => {
            fields.required("target_url", |node| node.text(file_address), faults).map(Action::Download)
        }
        _ => order::read(&mut fields, faults).map(Action::Order),
    };
    foreign(&mut fields, kind, faults);
    fields.close(faults);
    Some(DraftStep { delay_ms: delay_ms?, action: action? })
}

fn step_type(given: &str) -> Result<&'static str, Refused> {
    let found = TYPES.iter().map(|(name, _)| *name).find(|name| *name == given);
    found.ok_or_else(|| {
        let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
        Refused::new(quoted(given), format!("give one of {}", names.join(", ")))
    })
}

/// Says which fields belong to another type of step. Empty ones are what a form leaves behind.
fn foreign(fields: &mut Fields<'_>, kind: &str, faults: &mut Faults<'_>) {
    let mut owners: HashMap<&'static str, Vec<&'static str>> = HashMap::new();
    for (owner, own) in TYPES {
        for field in own {
            owners.entry(field).or_default().push(owner);
        }
    }
    for (_, own) in TYPES {
        for field in own {
            if let Some(owners) = owners.remove(field)
                && !owners.contains(&kind)
            {
                fields.let_pass(field);
                if !fields.has_text(field) {
                    continue;
                }
                let remedy =
                    format!("a {kind} step has no such field: it belongs to {}", owners.join(" and "));
                fields.refuse_at(field, Refused::new("a field of another step type", remedy), faults);
            }
        }
    }
}

/// The delay after the step, in milliseconds.
fn delay(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Option<(u32, u32)> {
    let seconds = |node: Node<'_>| node.number(&(0.0..=LONGEST_DELAY_S));
    let bounded = |field: &'static str, fields: &mut Fields<'_>, faults: &mut Faults<'_>| {
        let given = fields.has(field);
        let value = fields.optional(field, seconds, faults);
        (value.is_some() || !given).then_some(value)
    };
    let min = bounded("delay_seconds_min", fields, faults);
    let max = bounded("delay_seconds_max", fields, faults);
    let (min, max) = (min?.unwrap_or(0.0), max?);
    let max = max.unwrap_or(min);
    if max < min {
        let refused =
            Refused::new(max.to_string(), format!("give at least delay_seconds_min, which is {min}"));
        fields.refuse_at("delay_seconds_max", refused, faults);
        return None;
    }
    Some(((min * 1000.0).round() as u32, (max * 1000.0).round() as u32))
}

fn event(fields: &mut Fields<'_>, faults: &mut Faults<'_>) -> Option<Action> {
    let category = fields.label("event_category", faults);
    let action = fields.label("event_action", faults);
    let name = fields.label("event_name", faults);
    let value = fields.optional("event_value", |node| node.number(&(f64::MIN..=f64::MAX)), faults);
    Some(Action::Event(Event { category: category?, action: action?, name: Some(name?), value }))
}

fn search(fields: &mut Fields<'_>, told: &mut Told, faults: &mut Faults<'_>) -> Option<Action> {
    let keyword = fields.filled("search_keyword", faults);
    let category = fields.optional("search_category", optional_category, faults).flatten();
    let results = fields.optional("search_results", |node| node.whole(MOST_RESULTS), faults);
    let keyword = keyword?;
    if let Some(results) = results {
        let before = *told.results.entry(keyword.clone()).or_insert(results);
        if before != results {
            let remedy =
                format!("give {before} as an earlier step does: results are a property of the keyword");
            fields.refuse_at("search_results", Refused::new(results.to_string(), remedy), faults);
        }
    }
    Some(Action::Search { keyword, category, results })
}

/// A text, or nothing when it is blank: forms save empty fields.
fn optional_label(node: Node<'_>) -> Result<Option<String>, Refused> {
    node.text(|given| {
        if given.trim().is_empty() {
            Ok(None)
        } else {
            text::label(given).map(|label| Some(label.to_owned()))
        }
    })
}

fn optional_category(node: Node<'_>) -> Result<Option<String>, Refused> {
    match optional_label(node)? {
        Some(category) => text::category(&category).map(|category| Some(category.to_owned())),
        None => Ok(None),
    }
}

fn optional_address(given: &str) -> Result<Option<Url>, Refused> {
    if given.trim().is_empty() { Ok(None) } else { text::address(given).map(Some) }
}
