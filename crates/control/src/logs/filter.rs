//! Which lines a reader wants. Whatever a reader asks for, looking at a line takes a bounded time.

use jiff::Timestamp;
use regex::{Regex, RegexBuilder};

use super::line::{Level, Line};

/// The longest pattern and the longest text to look for, in bytes.
pub const LONGEST_PATTERN: usize = 500;
/// The most bytes that a compiled pattern may take: it bounds the steps that are made for each byte of a line.
const COMPILED: usize = 64 << 10;
/// How many bytes of a line a pattern is tried on.
const LOOKED_AT: usize = 16 << 10;

/// What lines must be like.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    text: Option<String>,
    regex: Option<Regex>,
    level: Option<Level>,
    since: Option<Timestamp>,
}

/// What is asked of lines, as it came in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// A text that stands in the line, in upper or lower case.
    pub text: Option<&'a str>,
    /// A regular expression that matches somewhere in its first 16 KiB.
    pub regex: Option<&'a str>,
    /// The least grave level.
    pub level: Option<&'a str>,
    /// The earliest time.
    pub since: Option<&'a str>,
}

/// What is wrong with a filter: the parameter and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable {
    /// The parameter.
    pub field: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl Filter {
    /// The filter that this asks for; empty parameters ask for nothing.
    ///
    /// # Errors
    /// Everything that is wrong, each with its parameter.
    pub fn parse(wanted: Wanted, now: Timestamp) -> Result<Self, Vec<Unusable>> {
        let mut faults = Vec::new();
        let mut fault = |field, message| faults.push(Unusable { field, message });
        let given = |text: Option<&'_ str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let mut filter = Self { text: given(wanted.text).map(|text| text.to_lowercase()), ..Self::default() };
        if filter.text.as_ref().is_some_and(|text| text.len() > LONGEST_PATTERN) {
            fault("filter", format!("is longer than {LONGEST_PATTERN} bytes: give a shorter text"));
        }
        if let Some(pattern) = given(wanted.regex) {
            match compile(&pattern) {
                Ok(regex) => filter.regex = Some(regex),
                Err(message) => fault("regex", message),
            }
        }
        if let Some(level) = given(wanted.level) {
            match level.parse() {
                Ok(level) => filter.level = Some(level),
                Err(()) => {
                    fault(
                        "level",
                        format!("{} is no level: give DEBUG, INFO, WARNING or ERROR", shown(&level)),
                    );
                }
            }
        }
        if let Some(since) = given(wanted.since) {
            match moment(&since, now) {
                Some(since) => filter.since = Some(since),
                None => fault(
                    "since",
                    format!(
                        "{} is no time: give one like 2026-01-05T08:00:00Z, seconds since 1970, or how long ago, like 15m or 2h",
                        shown(&since)
                    ),
                ),
            }
        }
        if faults.is_empty() { Ok(filter) } else { Err(faults) }
    }

    /// Whether the line is wanted.
    pub fn wants(&self, line: &Line) -> bool {
        self.level.is_none_or(|level| line.level >= level)
            && self.since.is_none_or(|since| line.ts >= since)
            && self.text.as_ref().is_none_or(|text| contains(&line.text, text))
            && self
                .regex
                .as_ref()
                .is_none_or(|regex| regex.is_match(&line.text[..line.text.floor_char_boundary(LOOKED_AT)]))
    }

    /// Whether looking at lines may take so long that it should not be done on a thread that serves others.
    pub fn is_costly(&self) -> bool {
        self.regex.is_some() || self.text.is_some()
    }

    /// The earliest wanted time.
    pub fn since(&self) -> Option<Timestamp> {
        self.since
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > LONGEST_PATTERN {
        return Err(format!("is longer than {LONGEST_PATTERN} bytes: give a shorter pattern"));
    }
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(COMPILED)
        .dfa_size_limit(COMPILED * 8)
        .nest_limit(20)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                "is too costly: repeat less in it, or use plain characters in place of classes like \\w"
                    .to_owned()
            }
            other => {
                // The library's message spans lines and draws the pattern; its last line says what is wrong.
                let text = other.to_string();
                let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
                format!(
                    "{} is no regular expression ({reason}): escape special characters by \\",
                    shown(pattern)
                )
            }
        })
}

/// A text from outside as a message may repeat it.
fn shown(text: &str) -> String {
    format!("{:?}", text.chars().take(60).collect::<String>())
}

