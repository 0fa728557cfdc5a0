//! Models of the device's own. A file is text, and every output is the sum of all inputs,
//! element by element, times `times`:
//!
//! ```text
//! simulated om
//! input a f32 -1,4
//! input b f32 -1,4
//! output sum f32 -1,4
//! batches 1,2,4,8
//! times 1
//! ```
//!
//! A length of -1 is the batch; `batches` says which it may be, and adds the input that the
//! batch is told by. `fails` makes every run break the context.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::{BROKEN, EARLY_REUSES, Fault, Handle, Outcome, enter, lock, push_work};

pub const BATCH_INPUT: &str = "ascend_mbatch_shape_data";

#[derive(Clone)]
pub struct Port {
    pub name: CString,
    /// aclDataType of f32 and i64, which are all there are.
    pub kind: i32,
    pub dims: Vec<i64>,
}

impl Port {
    pub fn count(&self, batch: u64) -> usize {
        let lengths = self.dims.iter();
        lengths
            .map(|&length| {
                if length < 0 {
                    batch as usize
                } else {
                    length as usize
                }
            })
            .product()
    }

    pub fn size(&self, batch: u64) -> usize {
        self.count(batch) * if self.kind == 9 { 8 } else { 4 }
    }
}

#[derive(Default)]
pub struct Model {
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
    pub batches: Vec<u64>,
    times: f32,
    fails: bool,
    running: AtomicU32,
}

impl Model {
    pub fn most(&self) -> u64 {
        self.batches.iter().copied().max().unwrap_or(1)
    }

    pub fn batch_input(&self) -> Option<usize> {
        let name = |port: &Port| port.name.to_str() == Ok(BATCH_INPUT);
        self.inputs.iter().position(name)
    }
}

static MODELS: Mutex<Option<HashMap<u32, Arc<Model>>>> = Mutex::new(None);
static NEXT: AtomicU32 = AtomicU32::new(1);

pub fn loaded() -> i64 {
    lock(&MODELS).get_or_insert_default().len() as i64
}

fn parse(text: &str) -> Option<Model> {
    let mut lines = text.lines();
    (lines.next()? == "simulated om").then_some(())?;
    let mut model = Model {
        times: 1.0,
        ..Model::default()
    };
    let numbers = |text: &str| -> Option<Vec<i64>> {
        text.split(',').map(|number| number.parse().ok()).collect()
    };
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["input" | "output", name, kind, dims] => {
                let port = Port {
                    name: CString::new(name).ok()?,
                    kind: if kind == "i64" { 9 } else { 0 },
                    dims: numbers(dims)?,
                };
                let list = match words[0] {
                    "input" => &mut model.inputs,
                    _ => &mut model.outputs,
                };
                list.push(port);
            }
            ["batches", sizes] => {
                model.batches = numbers(sizes)?
                    .into_iter()
                    .map(|size| size as u64)
                    .collect();
            }
            ["times", times] => model.times = times.parse().ok()?,
            ["fails"] => model.fails = true,
            _ => return None,
        }
    }
    if !model.batches.is_empty() {
        model.inputs.push(Port {
            name: CString::new(BATCH_INPUT).ok()?,
            kind: 9,
            dims: vec![1],
        });
    }
    Some(model)
}

pub fn load(path: &str) -> Outcome<u32> {
    enter()?;
    let text = std::fs::read_to_string(path).map_err(|_| Fault::Invalid)?;
    let model = parse(&text).ok_or(Fault::Invalid)?;
    let number = NEXT.fetch_add(1, Ordering::SeqCst);
    let mut models = lock(&MODELS);
    models
        .get_or_insert_default()
        .insert(number, Arc::new(model));
    Ok(number)
}

pub fn unload(number: u32) -> Outcome<()> {
    let model = lock(&MODELS).get_or_insert_default().remove(&number);
    let model = model.ok_or(Fault::NoModel)?;
    if model.running.load(Ordering::SeqCst) > 0 {
        EARLY_REUSES.more();
    }
    Ok(())
}

pub fn model(number: u32) -> Outcome<Arc<Model>> {
    let models = lock(&MODELS).get_or_insert_default().get(&number).cloned();
    models.ok_or(Fault::NoModel)
}

/// Data buffers in order, and the batch that was set.
#[derive(Default)]
pub struct Dataset {
    pub parts: Mutex<Vec<(usize, usize)>>,
    pub batch: AtomicU64,
    gone: Arc<AtomicBool>,
}

impl Drop for Dataset {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::SeqCst);
    }
}

pub fn execute(number: u32, inputs: &Dataset, outputs: &Dataset, stream: Handle) -> Outcome<()> {
    let model = model(number)?;
    let batch = match inputs.batch.load(Ordering::SeqCst) {
        0 if model.batches.is_empty() => 1,
        0 => return Err(Fault::Input),
        batch => batch,
    };
    let check = |ports: &[Port], parts: &[(usize, usize)]| {
        let mut pairs = ports.iter().zip(parts);
        ports.len() == parts.len() && pairs.all(|(port, part)| part.1 >= port.size(batch))
    };
    let (from, to) = (lock(&inputs.parts).clone(), lock(&outputs.parts).clone());
    if !check(&model.inputs, &from) {
        return Err(Fault::Input);
    }
    if !check(&model.outputs, &to) {
        return Err(Fault::Output);
    }
    let touch = |ports: &[Port], parts: &[(usize, usize)], writes: bool| -> Vec<_> {
        let pairs = ports.iter().zip(parts);
        pairs
            .map(|(port, part)| (part.0, port.size(batch), writes))
            .collect()
    };
    let mut touched = touch(&model.inputs, &from, false);
    touched.extend(touch(&model.outputs, &to, true));
    let gone = [Arc::clone(&inputs.gone), Arc::clone(&outputs.gone)];
    model.running.fetch_add(1, Ordering::SeqCst);
    let running = Arc::clone(&model);
    let given = push_work(stream, touched, move || {
        if gone.iter().any(|gone| gone.load(Ordering::SeqCst)) {
            EARLY_REUSES.more();
        }
        if running.fails {
            BROKEN.store(true, Ordering::SeqCst);
        } else {
            run(&running, batch, &from, &to);
        }
        running.running.fetch_sub(1, Ordering::SeqCst);
    });
    if given.is_err() {
        model.running.fetch_sub(1, Ordering::SeqCst);
    }
    given
}

fn run(model: &Model, batch: u64, from: &[(usize, usize)], to: &[(usize, usize)]) {
    let hidden = model.batch_input();
    for (port, &(out, _)) in model.outputs.iter().zip(to) {
        for index in 0..port.count(batch) {
            let inputs = from.iter().enumerate();
            let summed = inputs.filter(|(place, _)| Some(*place) != hidden);
            // SAFETY: `push_work` has looked that all of it is allocated, and holds the lock.
            let sum: f32 = summed
                .map(|(_, &(address, _))| unsafe { *(address as *const f32).add(index) })
                .sum();
            // SAFETY: as above.
            unsafe { *(out as *mut f32).add(index) = sum * model.times };
        }
    }
}
