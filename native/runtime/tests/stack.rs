//! Stacks: guards, budgets, and numbers that the default limits must hold.
#![allow(unsafe_code)] // The tests write to stacks and let a child run into a guard.

use std::sync::{Mutex, MutexGuard};
use tusk_runtime::error::Kind;
use tusk_runtime::limits::STACK_ADDRESS_RESERVE;
use tusk_runtime::sys::stack::{Config, Guard, Stack, StackPool, guard_hit, page_size};

const SLOT: usize = 64 << 10;

/// Mappings are counted per process, so these tests run one at a time.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn pool(guard: Guard) -> StackPool {
    StackPool::new(Config {
        slot_size: SLOT,
        guard,
    })
}

fn touch(address: *mut u8) {
    // SAFETY: callers pass addresses of a stack that they hold.
    unsafe { address.write_volatile(1) };
}

fn mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("maps");
    maps.lines().count()
}

fn default_map_count() -> usize {
    65530
}

/// Does writing to `address` end a child by SIGSEGV?
fn faults(address: *mut u8) -> bool {
    // SAFETY: the child writes one byte and ends without running anything else.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::signal(libc::SIGSEGV, libc::SIG_DFL);
            address.write_volatile(1);
            libc::_exit(0);
        }
        let mut status = 0;
        libc::waitpid(child, &mut status, 0);
        libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV
    }
}

#[test]
fn a_stack_is_usable_and_its_guard_is_not() {
    let _alone = alone();
    for guard in [Guard::Auto, Guard::Protect] {
        let mut pool = pool(guard);
        let stack = pool.alloc().expect("a stack");
        assert_eq!(stack.size(), SLOT - page_size());
        assert_eq!(stack.top as usize % page_size(), 0);
        touch(stack.base);
        touch(stack.top.wrapping_sub(1));
        assert!(!faults(stack.base));
        let below = stack.base.wrapping_sub(1);
        assert!(faults(below), "{} holds", pool.guards());
        let hit = guard_hit(below as usize).expect("a guard");
        assert_eq!(
            (hit.base, hit.top),
            (stack.base as usize, stack.top as usize)
        );
        assert_eq!(guard_hit(stack.base as usize), None);
        // A stack that was used, given back and handed out again keeps its guard.
        pool.free(stack);
        pool.trim();
        let again = pool.alloc().expect("a stack");
        assert!(faults(again.base.wrapping_sub(1)));
        pool.free(again);
    }
}

#[test]
fn without_guards_the_whole_slot_is_stack() {
    let _alone = alone();
    let mut pool = pool(Guard::None);
    let stack = pool.alloc().expect("a stack");
    assert_eq!((stack.size(), pool.guards()), (SLOT, "none"));
    touch(stack.base);
    assert_eq!(guard_hit(stack.base as usize), None);
    pool.free(stack);
}

#[test]
fn stacks_do_not_overlap_and_come_back() {
    let _alone = alone();
    let mut pool = pool(Guard::Auto);
    let mut stacks: Vec<Stack> = (0..2000).map(|_| pool.alloc().expect("a stack")).collect();
    stacks.sort_by_key(|stack| stack.base as usize);
    for pair in stacks.windows(2) {
        assert!(pair[0].top as usize + page_size() <= pair[1].base as usize);
    }
    assert_eq!(pool.stats().in_use, 2000);
    for stack in stacks {
        touch(stack.base);
        pool.free(stack);
    }
    let stats = pool.stats();
    assert_eq!((stats.in_use, stats.warm), (0, 256));
    pool.trim();
    assert_eq!((pool.stats().warm, pool.stats().slabs), (0, 1));
}

#[test]
fn pages_of_cold_stacks_are_given_back() {
    let _alone = alone();
    let mut pool = pool(Guard::Auto);
    let stack = pool.alloc().expect("a stack");
    let base = stack.base;
    touch(base);
    pool.free(stack);
    pool.trim();
    let stack = pool.alloc().expect("a stack");
    assert_eq!(stack.base, base);
    // SAFETY: the stack is ours again.
    assert_eq!(unsafe { base.read_volatile() }, 0);
    pool.free(stack);
}

