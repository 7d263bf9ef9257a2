//! The lesser tables: searches, referrers, campaigns, products, agents.

use std::collections::HashSet;

use url::form_urlencoded;

use super::{
    Agent, Channel, Device, Product, Referrer, SearchTerm,
    fault::{Faults, quoted},
    json::{self, Fields, Node},
    text::{self, Refused},
};

/// The most results that a search can have.
pub(super) const MOST_RESULTS: u32 = 1_000_000;

/// Reads a file that is a list of objects; `read` gets each with its place.
pub(super) fn rows<T>(
    content: &str,
    faults: &mut Faults<'_>,
    mut read: impl FnMut(Fields<'_>, &mut Faults<'_>) -> Option<T>,
) -> Vec<T> {
    let Some(root) = json::parse(content, faults) else { return Vec::new() };
    match json::list(root) {
        Ok(nodes) => members(&nodes, "", faults, &mut read),
        Err(refused) => {
            faults.add(Some(root.line()), "", refused.given, refused.remedy);
            Vec::new()
        }
    }
}

fn members<T>(
    nodes: &[Node<'_>],
    list: &str,
    faults: &mut Faults<'_>,
    read: &mut impl FnMut(Fields<'_>, &mut Faults<'_>) -> Option<T>,
) -> Vec<T> {
    let mut all = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.iter().enumerate() {
        if let Some(fields) = Fields::open(*node, format!("{list}[{index}]"), faults) {
            all.extend(read(fields, faults));
        }
    }
    all
}

/// Says that a table must not be empty, unless its rows were all refused.
pub(super) fn need_one<T>(rows: &[T], what: &str, faults: &mut Faults<'_>) {
    if rows.is_empty() && faults.is_empty() {
        faults.add(None, "", "an empty list", format!("give at least one {what}"));
    }
}

/// Reads `searches.json`: terms and categories.
pub(super) fn searches(content: &str, faults: &mut Faults<'_>) -> (Vec<SearchTerm>, Vec<String>) {
    let Some(mut fields) = json::parse(content, faults).and_then(|root| Fields::open(root, "", faults))
    else {
        return (Vec::new(), Vec::new());
    };
    let mut categories = Vec::new();
    for (index, node) in fields.list("categories", faults).unwrap_or_default().into_iter().enumerate() {
        match node.text(|t| text::category(t).map(str::to_owned)) {
            Ok(category) => categories.push(category),
            Err(refused) => fields.refuse(&format!("categories[{index}]"), node, refused, faults),
        }
    }
    let mut seen = HashSet::new();
    let nodes = fields.list("terms", faults).unwrap_or_default();
    let terms = members(&nodes, "terms", faults, &mut |mut fields, faults| {
        let keyword = fields.filled("keyword", faults);
        let results = fields.required("results", |node| node.whole(MOST_RESULTS), faults);
        unique(&fields, "keyword", keyword.as_deref(), &mut seen, faults);
        fields.close(faults);
        Some(SearchTerm { keyword: keyword?, results: results? })
    });
    fields.close(faults);
    need_one(&terms, "term", faults);
    (terms, categories)
}

/// Reads `referrers.json`: URLs by channel.
pub(super) fn referrers(content: &str, faults: &mut Faults<'_>) -> Vec<Referrer> {
    let Some(mut fields) = json::parse(content, faults).and_then(|root| Fields::open(root, "", faults))
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (channel, list) in [(Channel::Search, "search"), (Channel::Social, "social"), (Channel::Site, "site")]
    {
        let Some(nodes) = fields.list(list, faults) else { continue };
        if nodes.is_empty() {
            fields.missing(&format!("{list}[0]"), "give at least one referrer", faults);
        }
        for (index, node) in nodes.into_iter().enumerate() {
            match node.text(|t| referrer(t, channel)) {
                Ok(url) => all.push(Referrer { url, channel }),
                Err(refused) => fields.refuse(&format!("{list}[{index}]"), node, refused, faults),
            }
        }
    }
    fields.close(faults);
    all
}

/// A receiver that knows the host by name alone takes a bare `https://www.facebook.com/` for a search engine, and a
/// search engine without a query for a plain site.
fn referrer(given: &str, channel: Channel) -> Result<String, Refused> {
    let url = text::address(given)?;
    match channel {
        Channel::Search if url.query().is_none_or(str::is_empty) => {
            Err(Refused::new(quoted(given), "give the search's own query, for example /search?q=shoes"))
        }
        Channel::Social if url.path() == "/" => {
            Err(Refused::new(quoted(given), "give a path: a bare host may count as a search engine"))
        }
        _ => Ok(url.into()),
    }
}

/// Reads `campaigns.json` into the parameters that Matomo reads from a landing page's URL.
pub(super) fn campaigns(content: &str, faults: &mut Faults<'_>) -> Vec<String> {
    const PARAMETERS: [(&str, &str); 5] = [
        ("campaign", "mtm_campaign"),
        ("source", "mtm_source"),
        ("medium", "mtm_medium"),
        ("keyword", "mtm_kwd"),
        ("content", "mtm_content"),
    ];
    let all = rows(content, faults, |mut fields, faults| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let mut complete = true;
        for (field, parameter) in PARAMETERS {
            let optional = field != "campaign";
            let value =
                if optional { fields.optional_label(field, faults) } else { fields.filled(field, faults) };
            complete &= optional || value.is_some();
            if let Some(value) = value {
                query.append_pair(parameter, &value);
            }
        }
        fields.close(faults);
        // a plus sign stands for a blank in forms only
        complete.then(|| query.finish().replace('+', "%20"))
    });
    need_one(&all, "campaign", faults);
    all
}

