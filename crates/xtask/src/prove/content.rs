//! Content files with odd values, as strangers may have them: each value is one that the load generator takes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::dice::Dice;

/// Texts for titles, names, keywords and the like.
const TEXTS: &[&str] = &[
    "News",
    "news",
    "NEWS",
    "A \"quoted\" title",
    "It's 5 o'clock",
    "Tom & Jerry",
    "Tom &amp; Jerry",
    "&lt;b&gt;",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "a < b > c",
    "100 %",
    "100%25",
    "%26",
    "a+b",
    "a/b/c",
    "/leading",
    "trailing/",
    "a > b - c",
    "back\\slash",
    "\u{1f680} launch \u{1f469}\u{200d}\u{1f4bb}",
    "\u{1f1e9}\u{1f1ea}",
    "Größe",
    "GRÖSSE",
    "größe",
    "Straße",
    "\u{130}stanbul",
    "istanbul",
    "\u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2}",
    "\u{1c5}ungla",
    "Café",
    "Cafe\u{301}",
    "日本語のページ",
    "\u{645}\u{631}\u{62d}\u{628}\u{627}",
    "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    "two  spaces",
    "no\u{a0}break",
    "zero\u{200b}width",
    "\u{ff21}\u{ff22}",
    "00",
    "-1",
    "1e5",
    "007",
    "3.0",
    "null",
    "false",
    "Others",
    "(others)",
    "blog - Others",
    "Event Name not defined",
    "Page URL not defined",
    "index",
    "'; DROP TABLE visit; --",
    "#hash",
    "?q=1&r=2",
    "{\"a\":1}",
    "[1,2]",
    "$name ${name} {{name}}",
    "a=b&c=d;e=f",
    ".",
    "-",
    "_",
    "*",
    "\u{2014}",
];

const HOSTS: &[&str] = &[
    "https://example.com",
    "https://EXAMPLE.com",
    "http://example.com",
    "https://www.example.com",
    "https://example.test",
    "https://www.example.test",
    "https://shop.example.test",
    "http://shop.example.com:8080",
    "https://shop.example.com:443",
    "http://b\u{fc}cher.example",
    "https://192.0.2.7:8443",
    "https://[2001:db8::1]",
    "http://localhost:3000",
    "https://a-very-long-name-of-a-host.with.many.labels.example.org",
];

const SEGMENTS: &[&str] = &[
    "a",
    "A",
    "b",
    "blog",
    "Blog",
    "shop",
    "index",
    "Index",
    "index.html",
    "index.php",
    "\u{fc}ber-uns",
    "%C3%BCber-uns",
    "%c3%bc",
    "日本語",
    "a%20b",
    "%2F",
    "a+b",
    "a,b",
    "(x)",
    "'q'",
    "\"q\"",
    "<b>",
    "~user",
    "a%26b",
    "a&b",
    "%25",
    "a=b",
    "@me",
    "x:y",
    "0",
    "00",
    "-1",
    "%F0%9F%98%80",
    "\u{1f600}",
    "*",
    "$1",
    "!",
    "[x]",
    "{x}",
    "a|b",
    "^",
    "`",
    "a;b=1",
    ".well-known",
    "v1.2-notes",
    "Others",
    "a%00b",
    "%20x",
    "%",
    "%zz",
    "a\\b",
];

const QUERIES: &[&str] = &[
    "?",
    "?a=1",
    "?q=two+tents",
    "?Query=%C3%BC&page=2",
    "?s=",
    "?keyword=0",
    "?page=1&search=a%26b",
    "?a=1&b=2",
    "?b=2&a=1",
    "?a",
    "?=",
    "?&&",
    "?a[]=1&a[]=2",
    "?a=%26",
    "?a=b/c",
    "?a=b?c",
    "?a=\u{fc}",
    "?next=https://example.com/",
    "?page=2",
    "?lang=de",
    "?A=1",
    "?phpsessid=1",
    "?sid=5&a=1",
    "?gclid=x",
    "?a=<b>",
    "?a='b'",
    "?a=\"b\"",
    "?a=+b",
    "?a=b#c",
];

const FRAGMENTS: &[&str] =
    &["#", "#top", "#q=tents", "#/find?q=tents", "#!/route", "#a?b", "#a/b", "#\u{fc}", "#a#b"];

/// Values of events.
const VALUES: &[f64] = &[
    0.0,
    1.0,
    -1.0,
    0.01,
    0.001,
    0.005,
    0.015,
    0.025,
    2.675,
    1.005,
    12.345,
    12.344_999,
    -12.345,
    -0.005,
    1e-7,
    0.1,
    0.2,
    0.3,
    99.99,
    99.995,
    1234.5678,
    65_535.0,
    16_777_217.0,
    999_999.999,
    1_000_000.001,
    2_147_483_648.0,
    -2_147_483_649.0,
    4_294_967_296.5,
    123_456_789.987,
    999_999_999.99,
    1e9,
];

