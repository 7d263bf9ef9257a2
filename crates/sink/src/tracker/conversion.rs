//! Goals, orders and carts: what a visit converts, and what was in it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use regex::Regex;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::action::Action;
use super::referrer::Referrer;
use super::request::Request;
use super::visit::Visit;
use super::{Problem, url};
use crate::sites::{Goal, MatchBy, Registry, Trigger};
use crate::store::words::{WordKind, Words};

/// What a hit converts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Conversion {
    Goals(Vec<Goal>),
    Order { id: String },
    Cart,
}

/// A line of an order or a cart, as it was sent.
#[derive(Debug, Clone, PartialEq)]
struct Item {
    sku: String,
    name: String,
    categories: Vec<String>,
    price: f64,
    quantity: i64,
}

const MOST_CATEGORIES: usize = 5;

impl Conversion {
    /// What `idgoal` and `ec_id` ask for; `None` when the hit is about something else.
    pub(crate) fn stated(request: &Request<'_>) -> Result<Option<Self>, Problem> {
        match request.params.int("idgoal") {
            Some(0) => Ok(Some(match request.params.text("ec_id") {
                Some(id) => Self::Order { id: id.to_owned() },
                None => Self::Cart,
            })),
            Some(id) if id > 0 => {
                let goal = request.site.goal(id).ok_or(Problem::Refused("no such goal on the site"))?;
                Ok(Some(Self::Goals(vec![goal.clone()])))
            }
            _ => Ok(None),
        }
    }

    /// The goals that an action reaches by itself.
    pub(crate) fn of_action(request: &Request<'_>, action: &Action) -> Option<Self> {
        let goals: Vec<Goal> =
            request.site.goals.iter().filter(|goal| is_reached(goal, request, action)).cloned().collect();
        (!goals.is_empty()).then_some(Self::Goals(goals))
    }

    /// Refuses an order that the site has seen.
    pub(crate) fn check(&self, db: &Connection, request: &Request<'_>) -> Result<(), Problem> {
        let Self::Order { id } = self else { return Ok(()) };
        let seen: Option<i64> = db
            .prepare_cached("SELECT 1 FROM conversion WHERE site = ?1 AND order_id = ?2")?
            .query_row(params![request.site.id, id], |row| row.get(0))
            .optional()?;
        if seen.is_some() { Err(Problem::Refused("an ec_id that the site has seen")) } else { Ok(()) }
    }

    /// Stores it for a visit. `had_cart` and `pages_before` are the visit's before this hit.
    pub(crate) fn record(
        &self,
        db: &Connection,
        words: &mut Words,
        scene: &Scene<'_>,
    ) -> rusqlite::Result<()> {
        match self {
            Self::Goals(goals) => {
                for goal in goals {
                    scene.insert(db, &Row::of_goal(goal, scene))?;
                }
            }
            Self::Order { id } => scene.record_items(db, words, Some(id))?,
            Self::Cart => scene.record_items(db, words, None)?,
        }
        Ok(())
    }
}

/// Where a conversion happens.
pub(crate) struct Scene<'a> {
    pub(crate) request: &'a Request<'a>,
    pub(crate) registry: &'a Registry,
    pub(crate) visit: &'a Visit,
    pub(crate) agent: i64,
    /// The visit had a cart before this hit.
    pub(crate) had_cart: bool,
    /// Page views of the visit before this hit, with the one that converts.
    pub(crate) pages_before: i64,
}

#[derive(Debug, Default)]
struct Row<'a> {
    goal: i64,
    nonce: i64,
    order_id: Option<&'a str>,
    items: Option<i64>,
    revenue: f64,
    subtotal: Option<f64>,
    tax: Option<f64>,
    shipping: Option<f64>,
    discount: Option<f64>,
    pages_before: Option<i64>,
}

impl Row<'_> {
    fn of_goal(goal: &Goal, scene: &Scene<'_>) -> Self {
        Self {
            goal: goal.id,
            nonce: if goal.allow_multiple { scene.request.time } else { 0 },
            revenue: money(scene.request.params.float("revenue").unwrap_or(goal.revenue)),
            pages_before: Some(scene.pages_before),
            ..Self::default()
        }
    }
}

