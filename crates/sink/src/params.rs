//! Request parameters as PHP would see them: names and values as text, the last of a name wins.

use serde_json::Value;

/// The parameters of one request. A few dozen at most, so a list beats a map.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Parses a query string or a form body (`a=1&b=two+words`). Bytes that are not UTF-8 become U+FFFD.
    pub fn parse(query: &[u8]) -> Self {
        let mut params = Self(Vec::with_capacity(32));
        for (name, value) in url::form_urlencoded::parse(query) {
            if !name.is_empty() {
                params.set(&name, value.into_owned());
            }
        }
        params
    }

    /// Takes one entry of a bulk request written as a JSON object. Lists and objects stay JSON text.
    pub fn from_json(object: serde_json::Map<String, Value>) -> Self {
        let mut params = Self(Vec::with_capacity(object.len()));
        for (name, value) in object {
            let text = match value {
                Value::Null | Value::Bool(false) => String::new(),
                Value::Bool(true) => "1".to_owned(),
                Value::String(text) => text,
                other => other.to_string(),
            };
            params.set(&name, text);
        }
        params
    }

    /// The value of `name`, if it was sent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of `name`, or nothing when it is missing or blank.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// The value of `name` as a whole number, `3.0` among them; `None` when it is missing or no whole number.
    pub fn int(&self, name: &str) -> Option<i64> {
        let text = self.text(name)?;
        let whole = |number: &f64| number.fract() == 0.0 && number.abs() < 9e15;
        text.parse().ok().or_else(|| text.parse().ok().filter(whole).map(|number| number as i64))
    }

    /// The value of `name` as a number; `None` when it is missing or no number.
    pub fn float(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok().filter(|value: &f64| value.is_finite())
    }

    /// Whether a switch such as `rec=1` is on.
    pub fn flag(&self, name: &str) -> bool {
        self.int(name).is_some_and(|value| value != 0)
    }

    /// Sets `name`, replacing what was there.
    pub fn set(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Adds what `others` has and this has not: a GET parameter goes before the same one of the body.
    pub fn add_missing(&mut self, others: Self) {
        for (name, value) in others.0 {
            if self.get(&name).is_none() {
                self.0.push((name, value));
            }
        }
    }

    /// Whether nothing was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every name and value, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_name_wins_and_plus_is_a_space() {
        let params = Params::parse(b"a=1&b=two+words&a=%C3%A9&=x");
        assert_eq!(params.get("a"), Some("é"));
        assert_eq!(params.get("b"), Some("two words"));
        assert_eq!(params.iter().count(), 2);
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_fraction_of_nothing() {
        let params = Params::parse(b"a=7&b=3.0&c=3.5&d=12abc&e=+4");
        let numbers = ["a", "b", "c", "d", "e", "f"].map(|name| params.int(name));
        assert_eq!(numbers, [Some(7), Some(3), None, None, Some(4), None]);
    }

    #[test]
    fn json_scalars_become_text_and_lists_stay_json() {
        let object =
            serde_json::from_str(r#"{"idsite":1,"on":true,"off":false,"ec_items":[["S","N","C",1.5,2]]}"#);
        let params = Params::from_json(object.unwrap());
        assert_eq!(params.int("idsite"), Some(1));
        assert!(params.flag("on") && !params.flag("off"));
        assert_eq!(params.get("ec_items"), Some(r#"[["S","N","C",1.5,2]]"#));
    }
}
