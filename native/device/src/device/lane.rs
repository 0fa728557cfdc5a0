//! The streams of a device: one for each way that work goes, so that an upload, a download
//! and what the device computes run at the same time.

use super::buffer::Place;
use super::job::Work;

/// Which stream a job is given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Into the device's memory.
    Up,
    /// Out of it.
    Down,
    /// Within it, from a peer, and models.
    Compute,
}

impl Lane {
    pub const ALL: [Lane; 3] = [Lane::Up, Lane::Down, Lane::Compute];

    pub fn of(work: &Work) -> Lane {
        match work {
            Work::Upload(..) => Lane::Up,
            Work::Download(..) => Lane::Down,
            Work::Copy(from, to) => match (from.place(), to.place()) {
                (Place::Pinned, Place::Device) => Lane::Up,
                (Place::Device, Place::Pinned) => Lane::Down,
                _ => Lane::Compute,
            },
            Work::Fill(..) | Work::Execute(_) | Work::Lend(_) | Work::Fence => Lane::Compute,
        }
    }
}
