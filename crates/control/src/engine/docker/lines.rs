//! The engine's log as lines. A line that is longer than the engine's buffer comes in pieces, each with the time before
//! it; a line's place in the log is its time in nanoseconds.

use std::collections::VecDeque;

use bollard::container::LogOutput;
use futures_util::{Stream, StreamExt as _, stream::BoxStream};
use jiff::Timestamp;

use crate::{
    engine::EngineError,
    logs::{LONGEST_LINE, Position, RawLine, cut_mark},
};

const NANOS: u64 = 1_000_000_000;

/// The second that a position lies in: the engine is asked for lines by seconds.
pub(super) fn second_of(position: Position) -> i32 {
    i32::try_from(position.at / NANOS).unwrap_or(i32::MAX)
}

/// The lines in these frames, after the given position.
pub(super) fn assemble(
    frames: impl Stream<Item = Result<LogOutput, EngineError>> + Send + 'static,
    after: Option<Position>,
) -> BoxStream<'static, Result<RawLine, EngineError>> {
    let state = Some((Box::pin(frames), Assembler { after, ..Assembler::default() }, VecDeque::new()));
    futures_util::stream::unfold(state, |state| async {
        let (mut frames, mut assembler, mut lines) = state?;
        loop {
            if let Some(line) = lines.pop_front() {
                return Some((Ok(line), Some((frames, assembler, lines))));
            }
            match frames.next().await {
                Some(Ok(frame)) => assembler.take(frame, &mut lines),
                Some(Err(error)) => return Some((Err(error), None)),
                None => {
                    assembler.finish(&mut lines);
                    let last = lines.pop_front()?;
                    return Some((Ok(last), Some((frames, assembler, lines))));
                }
            }
        }
    })
    .boxed()
}

/// Puts lines together.
#[derive(Debug, Default)]
struct Assembler {
    /// Lines up to this one are known already.
    after: Option<Position>,
    last: Position,
    /// The unfinished line of standard output and of standard error.
    partial: [Option<Partial>; 2],
}

#[derive(Debug)]
struct Partial {
    ts: Option<Timestamp>,
    bytes: Vec<u8>,
    cut: usize,
}

impl Assembler {
    fn take(&mut self, frame: LogOutput, lines: &mut VecDeque<RawLine>) {
        // A terminal has one stream, and its pieces may begin anywhere.
        let (stream, terminal) = match frame {
            LogOutput::StdOut { .. } => (0, false),
            LogOutput::StdErr { .. } => (1, false),
            LogOutput::StdIn { .. } | LogOutput::Console { .. } => (1, true),
        };
        let message = frame.into_bytes();
        for piece in message.split_inclusive(|byte| *byte == b'\n') {
            let (content, ends) = match piece.strip_suffix(b"\n") {
                Some(content) => (content, true),
                None => (piece, false),
            };
            let begun = self.partial[stream].is_some();
            let (ts, content) = if begun && terminal { (None, content) } else { split_time(content) };
            let partial =
                self.partial[stream].get_or_insert_with(|| Partial { ts, bytes: Vec::new(), cut: 0 });
            let room = LONGEST_LINE.saturating_sub(partial.bytes.len());
            let kept = content.len().min(room);
            partial.bytes.extend_from_slice(&content[..kept]);
            partial.cut += content.len() - kept;
            if ends && let Some(partial) = self.partial[stream].take() {
                self.complete(partial, lines);
            }
        }
    }

    fn complete(&mut self, partial: Partial, lines: &mut VecDeque<RawLine>) {
        let Partial { ts, mut bytes, cut } = partial;
        let at = ts.and_then(|ts| u64::try_from(ts.as_nanosecond()).ok()).unwrap_or(0);
        // Two streams may be written down in another order than they were read in.
        let position = if at > self.last.at {
            Position { run: 0, at, n: 0 }
        } else {
            Position { n: self.last.n + 1, ..self.last }
        };
        self.last = position;
        if self.after.is_some_and(|after| position <= after) {
            return;
        }
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if cut > 0 {
            bytes.extend_from_slice(cut_mark(cut).as_bytes());
        }
        let known = || Timestamp::from_nanosecond(i128::from(position.at)).unwrap_or_default();
        lines.push_back(RawLine { position, ts: ts.unwrap_or_else(known), bytes });
    }