/// Reads `products.json`.
pub(super) fn products(content: &str, faults: &mut Faults<'_>) -> Vec<Product> {
    let mut seen = HashSet::new();
    let all = rows(content, faults, |mut fields, faults| {
        let sku = fields.filled("sku", faults);
        let name = fields.label("name", faults);
        let category = fields.label("category", faults);
        let price = fields.required("price", Node::money, faults);
        unique(&fields, "sku", sku.as_deref(), &mut seen, faults);
        fields.close(faults);
        Some(Product { sku: sku?, name: name?, category: category?, price: price? })
    });
    need_one(&all, "product", faults);
    all
}

/// Reads `agents.json`.
pub(super) fn agents(content: &str, faults: &mut Faults<'_>) -> Vec<Agent> {
    let all = rows(content, faults, |mut fields, faults| {
        let user_agent =
            fields.required("user_agent", |node| node.text(|t| text::header(t).map(str::to_owned)), faults);
        let resolution = fields.required("resolution", |node| node.text(resolution), faults);
        let device = fields.required("device", |node| node.text(device), faults);
        let weight = fields.number("weight", WEIGHTS, faults);
        fields.close(faults);
        Some(Agent { user_agent: user_agent?, resolution: resolution?, device: device?, weight: weight? })
    });
    need_one(&all, "agent", faults);
    all
}

/// Weights are shares on any scale, but never 0: what nobody is to use is left out.
pub(super) const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-6..=1e9;

fn resolution(given: &str) -> Result<String, Refused> {
    let side = |text: &str| text.parse::<u16>().is_ok_and(|side| side > 0) && !text.starts_with('+');
    match given.split_once('x') {
        Some((width, height)) if side(width) && side(height) => Ok(given.to_owned()),
        _ => Err(Refused::new(quoted(given), "give width x height in pixels, for example 1920x1080")),
    }
}

fn device(given: &str) -> Result<Device, Refused> {
    match given {
        "desktop" => Ok(Device::Desktop),
        "mobile" => Ok(Device::Mobile),
        "tablet" => Ok(Device::Tablet),
        _ => Err(Refused::new(quoted(given), "give desktop, mobile or tablet")),
    }
}

/// Says that a field's value stood in an earlier row.
pub(super) fn unique(
    fields: &Fields<'_>,
    field: &'static str,
    value: Option<&str>,
    seen: &mut HashSet<String>,
    faults: &mut Faults<'_>,
) {
    if let Some(value) = value
        && !seen.insert(value.to_owned())
    {
        let refused = Refused::new(quoted(value), format!("give each {field} once: it is taken already"));
        fields.refuse_at(field, refused, faults);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_becomes_parameters() {
        let mut faults = Faults::of("campaigns.json");
        let text = r#"[{"campaign":"a b+c","keyword":"ü&","source":"x"}]"#;
        assert_eq!(campaigns(text, &mut faults), ["mtm_campaign=a%20b%2Bc&mtm_source=x&mtm_kwd=%C3%BC%26"]);
        assert!(faults.is_empty());
    }

    /// Matomo drops such a search and such a line of an order without a word.
    #[test]
    fn a_keyword_0_and_a_sku_0_were_sent_and_never_recorded() {
        let mut faults = Faults::of("searches.json");
        searches(r#"{"categories":["0"],"terms":[{"keyword":" 0 ","results":1}]}"#, &mut faults);
        assert_eq!(faults.into_list().len(), 1);
        let mut faults = Faults::of("products.json");
        products(r#"[{"sku":"0","name":"0","category":"0","price":1}]"#, &mut faults);
        assert_eq!(faults.into_list().len(), 1);
    }

    #[test]
    fn a_resolution_is_two_sides() {
        assert!(resolution("1x1").is_ok());
        for wrong in ["", "x", "1920", "1920x", "0x10", "+1x1", "1920X1080", "1x1x1", "99999x1"] {
            assert!(resolution(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn each_channel_asks_for_what_makes_it_recognisable() {
        assert!(referrer("https://www.facebook.com/", Channel::Social).is_err());
        assert!(referrer("https://www.facebook.com/groups/1", Channel::Social).is_ok());
        assert!(referrer("https://www.google.com/", Channel::Search).is_err());
        assert!(referrer("https://duckduckgo.com/?q=a", Channel::Search).is_ok());
        assert!(referrer("https://example.org/", Channel::Site).is_ok());
    }
}
