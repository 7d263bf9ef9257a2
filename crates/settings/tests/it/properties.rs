//! What holds for every setting and for any map.

use std::collections::BTreeMap;

use proptest::prelude::*;
use settings::{Definition, Kind, definition, definitions};

use crate::common::{base, parse};

/// The errors about this setting when it has this value, and its partner, if it has one, leaves room.
fn errors(definition: &Definition, value: &str) -> Vec<String> {
    let mut vars = base(&[("BACKFILL_MAX_VISITS_TOTAL", "0")]);
    if let Some(stem) = definition.name.strip_suffix("_MIN") {
        vars.insert(format!("{stem}_MAX"), range(&format!("{stem}_MAX")).1);
    }
    if let Some(stem) = definition.name.strip_suffix("_MAX") {
        vars.insert(format!("{stem}_MIN"), range(&format!("{stem}_MIN")).0);
    }
    vars.insert(definition.name.to_owned(), value.to_owned());
    let errors = parse(&vars).err().map(|rejected| rejected.errors).unwrap_or_default();
    errors.into_iter().filter(|error| error.field == definition.name).map(|error| error.message).collect()
}

fn range(name: &str) -> (String, String) {
    match definition(name).unwrap().kind {
        Kind::Integer { min, max } => (min.to_string(), max.to_string()),
        Kind::Number { min, max } | Kind::Numbers { min, max } => (min.to_string(), max.to_string()),
        other => panic!("{name} has no range: {other:?}"),
    }
}

#[test]
fn names_are_unique_and_every_text_is_there() {
    let mut names: Vec<_> = definitions().iter().map(|definition| definition.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), definitions().len());
    for definition in definitions() {
        assert!(definition.help.ends_with('.') && !definition.help.contains('|'), "{}", definition.name);
        assert_eq!(definition.name, definition.name.to_ascii_uppercase());
        if let Some(condition) = definition.shown_when {
            assert!(settings::definition(condition.name()).is_some(), "{}", definition.name);
        }
    }
}

#[test]
fn every_default_is_valid_and_means_what_unset_means() {
    let unset = format!("{:?}", parse(&base(&[])).unwrap().settings);
    for definition in definitions().iter().filter(|definition| !definition.default.is_empty()) {
        let given = parse(&base(&[(definition.name, definition.default)])).unwrap().settings;
        assert_eq!(format!("{given:?}"), unset, "{}", definition.name);
    }
}

#[test]
fn range_ends_are_accepted_and_what_lies_beyond_is_refused() {
    for definition in definitions() {
        let beyond = match definition.kind {
            Kind::Integer { min, max } => {
                [i128::from(min) - 1, i128::from(max) + 1].map(|value| value.to_string())
            }
            Kind::Number { min, max } | Kind::Numbers { min, max } => {
                [min.next_down(), max.next_up()].map(|value| value.to_string())
            }
            _ => continue,
        };
        let (min, max) = range(definition.name);
        for value in [min, max] {
            assert_eq!(errors(definition, &value), [""; 0], "{}={value}", definition.name);
        }
        for value in beyond {
            assert_eq!(errors(definition, &value).len(), 1, "{}={value}", definition.name);
        }
    }
}

#[test]
fn every_choice_is_accepted_and_means_something_of_its_own() {
    for definition in definitions() {
        let Kind::Choice(choices) = definition.kind else { continue };
        let mut meanings: Vec<_> = choices
            .iter()
            .map(|choice| {
                let shouted = parse(&base(&[(definition.name, &choice.to_uppercase())])).unwrap().settings;
                let meaning = format!("{:?}", parse(&base(&[(definition.name, choice)])).unwrap().settings);
                assert_eq!(format!("{shouted:?}"), meaning);
                meaning
            })
            .collect();
        meanings.sort_unstable();
        meanings.dedup();
        assert_eq!(meanings.len(), choices.len(), "{}", definition.name);
    }
}

#[test]
fn presets_change_only_what_exists_and_all_the_same() {
    let names = |preset: &settings::presets::Preset| {
        preset.settings.iter().map(|(name, _)| *name).collect::<Vec<_>>()
    };
    let first = names(&settings::presets::PRESETS[0]);
    assert!(first.iter().all(|name| definition(name).is_some()));
    for preset in &settings::presets::PRESETS {
        assert_eq!(names(preset), first);
        let mut vars = base(&[]);
        vars.extend(preset.vars());
        parse(&vars).unwrap_or_else(|rejected| panic!("{}: {rejected}", preset.name));
    }
}

/// Names of ours and others, values that are nearly right and values that are anything.
fn any_vars() -> impl Strategy<Value = BTreeMap<String, String>> {
    let name = prop_oneof![
        8 => (0..definitions().len()).prop_map(|index| definitions()[index].name.to_owned()),
        1 => "[A-Z_]{1,30}",
        1 => any::<String>(),
    ];
    let value = prop_oneof![
        2 => any::<String>(),
        2 => any::<f64>().prop_map(|number| number.to_string()),
        2 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "[0-9]{4}-[0-9]{2}-[0-9]{2}",
        1 => "https?://[a-z@:/?#\\[\\].]{0,20}",
        1 => "[a-z]{1,9}=[0-9.]{0,4}(,[a-z]{1,9}=[0-9.]{0,4})?",
        1 => "[0-9]{1,3}/[0-9]{1,12}",
        2 => Just("true".to_owned()),
    ];
    proptest::collection::btree_map(name, value, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn parsing_never_panics(vars in any_vars()) {
        let _ = parse(&vars);
        let mut sound = base(&[]);
        sound.extend(vars);
        if let Err(rejected) = parse(&sound) {
            prop_assert!(!rejected.errors.is_empty());
            for error in rejected.errors {
                prop_assert!(definition(&error.field).is_some());
                prop_assert!(!error.message.chars().any(char::is_control), "{:?}", error.message);
            }
        }
    }

    #[test]
    fn masked_and_sent_back_is_unchanged(vars in any_vars()) {
        prop_assert_eq!(settings::merge_masked(&vars, &settings::mask(&vars)), vars);
    }

    #[test]
    fn env_files_never_panic_and_give_back_what_was_quoted(text in any::<String>(), value in "[^\\p{Cc}\"\\\\]{0,40}") {
        let _ = settings::env_file::parse(&text);
        let read = settings::env_file::parse(&format!("NAME=\"{value}\" # comment")).unwrap();
        prop_assert_eq!(&read["NAME"], &value);
    }
}
