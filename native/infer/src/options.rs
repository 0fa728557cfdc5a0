//! How a model is loaded.

use tusk_device::device::Device;

/// Where a model on ONNX Runtime computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Provider {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU.
    Cuda,
    /// An Ascend NPU.
    Cann,
}

/// See the module's description.
#[derive(Clone, Default)]
pub struct Options {
    /// Most runs at the same time; 0: as many as there are threads for models.
    pub runs: u32,
    /// See [`Provider`].
    pub provider: Provider,
    /// Number of the provider's device.
    pub ordinal: u32,
    /// The device that an `.om` model is loaded on.
    pub device: Option<Device>,
}

impl Options {
    /// Do both ask for the same?
    pub(crate) fn is_same(&self, other: &Options) -> bool {
        let device = match (&self.device, &other.device) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        device
            && (self.runs, self.provider, self.ordinal)
                == (other.runs, other.provider, other.ordinal)
    }
}
