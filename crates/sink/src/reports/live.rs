//! The visitor log: visits one by one, with everything done in them.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::metrics::{number_value, round};
use super::period::Span;
use super::{Context, ReportError, referrers};
use crate::store::words::WordKind;
use crate::tracker::agent::Agent;
use crate::tracker::referrer::{self, Kind};
use crate::tracker::url::denormalize;
use crate::tracker::{place, time};

/// Most actions that a visit is shown with.
const MOST_ACTIONS: usize = 500;

/// Which visits are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Which {
    pub(crate) span: Option<Span>,
    pub(crate) limit: i64,
    pub(crate) offset: i64,
    /// Only this visitor's.
    pub(crate) visitor: Option<i64>,
    /// Only visits with an action after this Unix time.
    pub(crate) after: Option<i64>,
}

/// `Live.getLastVisitsDetails`: the last visits first.
pub(crate) fn visits(context: &Context<'_>, which: Which) -> Result<Vec<Value>, ReportError> {
    let span = which.span.unwrap_or(Span { from: i64::MIN, to: i64::MAX });
    let mut statement = context.db.prepare(
        "SELECT visit.id, visitor, fingerprint, user_id, first_time, last_time, total_time, visitor_kind, visit_count, \
         since_first, since_last, since_order, actions, interactions, searches, events, converted, buyer, \
         referrer_kind, referrer_name, referrer_keyword, referrer_url, resolution, language, country, region, city, \
         latitude, longitude, address, local_time, agent.parsed FROM visit JOIN agent ON agent.id = visit.agent \
         WHERE site = ?1 AND last_time BETWEEN ?2 AND ?3 AND (?4 IS NULL OR visitor = ?4) \
         AND (?5 IS NULL OR last_time > ?5) ORDER BY last_time DESC, visit.id DESC LIMIT ?6 OFFSET ?7",
    )?;
    let bounds =
        params![context.site.id, span.from, span.to, which.visitor, which.after, which.limit, which.offset];
    let mut rows = statement.query(bounds)?;
    let mut visits = Vec::new();
    while let Some(row) = rows.next()? {
        visits.push(visit(context, row)?);
    }
    Ok(visits)
}

