//! The body of an HTTP response that comes in chunks, taken apart as it comes.
//!
//! Invariant: a byte is looked at again only while it belongs to a line that has not ended, and
//! such lines are bounded; so a body costs what it is long, however it is cut. Whose response
//! it is, is not known here.

use tusk_runtime::error::Error;

use crate::limits::MESSAGE_BYTES;
use crate::wire::malformed;

/// Bytes of a line with a chunk's size and its extensions, and of all trailers together; servers
/// send none of either, or a few dozen bytes. Beyond it: an error.
const LINE_BYTES: usize = 16 << 10;

/// A body of this length is refused.
pub(super) fn too_long(length: usize) -> Error {
    malformed(format!(
        "a response announces {length} bytes, the bound is {MESSAGE_BYTES}"
    ))
}

/// What comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// A chunk's size.
    #[default]
    Size,
    /// So many bytes of a chunk.
    Data(usize),
    /// The line end after a chunk.
    End,
    /// Trailers, up to an empty line; so many bytes of them have come.
    Trailers(usize),
    /// Nothing that belongs to this body.
    Whole,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    body: Vec<u8>,
    stage: Stage,
}

impl Chunks {
    /// Takes what can be understood from the front of `input`: how many bytes that were.
    ///
    /// # Errors
    /// `Protocol`: these are no chunks, or more than a bound allows.
    pub(super) fn take(&mut self, input: &[u8]) -> Result<usize, Error> {
        let mut at = 0;
        while let Some(taken) = self.step(&input[at..])? {
            at += taken;
        }
        Ok(at)
    }

    /// The body, once all of it has come.
    pub(super) fn whole(&mut self) -> Option<Vec<u8>> {
        (self.stage == Stage::Whole).then(|| std::mem::take(&mut self.body))
    }

    /// One step; `None`: more has to come for it.
    fn step(&mut self, input: &[u8]) -> Result<Option<usize>, Error> {
        let (taken, next) = match self.stage {
            Stage::Size => match httparse::parse_chunk_size(input) {
                Ok(httparse::Status::Complete((line, size))) if line <= LINE_BYTES => {
                    (line, self.begin(size)?)
                }
                Ok(httparse::Status::Partial) if input.len() <= LINE_BYTES => return Ok(None),
                Ok(_) => return Err(malformed("the size of a chunk does not end".into())),
                Err(_) => return Err(malformed("a chunk has no size".into())),
            },
            Stage::Data(0) => (0, Stage::End),
            Stage::Data(_) if input.is_empty() => return Ok(None),
            Stage::Data(left) => {
                let count = left.min(input.len());
                self.body.extend_from_slice(&input[..count]);
                (count, Stage::Data(left - count))
            }
            Stage::End => match input {
                [b'\r', b'\n', ..] => (2, Stage::Size),
                [] | [b'\r'] => return Ok(None),
                _ => return Err(malformed("a chunk does not end where it should".into())),
            },
            Stage::Trailers(before) => {
                let end = input.iter().position(|&byte| byte == b'\n');
                let line = &input[..end.map_or(input.len(), |end| end + 1)];
                let all = before + line.len();
                match (end, line) {
                    _ if all > LINE_BYTES => {
                        return Err(malformed("the trailers of a response do not end".into()));
                    }
                    (None, _) => return Ok(None),
                    (Some(_), b"\r\n" | b"\n") => (line.len(), Stage::Whole),
                    (Some(_), _) => (line.len(), Stage::Trailers(all)),
                }
            }
            Stage::Whole => return Ok(None),
        };
        self.stage = next;
        Ok(Some(taken))
    }

    /// A chunk of this size begins; the last one is empty.
    fn begin(&self, size: u64) -> Result<Stage, Error> {
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        match self.body.len().saturating_add(size) {
            length if length > MESSAGE_BYTES => Err(too_long(length)),
            _ if size == 0 => Ok(Stage::Trailers(0)),
            _ => Ok(Stage::Data(size)),
        }
    }
}
