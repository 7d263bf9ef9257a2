//! From variables to [`Settings`]: every fault at once, or a configuration that nothing needs to check again.
//!
//! Three steps: each variable by itself (the table says how), the rules between variables, and only when nothing was
//! wrong the typed whole.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::{
    assemble::assemble,
    backfill,
    definition::Definition,
    finding::{Finding, Rejected},
    mask::looks_like_a_token,
    model::Settings,
    rules, suggest,
    table::{definition, definitions},
    value::{self, Value},
};

/// What parsing needs from the outside world.
pub struct Context<'a> {
    /// The time, for which day is today.
    pub now: Timestamp,
    /// The text of a file, or why there is none; asked for `MATOMO_TOKEN_AUTH_FILE` only.
    pub read_file: &'a dyn Fn(&str) -> Result<String, String>,
}

/// A configuration that can run.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// All of it, valid.
    pub settings: Settings,
    /// What an operator may want to think about.
    pub warnings: Vec<Finding>,
}

/// Parses variables as an environment holds them: names in upper case, an empty value is as good as none. Unknown
/// names are left alone, with a warning where one looks like a misspelt setting.
///
/// # Errors
/// Every fault, each with the setting's name, what was given (never a secret) and what would be right.
pub fn parse(vars: &BTreeMap<String, String>, context: &Context) -> Result<Parsed, Rejected> {
    let mut report = Report::default();
    let mut values = Values::read(vars, &mut report);
    values.read_token_file(context, &mut report);
    rules::check(&values, &mut report);
    let window = backfill::window(&values, context.now, &mut report);
    warn_of_unknown_names(vars, &mut report);

    let Report { errors, warnings } = report;
    if errors.is_empty() {
        Ok(Parsed { settings: assemble(&values, window), warnings })
    } else {
        Err(Rejected { errors, warnings })
    }
}

fn warn_of_unknown_names(vars: &BTreeMap<String, String>, report: &mut Report) {
    for name in vars.keys().filter(|name| definition(name).is_none()) {
        if let Some(meant) = suggest::misspelt(name) {
            report.warning(name, format!("is not a setting and has no effect: did you mean {meant}?"));
        }
    }
}

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Report {
    pub(crate) fn error(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(Finding::error(field, message));
    }

    pub(crate) fn warning(&mut self, field: &str, message: impl Into<String>) {
        self.warnings.push(Finding::warning(field, message));
    }
}

/// The value of every setting, given or default. A faulty one has its default, so that the rules can be asked about
/// all the others.
#[derive(Debug)]
pub(crate) struct Values {
    by_name: BTreeMap<&'static str, Value>,
    given: BTreeSet<&'static str>,
    faulty: BTreeSet<&'static str>,
}

impl Values {
    fn read(vars: &BTreeMap<String, String>, report: &mut Report) -> Self {
        let mut all = Values { by_name: BTreeMap::new(), given: BTreeSet::new(), faulty: BTreeSet::new() };
        for definition in definitions() {
            let name = definition.name;
            let value = match vars.get(name).map(|text| value::parse(definition, text)) {
                None | Some(Ok(Value::Unset)) => {
                    if definition.required {
                        report.error(
                            name,
                            format!("is not set, and nothing can start without it: {}", definition.help),
                        );
                        all.faulty.insert(name);
                    }
                    default_of(definition)
                }
                Some(Ok(value)) => {
                    all.given.insert(name);
                    value
                }
                Some(Err(message)) => {
                    report.error(name, message);
                    all.faulty.insert(name);
                    default_of(definition)
                }
            };
            all.by_name.insert(name, value);
        }
        all
    }

    /// Puts the token of `MATOMO_TOKEN_AUTH_FILE` into the place of `MATOMO_TOKEN_AUTH`.
    fn read_token_file(&mut self, context: &Context, report: &mut Report) {
        const FILE: &str = "MATOMO_TOKEN_AUTH_FILE";
        const TOKEN: &str = "MATOMO_TOKEN_AUTH";
        let Some(path) = self.text_if_set(FILE).map(str::to_owned) else { return };
        let token = definition(TOKEN).expect("the table has the token");
        let outcome = if looks_like_a_token(&path) {
            Err("looks like a token itself, not like a path: put it into MATOMO_TOKEN_AUTH".to_owned())
        } else {
            (context.read_file)(&path)
                .map_err(|problem| {
                    format!("{path:?} cannot be read ({problem}): name a readable file that holds the token")
                })
                .and_then(|text| match value::parse(token, text.trim()) {
                    Ok(Value::Unset) => {
                        Err(format!("{path:?} is empty: write the token into it, or unset {FILE}"))
                    }
                    Ok(value) => Ok(value),
                    Err(problem) => Err(format!("{path:?} holds no token: {problem}")),
                })
        };
        match outcome {
            Ok(value) => {
                if self.given.contains(TOKEN) {
                    report.warning(
                        TOKEN,
                        format!("is not used, since {FILE} is set and wins: unset one of them"),
                    );
                }
                self.by_name.insert(TOKEN, value);
                self.given.insert(TOKEN);
            }
            Err(message) => {
                report.error(FILE, message);
                self.faulty.extend([FILE, TOKEN]);
            }
        }
    }

    /// Whether the setting was given, and not blank.
    pub(crate) fn given(&self, name: &str) -> bool {
        self.given.contains(name)
    }

    /// Whether no fault was found in any of these, so that a rule about them has something to stand on.
    pub(crate) fn sound(&self, names: &[&str]) -> bool {
        names.iter().all(|name| !self.faulty.contains(name))
    }

    /// The value of a setting.
    pub(crate) fn get(&self, name: &str) -> &Value {
        self.by_name.get(name).expect("the table has every name that the code asks for")
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        !matches!(self.get(name), Value::Unset)
    }

    pub(crate) fn text_if_set(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn integer_if_set(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// An integer counts as a number too.
    pub(crate) fn number_if_set(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Value::Number(value) => Some(*value),
            Value::Integer(value) => Some(*value as f64),
            _ => None,
        }
    }

    pub(crate) fn integer(&self, name: &str) -> u64 {
        self.integer_if_set(name).expect("the table gives it a default")
    }

    pub(crate) fn number(&self, name: &str) -> f64 {
        self.number_if_set(name).expect("the table gives it a default")
    }

    pub(crate) fn boolean(&self, name: &str) -> bool {
        match self.get(name) {
            Value::Boolean(value) => *value,
            other => unreachable!("{name} is a boolean in the table, not {other:?}"),
        }
    }

    pub(crate) fn choice(&self, name: &str) -> &'static str {
        match self.get(name) {
            Value::Choice(value) => value,
            other => unreachable!("{name} is a choice in the table, not {other:?}"),
        }
    }
}

fn default_of(definition: &Definition) -> Value {
    value::parse(definition, definition.default).expect("a test parses every default")
}
