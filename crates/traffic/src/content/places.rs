//! Where visitors live: languages, countries and their address blocks.

use std::{
    collections::{HashMap, HashSet},
    net::Ipv4Addr,
};

use super::{
    Country, Language,
    fault::{Faults, quoted},
    json::Node,
    tables::{WEIGHTS, need_one, rows, unique},
    text::{self, Refused},
    urls::entries,
};

/// Address ranges that are never chosen: Matomo leaves hits from a search engine's own ranges out of its reports
/// without a word, and reserved ranges belong to no country. First address and prefix length.
pub const EXCLUDED: [(Ipv4Addr, u8); 36] = [
    (Ipv4Addr::new(74, 125, 0, 0), 16),
    (Ipv4Addr::new(216, 239, 32, 0), 19),
    (Ipv4Addr::new(64, 233, 160, 0), 19),
    (Ipv4Addr::new(66, 249, 80, 0), 20),
    (Ipv4Addr::new(72, 14, 192, 0), 18),
    (Ipv4Addr::new(209, 85, 128, 0), 17),
    (Ipv4Addr::new(66, 102, 0, 0), 20),
    (Ipv4Addr::new(64, 18, 0, 0), 20),
    (Ipv4Addr::new(207, 126, 144, 0), 20),
    (Ipv4Addr::new(173, 194, 0, 0), 16),
    (Ipv4Addr::new(64, 4, 0, 0), 18),
    (Ipv4Addr::new(65, 52, 0, 0), 14),
    (Ipv4Addr::new(157, 54, 0, 0), 15),
    (Ipv4Addr::new(157, 56, 0, 0), 14),
    (Ipv4Addr::new(157, 60, 0, 0), 16),
    (Ipv4Addr::new(207, 46, 0, 0), 16),
    (Ipv4Addr::new(207, 68, 128, 0), 18),
    (Ipv4Addr::new(131, 253, 24, 0), 23),
    (Ipv4Addr::new(131, 253, 26, 0), 24),
    (Ipv4Addr::new(72, 30, 196, 0), 23),
    (Ipv4Addr::new(72, 30, 198, 0), 24),
    (Ipv4Addr::new(98, 137, 207, 0), 24),
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// The excluded range that a block touches, if any.
fn excluded((first, length): (Ipv4Addr, u8)) -> Option<(Ipv4Addr, u8)> {
    EXCLUDED.into_iter().find(|&(other, other_length)| {
        let mask = mask(length.min(other_length));
        first.to_bits() & mask == other.to_bits() & mask
    })
}

/// The bits that a prefix of this length fixes.
fn mask(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

/// Reads `languages.json`.
pub(super) fn languages(content: &str, faults: &mut Faults<'_>) -> Vec<Language> {
    let mut seen = HashSet::new();
    let all = rows(content, faults, |mut fields, faults| {
        let lang = fields.required("lang", |node| node.text(language_tag), faults);
        let accept =
            fields.required("accept", |node| node.text(|t| text::header(t).map(str::to_owned)), faults);
        unique(&fields, "lang", lang.as_deref(), &mut seen, faults);
        fields.close(faults);
        Some(Language { lang: lang?, accept: accept? })
    });
    need_one(&all, "language", faults);
    all
}

fn language_tag(given: &str) -> Result<String, Refused> {
    let lower = |part: &str| part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let mut parts = given.split('-');
    let language = parts.next().is_some_and(|part| matches!(part.len(), 2 | 3) && lower(part));
    if language && parts.all(|part| matches!(part.len(), 2..=8) && lower(part)) {
        Ok(given.to_owned())
    } else {
        Err(Refused::new(quoted(given), "give a language tag in lower case, for example de-ch"))
    }
}

/// Reads `countries.json`; the address blocks come from their own file. Without languages, as when their file is
/// wrong, any is taken, so that one fault does not look like many.
pub(super) fn countries(content: &str, languages: &[Language], faults: &mut Faults<'_>) -> Vec<Country> {
    let numbers: HashMap<&str, u32> =
        languages.iter().zip(0..).map(|(l, number)| (l.lang.as_str(), number)).collect();
    let mut seen = HashSet::new();
    let all = rows(content, faults, |mut fields, faults| {
        let code = fields.required("code", |node| node.text(country_code), faults);
        let weight = fields.number("weight", WEIGHTS, faults);
        let spoken = fields.required("languages", Ok::<Node<'_>, Refused>, faults);
        let languages = spoken.and_then(|node| mix(node, fields.place_of("languages"), &numbers, faults));
        unique(&fields, "code", code.as_deref(), &mut seen, faults);
        fields.close(faults);
        Some(Country { code: code?, weight: weight?, languages: languages?, blocks: Vec::new() })
    });
    need_one(&all, "country", faults);
    all
}

fn country_code(given: &str) -> Result<String, Refused> {
    if given.len() == 2 && given.bytes().all(|b| b.is_ascii_lowercase()) {
        Ok(given.to_owned())
    } else {
        Err(Refused::new(quoted(given), "give a two-letter country code in lower case, for example de"))
    }
}

/// Languages and their weights.
fn mix(
    node: Node<'_>,
    place: String,
    numbers: &HashMap<&str, u32>,
    faults: &mut Faults<'_>,
) -> Option<Vec<(u32, f64)>> {
    let Some(entries) = node.fields().filter(|entries| !entries.is_empty()) else {
        faults.add(
            Some(node.line()),
            place,
            node.shown(),
            r#"give languages and weights, for example { "de-de": 1 }"#,
        );
        return None;
    };
    let mut languages = Vec::with_capacity(entries.len());
    for (tag, weight) in entries {
        let place = format!("{place}.{tag}");
        let number = numbers.get(tag.as_str()).or(numbers.is_empty().then_some(&0));
        match (number, weight.number(&WEIGHTS)) {
            (Some(&number), Ok(weight)) => languages.push((number, weight)),
            (number, weight_read) => {
                if number.is_none() {
                    faults.add(
                        Some(weight.line()),
                        &place,
                        quoted(&tag),
                        "name a language of languages.json",
                    );
                }
                if let Err(refused) = weight_read {
                    faults.add(Some(weight.line()), place, refused.given, refused.remedy);
                }
            }
        }
    }
    Some(languages)
}

/// Reads `addresses.txt` into the blocks of the countries, each of which needs one. Blocks of other countries are
/// checked and left out.
pub(super) fn addresses(content: &str, countries: &mut [Country], faults: &mut Faults<'_>) {
    let numbers: HashMap<String, usize> =
        countries.iter().enumerate().map(|(number, c)| (c.code.clone(), number)).collect();
    for (line, entry) in entries(content) {
        let (code, given) = entry.split_once(char::is_whitespace).unwrap_or((entry, ""));
        match country_code(code).and_then(|_| block(given.trim())) {
            Ok(block) => {
                if let Some(&number) = numbers.get(code) {
                    countries[number].blocks.push(block);
                }
            }
            Err(refused) => faults.add(Some(line), "", refused.given, refused.remedy),
        }
    }
    if faults.is_empty() {
        for country in countries.iter().filter(|country| country.blocks.is_empty()) {
            let remedy = format!("give at least one line: {} first-address/prefix-length", country.code);
            faults.add(None, "", format!("no block for {}", quoted(&country.code)), remedy);
        }
    }
}

fn block(given: &str) -> Result<(Ipv4Addr, u8), Refused> {
    let parsed = given.split_once('/').and_then(|(first, length)| {
        let length: u8 = length.parse().ok()?;
        Some((first.parse::<Ipv4Addr>().ok()?, length))
    });
    let Some((first, length)) = parsed.filter(|&(_, length)| (8..=32).contains(&length)) else {
        return Err(Refused::new(quoted(given), "give a block of addresses, for example 84.128.0.0/11"));
    };
    let lowest = Ipv4Addr::from_bits(first.to_bits() & mask(length));
    if lowest != first {
        return Err(Refused::new(
            quoted(given),
            format!("begin with the block's first address, {lowest}/{length}"),
        ));
    }
    match excluded((first, length)) {
        None => Ok((first, length)),
        Some((other, other_length)) => Err(Refused::new(
            quoted(given),
            format!(
                "leave it out: it touches {other}/{other_length}, which is a search engine's or reserved"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_touches_a_range_that_it_holds_or_lies_in() {
        assert_eq!(block("84.128.0.0/11"), Ok((Ipv4Addr::new(84, 128, 0, 0), 11)));
        for wrong in [
            "64.0.0.0/8",
            "66.249.88.0/24",
            "173.194.0.0/16",
            "10.1.0.0/16",
            "84.128.0.1/11",
            "84.128.0.0/7",
            "84.128.0.0/33",
            "84.128.0.0",
            "1.2.3/24",
            "::/32",
            "",
        ] {
            assert!(block(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_language_tag_is_lower_case() {
        for right in ["de", "de-ch", "zh-hans-cn", "es-419"] {
            assert_eq!(language_tag(right).as_deref(), Ok(right));
        }
        for wrong in ["", "DE", "de_ch", "d", "de-", "deutsch"] {
            assert!(language_tag(wrong).is_err(), "{wrong:?} was taken");
        }
    }
}
