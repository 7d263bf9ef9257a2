//! Reading JSON so that every fault is found and each names its line.
//!
//! Deserializing into structs stops at the first fault and forgets where values stood. Here a value stays a slice of
//! the file until it is asked for, so its line is known by where the slice lies.

use std::{fmt, marker::PhantomData, ops::RangeInclusive};

use serde::de::{self, DeserializeOwned, Deserializer as _, MapAccess};
use serde_json::value::RawValue;

use super::{
    fault::{Faults, quoted},
    text::{self, Refused},
};

/// A value and the file it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    file: &'a str,
    value: &'a str,
}

/// Reads a whole file; says what is wrong when it is no JSON at all.
pub(super) fn parse<'a>(file: &'a str, faults: &mut Faults<'_>) -> Option<Node<'a>> {
    let file = file.strip_prefix('\u{feff}').unwrap_or(file);
    match serde_json::from_str::<&RawValue>(file) {
        Ok(raw) => Some(Node { file, value: raw.get() }),
        Err(_) if file.trim().is_empty() => {
            faults.add(None, "", "an empty file", "give JSON, or leave the file away");
            None
        }
        Err(why) => {
            let column = format!("column {}", why.column());
            faults.add(Some(why.line()), column, reason(&why), "correct the JSON");
            None
        }
    }
}

/// What serde says, without the position that it appends.
fn reason(why: &serde_json::Error) -> String {
    let text = why.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

impl<'a> Node<'a> {
    /// The line of the file, from 1.
    pub(super) fn line(self) -> usize {
        let offset = self.value.as_ptr() as usize - self.file.as_ptr() as usize;
        1 + self.file[..offset].bytes().filter(|&b| b == b'\n').count()
    }

    fn within(self, raw: &'a RawValue) -> Self {
        Self { file: self.file, value: raw.get() }
    }

    fn read<T: DeserializeOwned>(self) -> Option<T> {
        serde_json::from_str(self.value).ok()
    }

    fn is_null(self) -> bool {
        self.value == "null"
    }

    /// The value as a message shows it.
    pub(super) fn shown(self) -> String {
        match self.value.as_bytes().first() {
            Some(b'{') => "an object".to_owned(),
            Some(b'[') => "a list".to_owned(),
            Some(b'"') => self
                .read::<String>()
                .map_or_else(|| quoted(self.value.trim_matches('"')), |text| quoted(&text)),
            _ => self.value.chars().take(40).collect(),
        }
    }

    /// The members, if it is a list.
    pub(super) fn list(self) -> Option<Vec<Node<'a>>> {
        let members: Vec<&'a RawValue> = serde_json::from_str(self.value).ok()?;
        Some(members.into_iter().map(|raw| self.within(raw)).collect())
    }

    /// The fields in the order of the file, if it is an object. A field given twice is there twice.
    pub(super) fn fields(self) -> Option<Vec<(String, Node<'a>)>> {
        let entries =
            serde_json::Deserializer::from_str(self.value).deserialize_map(Entries(PhantomData)).ok()?;
        Some(entries.into_iter().map(|(name, raw)| (name, self.within(raw))).collect())
    }

    /// A text that keeps the `rule`, for example [`text::label`].
    pub(super) fn text<T>(self, rule: impl FnOnce(&str) -> Result<T, Refused>) -> Result<T, Refused> {
        match self.read::<String>() {
            Some(text) => rule(&text),
            None if self.value.starts_with('"') => {
                Err(Refused::new(self.shown(), "give whole characters: half of a surrogate pair is none"))
            }
            None => Err(Refused::new(self.shown(), "give a text in double quotes")),
        }
    }

    /// A finite number in the range.
    pub(super) fn number(self, range: &RangeInclusive<f64>) -> Result<f64, Refused> {
        let number = self.read::<f64>().filter(|n| n.is_finite() && range.contains(n));
        number.ok_or_else(|| Refused::new(self.shown(), format!("give a number{}", between(range))))
    }

    /// A whole number from 0 to `most`.
    pub(super) fn whole(self, most: u32) -> Result<u32, Refused> {
        let number = self.read::<u32>().filter(|&n| n <= most);
        number.ok_or_else(|| Refused::new(self.shown(), format!("give a whole number from 0 to {most}")))
    }

    /// `true` or `false`.
    pub(super) fn flag(self) -> Result<bool, Refused> {
        self.read().ok_or_else(|| Refused::new(self.shown(), "give true or false"))
    }

    /// An amount of money from 0, in hundredths.
    pub(super) fn money(self) -> Result<u64, Refused> {
        const MOST: f64 = 1e9;
        let amount = self.number(&(0.0..=MOST))?;
        let hundredths = (amount * 100.0).round();
        // the nearest hundredth must be what was written, but for the binary fraction
        if (amount * 100.0 - hundredths).abs() > 1e-4 {
            return Err(Refused::new(self.shown(), "give an amount with at most two decimals"));
        }
        Ok(hundredths as u64)
    }
}