#[test]
fn a_hundred_thousand_fit_the_default_map_count() {
    let _alone = alone();
    let mut pool = pool(Guard::Auto);
    if pool.guards() != "MADV_GUARD_INSTALL" {
        println!("SKIP: this kernel has no MADV_GUARD_INSTALL (Linux 6.13)");
        return;
    }
    let stacks: Vec<Stack> = (0..100_000)
        .map(|_| pool.alloc().expect("a stack"))
        .collect();
    assert!(
        mappings() < default_map_count() / 10,
        "{} mappings",
        mappings()
    );
    for stack in stacks.iter().step_by(1000) {
        touch(stack.top.wrapping_sub(1));
        assert!(guard_hit(stack.base as usize - 1).is_some());
    }
    for stack in stacks {
        pool.free(stack);
    }
}

#[test]
#[ignore = "maps 64 GB of address space and page tables for a million guards"]
fn a_million_in_one_process() {
    let _alone = alone();
    let mut pool = pool(Guard::Auto);
    let stacks: Vec<Stack> = (0..1_000_000)
        .map(|_| pool.alloc().expect("a stack"))
        .collect();
    assert!(mappings() < default_map_count());
    for stack in stacks {
        pool.free(stack);
    }
}

#[test]
fn mprotected_guards_stop_before_the_mappings_are_used_up() {
    let _alone = alone();
    let mut pool = pool(Guard::Protect);
    let most: usize = std::fs::read_to_string("/proc/sys/vm/max_map_count")
        .expect("sysctl")
        .trim()
        .parse()
        .expect("a number");
    if most > 2 * default_map_count() {
        println!("SKIP: vm.max_map_count is {most}, the test would map too much");
        return;
    }
    let mut stacks = Vec::new();
    let error = loop {
        match pool.alloc() {
            Ok(stack) => stacks.push(stack),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), Kind::Overloaded);
    let text = error.to_string();
    assert!(text.contains("vm.max_map_count") && text.contains("tusk.unguarded_stacks"));
    assert!(mappings() < most * 92 / 100, "{} of {most}", mappings());
    assert!(stacks.len() > most * 2 / 5, "{} stacks", stacks.len());
    // What is given back can be had again, and another mapping is still possible.
    let stack = stacks.pop().expect("one of many");
    pool.free(stack);
    stacks.push(pool.alloc().expect("the one that was freed"));
    for stack in stacks {
        pool.free(stack);
    }
    pool.trim();
    assert!(mappings() < 2000, "{} mappings stay", mappings());
    let again = pool.alloc().expect("the budget came back");
    pool.free(again);
}

#[test]
fn little_address_space_means_smaller_slabs() {
    let _alone = alone();
    // In a child, because the limit cannot be raised again.
    // SAFETY: the child allocates stacks and ends; glibc keeps malloc usable in it.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let used = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
            let pages: usize = used
                .split(' ')
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or(0);
            // Room for 40 slots, far less than a slab of 256, beside what is left to others.
            let most = (pages * page_size() + 40 * SLOT + STACK_ADDRESS_RESERVE) as libc::rlim_t;
            let limit = libc::rlimit {
                rlim_cur: most,
                rlim_max: most,
            };
            libc::setrlimit(libc::RLIMIT_AS, &limit);
            let mut pool = pool(Guard::Auto);
            let mut count = 0;
            let refused = loop {
                match pool.alloc() {
                    Ok(_) => count += 1,
                    Err(error) => break error,
                }
            };
            let fine = (20..=40).contains(&count) && refused.kind() == Kind::Overloaded;
            libc::_exit(if fine { 0 } else { 1 });
        }
        let mut status = 0;
        libc::waitpid(child, &mut status, 0);
        assert_eq!(status, 0, "the child got too few stacks, or another error");
    }
}