/// How many visits, actions and visitors the last minutes had.
pub(crate) fn counters(context: &Context<'_>, minutes: i64) -> Result<Value, ReportError> {
    let since = context.now - minutes * 60;
    let (visits, actions, visitors, converted): (i64, i64, i64, i64) = context.db.query_row(
        "SELECT count(*), coalesce(sum(actions), 0), count(DISTINCT visitor), coalesce(sum(converted), 0) FROM visit \
         WHERE site = ?1 AND last_time >= ?2",
        params![context.site.id, since],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    Ok(json!([{"visits": visits, "actions": actions, "visitors": visitors, "visitsConverted": converted}]))
}

fn visit(context: &Context<'_>, row: &rusqlite::Row<'_>) -> Result<Value, ReportError> {
    let id: i64 = row.get("id")?;
    let (first, last, total): (i64, i64, i64) =
        (row.get("first_time")?, row.get("last_time")?, row.get("total_time")?);
    let agent: Agent = serde_json::from_str(&row.get::<_, String>("parsed")?).unwrap_or_default();
    let kind = Kind::from_number(row.get("referrer_kind")?);
    let name: String = row.get("referrer_name")?;
    let keyword: String = row.get("referrer_keyword")?;
    let country: String = row.get("country")?;
    let language: String = row.get("language")?;
    let actions = actions(context, id, first, total)?;
    let carts = conversions(context.db, id, -1)?;
    let orders = conversions(context.db, id, 0)?;
    let goals: i64 = context.db.query_row(
        "SELECT count(*) FROM conversion WHERE visit = ?1 AND goal > 0",
        [id],
        |row| row.get(0),
    )?;
    let last_local = Clock::at(last, &context.zone);
    let first_local = Clock::at(first, &context.zone);
    let days = |seconds: Option<i64>| seconds.unwrap_or(0) / 86_400;
    let since_first: Option<i64> = row.get("since_first")?;
    let since_last: Option<i64> = row.get("since_last")?;
    let since_order: Option<i64> = row.get("since_order")?;
    let visitor_kind =
        ["new", "returning", "returningCustomer"][usize::from(row.get::<_, u8>("visitor_kind")?.min(2))];
    let buyer = ["none", "ordered", "abandonedCart", "orderedThenAbandonedCart"]
        [usize::from(row.get::<_, u8>("buyer")?.min(3))];
    let continent = place::continent(&country);
    let local_time: String = row.get("local_time")?;
    let or_null = |text: &str| if text.is_empty() { Value::Null } else { Value::from(text) };
    let joined = |a: &str, b: &str| format!("{a} {b}").trim().to_owned();
    let mut visit = json!({
        "idSite": context.site.id,
        "idVisit": id,
        "visitIp": row.get::<_, String>("address")?,
        "visitorId": hex(row.get("visitor")?),
        "fingerprint": hex(row.get("fingerprint")?),
        "actionDetails": actions,
        "goalConversions": goals,
        "siteCurrency": context.site.currency,
        "siteCurrencySymbol": currency_symbol(&context.site.currency),
        "serverDate": last_local.date,
        "visitServerHour": last_local.hour,
        "lastActionTimestamp": last,
        "lastActionDateTime": time::civil(last, &TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        "siteName": context.site.name,
        "serverTimestamp": last,
        "firstActionTimestamp": first,
        "serverTimePretty": last_local.time,
        "serverDatePretty": last_local.long,
        "serverDatePrettyFirstAction": first_local.long,
        "serverTimePrettyFirstAction": first_local.time,
        "userId": row.get::<_, Option<String>>("user_id")?,
        "visitorType": visitor_kind,
        "visitorTypeIcon": (visitor_kind != "new").then_some("plugins/Live/images/returningVisitor.png"),
        "visitConverted": i64::from(row.get::<_, bool>("converted")?),
        "visitConvertedIcon": icon(row.get("converted")?, "plugins/Morpheus/images/goal.svg"),
        "visitCount": row.get::<_, i64>("visit_count")?,
        "visitEcommerceStatus": buyer,
        "visitEcommerceStatusIcon": icon(buyer != "none", "plugins/Morpheus/images/ecommerceOrder.svg"),
        "daysSinceFirstVisit": days(since_first),
        "secondsSinceFirstVisit": since_first,
        "daysSinceLastEcommerceOrder": days(since_order),
        "secondsSinceLastEcommerceOrder": since_order,
        "visitDuration": total,
        "visitDurationPretty": pretty_seconds(total),
        "searches": row.get::<_, i64>("searches")?,
        "actions": row.get::<_, i64>("actions")?,
        "interactions": row.get::<_, i64>("interactions")?,
        "events": row.get::<_, i64>("events")?,
    });
    let more = json!({
        "referrerType": referrers::short_name(kind),
        "referrerTypeName": referrers::kind_name(kind),
        "referrerName": name,
        "referrerKeyword": match (kind, keyword.as_str()) {
            (Kind::Search, "") => "Keyword not defined",
            (_, keyword) => keyword,
        },
        "referrerKeywordPosition": Value::Null,
        "referrerUrl": or_null(&row.get::<_, String>("referrer_url")?),
        "referrerSearchEngineUrl": (kind == Kind::Search)
            .then(|| referrer::engine_host(&name).map(|host| format!("http://{host}")))
            .flatten(),
        "referrerSearchEngineIcon": (kind == Kind::Search)
            .then(|| referrer::engine_host(&name))
            .flatten()
            .map(|host| format!("plugins/Morpheus/icons/dist/searchEngines/{host}.png")),
        "referrerSocialNetworkIcon": (kind == Kind::Social)
            .then(|| referrer::social_host(&name))
            .flatten()
            .map(|host| format!("plugins/Morpheus/icons/dist/socials/{host}.png")),
        "referrerSocialNetworkUrl": (kind == Kind::Social).then(|| referrer::social_host(&name)).flatten(),
        "languageCode": language,
        "language": format!("Language code {}", language.split(',').next().unwrap_or_default()),
        "deviceType": agent.device,
        "deviceTypeIcon": format!("plugins/Morpheus/icons/dist/devices/{}.png", agent.device.to_lowercase().replace(' ', "_")),
        "deviceBrand": agent.brand,
        "deviceModel": agent.model,
        "operatingSystem": joined(&agent.os, &agent.os_version),
        "operatingSystemName": agent.os,
        "operatingSystemIcon": format!("plugins/Morpheus/icons/dist/os/{}.png", agent.os_code()),
        "operatingSystemCode": agent.os_code(),
        "operatingSystemVersion": agent.os_version,
        "browserFamily": agent.engine,
        "browserFamilyDescription": family_description(&agent.engine),
        "browserIcon": format!("plugins/Morpheus/icons/dist/browsers/{}.png", agent.browser_code()),
        "browser": joined(&agent.browser, &agent.browser_version),
        "browserName": agent.browser,
        "browserCode": agent.browser_code(),
        "browserVersion": agent.browser_version,
    });
    let last_part = json!({
        "totalEcommerceRevenue": number_value(orders.revenue),
        "totalEcommerceConversions": orders.count,
        "totalEcommerceItems": orders.items,
        "totalAbandonedCartsRevenue": number_value(carts.revenue),
        "totalAbandonedCarts": carts.count,
        "totalAbandonedCartsItems": carts.items,
        "continent": place::continent_name(continent),
        "continentCode": continent,
        "country": place::country_name(&country),
        "countryCode": country,
        "countryFlag": format!("plugins/Morpheus/icons/dist/flags/{country}.png"),
        "region": row.get::<_, Option<String>>("region")?,
        "regionCode": row.get::<_, Option<String>>("region")?,
        "city": row.get::<_, Option<String>>("city")?,
        "location": place::country_name(&country),
        "latitude": row.get::<_, Option<f64>>("latitude")?,
        "longitude": row.get::<_, Option<f64>>("longitude")?,
        "visitLocalTime": local_time,
        "visitLocalHour": local_time.split(':').next().map(|hour| hour.trim_start_matches('0')).map(|hour| if hour.is_empty() { "0" } else { hour }),
        "daysSinceLastVisit": days(since_last),
        "secondsSinceLastVisit": since_last,
        "resolution": row.get::<_, String>("resolution")?,
        "plugins": "",
        "pluginsIcons": Value::Null,
        "customVariables": [],
    });
    for part in [more, last_part] {
        if let (Some(visit), Value::Object(part)) = (visit.as_object_mut(), part) {
            visit.extend(part);
        }
    }
    Ok(visit)
}

#[derive(Debug, Default)]
struct Sums {
    count: i64,
    revenue: f64,
    items: i64,
}

fn conversions(db: &Connection, visit: i64, goal: i64) -> rusqlite::Result<Sums> {
    db.query_row(
        "SELECT count(*), coalesce(sum(revenue), 0), coalesce(sum(items), 0) FROM conversion \
         WHERE visit = ?1 AND goal = ?2",
        params![visit, goal],
        |row| Ok(Sums { count: row.get(0)?, revenue: round(row.get(1)?, 2), items: row.get(2)? }),
    )
}

/// What was done in a visit, in order.
fn actions(context: &Context<'_>, visit: i64, first: i64, total: i64) -> Result<Vec<Value>, ReportError> {
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
    let mut rows = statement.query(params![visit, MOST_ACTIONS as i64])?;
    let mut actions: Vec<(i64, i64, Value)> = Vec::new();
    let mut pages: Vec<usize> = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, at): (i64, i64) = (row.get("id")?, row.get("time")?);
        let kind: i64 = row.get("kind")?;
        let name: Option<String> = row.get("name")?;
        let url = row.get::<_, Option<String>>("url")?.map(|url| {
            let prefix: Option<u8> = row.get("prefix").unwrap_or_default();
            denormalize(&url, prefix)
        });
        let mut action = json!({
            "url": url,
            "pageTitle": if kind == 1 { name.clone() } else { None },
            "pageIdAction": row.get::<_, Option<i64>>("url_id")?,
            "idpageview": row.get::<_, Option<String>>("page_view")?.unwrap_or_default(),
            "serverTimePretty": Clock::at(at, &context.zone).short,
            "pageId": id,
            "pageviewPosition": row.get::<_, Option<i64>>("position")?,
            "timestamp": at,
        });
        let text = |column: &str| row.get::<_, Option<String>>(column);
        let (kind_name, title, subtitle) = match kind {
            kind if kind == WordKind::Outlink as i64 => ("outlink", "Outlink".to_owned(), url),
            kind if kind == WordKind::Download as i64 => ("download", "Download".to_owned(), url),
            kind if kind == WordKind::Search as i64 => {
                let keyword = name.unwrap_or_default();
                let category = text("search_category")?;
                let count: Option<i64> = row.get("search_count")?;
                let mut subtitle = keyword.clone();
                if let Some(category) = &category {
                    subtitle.push_str(&format!(" - Search Category: {category}"));
                }
                if let Some(count) = count.filter(|count| *count > 0) {
                    subtitle.push_str(&format!(" - Search Results Count: {count}"));
                }
                action["siteSearchKeyword"] = keyword.into();
                action["siteSearchCategory"] = category.into();
                action["siteSearchCount"] = count.into();
                ("search", "Site Search".to_owned(), Some(subtitle))
            }
            kind if kind == WordKind::EventCategory as i64 => {
                let (category, event) =
                    (text("category")?.unwrap_or_default(), text("action")?.unwrap_or_default());
                let value: Option<f64> = row.get("value")?;
                action["eventCategory"] = category.clone().into();
                action["eventAction"] = event.clone().into();
                action["eventName"] = name.clone().into();
                action["eventValue"] = value.map(number_value).into();
                let mut subtitle =
                    format!("Category: \"{category}', Action: \"{event}\"").replace('\'', "\"");
                if let Some(name) = name {
                    subtitle.push_str(&format!(", Name: \"{name}\""));
                }
                ("event", "Event".to_owned(), Some(subtitle))
            }
            kind if kind == WordKind::ContentName as i64 => {
                action["contentName"] = text("content")?.into();
                ("content", "Content Impression".to_owned(), text("content")?)
            }
            _ => {
                pages.push(actions.len());
                ("action", name.or_else(|| url.clone()).unwrap_or_default(), url)
            }
        };
        if kind == WordKind::Search as i64
            && let Some(action) = action.as_object_mut()
        {
            action.remove("pageTitle");
        }
        let picture = match kind_name {
            "outlink" => "link",
            "content" => "contentimpression",
            kind_name => kind_name,
        };
        let icon = if kind_name == "action" {
            String::new()
        } else {
            format!("plugins/Morpheus/images/{picture}.png")
        };
        action["icon"] = icon.into();
        action["iconSVG"] = format!("plugins/Morpheus/images/{picture}.svg").into();
        action["type"] = kind_name.into();
        action["title"] = title.into();
        action["subtitle"] = subtitle.into();
        actions.push((at, id, action));
    }
    // A page lasts until the next thing done, the last one until the visit's end.
    for &page in &pages {
        let at = actions[page].0;
        let next = actions.get(page + 1).map(|(next, ..)| *next);
        let spent = next.map_or(total - (at - first), |next| next - at).max(0);
        actions[page].2["timeSpent"] = spent.into();
        actions[page].2["timeSpentPretty"] = pretty_seconds(spent).into();
    }
    actions.extend(converted(context, visit)?);
    actions.sort_by_key(|(at, id, _)| (*at, *id));
    Ok(actions.into_iter().map(|(.., action)| action).collect())
}

