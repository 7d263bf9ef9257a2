//! `events.json`: custom events, and how likely a visit sends one.

use super::{
    Event, Fault,
    fault::Faults,
    json::{self, Fields, Node},
    source::File,
};

/// What an events file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Events {
    /// Events of the kind that `CLICK_EVENTS_PROBABILITY` counts.
    pub click: Vec<Event>,
    /// Events of the kind that `RANDOM_EVENTS_PROBABILITY` counts.
    pub random: Vec<Event>,
    /// `click_events_probability`, in place of the setting.
    pub click_probability: Option<f64>,
    /// `random_events_probability`, in place of the setting.
    pub random_probability: Option<f64>,
}

/// Checks an events file.
///
/// # Errors
/// Every fault of the file.
pub fn validate(content: &str) -> Result<Events, Vec<Fault>> {
    let mut faults = Faults::of(File::Events.name());
    let events = parse(content, &mut faults);
    faults.or(events)
}

/// Reads an events file.
pub(super) fn parse(content: &str, faults: &mut Faults<'_>) -> Events {
    let Some(mut fields) = json::parse(content, faults).and_then(|root| Fields::open(root, "", faults))
    else {
        return Events::default();
    };
    let click = fields.optional_list("click_events", faults);
    let random = fields.optional_list("random_events", faults);
    let events = Events {
        click_probability: fields.optional_probability("click_events_probability", faults),
        random_probability: fields.optional_probability("random_events_probability", faults),
        click: all(click.as_deref(), "click_events", faults),
        random: all(random.as_deref(), "random_events", faults),
    };
    for (field, list, probability) in [
        ("click_events", &click, events.click_probability),
        ("random_events", &random, events.random_probability),
    ] {
        let none = list.as_ref().map_or_else(|| !fields.has(field), Vec::is_empty);
        if none && probability.is_some_and(|p| p > 0.0) {
            fields.missing(field, "list the events that the probability is for, or set it to 0", faults);
        }
    }
    if !fields.has("click_events") && !fields.has("random_events") {
        fields.missing("click_events", "give click_events, random_events or both", faults);
    }
    fields.close(faults);
    events
}

fn all(nodes: Option<&[Node<'_>]>, list: &str, faults: &mut Faults<'_>) -> Vec<Event> {
    let nodes = nodes.unwrap_or_default().iter().enumerate();
    nodes.filter_map(|(index, node)| event(*node, format!("{list}[{index}]"), faults)).collect()
}

fn event(node: Node<'_>, place: String, faults: &mut Faults<'_>) -> Option<Event> {
    let mut fields = Fields::open(node, place, faults)?;
    let category = fields.label("category", faults);
    let action = fields.label("action", faults);
    let name = fields.optional_label("name", faults);
    let value = fields.optional("value", |node| node.number(&(f64::MIN..=f64::MAX)), faults);
    fields.close(faults);
    Some(Event { category: category?, action: action?, name, value })
}
