//! Models that somebody uses, so that the next user of the same file shares them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::SystemTime;

use tusk_runtime::error::{Error, Kind};

use super::Model;
use crate::limits;
use crate::options::Options;

struct Entry {
    path: PathBuf,
    changed: Option<SystemTime>,
    options: Options,
    model: Weak<Model>,
}

static LOADED: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Finds it loaded, or has it opened. Who comes second waits for the first to have loaded it.
pub(super) fn find(
    path: &Path,
    options: &Options,
    open: impl FnOnce(PathBuf) -> Result<Model, Error>,
) -> Result<Arc<Model>, Error> {
    let refuse = |detail: String| Error::new(Kind::Misuse, "load a model", detail);
    if options.runs > limits::MODEL_RUNS {
        return Err(refuse(format!(
            "runs is {}, and must be from 0 to {}",
            options.runs,
            limits::MODEL_RUNS
        )));
    }
    let real = path
        .canonicalize()
        .map_err(|error| refuse(format!("{}: {error}", path.display())))?;
    let changed = real.metadata().and_then(|data| data.modified()).ok();
    // Nothing panics in the middle of a change under this lock.
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    loaded.retain(|entry| entry.model.strong_count() > 0);
    let known = loaded.iter().find(|entry| {
        entry.path == real && entry.changed == changed && entry.options.is_same(options)
    });
    if let Some(model) = known.and_then(|entry| entry.model.upgrade()) {
        return Ok(model);
    }
    let model = Arc::new(open(real.clone())?);
    loaded.push(Entry {
        path: real,
        changed,
        options: options.clone(),
        model: Arc::downgrade(&model),
    });
    Ok(model)
}
