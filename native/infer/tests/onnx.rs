//! Models on ONNX Runtime, with models that the test writes itself. Without the library each
//! test says that it is skipped, and where it was looked for.

mod onnx_models;

use std::path::PathBuf;
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use onnx_models::{BOOL, Dim, INT64, add, chain, model, node, value};
use tusk_device::device::Device;
use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;
use tusk_infer::gather::Tensors;
use tusk_infer::model::{Job, Model};
use tusk_infer::onnx::{library, runtime};
use tusk_infer::options::Options;
use tusk_infer::stop::Stop;
use tusk_infer::value::{Value, Values};
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

fn load(name: &str, bytes: &[u8]) -> Result<Arc<Model>, Error> {
    let path = file(name, bytes);
    let model = Model::load(&path, &Options::default(), &runtime::Settings::default());
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

fn named(inputs: Vec<(&str, Tensor)>) -> Values {
    inputs
        .into_iter()
        .map(|(name, tensor)| (name.to_owned(), Value::Host(tensor)))
        .collect()
}

fn begin(
    model: &Arc<Model>,
    inputs: Values,
    keep: Option<Device>,
    stop: &Arc<Stop>,
) -> mpsc::Receiver<Result<Values, Error>> {
    let (sender, receiver) = mpsc::channel();
    let job = Job {
        make: Box::new(|| Ok(inputs)),
        keep,
        stop: Arc::clone(stop),
        done: Box::new(move |result| drop(sender.send(result))),
    };
    model.run(job).expect("room");
    receiver
}

fn run(model: &Arc<Model>, inputs: Vec<(&str, Tensor)>) -> Result<Tensors, Error> {
    let answer = begin(model, named(inputs), None, &Arc::default());
    let values = answer.recv_timeout(LONG).expect("an answer")?;
    let tensors = values.into_iter();
    Ok(tensors
        .map(|(name, value)| (name, value.into_host().expect("in host memory")))
        .collect())
}

fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.numbers().map(Number::float).collect()
}

#[test]
fn a_model_says_what_it_wants_and_adds() {
    if !available() {
        return;
    }
    let model = load("add", &add()).expect("a model");
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
    let model = load("views", &add()).expect("a model");
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
    let model = load("equal", &bytes).expect("a model");
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
    let model = load("fit", &add()).expect("a model");
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
    let error = load("none", b"no model at all").err().expect("it is none");
    assert!(error.to_string().contains("none.onnx"), "{error}");
    let error = Model::load(
        &PathBuf::from("/nowhere/m.onnx"),
        &Options::default(),
        &runtime::Settings::default(),
    );
    assert_eq!(error.err().expect("it is not there").kind(), Kind::Misuse);
    let unknown = model(
        &[node("NoSuchOperator", &["a"], "b")],
        &[value("a", 1, &[])],
        &[value("b", 1, &[])],
    );
    assert_eq!(
        load("unknown", &unknown).err().expect("unknown").kind(),
        Kind::Unsupported
    );
}

#[test]
fn users_of_one_file_share_the_model() {
    if !available() {
        return;
    }
    let path = file("shared", &add());
    let load = |runs| {
        let options = Options {
            runs,
            ..Options::default()
        };
        Model::load(&path, &options, &runtime::Settings::default())
    };
    let (one, other, more) = (load(0), load(0), load(2));
    assert_eq!(
        load(65).err().expect("too many").kind(),
        Kind::Misuse,
        "a bound"
    );
    std::fs::remove_file(&path).expect("it is there");
    let one = one.expect("a model");
    assert!(Arc::ptr_eq(&one, &other.expect("a model")));
    assert!(!Arc::ptr_eq(&one, &more.expect("a model")));
}

#[test]
fn runs_of_one_model_go_side_by_side_and_do_not_mix() {
    if !available() {
        return;
    }
    let model = load("beside", &add()).expect("a model");
    // Both runs have begun before either goes on.
    let meeting = Arc::new(Barrier::new(2));
    let (sender, receiver) = mpsc::channel();
    for index in 0..2 {
        let (meeting, sender) = (Arc::clone(&meeting), sender.clone());
        let inputs = named(vec![
            ("a", floats(&[1, 2], f64::from(index))),
            ("b", floats(&[1, 2], 0.0)),
        ]);
        let job = Job {
            make: Box::new(move || {
                meeting.wait();
                Ok(inputs)
            }),
            keep: None,
            stop: Arc::default(),
            done: Box::new(move |result| drop(sender.send(result))),
        };
        model.run(job).expect("room");
    }
    for _ in 0..2 {
        let answer = receiver.recv_timeout(LONG).expect("they met");
        answer.expect("it ran");
    }
    let chain = load("mixed", &chain(32, 8)).expect("a model");
    let unit = Tensor::from_numbers(
        DType::F32,
        &[32, 32],
        &(0..32 * 32)
            .map(|place| Number::Float(f64::from(u8::from(place % 33 == 0))))
            .collect::<Vec<_>>(),
    );
    let unit = unit.expect("a small tensor");
    let answers: Vec<_> = (0..200)
        .map(|index| {
            let inputs = vec![
                ("x", floats(&[32, 32], f64::from(index))),
                ("w", unit.clone()),
            ];
            begin(&chain, named(inputs), None, &Arc::default())
        })
        .collect();
    for (index, answer) in answers.into_iter().enumerate() {
        let outputs = answer.recv_timeout(LONG).expect("an answer");
        let (_, output) = outputs.expect("it ran").swap_remove(0);
        let output = output.into_host().expect("in host memory");
        assert_eq!(numbers(&output), numbers(&floats(&[32, 32], index as f64)));
    }
}

#[test]
fn a_run_is_stopped_before_it_began_and_while_it_runs() {
    if !available() {
        return;
    }
    // A minute of work, if nobody stopped it; more nodes would take long to load.
    let model = load("chain", &chain(1024, 2_000)).expect("a model");
    let inputs = || {
        named(vec![
            ("x", floats(&[1024, 1024], 0.0)),
            ("w", floats(&[1024, 1024], 0.0)),
        ])
    };
    let stops: Vec<Arc<Stop>> = (0..8).map(|_| Arc::default()).collect();
    let answers: Vec<_> = stops
        .iter()
        .map(|stop| begin(&model, inputs(), None, stop))
        .collect();
    assert!(model.waiting() > 0, "more than there are threads");
    stops.iter().rev().for_each(|stop| stop.stop());
    for answer in answers {
        let answer = answer.recv_timeout(LONG).expect("it ends");
        let error = answer.map(drop).expect_err("it was stopped");
        assert_eq!(error.kind(), Kind::Cancelled);
    }
}