impl Scene<'_> {
    /// Returns whether it is a conversion that the visit did not have.
    fn insert(&self, db: &Connection, row: &Row<'_>) -> rusqlite::Result<bool> {
        let visit = self.visit;
        let credited =
            Referrer::of_conversion(self.request.params, self.request.site, self.registry, &visit.referrer);
        let page = self.request.params.text("url").and_then(|url| url::page_url(url, self.request.site));
        let changed = db
            .prepare_cached(
                "INSERT OR IGNORE INTO conversion (visit, goal, nonce, site, visitor, time, order_id, items, url, \
                 revenue, subtotal, tax, shipping, discount, pages_before, visitor_kind, visit_count, since_first, \
                 country, agent, referrer_kind, referrer_name, referrer_keyword) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, \
                 ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
            )?
            .execute(params![
                visit.id,
                row.goal,
                row.nonce,
                self.request.site.id,
                visit.visitor,
                self.request.time,
                row.order_id,
                row.items,
                page,
                row.revenue,
                row.subtotal,
                row.tax,
                row.shipping,
                row.discount,
                row.pages_before,
                visit.returning,
                visit.ordinal,
                visit.since_first,
                visit.country,
                self.agent,
                credited.kind.number(),
                credited.name,
                credited.keyword,
            ])?;
        Ok(changed > 0)
    }

    fn record_items(
        &self,
        db: &Connection,
        words: &mut Words,
        order_id: Option<&str>,
    ) -> rusqlite::Result<()> {
        let hit = self.request.params;
        let Some(items) = items(hit.get("ec_items").unwrap_or_default()) else { return Ok(()) };
        let part = |name| Some(money(hit.float(name).unwrap_or(0.0)));
        let row = Row {
            goal: if order_id.is_some() { 0 } else { -1 },
            nonce: order_id.map_or(0, nonce),
            order_id,
            items: Some(items.iter().map(|item| item.quantity).sum()),
            revenue: money(hit.float("revenue").unwrap_or(0.0)),
            subtotal: order_id.and(part("ec_st")),
            tax: order_id.and(part("ec_tx")),
            shipping: order_id.and(part("ec_sh")),
            discount: order_id.and(part("ec_dt")),
            pages_before: order_id.map(|_| self.pages_before),
        };
        if self.had_cart {
            // The cart becomes the order, or its own later state.
            db.prepare_cached("DELETE FROM conversion WHERE visit = ?1 AND goal = -1")?
                .execute([self.visit.id])?;
        }
        if self.insert(db, &row)? {
            self.replace_items(db, words, order_id.unwrap_or_default(), &items)?;
        }
        Ok(())
    }

    /// Makes the items of an order, or of the cart that it was, those of this hit.
    fn replace_items(
        &self,
        db: &Connection,
        words: &mut Words,
        order_id: &str,
        items: &[Item],
    ) -> rusqlite::Result<()> {
        let visit = self.visit.id;
        // What was in the cart and is not any more stays as deleted; all of it moves into the order.
        db.prepare_cached(
            "UPDATE OR REPLACE item SET deleted = 1, order_id = ?2, time = ?3 WHERE visit = ?1 AND order_id = ''",
        )?
        .execute(params![visit, order_id, self.request.time])?;
        let in_cart: HashSet<i64> = db
            .prepare_cached("SELECT sku FROM item WHERE visit = ?1 AND order_id = ?2")?
            .query_map(params![visit, order_id], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for item in items {
            let sku = words.id(db, WordKind::Sku, &item.sku, None)?;
            // Of several lines of one product the last one changes what lies in the cart, and the first one adds what does not.
            let how = if in_cart.contains(&sku) { "REPLACE" } else { "IGNORE" };
            let name = match item.name.as_str() {
                "" => None,
                name => Some(words.id(db, WordKind::ProductName, name, None)?),
            };
            let mut categories = [None; MOST_CATEGORIES];
            for (slot, category) in categories.iter_mut().zip(&item.categories) {
                *slot = Some(words.id(db, WordKind::Category, category, None)?);
            }
            db.prepare_cached(&format!(
                "INSERT OR {how} INTO item (visit, order_id, sku, site, time, name, category1, category2, category3, \
                 category4, category5, price, quantity, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \
                 ?12, ?13, 0)"
            ))?
            .execute(params![
                visit,
                order_id,
                sku,
                self.request.site.id,
                self.request.time,
                name,
                categories[0],
                categories[1],
                categories[2],
                categories[3],
                categories[4],
                item.price,
                item.quantity,
            ])?;
        }
        Ok(())
    }
}

