//! What a line of a log is, before anybody asks for it.

use std::{fmt, str::FromStr, sync::OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest line that is kept, in bytes; of a longer one the beginning is kept, with a mark at its end.
pub const LONGEST_LINE: usize = 1 << 20;

/// The place of a line in the log of a unit, the same after any restart of the control plane. Later lines have later
/// positions, over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Which of the logs that follow each other, where the engine keeps one for each run; else 0.
    pub run: u64,
    /// Where in that log: nanoseconds since the Unix epoch, or bytes from its beginning.
    pub at: u64,
    /// Which of the lines at that place, from 0.
    pub n: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.run, self.at, self.n)
    }
}

/// A cursor that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a cursor: give one back as it came with a line")]
pub struct NotACursor(String);

impl FromStr for Position {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotACursor(text.chars().take(60).collect());
        let mut parts = text.split('-');
        let (Some(run), Some(at), Some(n), None) = (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong());
        };
        Ok(Self {
            run: run.parse().map_err(|_| wrong())?,
            at: at.parse().map_err(|_| wrong())?,
            n: n.parse().map_err(|_| wrong())?,
        })
    }
}

/// A line as the engine hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLine {
    /// Where it stands.
    pub position: Position,
    /// When it was written.
    pub ts: Timestamp,
    /// What was written, without its line end; anything, not only UTF-8.
    pub bytes: Vec<u8>,
}

/// How grave a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// For those who look for a fault. Finer levels count as this one.
    Debug,
    /// What an operator wants to know.
    Info,
    /// What may need an operator.
    Warning,
    /// What needs one.
    Error,
}

impl Level {
    /// The level's name, as settings and filters write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }
}

impl FromStr for Level {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        const NAMES: [(&str, Level); 8] = [
            ("TRACE", Level::Debug),
            ("DEBUG", Level::Debug),
            ("INFO", Level::Info),
            ("WARN", Level::Warning),
            ("WARNING", Level::Warning),
            ("ERROR", Level::Error),
            ("CRITICAL", Level::Error),
            ("FATAL", Level::Error),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, level)| *level).ok_or(())
    }
}

/// A line as it is shown: text, with no secret in it.
#[derive(Debug)]
pub struct Line {
    /// Where it stands.
    pub position: Position,
    /// When it was written.
    pub ts: Timestamp,
    /// How grave it is; a line that does not say so is [`Level::Info`].
    pub level: Level,
    /// What it says.
    pub text: Box<str>,
    json: OnceLock<Box<str>>,
}

impl Line {
    /// A line of which all is known.
    pub fn new(position: Position, ts: Timestamp, text: Box<str>) -> Self {
        Self { position, ts, level: level_of(&text), text, json: OnceLock::new() }
    }

    /// The line as the stream sends it: `{"ts", "level", "text", "cursor"}`. Made once for all readers.
    pub fn json(&self) -> &str {
        self.json.get_or_init(|| {
            let object = serde_json::json!({
                "ts": self.ts,
                "level": self.level,
                "text": &*self.text,
                "cursor": self.position.to_string(),
            });
            object.to_string().into()
        })
    }

    /// The most bytes that keeping it may take.
    pub fn weight(&self) -> usize {
        // Twice the text, since the JSON form is kept beside it as soon as one reader has asked for it.
        200 + 2 * self.text.len()
    }
}

/// How many bytes of a line are searched for its level: a time stamp and the level stand before this.
const HEAD: usize = 120;

/// The level that a line names in its beginning, as text (`2026-01-01T00:00:00Z  WARN ...`) or as JSON (`"level":"WARN"`).
fn level_of(text: &str) -> Level {
    let head = &text[..text.floor_char_boundary(HEAD)];
    let named = head
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()))
        .find_map(|word| word.parse().ok());
    named.unwrap_or(if head.contains("panicked at") { Level::Error } else { Level::Info })
}

/// The time stamp that a line begins with (RFC 3339), or that its JSON begins with.
pub fn own_time(bytes: &[u8]) -> Option<Timestamp> {
    let head = &bytes[..bytes.len().min(HEAD)];
    let head = head.strip_prefix(b"{\"timestamp\":\"").unwrap_or(head);
    let end = head.iter().position(|byte| matches!(byte, b' ' | b'"' | b'\t'))?;
    std::str::from_utf8(&head[..end]).ok()?.parse().ok()
}

/// What stands at the end of a line of which so many bytes were left out.
pub fn cut_mark(bytes: usize) -> String {
    format!(" [{bytes} more bytes]")
}

/// What was written as text: what is not UTF-8 becomes a replacement character, terminal colours go away.
pub fn readable(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains('\u{1b}') {
        return text.into_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|c: char| ('@'..='~').contains(&c));
        rest = end.map_or("", |end| &sequence[end + 1..]);
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_as_a_cursor_and_nothing_else_passes() {
        let position = Position { run: 7, at: 1_764_000_000_123_456_789, n: 2 };
        assert_eq!(position.to_string().parse(), Ok(position));
        for wrong in ["", "7", "1-2", "1-2-3-4", "a-b-c", "-1-2-3", "1-2-99999999999"] {
            assert!(wrong.parse::<Position>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_level_is_found_in_every_style() {
        let cases = [
            ("2026-01-05T08:00:00.000001Z  INFO traffic begins run=1", Level::Info),
            ("2026-01-05T08:00:00.000001Z  WARN TLS_INSECURE: ERROR is not meant", Level::Warning),
            (r#"{"timestamp":"2026-01-05T08:00:00Z","level":"ERROR","message":"x"}"#, Level::Error),
            ("2026-01-05 08:00:00,123 - DEBUG - old style", Level::Debug),
            ("thread 'engine' panicked at src/x.rs:1:2:", Level::Error),
            ("an Error in lower case is prose", Level::Info),
            ("", Level::Info),
        ];
        for (text, level) in cases {
            assert_eq!(level_of(text), level, "{text}");
        }
    }

    #[test]
    fn a_line_knows_its_own_time() {
        let time = "2026-01-05T08:00:00.25Z".parse().unwrap();
        assert_eq!(own_time(b"2026-01-05T08:00:00.25Z  INFO x"), Some(time));
        assert_eq!(own_time(br#"{"timestamp":"2026-01-05T08:00:00.25Z","level":"INFO"}"#), Some(time));
        assert_eq!(own_time(b"no time here"), None);
    }

    #[test]
    fn what_is_not_text_is_made_readable() {
        assert_eq!(readable(b"a\xff\xfeb"), "a\u{fffd}\u{fffd}b");
        assert_eq!(readable("\u{1b}[2m2026\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m ü".as_bytes()), "2026  INFO ü");
        assert_eq!(readable("cut \u{1b}[3".as_bytes()), "cut ");
    }
}
