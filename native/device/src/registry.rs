//! Which drivers there are, found once, and why not the others.

use std::sync::Arc;

use tusk_runtime::error::{Error, Kind as Failure};

use crate::driver::{Driver, Kind};
use crate::sys::ascend::Ascend;
use crate::sys::cambricon::Cambricon;
use crate::sys::cuda::Cuda;
use crate::sys::host::Host;
use crate::sys::library::Library;

/// Where a driver's library is looked for, and which symbols it is asked not to have.
#[derive(Clone, Copy, Debug, Default)]
pub struct From<'a> {
    /// Instead of the usual names.
    pub library: Option<&'a str>,
    /// For tests of old drivers.
    pub without: &'a [&'a str],
}

/// Names under which a library is installed.
fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Host => &[],
        Kind::Cuda => &["libcuda.so.1", "libcuda.so"],
        Kind::Ascend => &[
            "libascendcl.so",
            "/usr/local/Ascend/ascend-toolkit/latest/lib64/libascendcl.so",
        ],
        Kind::Cambricon => &["libcnrt.so", "/usr/local/neuware/lib64/libcnrt.so"],
    }
}

/// Loads a driver.
///
/// # Errors
/// `Unsupported`: its library or a symbol is missing. `Device`: it does not start.
pub fn open(kind: Kind, from: From<'_>) -> Result<Arc<dyn Driver>, Error> {
    if kind == Kind::Host {
        return Ok(Arc::new(Host::default()));
    }
    let given = from.library.map(|path| [path]);
    let names = given.as_ref().map_or(names(kind), |given| &given[..]);
    let library = Library::open(names, from.without).map_err(|error| {
        error.hint(format!(
            "install the driver, or name its library's file by TUSK_{}_LIBRARY, or its folder by LD_LIBRARY_PATH",
            kind.name().to_uppercase()
        ))
    })?;
    let driver: Arc<dyn Driver> = match kind {
        Kind::Cuda => Arc::new(Cuda::open(&library)?),
        Kind::Ascend => Arc::new(Ascend::open(&library)?),
        Kind::Cambricon => Arc::new(Cambricon::open(&library)?),
        Kind::Host => Arc::new(Host::default()),
    };
    if driver.count()? == 0 {
        return Err(Error::new(
            Failure::Device,
            "open a device",
            format!("the {} driver is there and has no device", kind.name()),
        ));
    }
    Ok(driver)
}