/// Files by their names in a content folder.
pub(super) type Files = BTreeMap<&'static str, String>;

/// Draws some files.
pub(super) fn draw(dice: &mut Dice) -> Files {
    let mut files = Files::new();
    let hosts = hosts(dice);
    if dice.chance(0.6) {
        files.insert("urls.txt", urls(dice, &hosts));
    }
    if dice.chance(0.6) {
        files.insert("events.json", events(dice).to_string());
    }
    if dice.chance(0.4) {
        files.insert("funnels.json", funnels(dice, &hosts).to_string());
    }
    if dice.chance(0.4) {
        let terms: Vec<Value> = texts(dice, 12)
            .into_iter()
            .map(|keyword| json!({"keyword": keyword, "results": dice.one(&[0, 1, 7, 25, 1_000_000])}))
            .collect();
        let count = dice.between(0, 6);
        let mut categories = dice.some(TEXTS, count);
        // To Matomo it is none.
        categories.push("0");
        files.insert("searches.json", json!({"categories": categories, "terms": terms}).to_string());
    }
    if dice.chance(0.3) {
        let lines: Vec<String> = (0..dice.between(1, 10)).map(|_| address(dice, HOSTS)).collect();
        files.insert("outlinks.txt", lines.join("\n"));
    }
    if dice.chance(0.3) {
        let file = |dice: &mut Dice| if dice.chance(0.5) { path(dice) } else { address(dice, HOSTS) };
        let lines: Vec<String> = (0..dice.between(1, 10)).map(|_| file(dice)).collect();
        files.insert("downloads.txt", lines.join("\n"));
    }
    if dice.chance(0.3) {
        files.insert("products.json", products(dice).to_string());
    }
    if dice.chance(0.3) {
        let count = dice.between(1, 8);
        let marked = |name| json!({"campaign": name, "source": "x & y", "keyword": "\u{fc} +"});
        let campaigns: Vec<Value> = texts(dice, count).into_iter().map(marked).collect();
        files.insert("campaigns.json", json!(campaigns).to_string());
    }
    files
}

/// Different texts, now and then a long one among them.
fn texts(dice: &mut Dice, count: u64) -> Vec<String> {
    let mut texts: Vec<String> = dice.some(TEXTS, count).into_iter().map(str::to_owned).collect();
    if count > 0 && dice.chance(0.2) {
        let long = dice.one(&["x", "\u{fc}", "\u{1f600}", "a ", "&"]);
        let long = long.repeat(dice.one(&[50, 100, 128, 200, 255, 256]));
        long.trim().clone_into(&mut texts[0]);
    }
    texts
}

fn text(dice: &mut Dice) -> String {
    if dice.chance(0.03) { texts(dice, 1).remove(0) } else { dice.one(TEXTS).to_owned() }
}

/// Visits may go over several hosts, so that pages of one refer to those of another.
fn hosts(dice: &mut Dice) -> Vec<&'static str> {
    let count = dice.one(&[1, 1, 2, 5]);
    dice.some(HOSTS, count)
}

fn path(dice: &mut Dice) -> String {
    let depth = if dice.chance(0.1) { dice.between(8, 14) } else { dice.between(0, 4) };
    let mut path = String::new();
    for _ in 0..depth {
        path.push('/');
        path.push_str(dice.one(SEGMENTS));
    }
    if dice.chance(0.05) {
        path.push('/');
        path.push_str(&"long-".repeat(dice.one(&[20, 50, 100])));
    }
    if path.is_empty() || dice.chance(0.3) {
        path.push('/');
    }
    if dice.chance(0.3) {
        path.push_str(dice.one(QUERIES));
    }
    if dice.chance(0.2) {
        path.push_str(dice.one(FRAGMENTS));
    }
    path
}

fn address(dice: &mut Dice, hosts: &[&str]) -> String {
    let host = dice.one(hosts);
    if dice.chance(0.05) { host.to_owned() } else { host.to_owned() + &path(dice) }
}

fn urls(dice: &mut Dice, hosts: &[&str]) -> String {
    let mut lines = Vec::new();
    for _ in 0..dice.one(&[1, 2, 5, 20, 60, 60]) {
        let title = if dice.chance(0.7) { text(dice) } else { String::new() };
        lines.push(format!("{} {title}", address(dice, hosts)));
    }
    lines.join(dice.one(&["\n", "\r\n"]))
}

fn value(dice: &mut Dice) -> Value {
    match dice.between(0, 9) {
        0..=1 => Value::Null,
        2..=6 => json!(dice.one(VALUES)),
        7 => json!(dice.between(0, 100_000)),
        8 => json!((dice.unit() - 0.3) * 1000.0),
        _ => json!(dice.one(VALUES) * dice.unit()),
    }
}

