//! Offline models (`.om`) by aclmdl*. Signatures, structs and numbers are acl_mdl.h's and
//! acl_base.h's.
//!
//! Invariant: a description and a dataset are each destroyed once, by the value that made
//! them; the data buffers in a dataset describe memory and do not own it. Whoever executes
//! keeps the dataset and the memory until the work is done (contract 3 of the driver).

use std::any::Any;
use std::ffi::{CStr, CString, c_char, c_void};

use tusk_runtime::error::{Error, Kind as Failure};

use super::super::calls::Vendor;
use super::super::library::Library;
use super::{Ascend, Handle};
use crate::driver::{ModelInfo, ModelRun, Models, Slot, Stream};
use crate::dtype::DType;

/// ACL_MAX_TENSOR_NAME_LEN, ACL_MAX_DIM_CNT and ACL_MAX_BATCH_NUM.
const MOST: usize = 128;

/// aclmdlIODims
#[repr(C)]
struct Dims {
    name: [c_char; MOST],
    count: usize,
    lengths: [i64; MOST],
}

/// aclmdlBatch
#[repr(C)]
struct Batches {
    count: usize,
    sizes: [u64; MOST],
}

/// The input that a model with several batch sizes is told its batch by: ACL's own name.
const BATCH_INPUT: &CStr = c"ascend_mbatch_shape_data";

/// Declares functions of any result type.
macro_rules! functions {
    ($table:ident { $($field:ident = $symbol:literal($($type:ty),*) -> $result:ty;)* }) => {
        pub(super) struct $table { $($field: unsafe extern "C" fn($($type),*) -> $result,)* }
        impl $table {
            pub fn load(library: &Library) -> Result<$table, Error> {
                Ok($table { $($field: library.symbol($symbol)?,)* })
            }
        }
    };
}

functions!(ModelTable {
    load_file = "aclmdlLoadFromFile"(*const c_char, *mut u32) -> i32;
    unload = "aclmdlUnload"(u32) -> i32;
    create_desc = "aclmdlCreateDesc"() -> Handle;
    get_desc = "aclmdlGetDesc"(Handle, u32) -> i32;
    destroy_desc = "aclmdlDestroyDesc"(Handle) -> i32;
    input_count = "aclmdlGetNumInputs"(Handle) -> usize;
    output_count = "aclmdlGetNumOutputs"(Handle) -> usize;
    input_name = "aclmdlGetInputNameByIndex"(Handle, usize) -> *const c_char;
    output_name = "aclmdlGetOutputNameByIndex"(Handle, usize) -> *const c_char;
    input_type = "aclmdlGetInputDataType"(Handle, usize) -> i32;
    output_type = "aclmdlGetOutputDataType"(Handle, usize) -> i32;
    input_size = "aclmdlGetInputSizeByIndex"(Handle, usize) -> usize;
    output_size = "aclmdlGetOutputSizeByIndex"(Handle, usize) -> usize;
    input_dims = "aclmdlGetInputDims"(Handle, usize, *mut Dims) -> i32;
    output_dims = "aclmdlGetOutputDims"(Handle, usize, *mut Dims) -> i32;
    index_of = "aclmdlGetInputIndexByName"(Handle, *const c_char, *mut usize) -> i32;
    batches = "aclmdlGetDynamicBatch"(Handle, *mut Batches) -> i32;
    set_batch = "aclmdlSetDynamicBatchSize"(u32, Handle, usize, u64) -> i32;
    create_dataset = "aclmdlCreateDataset"() -> Handle;
    add_buffer = "aclmdlAddDatasetBuffer"(Handle, Handle) -> i32;
    destroy_dataset = "aclmdlDestroyDataset"(Handle) -> i32;
    create_buffer = "aclCreateDataBuffer"(*mut c_void, usize) -> Handle;
    destroy_buffer = "aclDestroyDataBuffer"(Handle) -> i32;
    execute = "aclmdlExecuteAsync"(u32, Handle, Handle, Handle) -> i32;
});

/// Element types by aclDataType.
fn dtype_of(code: i32) -> (Option<DType>, String) {
    let dtype = match code {
        0 => DType::F32,
        1 => DType::F16,
        2 => DType::I8,
        3 => DType::I32,
        4 => DType::U8,
        6 => DType::I16,
        9 => DType::I64,
        11 => DType::F64,
        12 => DType::Bool,
        27 => DType::Bf16,
        29 => DType::I4,
        _ => return (None, format!("aclDataType {code}")),
    };
    (Some(dtype), dtype.name().to_owned())
}

/// A description, destroyed with the value.
struct Desc<'a>(&'a ModelTable, Handle);

impl Drop for Desc<'_> {
    fn drop(&mut self) {
        // SAFETY: made by `describe`, destroyed once.
        let _ = unsafe { (self.0.destroy_desc)(self.1) };
    }
}

impl Desc<'_> {
    fn slot(&self, index: usize, is_input: bool, ascend: &Ascend) -> Result<Slot, Error> {
        let (table, desc) = (self.0, self.1);
        let (name, kind, size, dims) = if is_input {
            (
                table.input_name,
                table.input_type,
                table.input_size,
                table.input_dims,
            )
        } else {
            (
                table.output_name,
                table.output_type,
                table.output_size,
                table.output_dims,
            )
        };
        let mut found = Dims {
            name: [0; MOST],
            count: 0,
            lengths: [0; MOST],
        };
        // SAFETY: the description is alive, the index is below its count, and names are C
        // strings that live as long as it.
        let (code, name, kind, size) = unsafe {
            let code = dims(desc, index, &mut found);
            let name = name(desc, index);
            let name =
                (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned());
            (code, name, kind(desc, index), size(desc, index))
        };
        ascend.check("describe a model", code)?;
        let (dtype, kind) = dtype_of(kind);
        Ok(Slot {
            name: name.unwrap_or_else(|| index.to_string()),
            dtype,
            kind,
            shape: found.lengths[..found.count.min(MOST)].to_vec(),
            size,
        })
    }
}

