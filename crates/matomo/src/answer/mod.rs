//! What an answer means for the hits that it answers.
//!
//! A status of 200 is not "recorded": a captive portal answers 200, a Matomo with its statistics off answers
//! 204, and a bulk body can come back with 200 and nothing counted. So every answer is read for what it
//! proves, and where it proves nothing the verdict is `Unknown`, never a guess.
//!
//! What cannot be seen in an answer at all is not decided here: Matomo acknowledges hits that it then leaves
//! out (robots, spam referrers, excluded addresses), and moves a `cdt` that it dislikes to the present. The
//! encoder and the traffic model never send such hits.

mod bulk;
mod reason;
mod retry_after;
mod single;

pub use bulk::{BulkVerdict, bulk};
pub use reason::Reason;
pub use retry_after::retry_after;
pub use single::{Verdict, single};

/// The 43 bytes of a transparent GIF, and the notice of some hundred bytes that Matomo may add: an image of
/// more than this is somebody else's.
const LARGEST_TRACKING_IMAGE: usize = 4096;

/// Whether this is the image that Matomo answers with. The type alone is enough, for a proxy may rewrite the
/// image; so are the first bytes, for one may drop the type.
fn is_tracking_image(content_type: Option<&[u8]>, body: &[u8]) -> bool {
    let typed = content_type
        .is_some_and(|value| value.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"image/gif")));
    body.len() <= LARGEST_TRACKING_IMAGE && (typed || starts_as_gif(body))
}

fn starts_as_gif(body: &[u8]) -> bool {
    body.starts_with(b"GIF8")
}
