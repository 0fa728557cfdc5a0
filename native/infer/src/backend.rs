//! What runs models of one kind: the seam between [`crate::model`] and the libraries.

use tusk_device::device::Device;
use tusk_runtime::error::Error;

use crate::port::Port;
use crate::stop::Stop;
use crate::value::Values;

/// A run is one call, on a thread of the pool; several threads call at a time.
pub(crate) trait Backend: Send + Sync {
    /// Outputs stay in `keep`'s memory where it is given. `Err` may be anything when it was
    /// stopped.
    fn run(&self, inputs: &Values, keep: Option<&Device>, stop: &Stop) -> Result<Values, Error>;
}

/// What opening a model gives.
pub(crate) struct Opened {
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    pub metadata: Vec<(String, String)>,
    pub backend: Box<dyn Backend>,
}
