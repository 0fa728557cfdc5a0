//! What has to wait for what: jobs that use the same bytes, one of which writes them.
//!
//! Pure. A device has several streams, which know nothing of one another; only this order keeps
//! a download behind the upload that it reads.

use std::ops::Range;

/// Bytes of a block that a job reads or writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Which block, as long as the job holds it.
    pub block: usize,
    pub bytes: Range<usize>,
    pub writes: bool,
}

impl Use {
    fn conflicts(&self, other: &Use) -> bool {
        self.block == other.block
            && (self.writes || other.writes)
            && self.bytes.start.max(other.bytes.start) < self.bytes.end.min(other.bytes.end)
    }
}

/// Must one of two jobs wait for the other?
pub(super) fn conflict(one: &[Use], other: &[Use]) -> bool {
    one.iter()
        .any(|one| other.iter().any(|other| one.conflicts(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(block: usize, bytes: Range<usize>, writes: bool) -> [Use; 1] {
        [Use {
            block,
            bytes,
            writes,
        }]
    }

    #[test]
    fn only_a_write_of_the_same_bytes_conflicts() {
        let write = job(1, 0..10, true);
        assert!(conflict(&write, &write));
        assert!(conflict(&write, &job(1, 9..20, false)));
        assert!(conflict(&job(1, 9..20, false), &write));
        assert!(!conflict(&job(1, 0..10, false), &job(1, 0..10, false)));
        assert!(!conflict(&write, &job(1, 10..20, true)));
        assert!(!conflict(&write, &job(2, 0..10, true)));
        assert!(!conflict(&write, &job(1, 5..5, false)));
        assert!(!conflict(&write, &[]));
    }

    /// The naive oracle: byte by byte.
    #[test]
    fn ranges_conflict_where_bytes_do() {
        for (a, b, c, d) in (0..6 * 6 * 6 * 6).map(|n| (n % 6, n / 6 % 6, n / 36 % 6, n / 216)) {
            if a > b || c > d {
                continue;
            }
            let shared = (a..b).any(|byte| (c..d).contains(&byte));
            assert_eq!(
                conflict(&job(1, a..b, true), &job(1, c..d, false)),
                shared,
                "{a}..{b} {c}..{d}"
            );
        }
    }
}
