//! Where ONNX Runtime's library lies.
//!
//! In this order: what the settings name, `ORT_DYLIB_PATH`, an installation by pip or npm, the
//! system's. An installation has the version in the file's name; of several the last is taken.

use std::path::{Path, PathBuf};

/// The stem of its name.
const NAME: &str = "libonnxruntime.so";

/// Finds it; `configured` is the setting. `Err`: the places that were looked at.
pub fn find(configured: Option<&str>) -> Result<PathBuf, Vec<String>> {
    let named = configured
        .filter(|path| !path.is_empty())
        .map(str::to_owned);
    let named = named.or_else(|| {
        std::env::var("ORT_DYLIB_PATH")
            .ok()
            .filter(|path| !path.is_empty())
    });
    if let Some(path) = named {
        let path = PathBuf::from(path);
        // Somebody's own word is not second-guessed.
        return if path.is_file() {
            Ok(path)
        } else {
            Err(vec![path.display().to_string()])
        };
    }
    let places = places();
    let found = places.iter().find_map(|place| library_in(place));
    found.ok_or_else(|| {
        places
            .iter()
            .map(|place| place.display().to_string())
            .collect()
    })
}

fn library_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(NAME));
    named.map(|entry| entry.path()).max()
}

fn places() -> Vec<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let mut places = Vec::new();
    let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME")?.join(".local/share")));
    let peers = variable("TUSK_PEERS").or_else(|| Some(data?.join("tusk/peers")));
    places.extend(peers.map(|peers| peers.join("pypi/onnxruntime/capi")));
    let roots = [
        variable("VIRTUAL_ENV"),
        variable("HOME").map(|home| home.join(".local")),
    ];
    let roots = roots
        .into_iter()
        .flatten()
        .chain(["/usr/local".into(), "/usr".into()]);
    for root in roots {
        let versions = std::fs::read_dir(root.join("lib"))
            .into_iter()
            .flatten()
            .flatten();
        let pythons =
            versions.filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"));
        for python in pythons {
            for packages in ["site-packages", "dist-packages"] {
                places.push(python.path().join(packages).join("onnxruntime/capi"));
            }
        }
    }
    let machine = if cfg!(target_arch = "aarch64") {
        "arm64"
    } else {
        "x64"
    };
    for root in [
        "node_modules",
        "/usr/local/lib/node_modules",
        "/usr/lib/node_modules",
    ] {
        for version in ["napi-v6", "napi-v3"] {
            places.push(format!("{root}/onnxruntime-node/bin/{version}/linux/{machine}").into());
        }
    }
    let triple = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    places.extend([
        "/usr/local/lib".into(),
        triple.into(),
        "/usr/lib64".into(),
        "/usr/lib".into(),
    ]);
    places
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_path_that_was_named_is_the_only_one() {
        let error = find(Some("/nowhere/libonnxruntime.so")).expect_err("it is not there");
        assert_eq!(error, ["/nowhere/libonnxruntime.so"]);
        let own = std::env::current_exe()
            .expect("a path")
            .display()
            .to_string();
        assert_eq!(
            find(Some(&own)).expect("it is there").display().to_string(),
            own
        );
    }
}
