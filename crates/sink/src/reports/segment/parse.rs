//! The text of a segment as an expression: conditions joined by `,` (or) and `;` (and).
//!
//! The rules are those of the documentation of Matomo's API and of its classes `Segment` and `SegmentExpression`:
//! a condition is decoded once, its value once more, and a backslash takes a joining character for itself.

use super::SegmentError;
use super::dimension::Dimension;

/// Segments are cut to this many bytes.
const LONGEST: usize = 8192;

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    AtLeast,
    Greater,
    AtMost,
    Less,
    Contains,
    ContainsNot,
    BeginsWith,
    EndsWith,
    /// `name==`
    Unset,
    /// `name!=`
    Set,
}

/// The operators as they are written; of two that begin alike the longer one first.
const OPERATORS: [(&str, Operator); 10] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    (">=", Operator::AtLeast),
    (">", Operator::Greater),
    ("<=", Operator::AtMost),
    ("<", Operator::Less),
    ("=@", Operator::Contains),
    ("!@", Operator::ContainsNot),
    ("=^", Operator::BeginsWith),
    ("=$", Operator::EndsWith),
];

/// One comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) dimension: &'static Dimension,
    pub(super) operator: Operator,
    pub(super) value: String,
}

/// All of the groups must hold, and of each group one condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression(pub(super) Vec<Vec<Condition>>);

impl Expression {
    /// Reads a segment. A blank one has no groups.
    pub(super) fn parse(text: &str) -> Result<Self, SegmentError> {
        let text = text[..text.floor_char_boundary(LONGEST)].trim();
        // To PHP, a text of `0` is an empty one.
        if text.is_empty() || text == "0" {
            return Ok(Self(Vec::new()));
        }
        let plain = without_backslashes(text);
        let groups = split(&plain, ';');
        let groups = groups.into_iter().map(|group| split(group, ',').into_iter().map(condition).collect());
        groups.collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.0.iter().flatten()
    }
}

/// Writes characters behind a backslash as they are encoded, so that nothing splits at them.
fn without_backslashes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match (c, rest.clone().next()) {
            ('\\', Some(next)) if next != '\n' => {
                plain.push_str(&super::encoded(next.encode_utf8(&mut [0; 4])));
                rest.next();
            }
            _ => plain.push(c),
        }
    }
    plain
}

/// Splits at a joining character, but neither at the end nor before another one.
fn split(text: &str, joining: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(joining) {
        let after = text[at + 1..].chars().next();
        if after.is_some_and(|after| after != ';' && after != ',') {
            parts.push(&text[start..at]);
            start = at + 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

fn condition(text: &str) -> Result<Condition, SegmentError> {
    let text = decoded(text);
    let invalid = || SegmentError::Invalid(text.clone());
    // A name has at least one character, and everything is on one line.
    let line = text.split('\n').next().unwrap_or_default();
    let (name, written, operator, value) = line
        .char_indices()
        .skip(1)
        .find_map(|(at, _)| {
            let (name, rest) = line.split_at(at);
            OPERATORS.iter().find_map(|(written, operator)| {
                rest.strip_prefix(written).map(|value| (name, *written, *operator, value))
            })
        })
        .ok_or_else(invalid)?;
    // SQLite ends some texts at a NUL; PHP drops them from requests.
    let value = decoded(value).replace('\0', "");
    let operator = match operator {
        Operator::Equal if value.is_empty() => Operator::Unset,
        Operator::NotEqual if value.is_empty() => Operator::Set,
        _ if value.is_empty() => return Err(SegmentError::NoValue(format!("{name}{written}"))),
        operator => operator,
    };
    Ok(Condition { dimension: Dimension::named(name)?, operator, value })
}

/// As PHP's `urldecode` reads it.
pub(super) fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An expression written out: groups in brackets.
    fn shown(text: &str) -> String {
        let expression = Expression::parse(text).unwrap();
        let groups = expression.0.iter().map(|group| {
            let conditions = group.iter().map(|condition| {
                format!("{} {:?} {:?}", condition.dimension.name, condition.operator, condition.value)
            });
            format!("[{}]", conditions.collect::<Vec<_>>().join(" | "))
        });
        groups.collect()
    }

    #[test]
    fn or_binds_tighter_than_and() {
        assert_eq!(
            shown("countryCode==de,countryCode==fr;actions>2"),
            r#"[countryCode Equal "de" | countryCode Equal "fr"][actions Greater "2"]"#
        );
        assert_eq!(shown(""), "");
        assert_eq!(shown(" 0 "), "");
    }

    #[test]
    fn every_operator() {
        for (written, operator) in OPERATORS {
            assert_eq!(shown(&format!("city{written}A=B")), format!(r#"[city {operator:?} "A=B"]"#));
        }
        assert_eq!(shown("city=="), r#"[city Unset ""]"#);
        assert_eq!(shown("city!="), r#"[city Set ""]"#);
        assert_eq!(shown("city==!=@"), r#"[city Equal "!=@"]"#);
    }

    #[test]
    fn conditions_are_decoded_and_their_values_once_more() {
        assert_eq!(
            shown("pageUrl==https%253A%252F%252Fa.test%252Fb%252Cc"),
            r#"[pageUrl Equal "https://a.test/b,c"]"#
        );
        assert_eq!(shown("city==New%20York"), r#"[city Equal "New York"]"#);
        assert_eq!(shown("city==New+York"), r#"[city Equal "New York"]"#);
        assert_eq!(shown("city%3D%3DBonn"), r#"[city Equal "Bonn"]"#);
        // Half an escape stands for itself.
        assert_eq!(shown("city==50%,city==5%2"), r#"[city Equal "50%" | city Equal "5%2"]"#);
    }

    #[test]
    fn joining_characters_in_values() {
        assert_eq!(shown(r"city==a\,b\;c"), r#"[city Equal "a,b;c"]"#);
        assert_eq!(shown("city==a%2Cb"), r#"[city Equal "a,b"]"#);
        assert_eq!(shown("city==a;"), r#"[city Equal "a;"]"#);
        assert_eq!(shown("city==a,,city==b"), r#"[city Equal "a," | city Equal "b"]"#);
    }

    #[test]
    fn what_is_no_segment() {
        let message = |text: &str| Expression::parse(text).unwrap_err().to_string();
        assert_eq!(message("xyz==1"), "Segment 'xyz' is not a supported segment.");
        assert_eq!(message("city==a;xyz==1"), "Segment 'xyz' is not a supported segment.");
        assert_eq!(message("city"), "The segment condition 'city' is not valid.");
        assert_eq!(message("city=a"), "The segment condition 'city=a' is not valid.");
        assert_eq!(message("==a"), "The segment condition '==a' is not valid.");
        assert!(message("city=@").contains("'city=@' has no value"));
        assert!(message("actions>").contains("'actions>' has no value"));
    }
}
