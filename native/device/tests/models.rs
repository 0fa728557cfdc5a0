//! Models of the device's own (`.om`), on the simulated libascendcl.

mod rig;

use std::path::PathBuf;

use rig::{PATIENCE, Rig, done, download, upload};
use tusk_device::device::{Buffer, Device, DeviceModel, Place, Work};
use tusk_device::driver::Kind;
use tusk_device::dtype::DType;
use tusk_runtime::error::Kind as Failure;

/// A file that the simulated library takes for a model; it goes with the value.
struct File(PathBuf);

impl File {
    fn new(name: &str, lines: &str) -> File {
        let name = format!("tusk-{}-{name}.om", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, lines).expect("room for a model");
        File(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

const ADD: &str = "simulated om\ninput a f32 2,3\ninput b f32 2,3\noutput sum f32 2,3\n";
const BATCHED: &str = "simulated om\ninput x f32 -1,4\noutput y f32 -1,4\nbatches 4,1,8\ntimes 2\n";

fn put(device: &Device, numbers: &[f32], size: usize) -> Buffer {
    let mut bytes: Vec<u8> = numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect();
    bytes.resize(size, 0);
    let buffer = device.allocate(Place::Device, size).expect("memory");
    upload(device, &bytes, &buffer);
    buffer
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    let parts = bytes.chunks_exact(4);
    parts
        .map(|part| f32::from_le_bytes([part[0], part[1], part[2], part[3]]))
        .collect()
}

fn ascend() -> Rig {
    let rig = Rig::of(Kind::Ascend);
    rig.control(1, 300);
    rig
}

#[test]
fn a_model_says_what_it_wants_and_runs_between_copies() {
    let rig = ascend();
    let (before, file) = (rig.control(11, 0), File::new("add", ADD));
    let device = rig.device(0);
    let model = DeviceModel::load(&device, &file.0).expect("a model");
    let info = model.info().clone();
    let described: Vec<_> = info
        .inputs
        .iter()
        .chain(&info.outputs)
        .map(|slot| {
            (
                slot.name.as_str(),
                slot.dtype,
                slot.shape.clone(),
                slot.size,
            )
        })
        .collect();
    let port = |name| (name, Some(DType::F32), vec![2, 3], 24);
    assert_eq!(described, [port("a"), port("b"), port("sum")]);
    assert!(info.batches.is_empty() && info.batch_slot.is_none());
    for round in 0..20 {
        let from = round as f32;
        let a = put(&device, &[from; 6], 24);
        let b = put(&device, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 24);
        let sum = device.allocate(Place::Device, 24).expect("memory");
        let run = model
            .execution(vec![a, b], vec![sum.clone()], None)
            .expect("they fit");
        // Nothing is waited for in between: the streams do.
        device.submit(Work::Execute(run)).expect("room");
        let expected = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|number: f32| number + from);
        assert_eq!(numbers(&download(&device, &sum)), expected);
    }
    assert_eq!(rig.control(18, 0), 1);
    drop(model);
    assert_eq!(rig.control(18, 0), 0, "it was not unloaded");
    rig.finish(device, before);
}

#[test]
fn a_model_with_several_batches_is_told_the_smallest_that_fits() {
    let rig = ascend();
    let (before, file) = (rig.control(11, 0), File::new("batched", BATCHED));
    let device = rig.device(0);
    let model = DeviceModel::load(&device, &file.0).expect("a model");
    assert_eq!(model.info().batches, [1, 4, 8]);
    assert_eq!(
        model.info().inputs.len(),
        1,
        "the batch's own input is not shown"
    );
    assert_eq!(model.info().inputs[0].shape, [-1, 4]);
    assert_eq!(
        [0, 1, 2, 8, 9].map(|rows| model.batch_for(rows)),
        [Some(1), Some(1), Some(4), Some(8), None]
    );
    let rows: Vec<f32> = (0..12).map(|number| number as f32).collect();
    let x = put(&device, &rows, 4 * 16);
    let y = device.allocate(Place::Device, 8 * 16).expect("memory");
    assert!(
        model
            .execution(vec![x.clone()], vec![y.clone()], None)
            .is_err()
    );
    assert!(
        model
            .execution(vec![x.clone()], vec![y.clone()], Some(5))
            .is_err()
    );
    let run = model
        .execution(vec![x], vec![y.clone()], Some(4))
        .expect("they fit");
    device.submit(Work::Execute(run)).expect("room");
    let expected: Vec<f32> = rows.iter().map(|number| 2.0 * number).collect();
    assert_eq!(numbers(&download(&device, &y))[..12], expected[..]);
    drop((model, y));
    rig.finish(device, before);
}

#[test]
fn a_cancelled_run_is_left_out_and_a_running_one_holds_its_model() {
    let rig = ascend();
    rig.control(1, 3000);
    let (before, file) = (rig.control(11, 0), File::new("held", ADD));
    let device = rig.device(0);
    let model = DeviceModel::load(&device, &file.0).expect("a model");
    let [a, b, sum] = [(); 3].map(|()| put(&device, &[1.0; 6], 24));
    let run = |outputs: &Buffer| {
        let run = model.execution(vec![a.clone(), b.clone()], vec![outputs.clone()], None);
        device
            .submit(Work::Execute(run.expect("they fit")))
            .expect("room")
    };
    let tickets: Vec<_> = (0..8).map(|_| run(&sum)).collect();
    tickets[7].cancel();
    let last = tickets[7].clone();
    drop(model);
    assert_eq!(rig.control(18, 0), 1, "runs hold it");
    let ended = last.done.wait(PATIENCE).expect("in time");
    assert_eq!(
        ended.map(drop).expect_err("it was cancelled").kind(),
        Failure::Cancelled
    );
    tickets[..7].iter().for_each(|ticket| drop(done(ticket)));
    assert_eq!(numbers(&download(&device, &sum)), [2.0; 6]);
    drop((a, b, sum, tickets, last));
    done(&device.submit(Work::Fence).expect("room"));
    assert_eq!(rig.control(18, 0), 0);
    rig.finish(device, before);
}

#[test]
fn errors_say_which_file_what_failed_and_what_to_try() {
    let rig = ascend();
    let device = rig.device(0);
    let load = |file: &File| {
        DeviceModel::load(&device, &file.0)
            .map(drop)
            .expect_err("no model")
    };
    let error = load(&File::new("text", "something else\n"));
    assert_eq!(error.kind(), Failure::Device);
    let text = error.to_string();
    assert!(
        text.contains("INVALID_PARAM") && text.contains("-text.om"),
        "{text}"
    );
    assert!(text.contains("atc"), "{text}");
    let gone = PathBuf::from("/nowhere/m.om");
    let error = DeviceModel::load(&device, &gone)
        .map(drop)
        .expect_err("no file");
    assert_eq!(error.kind(), Failure::Misuse);
    let gpu = drop_rig_and(rig, device, Kind::Cuda);
    let file = File::new("cuda", ADD);
    let error = DeviceModel::load(&gpu.device(0), &file.0)
        .map(drop)
        .expect_err("no models");
    assert_eq!(error.kind(), Failure::Unsupported);
    assert!(
        error.to_string().contains("needs an Ascend device"),
        "{error}"
    );
}

/// Tests take turns: one rig goes before the next comes.
fn drop_rig_and(rig: Rig, device: Device, kind: Kind) -> Rig {
    device.close();
    drop((device, rig));
    Rig::of(kind)
}

#[test]
fn a_run_that_fails_breaks_its_context_and_says_so() {
    let rig = ascend();
    let file = File::new(
        "fails",
        "simulated om\ninput x f32 4\noutput y f32 4\nfails\n",
    );
    let device = rig.device(0);
    let model = DeviceModel::load(&device, &file.0).expect("a model");
    let (x, y) = (put(&device, &[0.0; 4], 16), put(&device, &[0.0; 4], 16));
    let run = model.execution(vec![x], vec![y], None).expect("they fit");
    let ticket = device.submit(Work::Execute(run)).expect("room");
    let error = ticket
        .done
        .wait(PATIENCE)
        .expect("in time")
        .map(drop)
        .expect_err("it breaks");
    assert_eq!(error.kind(), Failure::Device);
    assert!(error.to_string().contains("AICORE_EXCEPTION"), "{error}");
    drop(model);
    device.close();
}

#[test]
fn a_library_without_models_still_copies() {
    let rig = Rig::without(Kind::Ascend, &["aclmdlExecuteAsync"]);
    let (device, file) = (rig.device(0), File::new("without", ADD));
    let error = DeviceModel::load(&device, &file.0)
        .map(drop)
        .expect_err("it has none");
    assert_eq!(error.kind(), Failure::Unsupported);
    assert!(error.to_string().contains("aclmdlExecuteAsync"), "{error}");
    let buffer = put(&device, &[1.0], 4);
    assert_eq!(numbers(&download(&device, &buffer)), [1.0]);
    drop(buffer);
    device.close();
}
