//! What a pool says of itself.

use tusk_odbc::sys::connection::Info;

use super::host::Host;

impl Host {
    pub(super) fn info(&self) -> Info {
        self.info.clone()
    }

    pub(super) fn numbers(&mut self) -> Vec<(&'static str, u64)> {
        let gauges = self.pool.gauges();
        let counters = *self.pool.counters();
        vec![
            ("idle", gauges.idle as u64),
            ("leased", gauges.leased as u64),
            ("creating", gauges.creating as u64),
            ("recycling", gauges.recycling as u64),
            ("waiting", gauges.waiting as u64),
            ("threads", self.crew.threads() as u64),
            ("taken", counters.taken),
            ("waited", counters.waited),
            ("created", counters.created),
            ("create_failed", counters.create_failed),
            ("refused", counters.refused),
            ("timed_out", counters.timed_out.iter().sum()),
            ("closed", counters.closed.iter().sum()),
        ]
    }
}