/// A dataset with its data buffers, destroyed with the value.
struct Dataset {
    handle: Handle,
    buffers: Vec<Handle>,
    destroy: unsafe extern "C" fn(Handle) -> i32,
    destroy_buffer: unsafe extern "C" fn(Handle) -> i32,
}

impl Dataset {
    fn new(ascend: &Ascend, table: &ModelTable, parts: &[(u64, usize)]) -> Result<Dataset, Error> {
        let none = || {
            Error::new(
                Failure::Device,
                "run a model",
                "ACL has no memory for a dataset",
            )
        };
        // SAFETY: the invariant of `calls`; so below.
        let handle = unsafe { (table.create_dataset)() };
        if handle.is_null() {
            return Err(none());
        }
        let mut dataset = Dataset {
            handle,
            buffers: Vec::with_capacity(parts.len()),
            destroy: table.destroy_dataset,
            destroy_buffer: table.destroy_buffer,
        };
        for &(address, size) in parts {
            // SAFETY: as above.
            let buffer = unsafe { (table.create_buffer)(address as Handle, size) };
            if buffer.is_null() {
                return Err(none());
            }
            dataset.buffers.push(buffer);
            // SAFETY: as above.
            let code = unsafe { (table.add_buffer)(handle, buffer) };
            ascend.check("run a model", code)?;
        }
        Ok(dataset)
    }
}

impl Drop for Dataset {
    fn drop(&mut self) {
        // SAFETY: made by `new`, destroyed once, when the device is done with them.
        unsafe {
            for &buffer in &self.buffers {
                let _ = (self.destroy_buffer)(buffer);
            }
            let _ = (self.destroy)(self.handle);
        }
    }
}

impl Ascend {
    fn model_table(&self) -> Result<&ModelTable, Error> {
        self.models.as_ref().map_err(Error::clone)
    }
}

impl Models for Ascend {
    fn load(&self, ordinal: u32, path: &CString) -> Result<u32, Error> {
        self.enter(ordinal)?;
        let mut model = 0;
        // SAFETY: the invariant of `calls`; so everywhere below.
        let code = unsafe { (self.model_table()?.load_file)(path.as_ptr(), &mut model) };
        self.check("load a model", code)?;
        Ok(model)
    }

    fn unload(&self, ordinal: u32, model: u32) -> Result<(), Error> {
        self.enter(ordinal)?;
        // SAFETY: see `load`; nothing executes it any more.
        let code = unsafe { (self.model_table()?.unload)(model) };
        self.check("unload a model", code)
    }

    fn describe(&self, ordinal: u32, model: u32) -> Result<ModelInfo, Error> {
        self.enter(ordinal)?;
        let table = self.model_table()?;
        // SAFETY: see `load`.
        let desc = Desc(table, unsafe { (table.create_desc)() });
        // SAFETY: see `load`.
        let code = unsafe { (table.get_desc)(desc.1, model) };
        self.check("describe a model", code)?;
        let (mut index, mut sizes) = (
            0,
            Batches {
                count: 0,
                sizes: [0; MOST],
            },
        );
        // SAFETY: see `load`.
        let (inputs, outputs, is_batched) = unsafe {
            let has_input = (table.index_of)(desc.1, BATCH_INPUT.as_ptr(), &mut index) == 0;
            let is_batched =
                has_input && (table.batches)(desc.1, &mut sizes) == 0 && sizes.count > 0;
            (
                (table.input_count)(desc.1),
                (table.output_count)(desc.1),
                is_batched,
            )
        };
        let mut info = ModelInfo::default();
        for place in 0..inputs {
            let slot = desc.slot(place, true, self)?;
            if is_batched && place == index {
                info.batch_slot = Some((place, slot.size));
            } else {
                info.inputs.push(slot);
            }
        }
        for place in 0..outputs {
            info.outputs.push(desc.slot(place, false, self)?);
        }
        if info.batch_slot.is_some() {
            info.batches = sizes.sizes[..sizes.count.min(MOST)].to_vec();
            info.batches.sort_unstable();
        }
        Ok(info)
    }

    fn execute(
        &self,
        ordinal: u32,
        stream: Stream,
        run: &ModelRun<'_>,
    ) -> Result<Box<dyn Any>, Error> {
        self.enter(ordinal)?;
        let table = self.model_table()?;
        let inputs = Dataset::new(self, table, run.inputs)?;
        let outputs = Dataset::new(self, table, run.outputs)?;
        if let Some((index, batch)) = run.batch {
            // SAFETY: see `load`; the dataset is alive.
            let code = unsafe { (table.set_batch)(run.model, inputs.handle, index, batch) };
            self.check("set a model's batch", code)?;
        }
        let on = stream.0 as Handle;
        // SAFETY: see `load`; the caller keeps datasets and memory until the work is done.
        let code = unsafe { (table.execute)(run.model, inputs.handle, outputs.handle, on) };
        self.check("run a model", code)?;
        Ok(Box::new((inputs, outputs)))
    }
}
