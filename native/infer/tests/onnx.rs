//! Models on ONNX Runtime, with models that the test writes itself. Without the library each
//! test says that it is skipped, and where it was looked for.

mod onnx_models;

use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use onnx_models::{BOOL, Dim, INT64, add, chain, model, node, value};
use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;
use tusk_infer::gather::Tensors;
use tusk_infer::onnx::{Model, Options, Stop, library, runtime};
use tusk_runtime::error::{Error, Kind};

const LONG: Duration = Duration::from_secs(60);

fn available() -> bool {
    match library::find(None) {
        Ok(_) => true,
        Err(tried) => {
            println!(
                "SKIP: ONNX Runtime's library is in none of {tried:?} (pip install onnxruntime)"
            );
            false
        }
    }
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("tusk-{}-{name}.onnx", std::process::id()));
    std::fs::write(&path, bytes).expect("room for a model");
    path
}

fn load(name: &str, bytes: &[u8], copies: u32) -> Result<Arc<Model>, Error> {
    let path = file(name, bytes);
    let options = Options {
        copies,
        ..Options::default()
    };
    let model = Model::load(&path, options, &runtime::Settings::default());
    std::fs::remove_file(path).expect("it was written");
    model
}

fn floats(shape: &[usize], from: f64) -> Tensor {
    let count = shape.iter().product::<usize>();
    let numbers: Vec<Number> = (0..count)
        .map(|index| Number::Float(from + index as f64))
        .collect();
    Tensor::from_numbers(DType::F32, shape, &numbers).expect("a small tensor")
}

fn named(inputs: Vec<(&str, Tensor)>) -> Tensors {
    inputs
        .into_iter()
        .map(|(name, tensor)| (name.to_owned(), tensor))
        .collect()
}

fn run(model: &Arc<Model>, inputs: Vec<(&str, Tensor)>) -> Result<Tensors, Error> {
    let (sender, receiver) = mpsc::channel();
    model.run(named(inputs), Arc::default(), move |result| {
        let _ = sender.send(result);
    })?;
    receiver.recv_timeout(LONG).expect("an answer")
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.numbers().map(Number::float).collect()
}

#[test]
fn a_model_says_what_it_wants_and_adds() {
    if !available() {
        return;
    }
    let model = load("add", &add(), 1).expect("a model");
    let described: Vec<String> = model.inputs().iter().map(|port| port.describe()).collect();
    assert_eq!(described, ["f32[n, 2]", "f32[n, 2]"]);
    assert_eq!(model.outputs()[0].name, "sum");
    assert!(
        model
            .metadata()
            .contains(&("producer".into(), "tusk tests".into()))
    );
    for rows in [1, 3] {
        let inputs = vec![
            ("b", floats(&[rows, 2], 10.0)),
            ("a", floats(&[rows, 2], 0.0)),
        ];
        let outputs = run(&model, inputs).expect("it runs");
        assert_eq!(
            (outputs[0].0.as_str(), outputs[0].1.shape()),
            ("sum", [rows, 2].as_slice())
        );
        let expected: Vec<f64> = (0..rows * 2)
            .map(|index| 10.0 + 2.0 * index as f64)
            .collect();
        assert_eq!(numbers(&outputs[0].1), expected);
    }
}

#[test]
fn views_with_gaps_and_odd_addresses_are_copied() {
    if !available() {
        return;
    }
    let model = load("views", &add(), 1).expect("a model");
    let wide = floats(&[2, 4], 0.0);
    let gaps = wide.slice(1, 1, 2, 1).expect("inside");
    let mut bytes = vec![0u8; 17];
    for (index, number) in [1f32, 2.0, 3.0, 4.0].iter().enumerate() {
        bytes[1 + 4 * index..5 + 4 * index].copy_from_slice(&number.to_le_bytes());
    }
    let storage =
        tusk_device::storage::Storage::filled(17, |to| to.copy_from_slice(&bytes)).expect("memory");
    let odd = Tensor::over(DType::F32, &[2, 2], storage, 1).expect("it fits");
    let outputs = run(&model, vec![("a", gaps), ("b", odd)]).expect("it runs");
    assert_eq!(numbers(&outputs[0].1), [2.0, 4.0, 8.0, 10.0]);
}

