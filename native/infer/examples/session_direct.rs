//! What one run of a model costs from Rust, on the calling thread: what benches/session.php
//! compares `Tusk\Infer\Session` with. Same library, same settings of its threads, same inputs.
//!
//! `session_direct FILE RUNS` prints nanoseconds a run, the median. Each input of the model is
//! an f32 tensor of ones; a dimension without a length is 1.

use std::time::Instant;

use ort::environment::GlobalThreadPoolOptions;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::{Tensor, Value};
use tusk_infer::onnx::library;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(runs)) = (arguments.next(), arguments.next()) else {
        return Err("usage: session_direct FILE RUNS".into());
    };
    let runs: usize = runs.parse()?;
    let library = library::find(None).map_err(|tried| format!("no library in {tried:?}"))?;
    // Before anything else of the crate, which would look for the library by itself.
    let environment = ort::init_from(library.display()).with_telemetry(false);
    let threads = GlobalThreadPoolOptions::default();
    let threads = threads.with_spin_control(false)?.with_inter_threads(1)?;
    environment
        .with_global_thread_pool(threads.with_intra_threads(0)?)
        .commit()?;
    let mut session = Session::builder()?
        .with_optimization_level(GraphOptimizationLevel::Level3)?
        .commit_from_file(file)?;
    let mut inputs: Vec<(String, Value)> = Vec::new();
    for input in &session.inputs {
        let shape = input.input_type.tensor_shape().ok_or("not a tensor")?;
        let shape: Vec<i64> = shape.iter().map(|&length| length.max(1)).collect();
        let count = shape.iter().product::<i64>();
        let ones = vec![1.0_f32; usize::try_from(count)?];
        let tensor = Tensor::from_array((shape, ones))?;
        inputs.push((input.name.clone(), tensor.into_dyn()));
    }
    let mut took = Vec::with_capacity(runs);
    for _ in 0..runs {
        let begun = Instant::now();
        let given: Vec<(&str, _)> = inputs
            .iter()
            .map(|(name, value)| (name.as_str(), value.view()))
            .collect();
        drop(session.run(given)?);
        took.push(begun.elapsed().as_nanos());
    }
    took.sort_unstable();
    println!("{}", took.get(runs / 2).ok_or("RUNS is 0")?);
    Ok(())
}