fn between(range: &RangeInclusive<f64>) -> String {
    match (*range.start(), *range.end()) {
        (f64::MIN, f64::MAX) => String::new(),
        (start, end) => format!(" from {start} to {end}"),
    }
}

/// Collects an object's entries as they stand.
struct Entries<'a>(PhantomData<&'a ()>);

impl<'a> de::Visitor<'a> for Entries<'a> {
    type Value = Vec<(String, &'a RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// An object that is read field by field. Whatever was not asked for when it is [closed](Self::close) is a fault.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    node: Node<'a>,
    place: String,
    joint: &'static str,
    entries: Vec<(String, Node<'a>)>,
    asked: Vec<&'static str>,
    let_pass: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// Opens an object whose fields are named `place.field`.
    pub(super) fn open(node: Node<'a>, place: impl Into<String>, faults: &mut Faults<'_>) -> Option<Self> {
        Self::open_as(node, place, ".", faults)
    }

    /// Opens an object whose fields are named by the place, the joint and the field.
    pub(super) fn open_as(
        node: Node<'a>,
        place: impl Into<String>,
        joint: &'static str,
        faults: &mut Faults<'_>,
    ) -> Option<Self> {
        let place = place.into();
        if let Some(entries) = node.fields() {
            return Some(Self { node, place, joint, entries, asked: Vec::new(), let_pass: Vec::new() });
        }
        faults.add(Some(node.line()), place, node.shown(), "give an object in { }");
        None
    }

    /// Where the object stands.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// Names the object otherwise from here on.
    pub(super) fn rename(&mut self, place: String) {
        self.place = place;
    }

    /// How a fault names a field.
    pub(super) fn place_of(&self, field: &str) -> String {
        if self.place.is_empty() { field.to_owned() } else { format!("{}{}{field}", self.place, self.joint) }
    }

    /// A field's value; `null` counts as absent.
    pub(super) fn take(&mut self, field: &'static str) -> Option<Node<'a>> {
        if !self.asked.contains(&field) {
            self.asked.push(field);
        }
        self.entries
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, node)| *node)
            .filter(|node| !node.is_null())
    }

    /// Takes no offence at a field, without telling anybody that it is known.
    pub(super) fn let_pass(&mut self, field: &'static str) {
        self.let_pass.push(field);
    }

    /// Whether a field is there and not `null`.
    pub(super) fn has(&self, field: &str) -> bool {
        self.entries.iter().any(|(name, node)| name == field && !node.is_null())
    }

    /// Whether a field is there and holds something: neither `null` nor a blank text, as forms leave them behind.
    pub(super) fn has_text(&self, field: &str) -> bool {
        let blank = |node: &Node<'_>| node.read::<String>().is_some_and(|text| text.trim().is_empty());
        self.entries.iter().any(|(name, node)| name == field && !node.is_null() && !blank(node))
    }

    /// Says that a field's value is wrong.
    pub(super) fn refuse(&self, field: &str, node: Node<'_>, refused: Refused, faults: &mut Faults<'_>) {
        faults.add(Some(node.line()), self.place_of(field), refused.given, refused.remedy);
    }

    /// Says that the value of a field that was read is wrong after all.
    pub(super) fn refuse_at(&self, field: &str, refused: Refused, faults: &mut Faults<'_>) {
        let found = self.entries.iter().find(|(name, _)| name == field);
        self.refuse(field, found.map_or(self.node, |(_, node)| *node), refused, faults);
    }

    /// Says that a field is missing.
    pub(super) fn missing(&self, field: &str, remedy: impl Into<String>, faults: &mut Faults<'_>) {
        faults.add(Some(self.node.line()), self.place_of(field), "missing", remedy);
    }

    /// An optional field.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(Node<'a>) -> Result<T, Refused>,
        faults: &mut Faults<'_>,
    ) -> Option<T> {
        let node = self.take(field)?;
        match read(node) {
            Ok(value) => Some(value),
            Err(refused) => {
                self.refuse(field, node, refused, faults);
                None
            }
        }
    }

    /// A field that must be there.
    pub(super) fn required<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(Node<'a>) -> Result<T, Refused>,
        faults: &mut Faults<'_>,
    ) -> Option<T> {
        if self.take(field).is_none() {
            self.missing(field, "it is required", faults);
            return None;
        }
        self.optional(field, read, faults)
    }

    /// An optional name, title or keyword.
    pub(super) fn optional_label(&mut self, field: &'static str, faults: &mut Faults<'_>) -> Option<String> {
        self.optional(field, |node| node.text(|t| text::label(t).map(str::to_owned)), faults)
    }

    /// A name, title or keyword that must be there.
    pub(super) fn label(&mut self, field: &'static str, faults: &mut Faults<'_>) -> Option<String> {
        self.required(field, |node| node.text(|t| text::label(t).map(str::to_owned)), faults)
    }

    /// A text that must be there and that Matomo takes for one.
    pub(super) fn filled(&mut self, field: &'static str, faults: &mut Faults<'_>) -> Option<String> {
        self.required(field, |node| node.text(|t| text::filled(t).map(str::to_owned)), faults)
    }

    /// A number in a range that must be there.
    pub(super) fn number(
        &mut self,
        field: &'static str,
        range: RangeInclusive<f64>,
        faults: &mut Faults<'_>,
    ) -> Option<f64> {
        self.required(field, |node| node.number(&range), faults)
    }

    /// A probability, 0 to 1, if it is there.
    pub(super) fn optional_probability(
        &mut self,
        field: &'static str,
        faults: &mut Faults<'_>,
    ) -> Option<f64> {
        self.optional(field, |node| node.number(&(0.0..=1.0)), faults)
    }

    /// The members of a list that must be there.
    pub(super) fn list(&mut self, field: &'static str, faults: &mut Faults<'_>) -> Option<Vec<Node<'a>>> {
        self.required(field, list, faults)
    }

    /// The members of an optional list.
    pub(super) fn optional_list(
        &mut self,
        field: &'static str,
        faults: &mut Faults<'_>,
    ) -> Option<Vec<Node<'a>>> {
        self.optional(field, list, faults)
    }

    /// Reports what nobody asked for, and what stands there twice.
    pub(super) fn close(self, faults: &mut Faults<'_>) {
        for (index, (name, node)) in self.entries.iter().enumerate() {
            let known = self.asked.iter().chain(&self.let_pass).any(|known| known == name);
            if !known {
                let remedy = format!("known fields are {}", self.asked.join(", "));
                faults.add(
                    Some(node.line()),
                    self.place_of(&quoted_if_odd(name)),
                    "an unknown field",
                    remedy,
                );
            } else if self.entries[..index].iter().any(|(earlier, _)| earlier == name) {
                faults.add(Some(node.line()), self.place_of(name), "given twice", "give it once");
            }
        }
    }
}

/// The members of a value that must be a list.
pub(super) fn list(node: Node<'_>) -> Result<Vec<Node<'_>>, Refused> {
    node.list().ok_or_else(|| Refused::new(node.shown(), "give a list in [ ]"))
}

/// An unknown field's name may hold anything.
fn quoted_if_odd(name: &str) -> String {
    let plain =
        !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { name.to_owned() } else { quoted(name) }
}
