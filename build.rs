//! Finds PHP and compiles the C shim against its headers.
//!
//! `PHP_CONFIG` names the php-config to use; without it, the one in PATH.

use std::path::{Path, PathBuf};
use std::process::Command;

fn php_config(program: &str, option: &str) -> String {
    let output = Command::new(program).arg(option).output().unwrap_or_else(|error| {
        panic!(
            "cannot run `{program} {option}`: {error}. Install PHP's development files (on Debian: \
             apt-get install php-dev) or set PHP_CONFIG to a php-config of PHP 8.2 or later"
        )
    });
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Every C file below a folder.
fn find_sources(folder: &Path, sources: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            find_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "c") {
            sources.push(path);
        }
    }
}

fn main() {
    println!("cargo:rerun-if-env-changed=PHP_CONFIG");
    println!("cargo:rerun-if-changed=ext/zend");
    let program = std::env::var("PHP_CONFIG").unwrap_or_else(|_| "php-config".to_owned());
    let includes = php_config(&program, "--includes");
    let version = php_config(&program, "--vernum");
    if version.parse::<u32>().unwrap_or(0) < 80_200 {
        panic!("Tusk needs PHP 8.2 or later; {program} reports {version}");
    }

    let mut build = cc::Build::new();
    build
        .opt_level(2)
        // Calls and globals inside the shim need no indirection; only Rust links to it.
        .flag("-fvisibility=hidden")
        .flag("-std=gnu11")
        .flag_if_supported("-fno-plt")
        .flag_if_supported("-falign-functions=32");
    build
        .flag("-Wall")
        .flag("-Wextra")
        .flag("-Wno-unused-parameter");
    build.define("ZEND_COMPILE_DL_EXT", "1");
    build.define("ZEND_ENABLE_STATIC_TSRMLS_CACHE", "1");
    let package = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    build.define("TUSK_VERSION", format!("\"{package}\"").as_str());
    for include in includes.split_whitespace() {
        // PHP's headers are not ours to warn about.
        match include.strip_prefix("-I") {
            Some(path) => build.flag("-isystem").flag(path),
            None => build.flag(include),
        };
    }
    build.include("ext/zend");
    let mut sources = Vec::new();
    find_sources(Path::new("ext/zend"), &mut sources);
    sources.sort();
    build.files(sources).compile("tusk_shim");
    // A look-up in a thread of the pool or of the background cannot be interrupted, so PHP must
    // not unload the code it will return to.
    println!("cargo:rustc-link-arg-cdylib=-Wl,-z,nodelete");
}
