//! A model that the device's own driver runs: an Ascend's `.om`.
//!
//! Invariant: a run in a stream holds the model and its buffers until the device is done, so
//! the model is unloaded, once, when nothing runs it any more.

use std::ffi::CString;
use std::path::Path;
use std::sync::Arc;

use tusk_runtime::error::{Error, Kind as Failure};

use super::Device;
use super::buffer::{Buffer, Place};
use super::order::Use;
use crate::driver::ModelInfo;

struct Loaded {
    device: Device,
    number: u32,
    info: ModelInfo,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        // The child of a fork has not got it; what the driver says otherwise cannot be helped.
        if self.device.check().is_ok() {
            if let Ok(models) = self.device.driver().models() {
                let _ = models.unload(self.device.ordinal(), self.number);
            }
        }
    }
}

/// See the module's description. Clones are the same model.
#[derive(Clone)]
pub struct DeviceModel(Arc<Loaded>);

/// One run: buffers for every input and output that [`ModelInfo`] names, and one for the batch.
#[derive(Clone)]
pub struct Execution {
    pub(super) model: DeviceModel,
    pub(super) inputs: Vec<Buffer>,
    pub(super) outputs: Vec<Buffer>,
    pub(super) batch: Option<u64>,
}

impl DeviceModel {
    /// Loads it. Blocks for as long as the driver takes.
    ///
    /// # Errors
    /// `Unsupported`: the driver runs no models. `Misuse`: no such file. `Device`: it is no
    /// model for this device.
    pub fn load(device: &Device, path: &Path) -> Result<DeviceModel, Error> {
        device.check()?;
        let models = device.driver().models()?;
        let refuse = |why: String| {
            let detail = format!("{}: {why}", path.display());
            Error::new(Failure::Misuse, "load a model", detail)
        };
        std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        let name = CString::new(path.as_os_str().as_encoded_bytes())
            .map_err(|_| refuse("the name has a null byte".into()))?;
        let ordinal = device.ordinal();
        let said =
            |error: Error| {
                error.note(&format!(" ({} on {})", path.display(), device.label())).hint(
                "is it an .om model that atc made for this chip (--soc_version) and this CANN?",
            )
            };
        let number = models.load(ordinal, &name).map_err(said)?;
        let info = models.describe(ordinal, number).inspect_err(|_| {
            let _ = models.unload(ordinal, number);
        });
        Ok(DeviceModel(Arc::new(Loaded {
            device: device.clone(),
            number,
            info: info.map_err(said)?,
        })))
    }

    /// The device that it is loaded on.
    pub fn device(&self) -> &Device {
        &self.0.device
    }

    /// What it wants and gives.
    pub fn info(&self) -> &ModelInfo {
        &self.0.info
    }

    pub(super) fn number(&self) -> u32 {
        self.0.number
    }

    /// The smallest batch that the model has for so many rows; `None`: there is none so large.
    pub fn batch_for(&self, rows: u64) -> Option<u64> {
        self.0
            .info
            .batches
            .iter()
            .copied()
            .find(|&size| size >= rows)
    }

    /// A run with these buffers; `batch` is one of [`ModelInfo::batches`].
    ///
    /// # Errors
    /// `Misuse`: too few buffers, or too small ones. What [`Device::allocate`] says, of the
    /// memory that the batch is told by.
    pub fn execution(
        &self,
        mut inputs: Vec<Buffer>,
        outputs: Vec<Buffer>,
        batch: Option<u64>,
    ) -> Result<Execution, Error> {
        let info = self.info();
        let fit = inputs.len() == info.inputs.len()
            && outputs.len() == info.outputs.len()
            && batch.is_some() == info.batch_slot.is_some()
            && batch.is_none_or(|batch| info.batches.contains(&batch));
        if !fit {
            return Err(Error::new(
                Failure::Misuse,
                "run a model",
                "buffers or batch are not those that the model wants",
            ));
        }
        if let Some((place, size)) = info.batch_slot {
            inputs.insert(place, self.0.device.allocate(Place::Device, size)?);
        }
        Ok(Execution {
            model: self.clone(),
            inputs,
            outputs,
            batch,
        })
    }
}

impl Execution {
    pub(super) fn uses(&self) -> Vec<Use> {
        let inputs = self.inputs.iter().map(|buffer| buffer.used(false));
        let outputs = self.outputs.iter().map(|buffer| buffer.used(true));
        // The driver itself writes the batch there.
        let mut uses: Vec<Use> = inputs.chain(outputs).collect();
        if let Some((place, _)) = self.model.info().batch_slot {
            uses[place].writes = true;
        }
        uses
    }
}
