//! Where a visitor is: as the hit says, or guessed from the language as Matomo does without a database of addresses.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The code of a country that is not known.
pub(crate) const UNKNOWN: &str = "xx";

/// The country that a language stands for when it names none.
const BY_LANGUAGE: &[(&str, &str)] = &[
    ("bg", "bg"),
    ("ca", "es"),
    ("cs", "cz"),
    ("da", "dk"),
    ("de", "de"),
    ("el", "gr"),
    ("en", "us"),
    ("es", "es"),
    ("et", "ee"),
    ("fi", "fi"),
    ("fr", "fr"),
    ("he", "il"),
    ("hu", "hu"),
    ("is", "is"),
    ("it", "it"),
    ("ja", "jp"),
    ("ko", "kr"),
    ("lt", "lt"),
    ("lv", "lv"),
    ("ms", "my"),
    ("nb", "no"),
    ("nl", "nl"),
    ("nn", "no"),
    ("no", "no"),
    ("pl", "pl"),
    ("pt", "pt"),
    ("ro", "ro"),
    ("ru", "ru"),
    ("sk", "sk"),
    ("sl", "si"),
    ("sq", "al"),
    ("sv", "se"),
    ("th", "th"),
    ("tr", "tr"),
    ("uk", "ua"),
    ("zh", "cn"),
];

/// Names of languages.
const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "Arabic"),
    ("az", "Azerbaijani"),
    ("be", "Belarusian"),
    ("bg", "Bulgarian"),
    ("bn", "Bangla"),
    ("bs", "Bosnian"),
    ("ca", "Catalan"),
    ("cs", "Czech"),
    ("cy", "Welsh"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("eo", "Esperanto"),
    ("es", "Spanish"),
    ("et", "Estonian"),
    ("eu", "Basque"),
    ("fa", "Persian"),
    ("fi", "Finnish"),
    ("fil", "Filipino"),
    ("fr", "French"),
    ("ga", "Irish"),
    ("gl", "Galician"),
    ("gu", "Gujarati"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hr", "Croatian"),
    ("hu", "Hungarian"),
    ("hy", "Armenian"),
    ("id", "Indonesian"),
    ("is", "Icelandic"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ka", "Georgian"),
    ("kk", "Kazakh"),
    ("ko", "Korean"),
    ("lb", "Luxembourgish"),
    ("lt", "Lithuanian"),
    ("lv", "Latvian"),
    ("mk", "Macedonian"),
    ("mr", "Marathi"),
    ("ms", "Malay"),
    ("nb", "Norwegian Bokmål"),
    ("nl", "Dutch"),
    ("nn", "Norwegian Nynorsk"),
    ("no", "Norwegian"),
    ("pa", "Punjabi"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sk", "Slovak"),
    ("sl", "Slovenian"),
    ("sq", "Albanian"),
    ("sr", "Serbian"),
    ("sv", "Swedish"),
    ("sw", "Swahili"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("uz", "Uzbek"),
    ("vi", "Vietnamese"),
    ("zh", "Chinese"),
];

static COUNTRIES: LazyLock<HashMap<&'static str, (&'static str, &'static str)>> = LazyLock::new(|| {
    include_str!("../../data/countries.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (code, rest) = line.split_once(' ')?;
            let (name, continent) = rest.split_once('|')?;
            Some((code, (name, continent)))
        })
        .collect()
});

/// The country of a `lang` or `Accept-Language`: its region, or what its language stands for.
pub(crate) fn country_of_language(language: &str) -> &'static str {
    let tags = || language.split([',', ';']).map(str::trim).filter(|tag| !tag.is_empty());
    let region = tags().filter_map(|tag| tag.rsplit_once(['-', '_'])).find_map(|(_, region)| known(region));
    region
        .or_else(|| {
            tags().find_map(|tag| {
                let language = tag.split(['-', '_']).next()?.to_ascii_lowercase();
                BY_LANGUAGE.iter().find(|(known, _)| *known == language).map(|(_, country)| *country)
            })
        })
        .unwrap_or(UNKNOWN)
}

/// The code in lower case, when it is a country's.
pub(crate) fn known(code: &str) -> Option<&'static str> {
    COUNTRIES.get_key_value(code.trim().to_ascii_lowercase().as_str()).map(|(code, _)| *code)
}

/// The codes of all countries, in no order.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    COUNTRIES.keys().copied()
}

/// The country's name as the reports show it.
pub(crate) fn country_name(code: &str) -> &'static str {
    COUNTRIES.get(code).map_or("Unknown", |(name, _)| name)
}

/// The continent's code.
pub(crate) fn continent(country: &str) -> &'static str {
    COUNTRIES.get(country).map_or("unk", |(_, continent)| continent)
}

/// The continent's name.
pub(crate) fn continent_name(code: &str) -> &'static str {
    match code {
        "afr" => "Africa",
        "amc" => "Central America",
        "amn" => "North America",
        "ams" => "South America",
        "ant" => "Antarctica",
        "asi" => "Asia",
        "eur" => "Europe",
        "oce" => "Oceania",
        _ => "Unknown",
    }
}

/// A language's name as the reports show it; its code when it is not among these.
pub(crate) fn language_name(code: &str) -> &str {
    LANGUAGES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

/// A language as a visit keeps it: `de-de,de;q=0.9` becomes `de-de,de`, cut to 20 characters.
pub(crate) fn language(text: &str) -> String {
    let tags: Vec<&str> = text
        .split(',')
        .map(|tag| tag.split(';').next().unwrap_or_default().trim())
        .filter(|tag| {
            !tag.is_empty()
                && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
        .collect();
    let mut joined = String::new();
    for tag in tags {
        if joined.len() + tag.len() + usize::from(!joined.is_empty()) > 20 {
            break;
        }
        if !joined.is_empty() {
            joined.push(',');
        }
        joined.push_str(&tag.to_ascii_lowercase());
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_names_its_country() {
        assert_eq!(country_of_language("de-DE"), "de");
        assert_eq!(country_of_language("en-us"), "us");
        assert_eq!(country_of_language("fr"), "fr");
        assert_eq!(country_of_language("en-GB,en;q=0.8"), "gb");
        assert_eq!(country_of_language("sv"), "se");
        assert_eq!(country_of_language(""), UNKNOWN);
        assert_eq!(country_of_language("tlh"), UNKNOWN);
    }

    #[test]
    fn countries_have_names_and_continents() {
        assert_eq!((country_name("br"), continent("br")), ("Brazil", "ams"));
        assert_eq!(continent_name(continent("de")), "Europe");
        assert_eq!((country_name(UNKNOWN), continent(UNKNOWN)), ("Unknown", "unk"));
        assert_eq!(known("SE"), Some("se"));
        assert_eq!(known("zz"), None);
    }
}
