//! What stacks cost: prints nanoseconds to take and give back one, and what many weigh.
//!
//! `cargo run --release -p tusk-runtime --example stacks`

use std::time::Instant;
use tusk_runtime::sys::stack::{Config, Guard, Stack, StackPool};

const MANY: usize = 100_000;

fn main() {
    for guard in [Guard::Auto, Guard::None] {
        let mut pool = StackPool::new(Config {
            slot_size: 256 << 10,
            guard,
        });
        println!("guards: {}", pool.guards());
        let before = resident_kib();
        let started = Instant::now();
        let stacks: Vec<Stack> = (0..MANY).map(|_| pool.alloc().expect("a stack")).collect();
        println!(
            "  first use  {:>5} ns",
            started.elapsed().as_nanos() / MANY as u128
        );
        println!(
            "  untouched  {:>5} bytes resident each, {} slabs",
            (resident_kib() - before) * 1024 / MANY,
            pool.stats().slabs
        );
        let started = Instant::now();
        for stack in stacks {
            pool.free(stack);
        }
        println!(
            "  given back {:>5} ns",
            started.elapsed().as_nanos() / MANY as u128
        );
        let started = Instant::now();
        for _ in 0..MANY {
            let stack = pool.alloc().expect("a warm stack");
            pool.free(stack);
        }
        println!(
            "  warm       {:>5} ns",
            started.elapsed().as_nanos() / MANY as u128
        );
    }
}

fn resident_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("/proc is mounted");
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|text| text.parse().ok())
        .expect("VmRSS in KiB")
}