#[test]
fn integers_and_booleans_pass() {
    if !available() {
        return;
    }
    let dims = [Dim::Named("n")];
    let bytes = model(
        &[node("Equal", &["a", "b"], "same")],
        &[value("a", INT64, &dims), value("b", INT64, &dims)],
        &[value("same", BOOL, &dims)],
    );
    let model = load("equal", &bytes, 1).expect("a model");
    let of = |numbers: [i64; 3]| {
        let numbers = numbers.map(Number::Int);
        Tensor::from_numbers(DType::I64, &[3], &numbers).expect("three")
    };
    let outputs = run(&model, vec![("a", of([1, 2, 3])), ("b", of([1, 0, 3]))]).expect("it runs");
    assert_eq!(outputs[0].1.dtype(), DType::Bool);
    assert_eq!(numbers(&outputs[0].1), [1.0, 0.0, 1.0]);
}

#[test]
fn what_does_not_fit_is_refused_before_it_runs() {
    if !available() {
        return;
    }
    let model = load("fit", &add(), 1).expect("a model");
    let error = run(
        &model,
        vec![("a", floats(&[1, 3], 0.0)), ("b", floats(&[1, 2], 0.0))],
    )
    .expect_err("three");
    assert_eq!(error.kind(), Kind::Misuse);
    assert!(
        error
            .to_string()
            .contains("input \"a\": expected f32[n, 2], got f32[1, 3]"),
        "{error}"
    );
    // Only the graph knows that these do not fit one another.
    let error = run(
        &model,
        vec![("a", floats(&[2, 2], 0.0)), ("b", floats(&[3, 2], 0.0))],
    )
    .expect_err("2 and 3");
    assert_eq!(error.kind(), Kind::Device);
    assert!(
        run(
            &model,
            vec![("a", floats(&[1, 2], 0.0)), ("b", floats(&[1, 2], 0.0))]
        )
        .is_ok(),
        "it goes on"
    );
}

#[test]
fn what_is_no_model_is_refused() {
    if !available() {
        return;
    }
    let error = load("none", b"no model at all", 1)
        .err()
        .expect("it is none");
    assert!(error.to_string().contains("none.onnx"), "{error}");
    let error = Model::load(
        &PathBuf::from("/nowhere/m.onnx"),
        Options::default(),
        &runtime::Settings::default(),
    );
    assert_eq!(error.err().expect("it is not there").kind(), Kind::Misuse);
    let unknown = model(
        &[node("NoSuchOperator", &["a"], "b")],
        &[value("a", 1, &[])],
        &[value("b", 1, &[])],
    );
    assert_eq!(
        load("unknown", &unknown, 1).err().expect("unknown").kind(),
        Kind::Unsupported
    );
}

#[test]
fn users_of_one_file_share_the_model_and_its_copies_run_side_by_side() {
    if !available() {
        return;
    }
    let path = file("shared", &add());
    let load = |copies| {
        let options = Options {
            copies,
            ..Options::default()
        };
        Model::load(&path, options, &runtime::Settings::default()).expect("a model")
    };
    let (one, other, more) = (load(1), load(1), load(2));
    std::fs::remove_file(&path).expect("it is there");
    assert!(Arc::ptr_eq(&one, &other));
    assert!(!Arc::ptr_eq(&one, &more));
    let (sender, receiver) = mpsc::channel();
    for index in 0..100 {
        let sender = sender.clone();
        let inputs = named(vec![
            ("a", floats(&[1, 2], f64::from(index))),
            ("b", floats(&[1, 2], 0.0)),
        ]);
        more.run(inputs, Arc::default(), move |result| {
            let sum = result.map(|outputs| numbers(&outputs[0].1)[0]);
            let _ = sender.send((index, sum));
        })
        .expect("room");
    }
    for _ in 0..100 {
        let (index, sum) = receiver.recv_timeout(LONG).expect("an answer");
        assert_eq!(sum.expect("it ran"), f64::from(index));
    }
}

#[test]
fn a_run_is_stopped_before_it_began_and_while_it_runs() {
    if !available() {
        return;
    }
    // A minute of work, if nobody stopped it; more nodes would take long to load.
    let model = load("chain", &chain(1024, 2_000), 1).expect("a model");
    let begin = |stop: &Arc<Stop>| {
        let (sender, receiver) = mpsc::channel();
        let inputs = named(vec![
            ("x", floats(&[1024, 1024], 0.0)),
            ("w", floats(&[1024, 1024], 0.0)),
        ]);
        model
            .run(inputs, Arc::clone(stop), move |result| {
                let _ = sender.send(result.map(drop));
            })
            .expect("room");
        receiver
    };
    let (running, waiting) = (Arc::<Stop>::default(), Arc::<Stop>::default());
    let (first, second) = (begin(&running), begin(&waiting));
    waiting.stop();
    running.stop();
    for answer in [first, second] {
        let error = answer
            .recv_timeout(LONG)
            .expect("it ends")
            .expect_err("it was stopped");
        assert_eq!(error.kind(), Kind::Cancelled);
    }
}