    /// What stands at the end without a line end is a line, too.
    fn finish(&mut self, lines: &mut VecDeque<RawLine>) {
        for stream in 0..self.partial.len() {
            if let Some(partial) = self.partial[stream].take() {
                self.complete(partial, lines);
            }
        }
    }
}

/// The time before a piece, and what follows.
fn split_time(piece: &[u8]) -> (Option<Timestamp>, &[u8]) {
    let parsed = piece.iter().take(40).position(|byte| *byte == b' ').and_then(|end| {
        let ts = std::str::from_utf8(&piece[..end]).ok()?.parse().ok()?;
        Some((Some(ts), &piece[end + 1..]))
    });
    parsed.unwrap_or((None, piece))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const T: &str = "2026-01-05T08:00:00";

    fn err(text: &str) -> LogOutput {
        LogOutput::StdErr { message: Bytes::copy_from_slice(text.as_bytes()) }
    }

    fn out(text: &str) -> LogOutput {
        LogOutput::StdOut { message: Bytes::copy_from_slice(text.as_bytes()) }
    }

    async fn lines(frames: Vec<LogOutput>, after: Option<Position>) -> Vec<(Position, String)> {
        let frames = futures_util::stream::iter(frames.into_iter().map(Ok));
        let text = |line: Result<RawLine, EngineError>| {
            let line = line.unwrap();
            (line.position, String::from_utf8_lossy(&line.bytes).into_owned())
        };
        assemble(frames, after).map(text).collect().await
    }

    fn texts(lines: &[(Position, String)]) -> Vec<&str> {
        lines.iter().map(|(_, text)| text.as_str()).collect()
    }

    #[tokio::test]
    async fn pieces_of_one_line_are_put_together_though_the_other_stream_writes_between() {
        let frames = vec![
            err(&format!("{T}.000000001Z first part, ")),
            out(&format!("{T}.000000002Z between\n")),
            err(&format!("{T}.000000003Z second part\n")),
            err(&format!("{T}.000000004Z without an end")),
        ];
        let lines = lines(frames, None).await;
        assert_eq!(texts(&lines), ["between", "first part, second part", "without an end"]);
    }

    #[tokio::test]
    async fn reading_on_after_any_line_repeats_and_loses_nothing() {
        let frames = || {
            // three lines in the same nanosecond, and one that was written down late
            ["000000001", "000000005", "000000005", "000000005", "000000004", "000000009"]
                .iter()
                .enumerate()
                .map(|(index, nanos)| err(&format!("{T}.{nanos}Z line {index}\n")))
                .collect::<Vec<_>>()
        };
        let all = lines(frames(), None).await;
        assert_eq!(all.len(), 6);
        assert!(all.is_sorted_by_key(|(position, _)| *position));
        for (index, (position, _)) in all.iter().enumerate() {
            assert_eq!(lines(frames(), Some(*position)).await, all[index + 1..], "after {index}");
        }
    }

    #[tokio::test]
    async fn a_terminals_pieces_may_begin_anywhere() {
        let console = |text: String| LogOutput::Console { message: Bytes::from(text) };
        let frames = vec![
            console(format!("{T}.000000001Z one\r\n{T}.000000002Z tw")),
            console(format!("o\r\n{T}.000000003Z three\r\n")),
        ];
        assert_eq!(texts(&lines(frames, None).await), ["one", "two", "three"]);
    }

    #[tokio::test]
    async fn a_line_beyond_the_longest_is_cut_with_a_mark() {
        let mut frames = vec![err(&format!("{T}.000000001Z {}", "x".repeat(LONGEST_LINE)))];
        frames.push(err(&format!("{T}.000000002Z {}\n", "y".repeat(10))));
        let lines = lines(frames, None).await;
        assert!(lines[0].1.ends_with("x [10 more bytes]"), "{}", &lines[0].1[LONGEST_LINE - 5..]);
    }
}
