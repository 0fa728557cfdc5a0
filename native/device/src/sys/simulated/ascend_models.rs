//! aclmdl* of the simulated libascendcl.

use super::code;
use super::core::{self, BATCH_INPUT, Dataset, Fault, Handle, Model, Port, exports};
use std::ffi::{CStr, c_char};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const MOST: usize = 128;

#[repr(C)]
pub struct Dims {
    name: [c_char; MOST],
    count: usize,
    lengths: [i64; MOST],
}

#[repr(C)]
pub struct Batches {
    count: usize,
    sizes: [u64; MOST],
}

type Desc = Option<Arc<Model>>;

/// A description that was filled.
fn filled<'a>(desc: Handle) -> Option<&'a Model> {
    // SAFETY: made by `aclmdlCreateDesc` and not destroyed.
    unsafe { desc.cast::<Desc>().as_ref() }?.as_deref()
}

fn dataset<'a>(dataset: Handle) -> Result<&'a Dataset, Fault> {
    // SAFETY: made by `aclmdlCreateDataset` and not destroyed.
    unsafe { dataset.cast::<Dataset>().as_ref() }.ok_or(Fault::Invalid)
}

fn port<'a>(desc: Handle, index: usize, is_input: bool) -> Option<&'a Port> {
    let model = filled(desc)?;
    let ports = if is_input {
        &model.inputs
    } else {
        &model.outputs
    };
    ports.get(index)
}

fn size(desc: Handle, index: usize, is_input: bool) -> usize {
    let most = filled(desc).map_or(1, Model::most);
    port(desc, index, is_input).map_or(0, |port| port.size(most))
}

fn dims(desc: Handle, index: usize, is_input: bool, to: *mut Dims) -> i32 {
    let Some(port) = port(desc, index, is_input) else {
        return 100_000;
    };
    // SAFETY: callers pass a valid struct.
    let to = unsafe { &mut *to };
    to.count = port.dims.len();
    to.lengths[..port.dims.len()].copy_from_slice(&port.dims);
    0
}

fn name(desc: Handle, index: usize, is_input: bool) -> *const c_char {
    port(desc, index, is_input).map_or(std::ptr::null(), |port| port.name.as_ptr())
}

exports! { code;
    aclmdlLoadFromFile(path: *const c_char, model: *mut u32) gives model = load(path);
    aclmdlUnload(model: u32) says = core::unload(model);
    aclmdlGetDesc(desc: Handle, number: u32) says = get_desc(desc, number);
    aclmdlAddDatasetBuffer(to: Handle, buffer: Handle) says = add(to, buffer);
    aclmdlSetDynamicBatchSize(number: u32, to: Handle, index: usize, batch: u64) says = set_batch(number, to, index, batch);
    aclmdlExecuteAsync(number: u32, inputs: Handle, outputs: Handle, stream: Handle) says =
        dataset(inputs).and_then(|inputs| core::execute(number, inputs, dataset(outputs)?, stream));
}

fn load(path: *const c_char) -> Result<u32, Fault> {
    // SAFETY: callers pass a C string.
    core::load(&unsafe { CStr::from_ptr(path) }.to_string_lossy())
}

fn get_desc(desc: Handle, number: u32) -> Result<(), Fault> {
    // SAFETY: made by `aclmdlCreateDesc` and not destroyed.
    unsafe { *desc.cast::<Desc>() = Some(core::model(number)?) };
    Ok(())
}

fn add(to: Handle, buffer: Handle) -> Result<(), Fault> {
    // SAFETY: made by `aclCreateDataBuffer` and not destroyed.
    let part = unsafe { *buffer.cast::<(usize, usize)>() };
    core::lock(&dataset(to)?.parts).push(part);
    Ok(())
}

fn set_batch(number: u32, to: Handle, index: usize, batch: u64) -> Result<(), Fault> {
    let model = core::model(number)?;
    if model.batch_input() != Some(index) || !model.batches.contains(&batch) {
        return Err(Fault::Invalid);
    }
    dataset(to)?.batch.store(batch, Ordering::SeqCst);
    Ok(())
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlCreateDesc() -> Handle {
    Box::into_raw(Box::new(Desc::None)).cast()
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlDestroyDesc(desc: Handle) -> i32 {
    // SAFETY: made by `aclmdlCreateDesc`, destroyed once.
    drop(unsafe { Box::from_raw(desc.cast::<Desc>()) });
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetNumInputs(desc: Handle) -> usize {
    filled(desc).map_or(0, |model| model.inputs.len())
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetNumOutputs(desc: Handle) -> usize {
    filled(desc).map_or(0, |model| model.outputs.len())
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetInputNameByIndex(desc: Handle, index: usize) -> *const c_char {
    name(desc, index, true)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetOutputNameByIndex(desc: Handle, index: usize) -> *const c_char {
    name(desc, index, false)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetInputDataType(desc: Handle, index: usize) -> i32 {
    port(desc, index, true).map_or(-1, |port| port.kind)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetOutputDataType(desc: Handle, index: usize) -> i32 {
    port(desc, index, false).map_or(-1, |port| port.kind)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetInputSizeByIndex(desc: Handle, index: usize) -> usize {
    size(desc, index, true)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetOutputSizeByIndex(desc: Handle, index: usize) -> usize {
    size(desc, index, false)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetInputDims(desc: Handle, index: usize, to: *mut Dims) -> i32 {
    dims(desc, index, true, to)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetOutputDims(desc: Handle, index: usize, to: *mut Dims) -> i32 {
    dims(desc, index, false, to)
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetInputIndexByName(
    desc: Handle,
    wanted: *const c_char,
    index: *mut usize,
) -> i32 {
    // SAFETY: callers pass a C string.
    let is_batch = unsafe { CStr::from_ptr(wanted) }.to_str() == Ok(BATCH_INPUT);
    match filled(desc)
        .and_then(Model::batch_input)
        .filter(|_| is_batch)
    {
        Some(place) => {
            // SAFETY: callers pass a valid out pointer.
            unsafe { *index = place };
            0
        }
        None => 100_000,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlGetDynamicBatch(desc: Handle, to: *mut Batches) -> i32 {
    let sizes = filled(desc).map_or(&[][..], |model| &model.batches);
    // SAFETY: callers pass a valid struct.
    let to = unsafe { &mut *to };
    to.count = sizes.len();
    to.sizes[..sizes.len()].copy_from_slice(sizes);
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlCreateDataset() -> Handle {
    Box::into_raw(Box::new(Dataset::default())).cast()
}

#[unsafe(no_mangle)]
pub extern "C" fn aclmdlDestroyDataset(dataset: Handle) -> i32 {
    // SAFETY: made by `aclmdlCreateDataset`, destroyed once.
    drop(unsafe { Box::from_raw(dataset.cast::<Dataset>()) });
    0
}

#[unsafe(no_mangle)]
pub extern "C" fn aclCreateDataBuffer(address: Handle, size: usize) -> Handle {
    Box::into_raw(Box::new((address as usize, size))).cast()
}

#[unsafe(no_mangle)]
pub extern "C" fn aclDestroyDataBuffer(buffer: Handle) -> i32 {
    // SAFETY: made by `aclCreateDataBuffer`, destroyed once.
    drop(unsafe { Box::from_raw(buffer.cast::<(usize, usize)>()) });
    0
}
