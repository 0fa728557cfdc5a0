//! `.om` models behind the interface of all models, on the simulated libascendcl.

mod answers;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use answers::{LONG, begin, run};
use tusk_device::device::{Device, DeviceTensor, Place, Work};
use tusk_device::driver::Kind;
use tusk_device::dtype::{DType, Number};
use tusk_device::registry::{self, From};
use tusk_device::storage::Storage;
use tusk_device::sys::library::Library;
use tusk_device::tensor::Tensor;
use tusk_infer::model::Model;
use tusk_infer::onnx::runtime::Settings;
use tusk_infer::options::Options;
use tusk_infer::stop::Stop;
use tusk_infer::value::Value;
use tusk_runtime::error::{Error, Kind as Failure};

const TWICE: &str = "simulated om\ninput x f32 -1,2\noutput y f32 -1,2\nbatches 1,4\ntimes 2\n";
const ADD: &str = "simulated om\ninput a f32 2\ninput b f32 2\noutput sum f32 2\n";

static TURN: Mutex<()> = Mutex::new(());

/// A simulated device, and a folder for models; both go with the value.
struct Rig {
    device: Device,
    library: Library,
    folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Rig {
    fn new(name: &str) -> Option<Rig> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let mut folder = std::env::current_exe().expect("path");
        folder.pop();
        folder.pop();
        let path = folder.join("examples/libsimulated_ascend.so");
        if !path.exists() {
            println!(
                "SKIP: {} is not built: cargo build -p tusk-device --examples",
                path.display()
            );
            return None;
        }
        let path = path.display().to_string();
        let from = From {
            library: Some(&path),
            without: &[],
        };
        let driver = registry::open(Kind::Ascend, from).expect("driver");
        let library = Library::open(&[&path], &[]).expect("library");
        library.control(1, 300);
        let folder = std::env::temp_dir().join(format!("tusk-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("room for models");
        Some(Rig {
            device: Device::new(driver, 0).expect("one"),
            library,
            folder,
            _turn: turn,
        })
    }

    fn file(&self, name: &str, lines: &str) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::write(&path, lines).expect("room for a model");
        path
    }

    fn load(&self, path: &Path) -> Result<Arc<Model>, Error> {
        let options = Options {
            device: Some(self.device.clone()),
            ..Options::default()
        };
        Model::load(path, &options, &Settings::default())
    }

    /// Nothing is left, and nothing went wrong.
    fn finish(self) {
        // The last run gives its model back on its own thread.
        let until = std::time::Instant::now() + LONG;
        while self.library.control(18, 0) > 0 || self.device.stats().buffers > 0 {
            assert!(
                std::time::Instant::now() < until,
                "a model or buffers are left"
            );
            std::thread::yield_now();
        }
        self.device.close();
        assert_eq!(
            [10, 11, 12, 14, 15, 16].map(|what| self.library.control(what, 0)),
            [0; 6]
        );
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn floats(shape: &[usize], numbers: &[f64]) -> Tensor {
    let numbers: Vec<Number> = numbers
        .iter()
        .map(|&number| Number::Float(number))
        .collect();
    Tensor::from_numbers(DType::F32, shape, &numbers).expect("a small tensor")
}

fn numbers(value: Value) -> Vec<f64> {
    let tensor = value.into_host().expect("in host memory");
    tensor.numbers().map(Number::float).collect()
}

#[test]
fn rows_run_in_the_smallest_batch_that_holds_them() {
    let Some(rig) = Rig::new("rows") else { return };
    let path = rig.file("twice.om", TWICE);
    let model = rig.load(&path).expect("a model");
    assert!(
        Arc::ptr_eq(&model, &rig.load(&path).expect("a model")),
        "it is shared"
    );
    let described: Vec<String> = model.inputs().iter().map(|port| port.describe()).collect();
    assert_eq!(described, ["f32[batch, 2]"]);
    assert!(model.metadata().contains(&("batches".into(), "1,4".into())));
    for rows in [1, 3, 4] {
        let given: Vec<f64> = (0..rows * 2).map(f64::from).collect();
        let x = floats(&[rows as usize, 2], &given);
        let y = run(&model, vec![("x", x.into())], None).expect("it runs");
        let expected: Vec<f64> = given.iter().map(|number| 2.0 * number).collect();
        assert_eq!(numbers(y), expected);
    }
    let error = run(
        &model,
        vec![("x", floats(&[5, 2], &[0.0; 10]).into())],
        None,
    );
    let error = error.map(drop).expect_err("5 rows");
    assert_eq!(error.kind(), Failure::Misuse);
    assert!(
        error
            .to_string()
            .contains("5 rows, and the model takes 1 to 4"),
        "{error}"
    );
    drop(model);
    rig.finish();
}

#[test]
fn what_lies_on_the_device_stays_there() {
    let Some(rig) = Rig::new("stays") else { return };
    let model = rig.load(&rig.file("add.om", ADD)).expect("a model");
    let device = &rig.device;
    let buffer = device.allocate(Place::Device, 8).expect("memory");
    let storage = Storage::filled(8, |to| to.copy_from_slice(&[0, 0, 128, 63, 0, 0, 0, 64]));
    let upload = Work::Upload(storage.expect("memory"), 0..8, buffer.clone());
    // Not waited for: the model's stream does.
    device.submit(upload).expect("room");
    let a = DeviceTensor::over(DType::F32, &[2], &buffer).expect("it fits");
    let b = floats(&[2], &[10.0, 20.0]);
    let inputs = |a: &DeviceTensor| vec![("a", Value::Device(a.clone())), ("b", b.clone().into())];
    let Value::Device(sum) = run(&model, inputs(&a), Some(device)).expect("it runs") else {
        panic!("it did not stay");
    };
    assert_eq!(sum.describe(), "f32[2] on ascend:0");
    assert_eq!(
        numbers(run(&model, inputs(&sum), None).expect("it runs")),
        [21.0, 42.0]
    );
    drop((a, sum, buffer, model));
    rig.finish();
}

#[test]
fn a_stopped_run_gives_back_everything() {
    let Some(rig) = Rig::new("stopped") else {
        return;
    };
    let model = rig.load(&rig.file("add.om", ADD)).expect("a model");
    rig.library.control(6, 1);
    let stops: Vec<Arc<Stop>> = (0..6).map(|_| Arc::default()).collect();
    let answers: Vec<_> = stops
        .iter()
        .map(|stop| {
            let inputs = ["a", "b"].map(|name| (name, floats(&[2], &[1.0, 2.0]).into()));
            begin(&model, inputs.to_vec(), None, stop)
        })
        .collect();
    stops[..5].iter().for_each(|stop| stop.stop());
    // The device stands still, and who gave up does not wait for it.
    for answer in &answers[..5] {
        let error = answer.recv_timeout(LONG).expect("it ends").map(drop);
        assert_eq!(
            error.expect_err("it was stopped").kind(),
            Failure::Cancelled
        );
    }
    rig.library.control(6, 0);
    let last = answers[5]
        .recv_timeout(LONG)
        .expect("an answer")
        .expect("it runs");
    assert_eq!(numbers(last.into_iter().next().expect("one").1), [2.0, 4.0]);
    drop((model, answers));
    rig.finish();
}

#[test]
fn errors_say_what_was_expected() {
    let Some(rig) = Rig::new("errors") else {
        return;
    };
    let path = rig.file("add.om", ADD);
    let nowhere = Model::load(&path, &Options::default(), &Settings::default());
    let error = nowhere.map(drop).expect_err("no device");
    assert!(
        error.to_string().contains("'device' => 'ascend:0'"),
        "{error}"
    );
    let error = rig
        .load(&rig.file("text.om", "no model"))
        .map(drop)
        .expect_err("no model");
    assert!(error.to_string().contains("atc"), "{error}");
    let model = rig.load(&path).expect("a model");
    let fit = |inputs| {
        run(&model, inputs, None)
            .map(drop)
            .expect_err("no fit")
            .to_string()
    };
    let two = || Value::from(floats(&[2], &[1.0, 2.0]));
    assert!(fit(vec![("a", two())]).contains("input \"b\" is missing"));
    let three = floats(&[3], &[0.0; 3]).into();
    assert!(fit(vec![("a", two()), ("b", three)]).contains("expected f32[2], got f32[3]"));
    // On a device of another kind.
    let host = Device::new(
        registry::open(Kind::Host, From::default()).expect("memory"),
        0,
    )
    .expect("one");
    let buffer = host.allocate(Place::Device, 8).expect("memory");
    let other = Value::Device(DeviceTensor::over(DType::F32, &[2], &buffer).expect("it fits"));
    assert!(
        fit(vec![("a", two()), ("b", other)]).contains("lies on host, and the model on ascend:0")
    );
    drop((model, buffer));
    host.close();
    rig.finish();
}