fn events(dice: &mut Dice) -> Value {
    // Few categories and actions for many names, so that rows of the reports add up several groups.
    let parts = [dice.between(1, 3), dice.between(1, 3), dice.between(1, 8)];
    let [categories, actions, names] = parts.map(|count| texts(dice, count));
    let mut list = |count: u64| -> Vec<Value> {
        let pick = |dice: &mut Dice, of: &[String]| of[dice.between(0, of.len() as u64 - 1) as usize].clone();
        let event = |_| {
            let mut event = json!({"category": pick(dice, &categories), "action": pick(dice, &actions)});
            if dice.chance(0.8) {
                // To Matomo, 0 is no name.
                event["name"] = if dice.chance(0.1) { "0".into() } else { pick(dice, &names).into() };
            }
            if dice.chance(0.7) {
                event["value"] = value(dice);
            }
            event
        };
        (0..count).map(event).collect()
    };
    let (click, random) = (list(10), list(5));
    let mut file = json!({"click_events": click, "random_events": random});
    if dice.chance(0.2) {
        file["click_events_probability"] = dice.one(&[json!(0), json!(0.5), json!(1)]);
    }
    file
}

fn products(dice: &mut Dice) -> Value {
    const PRICES: &[f64] = &[0.0, 0.01, 0.99, 1.0, 9.99, 19.95, 99.99, 1234.56, 99_999.99, 9_999_999.99];
    let (count, category) = (dice.between(1, 20), text(dice));
    let product =
        |sku| json!({"sku": sku, "name": text(dice), "category": category, "price": dice.one(PRICES)});
    texts_of(TEXTS, count).map(product).collect()
}

fn texts_of(texts: &'static [&'static str], count: u64) -> impl Iterator<Item = &'static str> {
    texts.iter().copied().take(count as usize)
}

fn funnels(dice: &mut Dice, hosts: &[&str]) -> Value {
    let count = dice.between(1, 3);
    let funnel = |number| {
        let mut steps = vec![step(dice, "pageview", hosts)];
        for _ in 0..dice.between(0, 8) {
            let kind = dice.one(&[
                "pageview",
                "pageview",
                "event",
                "site_search",
                "outlink",
                "download",
                "ecommerce",
            ]);
            steps.push(step(dice, kind, hosts));
        }
        json!({
            "name": format!("funnel {number}"),
            "probability": dice.one(&[0.05, 0.3, 1.0]),
            "priority": dice.between(0, 3),
            "enabled": dice.chance(0.9),
            "exit_after_completion": dice.chance(0.5),
            "steps": steps,
        })
    };
    (1..=count).map(funnel).collect()
}

fn step(dice: &mut Dice, kind: &str, hosts: &[&str]) -> Value {
    let least = dice.one(&[0.0, 0.0, 0.5, 10.0, 600.0, 1790.0, 1800.0]);
    let mut step = json!({"type": kind, "delay_seconds_min": least, "delay_seconds_max": least + dice.one(&[0.0, 5.0, 30.0])});
    match kind {
        "pageview" => {
            step["url"] = address(dice, hosts).into();
            if dice.chance(0.7) {
                step["title"] = text(dice).into();
            }
        }
        "event" => {
            step["event_category"] = text(dice).into();
            step["event_action"] = text(dice).into();
            step["event_name"] = text(dice).into();
            step["event_value"] = value(dice);
        }
        "site_search" => {
            step["search_keyword"] = text(dice).into();
            if dice.chance(0.5) {
                step["search_category"] = dice.one(TEXTS).into();
            }
        }
        "outlink" => step["target_url"] = address(dice, HOSTS).into(),
        "download" => step["target_url"] = path(dice).into(),
        _ => order(dice, &mut step),
    }
    step
}

fn order(dice: &mut Dice, step: &mut Value) {
    match dice.between(0, 2) {
        0 => {}
        1 => {
            step["ecommerce_revenue"] =
                dice.one(&[json!(10), json!(225.49), json!(0.01), json!(9_999_999.99)]);
        }
        _ => {
            // The same product may stand in an order twice.
            let item = |_| {
                let quantity = dice.one(&[1, 2, 3, 1000]);
                json!({"sku": dice.one(&["S-1", "S-2", "00", "\u{fc} & <b>"]), "price": dice.one(&[0.0, 0.01, 19.95, 333.33]), "quantity": quantity})
            };
            step["ecommerce_items"] = (0..4).map(item).collect();
            step["ecommerce_shipping"] = dice.one(&[json!(0), json!(5.99)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_different_and_keep_their_form() {
        let mut sorted = TEXTS.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), TEXTS.len());
        assert!(TEXTS.iter().all(|text| text.trim() == *text && !text.is_empty()));
    }

    #[test]
    fn all_files_are_drawn_in_time() {
        let mut names: Vec<&str> = (0..60).flat_map(|seed| draw(&mut Dice::new(seed)).into_keys()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 8, "{names:?}");
    }
}
