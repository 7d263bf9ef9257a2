//! One connection: its socket, which a fault may cut, and the body of an answer, which a fault may stop halfway.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Says that a connection ends by a reset instead of in good order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cut(Arc<AtomicBool>);

impl Cut {
    /// From now on the end of the connection is a reset.
    pub(crate) fn reset(&self) {
        self.0.store(true, Relaxed);
    }
}

/// The answer stops here, because a fault was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on request")]
pub(crate) struct CutOff;

/// A socket that ends as its `Cut` says.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    cut: Cut,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, cut: Cut) -> Self {
        Self { stream, cut }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if self.cut.0.load(Relaxed) {
            // Closing a socket that does not linger is a reset. One that cannot be told ends in good order.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        if self.cut.0.load(Relaxed) {
            // No farewell before a reset.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// The body of an answer: whole, or stopped after its first half although its length is announced in full.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// All of it, at once.
    Whole(Bytes),
    /// The first half is still to be sent; the whole has this length.
    Half(Bytes, u64),
    /// The first half must leave the buffers before the end comes.
    Flushing,
    /// Nothing more comes, though more was announced.
    CutOff,
}

impl AnswerBody {
    pub(crate) fn half(bytes: &Bytes) -> Self {
        Self::Half(bytes.slice(..bytes.len() / 2), bytes.len() as u64)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        let (next, frame) = match std::mem::replace(&mut *self, Self::CutOff) {
            Self::Whole(bytes) if bytes.is_empty() => (Self::Whole(bytes), Poll::Ready(None)),
            Self::Whole(bytes) => (Self::Whole(Bytes::new()), Poll::Ready(Some(Ok(Frame::data(bytes))))),
            Self::Half(bytes, _) => (Self::Flushing, Poll::Ready(Some(Ok(Frame::data(bytes))))),
            Self::Flushing => {
                context.waker().wake_by_ref();
                (Self::CutOff, Poll::Pending)
            }
            Self::CutOff => (Self::CutOff, Poll::Ready(Some(Err(CutOff)))),
        };
        *self = next;
        frame
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Half(_, whole) => SizeHint::with_exact(*whole),
            Self::Flushing | Self::CutOff => SizeHint::default(),
        }
    }
}
