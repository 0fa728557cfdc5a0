//! What ends a run early, from another thread.

use std::sync::{Arc, Mutex};

use ort::session::{NoSelectedOutputs, RunOptions};
use tusk_runtime::error::Error;

use super::{failed, lock};

/// Ends a run early.
#[derive(Default)]
pub struct Stop(Mutex<Stopping>);

#[derive(Default)]
struct Stopping {
    stopped: bool,
    running: Option<Arc<RunOptions<NoSelectedOutputs>>>,
}

impl Stop {
    /// Nobody wants the result any more.
    pub fn stop(&self) {
        let mut state = lock(&self.0);
        state.stopped = true;
        if let Some(options) = &state.running {
            // It ends between two nodes of the graph.
            let _ = options.terminate();
        }
    }

    pub(super) fn begin(&self) -> Result<Option<Arc<RunOptions<NoSelectedOutputs>>>, Error> {
        let options = RunOptions::new().map_err(|error| failed("run a model", &error))?;
        let options = Arc::new(options);
        let mut state = lock(&self.0);
        if state.stopped {
            return Ok(None);
        }
        state.running = Some(Arc::clone(&options));
        Ok(Some(options))
    }

    pub(super) fn end(&self) -> bool {
        let mut state = lock(&self.0);
        state.running = None;
        state.stopped
    }
}