/// Goals, orders and carts of a visit. They come after what was done in the same second.
fn converted(context: &Context<'_>, visit: i64) -> Result<Vec<(i64, i64, Value)>, ReportError> {
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

/// A time as the log writes it, in the site's time zone.
#[derive(Debug)]
struct Clock {
    date: String,
    hour: String,
    time: String,
    long: String,
    short: String,
}

impl Clock {
    fn at(seconds: i64, zone: &TimeZone) -> Self {
        let zoned = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
        let write = |format: &str| zoned.strftime(format).to_string();
        Self {
            date: write("%Y-%m-%d"),
            hour: write("%-H"),
            time: write("%H:%M:%S"),
            long: write("%A, %B %-d, %Y"),
            short: write("%b %-d, %Y %H:%M:%S"),
        }
    }
}

fn hex(id: i64) -> String {
    format!("{:016x}", id.cast_unsigned())
}

/// `58s`, `1 min 39s`, `1 hours 2 min`.
fn pretty_seconds(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{} min {}s", seconds / 60, seconds % 60),
        _ => format!("{} hours {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

fn icon(is_shown: bool, path: &str) -> Option<&str> {
    is_shown.then_some(path)
}

fn family_description(engine: &str) -> String {
    match engine {
        "Blink" => "Blink (Chrome, Opera)".to_owned(),
        "WebKit" => "WebKit (Safari)".to_owned(),
        "Gecko" => "Gecko (Firefox)".to_owned(),
        "Trident" => "Trident (IE)".to_owned(),
        engine => engine.to_owned(),
    }
}

fn currency_symbol(code: &str) -> &str {
    match code {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" | "CNY" => "¥",
        "SEK" | "NOK" | "DKK" => "kr",
        "BRL" => "R$",
        "INR" => "₹",
        code => code,
    }
}
