//! What was done in a visit, in order, with what it converted.

use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::{Clock, pretty_seconds};
use crate::reports::metrics::number_value;
use crate::reports::{Context, ReportError};
use crate::store::words::WordKind;
use crate::tracker::url::denormalize;

/// Most actions that a visit is shown with.
const MOST_ACTIONS: i64 = 500;

/// Something done in a visit: when, in which order within the second, and what.
type Entry = (i64, i64, Value);

/// What was done in a visit that began at `first` and lasted `total` seconds, in order.
pub(super) fn actions(
    context: &Context<'_>,
    visit: i64,
    first: i64,
    total: i64,
) -> Result<Vec<Value>, ReportError> {
    let mut statement = context.db.prepare(
        "SELECT hit.id, hit.time, hit.kind, url.name AS url, url.prefix AS prefix, hit.url AS url_id, \
         name.name AS name, hit.position, hit.page_view, hit.search_category, hit.search_count, \
         category.name AS category, action.name AS action, hit.value, content.name AS content \
         FROM hit LEFT JOIN action AS url ON url.id = hit.url LEFT JOIN action AS name ON name.id = hit.name \
         LEFT JOIN action AS category ON category.id = hit.event_category \
         LEFT JOIN action AS action ON action.id = hit.event_action \
         LEFT JOIN action AS content ON content.id = hit.content_name \
         WHERE hit.visit = ?1 ORDER BY hit.time, hit.id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![visit, MOST_ACTIONS])?;
    let mut entries: Vec<Entry> = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push((row.get("time")?, row.get("id")?, action(context, row)?));
    }
    // A page lasts until the next thing done, the last one until the visit's end.
    for at in 0..entries.len() {
        let (time, next) = (entries[at].0, entries.get(at + 1).map(|(next, ..)| *next));
        let action = &mut entries[at].2;
        if action["type"] == "action" {
            let spent = next.map_or(total - (time - first), |next| next - time).max(0);
            action["timeSpent"] = spent.into();
            action["timeSpentPretty"] = pretty_seconds(spent).into();
        }
    }
    entries.extend(converted(context, visit)?);
    entries.sort_by_key(|(time, id, _)| (*time, *id));
    Ok(entries.into_iter().map(|(.., action)| action).collect())
}

fn action(context: &Context<'_>, row: &Row<'_>) -> rusqlite::Result<Value> {
    let time: i64 = row.get("time")?;
    let kind: i64 = row.get("kind")?;
    let name: Option<String> = row.get("name")?;
    let prefix: Option<u8> = row.get("prefix")?;
    let url = row.get::<_, Option<String>>("url")?.map(|url| denormalize(&url, prefix));
    let mut action = json!({
        "url": url,
        "pageIdAction": row.get::<_, Option<i64>>("url_id")?,
        "idpageview": row.get::<_, Option<String>>("page_view")?.unwrap_or_default(),
        "serverTimePretty": Clock::at(time, &context.zone).short,
        "pageId": row.get::<_, i64>("id")?,
        "pageviewPosition": row.get::<_, Option<i64>>("position")?,
        "timestamp": time,
    });
    let is = |other: WordKind| kind == other as i64;
    let is_search = is(WordKind::Search);
    if !is_search {
        action["pageTitle"] = name.clone().filter(|_| is(WordKind::PageUrl)).into();
    }
    let (kind, picture, title, subtitle) = if is(WordKind::Outlink) {
        ("outlink", "link", "Outlink".to_owned(), url)
    } else if is(WordKind::Download) {
        ("download", "download", "Download".to_owned(), url)
    } else if is_search {
        let subtitle = describe_search(&mut action, row, name.unwrap_or_default())?;
        ("search", "search", "Site Search".to_owned(), Some(subtitle))
    } else if is(WordKind::EventCategory) {
        ("event", "event", "Event".to_owned(), Some(describe_event(&mut action, row, name)?))
    } else if is(WordKind::ContentName) {
        let content: Option<String> = row.get("content")?;
        action["contentName"] = content.clone().into();
        ("content", "contentimpression", "Content Impression".to_owned(), content)
    } else {
        ("action", "action", name.or_else(|| url.clone()).unwrap_or_default(), url)
    };
    let icon =
        if kind == "action" { String::new() } else { format!("plugins/Morpheus/images/{picture}.png") };
    action["icon"] = icon.into();
    action["iconSVG"] = format!("plugins/Morpheus/images/{picture}.svg").into();
    action["type"] = kind.into();
    action["title"] = title.into();
    action["subtitle"] = subtitle.into();
    Ok(action)
}