/// Whether the text stands in the line, whatever the case of letters; `needle` is in lower case.
fn contains(haystack: &str, needle: &str) -> bool {
    if needle.is_ascii() {
        let needle = needle.as_bytes();
        let Some((first, rest)) = needle.split_first() else { return true };
        let bytes = haystack.as_bytes();
        memchr::memchr2_iter(*first, first.to_ascii_uppercase(), bytes)
            .any(|at| bytes[at + 1..].get(..rest.len()).is_some_and(|there| there.eq_ignore_ascii_case(rest)))
    } else {
        haystack.to_lowercase().contains(needle)
    }
}

/// A moment: RFC 3339, seconds since 1970, or how long ago (`90s`, `15m`, `2h`, `1d`).
fn moment(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    let ago = number.parse::<u32>().ok().map(i64::from)?.checked_mul(seconds)?;
    now.checked_sub(jiff::SignedDuration::from_secs(ago)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Position;

    fn now() -> Timestamp {
        "2026-01-05T08:00:00Z".parse().unwrap()
    }

    fn filter(wanted: Wanted) -> Filter {
        Filter::parse(wanted, now()).unwrap()
    }

    fn line(text: &str) -> Line {
        Line::new(Position::default(), now(), text.into())
    }

    #[test]
    fn all_parts_of_a_filter_must_agree() {
        let wanted =
            Wanted { text: Some("CAP"), regex: Some(r"cap \d+"), level: Some("info"), since: Some("15m") };
        let filter = filter(wanted);
        assert!(filter.wants(&line("INFO daily cap 10 reached")));
        assert!(!filter.wants(&line("INFO daily cap reached")));
        assert!(!filter.wants(&line("DEBUG daily cap 10 reached")));
        let old =
            Line::new(Position::default(), "2026-01-05T07:44:59Z".parse().unwrap(), "INFO cap 10".into());
        assert!(!filter.wants(&old));
    }

    #[test]
    fn nothing_asked_for_is_every_line() {
        let filter = filter(Wanted { text: Some(""), regex: Some(""), level: Some(""), since: Some("") });
        assert!(filter.wants(&line("")));
    }

    #[test]
    fn text_is_found_in_any_case_and_any_alphabet() {
        for (text, haystack) in [("grüße", "viele GRÜẞE nicht, aber GRÜßE"), ("x=1", "aX=X=1"), ("a", "bcA")]
        {
            assert!(
                filter(Wanted { text: Some(text), ..Wanted::default() }).wants(&line(haystack)),
                "{text}"
            );
        }
        assert!(!filter(Wanted { text: Some("needle"), ..Wanted::default() }).wants(&line("needl")));
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let long = "x".repeat(LONGEST_PATTERN + 1);
        let wanted =
            Wanted { text: Some(&long), regex: Some("("), level: Some("LOUD"), since: Some("yesterday") };
        let faults = Filter::parse(wanted, now()).unwrap_err();
        let fields: Vec<_> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["filter", "regex", "level", "since"]);
        assert!(faults[1].message.contains("unclosed group"), "{:?}", faults[1]);
    }

    #[test]
    fn a_pattern_that_would_cost_too_much_is_refused() {
        let bomb = Wanted { regex: Some(r"((\w{50}){50}){50}"), ..Wanted::default() };
        assert!(Filter::parse(bomb, now()).unwrap_err()[0].message.contains("too costly"));
        let nested = format!("{}a{}", "(".repeat(100), ")".repeat(100));
        assert!(Filter::parse(Wanted { regex: Some(&nested), ..Wanted::default() }, now()).is_err());
        assert!(
            Filter::parse(Wanted { regex: Some(r"visit=\d+ .*error"), ..Wanted::default() }, now()).is_ok()
        );
    }

    #[test]
    fn times_are_read_in_three_ways() {
        assert_eq!(moment("2026-01-05T07:00:00+01:00", now()), "2026-01-05T06:00:00Z".parse().ok());
        assert_eq!(moment("1767600000", now()), Timestamp::from_second(1_767_600_000).ok());
        assert_eq!(moment("2h", now()), "2026-01-05T06:00:00Z".parse().ok());
        for wrong in ["", "h", "5y", "-5m", "ü", "99999999999d"] {
            assert_eq!(moment(wrong, now()), None, "{wrong}");
        }
    }
}
