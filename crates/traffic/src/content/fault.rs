//! What is wrong with a content file: where, what was given, and what to do about it.

use std::fmt;

/// One fault of a content file. All faults of all files are reported at once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Fault {
    /// The file as the user named it.
    pub file: String,
    /// The line, from 1, when the fault has one.
    pub line: Option<usize>,
    /// What in the file: a path such as `click_events[2].category`, or a funnel, its step and the field. Empty when
    /// the line says it all.
    pub place: String,
    /// What stands there, shortened and printable.
    pub given: String,
    /// What would be right.
    pub remedy: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if !self.place.is_empty() {
            write!(f, ", {}", self.place)?;
        }
        write!(f, ": {}: {}", self.given, self.remedy)
    }
}

impl std::error::Error for Fault {}

/// The faults found so far in one file.
#[derive(Debug)]
pub(super) struct Faults<'a> {
    file: &'a str,
    list: Vec<Fault>,
}

impl<'a> Faults<'a> {
    pub(super) fn of(file: &'a str) -> Self {
        Self { file, list: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        line: Option<usize>,
        place: impl Into<String>,
        given: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.list.push(Fault {
            file: self.file.to_owned(),
            line,
            place: place.into(),
            given: given.into(),
            remedy: remedy.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The value, if nothing was wrong.
    pub(super) fn or<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.list.is_empty() { Ok(value) } else { Err(self.into_list()) }
    }

    /// Hands over what was found, in the order of the lines.
    pub(super) fn into_list(mut self) -> Vec<Fault> {
        self.list.sort_by_key(|fault| fault.line.unwrap_or(0));
        self.list
    }
}

/// A text as a message shows it: quoted, control characters escaped, not longer than a line can bear.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 80;
    let mut shown = String::from('"');
    let mut room = SHOWN;
    for escaped in text.chars().map(char::escape_debug) {
        let Some(left) = room.checked_sub(escaped.len()) else {
            shown.push('…');
            break;
        };
        room = left;
        shown.extend(escaped);
    }
    shown.push('"');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_place_then_given_then_remedy() {
        let mut faults = Faults::of("events.json");
        faults.add(Some(7), "click_events[2].category", "missing", "give a text");
        faults.add(None, "", "an empty file", "give a list");
        let shown: Vec<String> = faults.into_list().iter().map(Fault::to_string).collect();
        assert_eq!(
            shown,
            [
                "events.json: an empty file: give a list",
                "events.json, line 7, click_events[2].category: missing: give a text",
            ]
        );
    }

    #[test]
    fn a_quoted_text_is_printable_and_short() {
        assert_eq!(quoted("a\u{0}\tb\"c"), r#""a\0\tb\"c""#);
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), 83);
    }
}