/// Adds what was searched for. Returns the line about it.
fn describe_search(action: &mut Value, row: &Row<'_>, keyword: String) -> rusqlite::Result<String> {
    let category: Option<String> = row.get("search_category")?;
    let count: Option<i64> = row.get("search_count")?;
    let by_category = category.as_ref().map(|category| format!(" - Search Category: {category}"));
    let results = count.filter(|count| *count > 0).map(|count| format!(" - Search Results Count: {count}"));
    let line = [Some(keyword.clone()), by_category, results].into_iter().flatten().collect();
    action["siteSearchKeyword"] = keyword.into();
    action["siteSearchCategory"] = category.into();
    action["siteSearchCount"] = count.into();
    Ok(line)
}

/// Adds what happened. Returns the line about it.
fn describe_event(action: &mut Value, row: &Row<'_>, name: Option<String>) -> rusqlite::Result<String> {
    let category = row.get::<_, Option<String>>("category")?.unwrap_or_default();
    let event = row.get::<_, Option<String>>("action")?.unwrap_or_default();
    let value: Option<f64> = row.get("value")?;
    let mut line = format!("Category: \"{category}\", Action: \"{event}\"");
    if let Some(name) = &name {
        line = format!("{line}, Name: \"{name}\"");
    }
    action["eventCategory"] = category.into();
    action["eventAction"] = event.into();
    action["eventName"] = name.into();
    action["eventValue"] = value.map(number_value).into();
    Ok(line)
}

/// Goals, orders and carts of a visit. They come after what was done in the same second.
fn converted(context: &Context<'_>, visit: i64) -> Result<Vec<Entry>, ReportError> {
    let mut statement = context.db.prepare(
        "SELECT id, goal, time, order_id, items, url, revenue, subtotal, tax, shipping, discount FROM conversion \
         WHERE visit = ?1 ORDER BY time, id",
    )?;
    let mut rows = statement.query([visit])?;
    let mut conversions = Vec::new();
    while let Some(row) = rows.next()? {
        let (goal, at): (i64, i64) = (row.get("goal")?, row.get("time")?);
        let money =
            |column: &str| row.get::<_, Option<f64>>(column).map(|money| number_value(money.unwrap_or(0.0)));
        let mut action = json!({
            "revenue": money("revenue")?,
            "serverTimePretty": Clock::at(at, &context.zone).short,
            "timestamp": at,
            "url": row.get::<_, Option<String>>("url")?,
        });
        if goal > 0 {
            let name = context.site.goal(goal).map_or("", |goal| goal.name.as_str());
            action["type"] = "goal".into();
            action["title"] = "Goal".into();
            action["subtitle"] = name.into();
            action["goalName"] = name.into();
            action["goalId"] = goal.into();
        } else {
            let order: Option<String> = row.get("order_id")?;
            action["type"] = if goal == 0 { "ecommerceOrder" } else { "ecommerceAbandonedCart" }.into();
            action["title"] = if goal == 0 { "Ecommerce order" } else { "Abandoned Cart" }.into();
            action["items"] = row.get::<_, Option<i64>>("items")?.into();
            action["itemDetails"] = items(context.db, visit, order.as_deref().unwrap_or_default())?.into();
            if goal == 0 {
                action["orderId"] = order.into();
                for (name, column) in [
                    ("revenueSubTotal", "subtotal"),
                    ("revenueTax", "tax"),
                    ("revenueShipping", "shipping"),
                    ("revenueDiscount", "discount"),
                ] {
                    action[name] = money(column)?;
                }
            }
        }
        conversions.push((at, i64::MAX, action));
    }
    Ok(conversions)
}

fn items(db: &Connection, visit: i64, order: &str) -> Result<Vec<Value>, ReportError> {
    let mut statement = db.prepare(
        "SELECT sku.name AS sku, name.name AS name, category.name AS category, price, quantity FROM item \
         JOIN action AS sku ON sku.id = item.sku LEFT JOIN action AS name ON name.id = item.name \
         LEFT JOIN action AS category ON category.id = item.category1 \
         WHERE visit = ?1 AND order_id = ?2 AND deleted = 0 ORDER BY item.sku",
    )?;
    let rows = statement.query_map(params![visit, order], |row| {
        Ok(json!({
            "itemSKU": row.get::<_, String>("sku")?,
            "itemName": row.get::<_, Option<String>>("name")?,
            "itemCategory": row.get::<_, Option<String>>("category")?,
            "price": number_value(row.get("price")?),
            "quantity": row.get::<_, i64>("quantity")?,
        }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
