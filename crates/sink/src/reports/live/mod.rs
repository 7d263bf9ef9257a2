//! The visitor log: visits one by one, with everything done in them.

mod actions;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{Connection, Row, params};
use serde_json::{Value, json};

use super::metrics::{CART, ORDER, number_value, round};
use super::period::Span;
use super::{Context, ReportError, referrers};
use crate::tracker::agent::Agent;
use crate::tracker::referrer::{self, Kind};
use crate::tracker::{place, time};

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

/// How many visits, actions and visitors there were since a Unix time.
pub(crate) fn counters(context: &Context<'_>, since: i64) -> Result<Value, ReportError> {
    let (visits, actions, visitors, converted): (i64, i64, i64, i64) = context.db.query_row(
        "SELECT count(*), coalesce(sum(actions), 0), count(DISTINCT visitor), coalesce(sum(converted), 0) FROM visit \
         WHERE site = ?1 AND last_time >= ?2",
        params![context.site.id, since],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    Ok(json!([{"visits": visits, "actions": actions, "visitors": visitors, "visitsConverted": converted}]))
}

fn visit(context: &Context<'_>, row: &Row<'_>) -> Result<Value, ReportError> {
    let parts = [
        log_part(context, row)?,
        visitor_part(row)?,
        referrer_part(row)?,
        device_part(row)?,
        ecommerce_part(context.db, row)?,
        place_part(row)?,
    ];
    let fields = parts.into_iter().filter_map(|part| match part {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Ok(Value::Object(fields.flatten().collect()))
}

/// Which visit it is, when it was, and what was done in it.
fn log_part(context: &Context<'_>, row: &Row<'_>) -> Result<Value, ReportError> {
    let id: i64 = row.get("id")?;
    let (first, last, total): (i64, i64, i64) =
        (row.get("first_time")?, row.get("last_time")?, row.get("total_time")?);
    let goals: i64 = context.db.query_row(
        "SELECT count(*) FROM conversion WHERE visit = ?1 AND goal > 0",
        [id],
        |row| row.get(0),
    )?;
    let last_local = Clock::at(last, &context.zone);
    let first_local = Clock::at(first, &context.zone);
    Ok(json!({
        "idSite": context.site.id,
        "idVisit": id,
        "visitIp": row.get::<_, String>("address")?,
        "visitorId": hex(row.get("visitor")?),
        "fingerprint": hex(row.get("fingerprint")?),
        "actionDetails": actions::actions(context, id, first, total)?,
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
        "visitDuration": total,
        "visitDurationPretty": pretty_seconds(total),
        "searches": row.get::<_, i64>("searches")?,
        "actions": row.get::<_, i64>("actions")?,
        "interactions": row.get::<_, i64>("interactions")?,
        "events": row.get::<_, i64>("events")?,
        "plugins": "",
        "pluginsIcons": Value::Null,
        "customVariables": [],
    }))
}

/// Who visits, and what the visitor did before.
fn visitor_part(row: &Row<'_>) -> rusqlite::Result<Value> {
    let days = |seconds: Option<i64>| seconds.unwrap_or(0) / 86_400;
    let since_first: Option<i64> = row.get("since_first")?;
    let since_last: Option<i64> = row.get("since_last")?;
    let since_order: Option<i64> = row.get("since_order")?;
    let kind = match row.get::<_, i64>("visitor_kind")? {
        0 => "new",
        1 => "returning",
        _ => "returningCustomer",
    };
    let buyer = match row.get::<_, i64>("buyer")? {
        0 => "none",
        1 => "ordered",
        2 => "abandonedCart",
        _ => "orderedThenAbandonedCart",
    };
    let converted: bool = row.get("converted")?;
    Ok(json!({
        "userId": row.get::<_, Option<String>>("user_id")?,
        "visitorType": kind,
        "visitorTypeIcon": (kind != "new").then_some("plugins/Live/images/returningVisitor.png"),
        "visitConverted": i64::from(converted),
        "visitConvertedIcon": converted.then_some("plugins/Morpheus/images/goal.svg"),
        "visitCount": row.get::<_, i64>("visit_count")?,
        "visitEcommerceStatus": buyer,
        "visitEcommerceStatusIcon": (buyer != "none").then_some("plugins/Morpheus/images/ecommerceOrder.svg"),
        "daysSinceFirstVisit": days(since_first),
        "secondsSinceFirstVisit": since_first,
        "daysSinceLastEcommerceOrder": days(since_order),
        "secondsSinceLastEcommerceOrder": since_order,
        "daysSinceLastVisit": days(since_last),
        "secondsSinceLastVisit": since_last,
    }))
}

/// Where the visitor came from.
fn referrer_part(row: &Row<'_>) -> rusqlite::Result<Value> {
    let kind = Kind::from_number(row.get("referrer_kind")?);
    let name: String = row.get("referrer_name")?;
    let keyword: String = row.get("referrer_keyword")?;
    let url: String = row.get("referrer_url")?;
    let engine = (kind == Kind::Search).then(|| referrer::engine_host(&name)).flatten();
    let network = (kind == Kind::Social).then(|| referrer::social_host(&name)).flatten();
    Ok(json!({
        "referrerType": referrers::short_name(kind),
        "referrerTypeName": referrers::kind_name(kind),
        "referrerName": name,
        "referrerKeyword": match (kind, keyword.as_str()) {
            (Kind::Search, "") => "Keyword not defined",
            (_, keyword) => keyword,
        },
        "referrerKeywordPosition": Value::Null,
        "referrerUrl": Some(url).filter(|url| !url.is_empty()),
        "referrerSearchEngineUrl": engine.as_ref().map(|host| format!("http://{host}")),
        "referrerSearchEngineIcon":
            engine.map(|host| format!("plugins/Morpheus/icons/dist/searchEngines/{host}.png")),
        "referrerSocialNetworkUrl": network.as_ref(),
        "referrerSocialNetworkIcon":
            network.map(|host| format!("plugins/Morpheus/icons/dist/socials/{host}.png")),
    }))
}

/// What the visitor browses with.
fn device_part(row: &Row<'_>) -> rusqlite::Result<Value> {
    let agent: Agent = serde_json::from_str(&row.get::<_, String>("parsed")?).unwrap_or_default();
    let language: String = row.get("language")?;
    let joined = |name: &str, version: &str| format!("{name} {version}").trim().to_owned();
    let icon = |of: &str, name: &str| format!("plugins/Morpheus/icons/dist/{of}/{name}.png");
    Ok(json!({
        "languageCode": language,
        "language": format!("Language code {}", language.split(',').next().unwrap_or_default()),
        "deviceType": agent.device,
        "deviceTypeIcon": icon("devices", &agent.device.to_lowercase().replace(' ', "_")),
        "deviceBrand": agent.brand,
        "deviceModel": agent.model,
        "operatingSystem": joined(&agent.os, &agent.os_version),
        "operatingSystemName": agent.os,
        "operatingSystemIcon": icon("os", agent.os_code()),
        "operatingSystemCode": agent.os_code(),
        "operatingSystemVersion": agent.os_version,
        "browserFamily": agent.engine,
        "browserFamilyDescription": family_description(&agent.engine),
        "browserIcon": icon("browsers", agent.browser_code()),
        "browser": joined(&agent.browser, &agent.browser_version),
        "browserName": agent.browser,
        "browserCode": agent.browser_code(),
        "browserVersion": agent.browser_version,
        "resolution": row.get::<_, String>("resolution")?,
    }))
}

/// What the visit's orders and its cart come to.
fn ecommerce_part(db: &Connection, row: &Row<'_>) -> rusqlite::Result<Value> {
    let id: i64 = row.get("id")?;
    let (carts, orders) = (conversions(db, id, CART)?, conversions(db, id, ORDER)?);
    Ok(json!({
        "totalEcommerceRevenue": number_value(orders.revenue),
        "totalEcommerceConversions": orders.count,
        "totalEcommerceItems": orders.items,
        "totalAbandonedCartsRevenue": number_value(carts.revenue),
        "totalAbandonedCarts": carts.count,
        "totalAbandonedCartsItems": carts.items,
    }))
}

/// Where the visitor is, and what the clock there says.
fn place_part(row: &Row<'_>) -> rusqlite::Result<Value> {
    let country: String = row.get("country")?;
    let continent = place::continent(&country);
    let region: Option<String> = row.get("region")?;
    let local_time: String = row.get("local_time")?;
    let local_hour = local_time.get(..2).and_then(|hour| hour.parse::<u8>().ok()).unwrap_or_default();
    Ok(json!({
        "continent": place::continent_name(continent),
        "continentCode": continent,
        "country": place::country_name(&country),
        "countryCode": country,
        "countryFlag": format!("plugins/Morpheus/icons/dist/flags/{country}.png"),
        "region": region,
        "regionCode": region,
        "city": row.get::<_, Option<String>>("city")?,
        "location": place::country_name(&country),
        "latitude": row.get::<_, Option<f64>>("latitude")?,
        "longitude": row.get::<_, Option<f64>>("longitude")?,
        "visitLocalTime": local_time,
        "visitLocalHour": local_hour.to_string(),
    }))
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