/// Money is kept to the cent.
fn money(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}

fn nonce(order_id: &str) -> i64 {
    let mut hasher = DefaultHasher::new();
    order_id.hash(&mut hasher);
    hasher.finish().cast_signed()
}

/// Reads `ec_items`. `None` when it is not a list, and then nothing is recorded.
fn items(json: &str) -> Option<Vec<Item>> {
    if json.trim().is_empty() {
        return Some(Vec::new());
    }
    let Ok(Value::Array(entries)) = serde_json::from_str(json) else { return None };
    Some(entries.iter().filter_map(item).collect())
}

fn item(entry: &Value) -> Option<Item> {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let number = |value: Option<&Value>| match value {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let sku = text(entry.get(0));
    // To PHP, which decides this in a Matomo, `0` is empty as well.
    if matches!(sku.as_str(), "" | "0") {
        return None;
    }
    let categories = match entry.get(2) {
        Some(Value::Array(categories)) => categories
            .iter()
            .map(|category| text(Some(category)))
            .filter(|category| !category.is_empty())
            .take(MOST_CATEGORIES)
            .collect(),
        category => Some(text(category)).filter(|category| !category.is_empty()).into_iter().collect(),
    };
    Some(Item {
        sku,
        name: text(entry.get(1)),
        categories,
        price: money(number(entry.get(3)).unwrap_or(0.0)),
        quantity: number(entry.get(4))
            .map(|quantity| quantity as i64)
            .filter(|quantity| *quantity != 0)
            .unwrap_or(1),
    })
}

fn is_reached(goal: &Goal, request: &Request<'_>, action: &Action) -> bool {
    let page = request.params.text("url").map(str::to_owned);
    let subject = match (goal.trigger, action) {
        (Trigger::Url, Action::PageView { .. }) => page,
        (Trigger::Title, Action::PageView { title, .. }) => Some(title.clone()),
        (Trigger::File, Action::Download { url }) | (Trigger::ExternalWebsite, Action::Outlink { url }) => {
            url.clone()
        }
        (Trigger::EventCategory, Action::Event { category, .. }) => Some(category.clone()),
        (Trigger::EventAction, Action::Event { action, .. }) => Some(action.clone()),
        (Trigger::EventName, Action::Event { name, .. }) => name.clone(),
        _ => None,
    };
    let Some(subject) = subject else { return false };
    if goal.match_by == MatchBy::Regex {
        return matches_regex(goal, &subject);
    }
    let (subject, pattern) = if goal.case_sensitive {
        (subject, goal.pattern.clone())
    } else {
        (subject.to_lowercase(), goal.pattern.to_lowercase())
    };
    match goal.match_by {
        MatchBy::Contains => subject.contains(&pattern),
        MatchBy::Exact | MatchBy::Regex => subject == pattern,
    }
}

/// Compiled once for each pattern: a hit takes microseconds, a compilation far more.
fn matches_regex(goal: &Goal, subject: &str) -> bool {
    static COMPILED: LazyLock<Mutex<HashMap<(String, bool), Regex>>> = LazyLock::new(Mutex::default);
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (goal.pattern.clone(), goal.case_sensitive);
    if let Some(regex) = compiled.get(&key) {
        return regex.is_match(subject);
    }
    let Ok(regex) = goal.regex() else { return false };
    compiled.entry(key).or_insert(regex).is_match(subject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_with_one_and_with_many_categories() {
        let items =
            items(r#"[["S-1","Tent",["Camp","Big"],99.999,2],["S-2","","Tools","5",0],["",""],["0","Zero","",1,1]]"#).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].categories, ["Camp", "Big"]);
        assert!((items[0].price - 100.0).abs() < 1e-9 && items[0].quantity == 2);
        assert_eq!((items[1].categories.as_slice(), items[1].quantity), (["Tools".to_owned()].as_slice(), 1));
    }

    #[test]
    fn what_is_no_list_of_items() {
        assert_eq!(items(""), Some(Vec::new()));
        assert_eq!(items("{}"), None);
        assert_eq!(items("[[\"S-1\""), None);
    }
}
