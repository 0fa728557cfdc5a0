//! The models of the test server, which behave as they are named:
//! - `add`: `sum` of `a` and `b`, FP32 of any two dimensions; a batch of a server that has one
//! - `echo`: its inputs as outputs; it does not say what it wants
//! - `plain`: the same, and answers without raw bytes
//! - `hold`: `echo` that answers when `release` is asked, with all that are held then
//! - `release`, `stats`: `counts` of requests begun, requests given up, connections over HTTP
//! - `fail`, `garbage`, `short`, `disconnect`, `strings`, `huge`, `absurd`: answers of those kinds
//! - `asleep`: is never ready

use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// A tensor as it travels.
#[derive(Clone)]
pub struct Tensor {
    pub name: String,
    pub datatype: String,
    pub shape: Vec<i64>,
    pub bytes: Vec<u8>,
}

/// What a model answers with.
pub enum Outcome {
    Outputs(Vec<Tensor>),
    /// The same, not as raw bytes.
    Plain(Vec<Tensor>),
    /// A failure that the server reports.
    Failed(String),
    /// There is no such model.
    Unknown,
    /// Bytes that mean nothing.
    Garbage,
    /// The connection ends amid the answer.
    Disconnect,
}

#[derive(Default)]
pub struct Models {
    begun: AtomicI64,
    given_up: AtomicI64,
    pub connections: AtomicI64,
    released: Notify,
}

/// Counts a request that was dropped before it was done.
struct Watched<'a>(&'a Models, bool);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.1 {
            self.0.given_up.fetch_add(1, Ordering::SeqCst);
        }
    }
}

pub const NAMES: [&str; 13] = [
    "add",
    "echo",
    "plain",
    "hold",
    "release",
    "stats",
    "fail",
    "garbage",
    "short",
    "disconnect",
    "strings",
    "huge",
    "absurd",
];

/// Inputs and outputs of a model: name, type, shape.
pub type Ports = Vec<(&'static str, &'static str, Vec<i64>)>;

pub fn ports(model: &str) -> Option<(Ports, Ports)> {
    let any = vec![-1, -1];
    match model {
        "add" => Some((
            vec![("a", "FP32", any.clone()), ("b", "FP32", any.clone())],
            vec![("sum", "FP32", any)],
        )),
        "strings" => Some((Vec::new(), vec![("y", "BYTES", vec![1])])),
        _ => (NAMES.contains(&model) || model == "asleep").then(|| (Vec::new(), Vec::new())),
    }
}

impl Models {
    pub async fn infer(&self, model: &str, inputs: Vec<Tensor>) -> Outcome {
        if !matches!(model, "stats" | "release") {
            self.begun.fetch_add(1, Ordering::SeqCst);
        }
        let mut watched = Watched(self, false);
        let outcome = self.run(model, inputs).await;
        watched.1 = true;
        outcome
    }

    async fn run(&self, model: &str, inputs: Vec<Tensor>) -> Outcome {
        let one = |datatype: &str, shape: Vec<i64>, bytes: Vec<u8>| {
            Outcome::Outputs(vec![Tensor {
                name: "y".to_owned(),
                datatype: datatype.to_owned(),
                shape,
                bytes,
            }])
        };
        match model {
            "add" => add(inputs),
            "echo" => Outcome::Outputs(inputs),
            "plain" => Outcome::Plain(inputs),
            "hold" => {
                self.released.notified().await;
                Outcome::Outputs(inputs)
            }
            "stats" | "release" => {
                if model == "release" {
                    self.released.notify_waiters();
                }
                let counts = [&self.begun, &self.given_up, &self.connections];
                let counts = counts.iter().flat_map(|count| {
                    let count = count.load(Ordering::SeqCst);
                    count.to_le_bytes()
                });
                one("INT64", vec![3], counts.collect())
            }
            "fail" => Outcome::Failed("the model said no".to_owned()),
            "garbage" => Outcome::Garbage,
            "short" => one("FP32", vec![4], vec![0; 12]),
            "disconnect" => Outcome::Disconnect,
            "strings" => one("BYTES", vec![1], b"\x02\0\0\0ab".to_vec()),
            "huge" => one("UINT8", vec![3 << 20], vec![7; 3 << 20]),
            "absurd" => one("FP32", vec![-3, i64::MAX], Vec::new()),
            _ => Outcome::Unknown,
        }
    }
}

fn add(inputs: Vec<Tensor>) -> Outcome {
    let find = |name: &str| inputs.iter().find(|input| input.name == name);
    let (Some(a), Some(b)) = (find("a"), find("b")) else {
        return Outcome::Failed(format!("add wants a and b, got {} inputs", inputs.len()));
    };
    if a.shape != b.shape || a.datatype != "FP32" || b.datatype != "FP32" {
        return Outcome::Failed("a and b differ".to_owned());
    }
    let numbers = |tensor: &Tensor| -> Vec<f32> {
        let chunks = tensor.bytes.chunks_exact(4);
        chunks
            .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect()
    };
    let sum = numbers(a).into_iter().zip(numbers(b));
    Outcome::Outputs(vec![Tensor {
        name: "sum".to_owned(),
        datatype: "FP32".to_owned(),
        shape: a.shape.clone(),
        bytes: sum.flat_map(|(a, b)| (a + b).to_le_bytes()).collect(),
    }])
}
