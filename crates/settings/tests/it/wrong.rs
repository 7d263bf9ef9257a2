//! A table of wrong settings, `wrong.jsonl`: what is given on top of a sound configuration (`null` takes away), the
//! field that is blamed, and a part of what is said. Each must be blamed alone.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::common;

#[derive(Deserialize)]
struct Case {
    vars: BTreeMap<String, Option<String>>,
    field: String,
    says: String,
}

#[test]
fn every_wrong_setting_is_named_with_its_remedy() {
    let cases: Vec<Case> = include_str!("wrong.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|problem| panic!("{line}: {problem}")))
        .collect();
    assert!(cases.len() > 100);
    let mut failures = Vec::new();
    for Case { vars, field, says } in cases {
        let mut all = common::base(&[]);
        for (name, value) in &vars {
            match value {
                Some(value) => drop(all.insert(name.clone(), value.clone())),
                None => drop(all.remove(name)),
            }
        }
        match common::parse(&all) {
            Ok(_) => failures.push(format!("{vars:?} is accepted")),
            Err(rejected) => {
                let right = rejected.errors.iter().all(|error| error.field == field)
                    && rejected.errors.iter().any(|error| error.message.contains(&says));
                if !right {
                    failures.push(format!("{vars:?} should blame {field} ({says}):\n{rejected}"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
