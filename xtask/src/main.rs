//! Chores of the workspace: `cargo xtask <chore>`.
//!
//! One chore a file. A chore returns its exit status, or a message that names what is
//! wrong and what to do. Nothing here is part of the extension, and nothing is `unsafe`.

mod deps;
mod dist;
mod hooks_page;
mod lint;
mod matrix;
mod php_src_tests;
mod phpstan;
mod phpt;
mod seccomp;
mod shell;
mod stubs;
mod workspace;

use std::process::ExitCode;

/// What a chore answers: an exit status, or why it could not do its work.
type Outcome = Result<ExitCode, String>;

const HELP: &str = "\
cargo xtask <chore>
  phpt [--driver uring|epoll] [--jit] [--filter TEXT] [--except TEXT] [--list FILE]
       [--jobs N] [--again] [--slowest N] [--php PATH] [--extension PATH] [--under COMMAND]
       [--keep] [--reports FOLDER]
                       run php-tests/**/*.phpt
  hooks-page [--check] [--php PATH] [--extension PATH]
                       run php-tests/matrix on both drivers and write docs/HOOKS.md
  php-src-tests PATH [AREA...]
                       run php-src's own tests plainly and beside a coroutine, and compare
  seccomp <eperm|linux-4.19> -- COMMAND...
                       run a command as in a container without io_uring, or on an old kernel
  stubs [--check]      write stubs/tusk.php from the doc comments in ext/class
  phpstan              let PHPStan, where it is installed, look at the stubs and at the examples through them
  deps                 check who may depend on whom
  lint                 the project's own checks of its sources
  matrix [NAME...] [--pass PASS]... [--list] [PHPT OPTIONS]
                       build and test against every PHP in PATH and in roots, or those with NAME
                       in their name; say what is not here
  dist [FOLDER]        make a source archive with vendored crates";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let chore = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let outcome = match chore.as_str() {
        "phpt" => phpt::run(&rest),
        "hooks-page" => hooks_page::run(&rest),
        "php-src-tests" => php_src_tests::run(&rest),
        "seccomp" => seccomp::run(&rest),
        "stubs" => stubs::run(&rest),
        "phpstan" => phpstan::run(&rest),
        "deps" => deps::run(),
        "lint" => lint::run(),
        "dist" => dist::run(&rest),
        "matrix" => matrix::run(&rest),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => Err(format!("there is no chore {unknown:?}\n{HELP}")),
    };
    outcome.unwrap_or_else(|message| {
        eprintln!("xtask: {message}");
        ExitCode::FAILURE
    })
}
