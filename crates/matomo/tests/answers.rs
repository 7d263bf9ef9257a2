//! Every answer that a Matomo was seen to give, and those of servers that are none, read for what they prove.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use matomo::answer::{BulkVerdict, Reason, Verdict, bulk, single};
use proptest::prelude::*;
use serde::Deserialize;

/// The transparent image of 43 bytes.
const GIF: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

#[derive(Deserialize)]
struct Cases {
    single: Vec<Case>,
    bulk: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    status: u16,
    /// Empty = no such header.
    #[serde(default = "image", rename = "type")]
    content_type: String,
    body: String,
    #[serde(default)]
    sent: u32,
    verdict: String,
}

fn image() -> String {
    "image/gif".to_owned()
}

impl Case {
    fn content_type(&self) -> Option<&[u8]> {
        (!self.content_type.is_empty()).then_some(self.content_type.as_bytes())
    }

    fn body(&self) -> Vec<u8> {
        match self.body.as_str() {
            "gif" => GIF.to_vec(),
            "gif+text" => [GIF, &[b'.'; 411]].concat(),
            "large" => [GIF, &vec![0; 20_000]].concat(),
            text => text.as_bytes().to_vec(),
        }
    }
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("data/answers.json")).unwrap()
}

fn said(verdict: Verdict) -> String {
    match verdict {
        Verdict::Acknowledged => "acknowledged".to_owned(),
        Verdict::Refused(reason) => format!("refused {}", reason.code()),
        Verdict::Retry(reason) => format!("retry {}", reason.code()),
        Verdict::Unknown(reason) => format!("unknown {}", reason.code()),
    }
}

fn said_in_bulk(verdict: BulkVerdict) -> String {
    match verdict {
        BulkVerdict::Counted { acknowledged, refused, unknown, invalid_indices } => {
            let indices = invalid_indices.map(|indices| format!(" {indices:?}")).unwrap_or_default();
            format!("counted {acknowledged} {refused} {unknown}{indices}")
        }
        BulkVerdict::RolledBack(Reason::RolledBack) => "rolled back".to_owned(),
        BulkVerdict::RolledBack(reason) => format!("rolled back {}", reason.code()),
        BulkVerdict::Retry(reason) => format!("retry {}", reason.code()),
        BulkVerdict::Refused(reason) => format!("refused {}", reason.code()),
        BulkVerdict::Unknown(reason) => format!("unknown {}", reason.code()),
    }
}

#[test]
fn the_image_has_43_bytes() {
    assert_eq!(GIF.len(), 43);
}

#[test]
fn answers_to_single_hits() {
    for case in cases().single {
        assert_eq!(
            said(single(case.status, case.content_type(), &case.body())),
            case.verdict,
            "{}",
            case.name
        );
    }
}

#[test]
fn answers_to_bulk_bodies() {
    for case in cases().bulk {
        assert_eq!(said_in_bulk(bulk(case.status, &case.body(), case.sent)), case.verdict, "{}", case.name);
    }
}

#[test]
fn every_reason_tells_its_status_and_something_to_do() {
    let mut seen = std::collections::BTreeSet::new();
    for case in cases().single {
        match single(case.status, case.content_type(), &case.body()) {
            Verdict::Acknowledged => {}
            Verdict::Refused(reason) | Verdict::Retry(reason) | Verdict::Unknown(reason) => {
                let text = reason.to_string();
                assert!(text.starts_with(&case.status.to_string()), "{text}");
                assert!(text.len() > 30, "{text}");
                seen.insert(reason.code());
            }
        }
    }
    assert!(seen.len() >= 14, "{seen:?}");
}

proptest! {
    /// Whatever is answered, no hit is counted twice or forgotten.
    #[test]
    fn bulk_counts_add_up(
        status in prop_oneof![Just(200u16), Just(500), any::<u16>()],
        word in "success|error|ok",
        tracked in -3..30i64,
        invalid in -3..30i64,
        indices in prop::option::of(prop::collection::vec(0..40u32, 0..5)),
        sent in 1..25u32,
    ) {
        let mut body = serde_json::json!({"status": word, "tracked": tracked, "invalid": invalid});
        if let Some(indices) = &indices {
            body["invalid_indices"] = indices.clone().into();
        }
        if let BulkVerdict::Counted { acknowledged, refused, unknown, invalid_indices } =
            bulk(status, body.to_string().as_bytes(), sent)
        {
            prop_assert_eq!(status, 200);
            prop_assert_eq!(word, "success");
            prop_assert_eq!(acknowledged + refused + unknown, sent);
            prop_assert_eq!((i64::from(acknowledged), i64::from(refused)), (tracked, invalid));
            if let Some(indices) = invalid_indices {
                prop_assert_eq!(indices.len(), refused as usize);
                prop_assert!(indices.is_sorted() && indices.iter().all(|index| *index < sent));
            }
        }
    }

    #[test]
    fn any_bytes_are_read(
        status in any::<u16>(),
        body in prop::collection::vec(any::<u8>(), 0..200),
        sent in 1..9u32,
    ) {
        let verdict = single(status, None, &body);
        prop_assert_eq!(verdict == Verdict::Acknowledged, status == 200 && body.starts_with(b"GIF8"));
        let counted = matches!(bulk(status, &body, sent), BulkVerdict::Counted { .. });
        prop_assert!(!counted || status == 200);
    }
}
