//! Runs on ONNX Runtime that are bound to memory of a device. The device is the host, whose
//! memory ONNX Runtime's processor provider takes as it is; that a GPU's is refused by a library
//! without its provider is tested on a simulated one.

mod answers;
mod onnx_models;

use std::sync::Arc;
use std::time::Duration;

use answers::{LONG, begin, run};
use onnx_models::{add, chain};
use tusk_device::device::{Device, DeviceTensor, Place, Work};
use tusk_device::driver::Kind;
use tusk_device::dtype::DType;
use tusk_device::registry::{self, From};
use tusk_device::storage::Storage;
use tusk_device::sys::memory::HostMemory;
use tusk_infer::model::Model;
use tusk_infer::onnx::{library, runtime};
use tusk_infer::options::Options;
use tusk_infer::stop::Stop;
use tusk_infer::value::Value;
use tusk_runtime::error::Kind as Failure;

fn available() -> bool {
    match library::find(None) {
        Ok(_) => true,
        Err(tried) => {
            println!("SKIP: ONNX Runtime's library is in none of {tried:?}");
            false
        }
    }
}

fn load(name: &str, bytes: &[u8]) -> Arc<Model> {
    let path = std::env::temp_dir().join(format!("tusk-{}-{name}.onnx", std::process::id()));
    std::fs::write(&path, bytes).expect("room for a model");
    let model = Model::load(&path, &Options::default(), &runtime::Settings::default());
    std::fs::remove_file(path).expect("it was written");
    model.expect("a model")
}

fn host() -> Device {
    let driver = registry::open(Kind::Host, From::default()).expect("memory");
    Device::new(driver, 0).expect("one")
}

/// Numbers in the memory of a device.
fn put(device: &Device, place: Place, shape: &[usize], numbers: &[f32]) -> DeviceTensor {
    let bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    let buffer = device.allocate(place, bytes.len()).expect("memory");
    let storage = Storage::filled(bytes.len(), |to| to.copy_from_slice(&bytes)).expect("memory");
    let work = Work::Upload(storage, 0..bytes.len(), buffer.clone());
    let ticket = device.submit(work).expect("room");
    ticket
        .done
        .wait(LONG)
        .expect("in time")
        .expect("no failure");
    DeviceTensor::over(DType::F32, shape, &buffer).expect("it fits")
}

fn get(tensor: &DeviceTensor) -> Vec<f32> {
    let buffer = tensor.buffer().clone();
    let into = HostMemory::new(buffer.len()).expect("memory");
    let device = buffer.device().clone();
    let ticket = device.submit(Work::Download(buffer, into)).expect("room");
    let outcome = ticket.done.wait(LONG).expect("in time");
    let memory = outcome.expect("no failure").expect("a download");
    let parts = memory.bytes().chunks_exact(4);
    parts
        .map(|part| f32::from_le_bytes([part[0], part[1], part[2], part[3]]))
        .collect()
}

fn on_device<'a>(inputs: &[(&'a str, &DeviceTensor)]) -> Vec<(&'a str, Value)> {
    inputs
        .iter()
        .map(|(name, tensor)| (*name, Value::Device((*tensor).clone())))
        .collect()
}

#[test]
fn inputs_are_read_where_they_lie_and_outputs_stay_there() {
    if !available() {
        return;
    }
    let (model, device) = (load("bound", &add()), host());
    let a = put(
        &device,
        Place::Device,
        &[3, 2],
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
    );
    let b = put(&device, Place::Pinned, &[3, 2], &[10.0; 6]);
    let Value::Device(sum) =
        run(&model, on_device(&[("a", &a), ("b", &b)]), Some(&device)).expect("it runs")
    else {
        panic!("it did not stay");
    };
    assert_eq!((sum.shape(), sum.dtype()), (&[3, 2][..], DType::F32));
    assert_eq!(get(&sum), [11.0, 12.0, 13.0, 14.0, 15.0, 16.0]);
    // An output is the next one's input, as a view too, and outlives the model.
    let part = DeviceTensor::over(
        DType::F32,
        &[1, 2],
        &sum.buffer().view(8, 8).expect("inside"),
    );
    let part = part.expect("it fits");
    drop((a, b, sum));
    let more = run(&model, on_device(&[("a", &part), ("b", &part)]), None).expect("it runs");
    let more = more.into_host().expect("in host memory");
    let numbers: Vec<f64> = more.numbers().map(|number| number.float()).collect();
    assert_eq!(numbers, [26.0, 28.0]);
    let Value::Device(kept) = run(
        &model,
        on_device(&[("a", &part), ("b", &part)]),
        Some(&device),
    )
    .expect("it runs") else {
        panic!("it did not stay");
    };
    drop((model, part));
    assert_eq!(get(&kept), [26.0, 28.0]);
    drop(kept);
    assert_eq!(device.stats().buffers, 0);
    device.close();
}

#[test]
fn nobody_writes_an_input_while_a_run_reads_it() {
    if !available() {
        return;
    }
    let (model, device) = (load("lent", &chain(512, 2_000)), host());
    let x = put(&device, Place::Device, &[512, 512], &[0.0; 512 * 512]);
    let stop = Arc::<Stop>::default();
    let answer = begin(&model, on_device(&[("x", &x), ("w", &x)]), None, &stop);
    // Writes go through until the run has borrowed the buffer; the first one after that waits.
    let until = std::time::Instant::now() + LONG;
    let write = loop {
        assert!(std::time::Instant::now() < until, "nothing holds writes up");
        let work = Work::Fill(x.buffer().clone(), 0);
        let write = device.submit(work).expect("room");
        if write.done.wait(Duration::from_millis(200)).is_none() {
            break write;
        }
    };
    stop.stop();
    let error = answer.recv_timeout(LONG).expect("it ends").map(drop);
    assert_eq!(
        error.expect_err("it was stopped").kind(),
        Failure::Cancelled
    );
    write.done.wait(LONG).expect("in time").expect("no failure");
    drop(x);
    device.close();
}

#[test]
fn memory_that_the_library_does_not_know_is_an_error() {
    if !available() {
        return;
    }
    let mut folder = std::env::current_exe().expect("path");
    folder.pop();
    folder.pop();
    let path = folder.join("examples/libsimulated_cuda.so");
    if !path.exists() {
        println!(
            "SKIP: {} is not built: cargo build -p tusk-device --examples",
            path.display()
        );
        return;
    }
    let path = path.display().to_string();
    let from = From {
        library: Some(&path),
        without: &[],
    };
    let device = Device::new(registry::open(Kind::Cuda, from).expect("driver"), 0).expect("one");
    let model = load("unknown", &add());
    let a = put(&device, Place::Device, &[1, 2], &[1.0, 2.0]);
    let error = run(&model, on_device(&[("a", &a), ("b", &a)]), Some(&device))
        .map(drop)
        .expect_err("no CUDA");
    assert_eq!(error.kind(), Failure::Device);
    // And the buffer is free again.
    assert_eq!(get(&a), [1.0, 2.0]);
    drop(a);
    device.close();
}
