//! Memory of the devices and pinned memory: what is allocated, and who accesses it.
//!
//! What is allocated is filled with 0xcd, what is freed with 0xdd.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::clocks::{Accesses, Who};
use super::{
    CURRENT, DEVICES, EARLY_FREES, FAIL_ALLOCATION, Fault, Outcome, VIOLATIONS, enter, is_due, lock,
};

/// Memory of each device.
const TOTAL: usize = 64 << 20;

struct Region {
    /// Of pinned host memory: none.
    device: Option<u32>,
    bytes: Box<[u8]>,
    accesses: Accesses,
}

pub struct Memory {
    live: BTreeMap<usize, Region>,
    used: [usize; DEVICES as usize],
}

static MEMORY: Mutex<Memory> = Mutex::new(Memory {
    live: BTreeMap::new(),
    used: [0; DEVICES as usize],
});

/// All of it; nothing is freed meanwhile.
pub fn memory() -> MutexGuard<'static, Memory> {
    lock(&MEMORY)
}

pub fn live() -> i64 {
    memory().live.len() as i64
}

pub fn forget() {
    let mut all = memory();
    all.live.clear();
    all.used = [0; DEVICES as usize];
}

pub fn info() -> Outcome<(usize, usize)> {
    enter()?;
    Ok((TOTAL - memory().used[CURRENT.get() as usize], TOTAL))
}

pub fn allocate(length: usize, pinned: bool) -> Outcome<u64> {
    enter()?;
    if is_due(&FAIL_ALLOCATION) {
        return Err(Fault::NoMemory);
    }
    let device = (!pinned).then(|| CURRENT.get());
    let mut all = memory();
    if let Some(device) = device {
        let used = &mut all.used[device as usize];
        if length > TOTAL - *used {
            return Err(Fault::NoMemory);
        }
        *used += length;
    }
    let mut bytes = vec![0xcdu8; length].into_boxed_slice();
    let address = bytes.as_mut_ptr() as usize;
    all.live.insert(
        address,
        Region {
            device,
            bytes,
            accesses: Accesses::default(),
        },
    );
    Ok(address as u64)
}

pub fn free(address: u64) -> Outcome<()> {
    enter()?;
    let mut all = memory();
    let Some(mut region) = all.live.remove(&(address as usize)) else {
        VIOLATIONS.more();
        return Err(Fault::Invalid);
    };
    if region.accesses.in_use() {
        EARLY_FREES.more();
    }
    if let Some(device) = region.device {
        all.used[device as usize] -= region.bytes.len();
    }
    region.bytes.fill(0xdd);
    Ok(())
}

impl Memory {
    fn region(&mut self, address: usize, length: usize) -> Option<(usize, &mut Region)> {
        let (&start, region) = self.live.range_mut(..=address).next_back()?;
        let place = address - start;
        let room = region.bytes.len();
        (place <= room && length <= room - place).then_some((place, region))
    }

    /// Work was given to a stream that will access this.
    pub fn accesses(&mut self, who: &Who, address: usize, length: usize, writes: bool) {
        // What is not allocated is counted when it runs.
        if let Some((place, region)) = self.region(address, length) {
            region.accesses.add(who, place, length, writes);
        }
    }

    /// Is the range allocated, now that it is accessed? Counts it if not.
    pub fn reaches(&mut self, address: usize, length: usize) -> bool {
        let reached = self.region(address, length).is_some();
        if !reached {
            VIOLATIONS.more();
        }
        reached
    }
}
