//! Whatever is in a file, reading it ends with content or with faults that can be shown.

use proptest::prelude::*;
use traffic::{
    Content,
    content::{Fault, File, Sources, events, urls},
    funnel,
};

/// Texts that come near to being right: pieces of right ones, in any order.
fn nearly(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![8 => proptest::sample::select(pieces).prop_map(str::to_owned), 1 => ".{0,6}"];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// A right text with one stretch of it replaced.
fn mangled(text: &'static str) -> impl Strategy<Value = String> {
    let replacement =
        prop_oneof![Just(String::new()), ".{0,8}", Just("null".to_owned()), Just("-1e9".to_owned())];
    (0..text.len(), 0..60_usize, replacement).prop_map(|(start, length, with)| {
        let mut bytes = text.as_bytes().to_vec();
        let end = (start + length).min(bytes.len());
        bytes.splice(start..end, with.into_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Faults name a file, read as one line, and do not carry control characters to a terminal.
fn showable<T>(read: Result<T, Vec<Fault>>) -> Result<(), TestCaseError> {
    let Err(faults) = read else { return Ok(()) };
    prop_assert!(!faults.is_empty(), "refused without a reason");
    for fault in faults {
        let shown = fault.to_string();
        prop_assert!(!shown.chars().any(char::is_control), "{shown:?}");
        prop_assert!(!fault.given.is_empty() && !fault.remedy.is_empty(), "{shown}");
        prop_assert!(fault.given.chars().count() < 200, "{shown}");
    }
    Ok(())
}

/// A failure is shown whole; no file is left behind.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

const JSON: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "null",
    "true",
    "0",
    "-1",
    "1e400",
    "\"name\":",
    "\"steps\":[",
    "\"type\":",
    "\"pageview\"",
    "\"event\"",
    "\"url\":",
    "\"https://example.com/\"",
    "\"click_events\":[",
    "\"category\":",
    "\"action\":",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "\"probability\":",
    "\"ecommerce_items\":[",
    "\"price\":",
    "\n",
    " ",
];

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn urls_of_any_kind(text in prop_oneof![
        ".{0,200}",
        nearly(&["https://", "http://", "example.com", "/", "/a", "#", " ", "\t", "\n", "\r\n", "\u{feff}", "%", "%zz", "?q=",
                 "[::1]", ":80", ":", "@", "\\", "..", "\u{0}", "ü", "Title", "\u{a0}", "xn--", "."]),
    ]) {
        showable(urls::validate(&text))?;
    }

    #[test]
    fn events_of_any_kind(text in prop_oneof![".{0,200}", nearly(JSON), mangled(include_str!("../../../../config/events.json"))]) {
        showable(events::validate(&text))?;
    }

    #[test]
    fn funnels_of_any_kind(
        text in prop_oneof![".{0,200}", nearly(JSON), mangled(include_str!("../../../../config/funnels.example.json"))]
    ) {
        showable(funnel::validate(&text))?;
    }

    #[test]
    fn pages_keep_what_the_encoder_relies_on(
        lines in proptest::collection::vec("https?://[a-zü]{1,9}(\\.[a-z]{2,5})?(:[0-9]{1,5})?(/[^ \\t\\r\\n#]{0,20}){0,3}( .{0,30})?", 1..20)
    ) {
        if let Ok(urls) = urls::validate(&lines.join("\n")) {
            prop_assert_eq!(urls.pages.len(), lines.iter().map(|line| line.lines().filter(|l| !l.is_empty()).count()).sum::<usize>());
            for page in urls.pages {
                prop_assert!(page.url.starts_with(&urls.origins[page.origin as usize]));
                prop_assert!((page.section as usize) < urls.sections.len());
                prop_assert!(!page.title.trim().is_empty() && !page.title.chars().any(char::is_control));
                prop_assert!(page.url.chars().count() <= 1024 && page.title.chars().count() <= 1024);
                prop_assert!(page.url.is_ascii());
            }
        }
    }
}

proptest! {
    // each case loads all files
    #![proptest_config(cases(50))]

    #[test]
    fn any_file_of_a_content_folder(file in proptest::sample::select(&File::ALL[..]), text in prop_oneof![".{0,200}", nearly(JSON)]) {
        showable(Content::load(Sources::default().set(file, file.name(), text)))?;
    }

    #[test]
    fn any_built_in_file_with_a_part_replaced(
        (file, text) in proptest::sample::select(&File::ALL[2..]).prop_flat_map(|file| (Just(file), mangled(file.built_in())))
    ) {
        showable(Content::load(Sources::default().set(file, file.name(), text)))?;
    }
}

#[test]
fn deep_and_large_files_are_read_without_a_stack_overflow() {
    let deep = "[".repeat(200_000);
    assert!(events::validate(&deep).is_err());
    assert!(funnel::validate(&format!("{deep}{}", "]".repeat(200_000))).is_err());
    let many = "https://example.com/a A\n".repeat(50_000);
    assert_eq!(urls::validate(&many).unwrap().pages.len(), 50_000);
}
