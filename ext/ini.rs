//! Settings: what the INI entries of ext/zend/module.c mean here.

use crate::zend::engine;
use crate::zend::global::PhpThread;

/// Names of hooks and their bits, in the order of ext/zend/tusk.h.
pub const HOOKS: [(&str, u32); 9] = [
    ("stream", 1),
    ("sleep", 2),
    ("select", 4),
    ("dns", 8),
    ("mysqlnd", 16),
    ("file", 256),
    ("process", 512),
    ("lock", 1024),
    ("intercept", 2048),
];

/// Settings of a request.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `tusk.driver`, or `TUSK_DRIVER` from the environment, which wins.
    pub driver: String,
    /// `tusk.max_coroutines`.
    pub max_coroutines: usize,
    /// `tusk.unguarded_stacks`.
    pub unguarded_stacks: bool,
    /// `tusk.dns_threads`.
    pub dns_threads: usize,
    /// `tusk.file_threads`.
    pub file_threads: usize,
    /// `tusk.stack_size`, bytes.
    pub stack_size: usize,
}

/// Numbers that INI handlers have set, in the order of ext/zend/module.c.
static NUMBERS: PhpThread<[i64; 6]> = PhpThread::new([1_000_000, 0, 4, 5000, 8, 100_000_000]);

/// An INI handler accepted a number.
pub fn set_number(setting: usize, value: i64) -> bool {
    NUMBERS.with(|numbers| match numbers.get_mut(setting) {
        Some(number) => {
            *number = value;
            true
        }
        None => false,
    })
}

/// How long coroutines may take to end after `exit()`, nanoseconds (`tusk.stop_grace_ms`).
pub fn stop_grace() -> u64 {
    NUMBERS.with(|numbers| numbers[3] as u64 * 1_000_000)
}

/// How long the loop may stand still before that is reported, nanoseconds; 0 for ever
/// (`tusk.block_warn`).
pub fn block_warn() -> u64 {
    NUMBERS.with(|numbers| numbers[5] as u64)
}

impl Settings {
    /// As they are now.
    pub fn read(stack_size: usize) -> Settings {
        let numbers = NUMBERS.with(|numbers| *numbers);
        let driver = match std::env::var("TUSK_DRIVER") {
            Ok(forced) if !forced.is_empty() => forced,
            _ => engine::ini("tusk.driver"),
        };
        Settings {
            driver,
            max_coroutines: numbers[0] as usize,
            unguarded_stacks: numbers[1] != 0,
            dns_threads: numbers[2] as usize,
            file_threads: numbers[4] as usize,
            stack_size,
        }
    }
}

/// The mask a list of hooks means; `None` for an unknown name.
pub fn parse_hooks(text: &str) -> Option<u32> {
    match text.trim() {
        "all" => return Some(HOOKS.iter().map(|(_, bit)| bit).sum()),
        "none" | "" => return Some(0),
        _ => {}
    }
    text.split(',').try_fold(0, |mask, name| {
        let (_, bit) = HOOKS.iter().find(|(known, _)| *known == name.trim())?;
        Some(mask | bit)
    })
}
