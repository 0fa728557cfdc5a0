//! A hierarchical timing wheel: timers that cost the same with ten and a million armed.
//!
//! Time is cut into ticks of 2^16 ns (65.5 µs). Eight levels of 64 slots each hold one
//! base-64 digit of the tick, which covers all of `u64`, so no deadline is "too far". A
//! timer sits at the level of the highest digit in which its tick differs from the
//! wheel's, and moves down when time enters its slot: at most seven moves in its life.
//!
//! A slot is a vector of indices into the table of timers, and a timer knows its position in
//! it: removal swaps, and moving a slot's timers down walks an array, so that the loads of
//! a large slot overlap where a linked list would wait for one after the other.
//!
//! Invariants:
//! 1. Every timer is in the vector of exactly one slot, or in the heap `near` when its tick
//!    is the wheel's tick or earlier. `near` alone knows exact order.
//! 2. All timers of a lower level are due before all timers of a higher one, and those
//!    in `near` before both.
//! 3. `slot_min` is at most the earliest deadline in its slot (removal does not raise it).
//! 4. A key names a timer by index and generation; the generation changes when the
//!    entry is freed, so a stale key finds nothing.
//!
//! The number of timers is bounded by who arms them (a coroutine, a registered callback, an
//! op), not here; memory follows the highest number that was armed, 36 bytes each and the
//! value.
//!
//! It reads no clock: the caller says what time it is.

use crate::Nanos;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const TICK_BITS: u32 = 16;
const DIGIT_BITS: u32 = 6;
const SLOTS: usize = 1 << DIGIT_BITS;
const LEVELS: usize = 8;
const NIL: u32 = u32::MAX;

/// When something that is asked for `duration` from `now` is due: at most 1/128 of the duration
/// later, and at most a millisecond, on a grid that timers of similar durations share.
///
/// Thousands of sleepers of 50 ms then wake in groups, and each group costs one system call
/// instead of one a sleeper; measured with benches/sleepers. The kernel's own timer slack
/// does the same for 50 µs. Never early.
pub fn due_after(now: Nanos, duration: Nanos) -> Nanos {
    let grain = match duration / 128 {
        0 => 1,
        share => 1 << share.ilog2().min(20),
    };
    now.saturating_add(duration)
        .checked_next_multiple_of(grain)
        .unwrap_or(Nanos::MAX)
}

/// As good as for ever, and little enough to be added to any clock: a century.
pub const LONGEST: Nanos = 100 * 365 * 86_400 * 1_000_000_000;

/// A duration that came from outside as seconds; from [`LONGEST`] on it is that.
pub fn of_seconds(seconds: f64) -> Nanos {
    // What does not fit becomes the nearest number that does.
    ((seconds * 1e9) as Nanos).min(LONGEST)
}

/// `place` of an entry that is in the heap.
const NEAR: u16 = u16::MAX;
/// `place` of a free entry.
const FREE: u16 = u16::MAX - 1;

/// Room that a slot's vector may keep when it falls empty.
const SPARE_CAPACITY: usize = 1024;

/// Dead entries that the heap may hold beyond the live ones before it is rebuilt.
const HEAP_SLACK: usize = 64;

/// Names an armed timer; harmless when the timer has fired or was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerKey {
    index: u32,
    generation: u32,
}

struct Entry<T> {
    deadline: Nanos,
    /// Counts insertions: ties are broken by it, and a heap item with another one is dead.
    order: u64,
    /// The position in the slot's vector; in a free entry the next free one.
    link: u32,
    generation: u32,
    /// Level and slot, `NEAR` or `FREE`.
    place: u16,
    value: Option<T>,
}

/// Deadline, order, index: sorts as timers fire.
type Due = (Nanos, u64, u32);

/// Timers with values of type `T`.
pub struct Wheel<T> {
    entries: Vec<Entry<T>>,
    free: u32,
    armed: usize,
    inserted: u64,
    /// The tick that time has reached.
    tick: u64,
    /// One bit a slot that is not empty.
    occupied: [u64; LEVELS],
    slots: Box<[[Vec<u32>; SLOTS]; LEVELS]>,
    slot_min: [[Nanos; SLOTS]; LEVELS],
    near: BinaryHeap<Reverse<Due>>,
    near_armed: usize,
    scratch: Vec<Due>,
    /// An empty vector with room, for the next slot that is taken.
    spare: Vec<u32>,
}

impl<T> Default for Wheel<T> {
    fn default() -> Self {
        Wheel::new()
    }
}

impl<T> Wheel<T> {
    /// A wheel without timers, at time 0.
    pub fn new() -> Self {
        Wheel {
            entries: Vec::new(),
            free: NIL,
            armed: 0,
            inserted: 0,
            tick: 0,
            occupied: [0; LEVELS],
            slots: Box::new([const { [const { Vec::new() }; SLOTS] }; LEVELS]),
            slot_min: [[Nanos::MAX; SLOTS]; LEVELS],
            near: BinaryHeap::new(),
            near_armed: 0,
            scratch: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Timers that are armed.
    pub fn len(&self) -> usize {
        self.armed
    }

    /// Is nothing armed?
    pub fn is_empty(&self) -> bool {
        self.armed == 0
    }

    /// Arms a timer. A deadline in the past fires at the next [`Wheel::expire`].
    pub fn insert(&mut self, deadline: Nanos, value: T) -> TimerKey {
        let order = self.inserted;
        self.inserted += 1;
        self.armed += 1;
        let index = if self.free == NIL {
            self.entries.push(Entry {
                deadline,
                order,
                link: NIL,
                generation: 0,
                place: FREE,
                value: Some(value),
            });
            (self.entries.len() - 1) as u32
        } else {
            let index = self.free;
            let entry = &mut self.entries[index as usize];
            self.free = entry.link;
            entry.deadline = deadline;
            entry.order = order;
            entry.value = Some(value);
            index
        };
        self.place(index, deadline);
        TimerKey {
            index,
            generation: self.entries[index as usize].generation,
        }
    }

    /// Disarms a timer; `None` when it has fired or was removed before.
    pub fn remove(&mut self, key: TimerKey) -> Option<T> {
        let entry = self.entries.get(key.index as usize)?;
        if entry.generation != key.generation || entry.place == FREE {
            return None;
        }
        if entry.place == NEAR {
            self.near_armed -= 1;
            let value = self.release(key.index);
            self.tidy_near();
            return value;
        }
        self.unlink(key.index);
        self.release(key.index)
    }

    /// When to call [`Wheel::expire`] next. Exact, except that after a removal it may be
    /// earlier than the earliest timer; never later. A few loads, whatever is armed.
    pub fn next_deadline(&self) -> Option<Nanos> {
        if let Some(Reverse((deadline, _, _))) = self.near.peek() {
            return Some(*deadline);
        }
        let level = self.occupied.iter().position(|&slots| slots != 0)?;
        let slot = self.occupied[level].trailing_zeros() as usize;
        Some(self.slot_min[level][slot])
    }

    /// Moves what is due at `now` to the end of `due`, by deadline and then by insertion.
    /// Nothing is early, and nothing whose deadline has come is left behind.
    pub fn expire(&mut self, now: Nanos, due: &mut Vec<(Nanos, T)>) {
        self.pop_near(now, due);
        let target = now >> TICK_BITS;
        while let Some((level, slot, start)) = self.first_slot() {
            if start > target {
                break;
            }
            self.tick = start;
            if level == 0 && start < target {
                self.take_slot(slot, due);
            } else {
                // Timers of the tick that begins here go to the heap. They are due before
                // any that is still in a slot, and if the tick is the current one, some
                // may lie ahead of `now`.
                self.cascade(level, slot);
                self.pop_near(now, due);
            }
        }
        // No slot begins before `target` any more, so every timer keeps its place.
        self.tick = self.tick.max(target);
    }

    /// Disarms everything and drops the values; keys stay stale.
    pub fn clear(&mut self) {
        for index in 0..self.entries.len() {
            if self.entries[index].place != FREE {
                self.release(index as u32);
            }
        }
        self.occupied = [0; LEVELS];
        for slot in self.slots.iter_mut().flatten() {
            *slot = Vec::new();
        }
        self.slot_min = [[Nanos::MAX; SLOTS]; LEVELS];
        self.near.clear();
        self.near_armed = 0;
    }

    /// Puts an entry where its deadline belongs relative to the wheel's tick.
    fn place(&mut self, index: u32, deadline: Nanos) {
        let tick = deadline >> TICK_BITS;
        if tick <= self.tick {
            let entry = &mut self.entries[index as usize];
            entry.place = NEAR;
            self.near_armed += 1;
            let order = entry.order;
            self.near.push(Reverse((deadline, order, index)));
            return;
        }
        let highest = (tick ^ self.tick).ilog2();
        let level = (highest / DIGIT_BITS) as usize;
        let slot = (tick >> (level as u32 * DIGIT_BITS)) as usize % SLOTS;
        let list = &mut self.slots[level][slot];
        let entry = &mut self.entries[index as usize];
        entry.place = (level * SLOTS + slot) as u16;
        entry.link = list.len() as u32;
        list.push(index);
        self.occupied[level] |= 1 << slot;
        let min = &mut self.slot_min[level][slot];
        *min = (*min).min(deadline);
    }

    fn unlink(&mut self, index: u32) {
        let Entry { link, place, .. } = self.entries[index as usize];
        let (level, slot) = (usize::from(place) / SLOTS, usize::from(place) % SLOTS);
        let list = &mut self.slots[level][slot];
        list.swap_remove(link as usize);
        match list.get(link as usize) {
            Some(&moved) => self.entries[moved as usize].link = link,
            None if list.is_empty() => {
                if list.capacity() > SPARE_CAPACITY {
                    *list = Vec::new();
                }
                self.forget_slot(level, slot);
            }
            None => {}
        }
    }

    /// Marks a slot empty, as its vector is.
    fn forget_slot(&mut self, level: usize, slot: usize) {
        self.occupied[level] &= !(1 << slot);
        self.slot_min[level][slot] = Nanos::MAX;
    }

    /// Takes a slot's timers out of it.
    fn take_list(&mut self, level: usize, slot: usize) -> Vec<u32> {
        self.forget_slot(level, slot);
        let spare = std::mem::take(&mut self.spare);
        std::mem::replace(&mut self.slots[level][slot], spare)
    }

    /// Keeps a vector for the next taking, unless it is large: slots that were full once
    /// would keep their memory for ever.
    fn keep_spare(&mut self, mut list: Vec<u32>) {
        if list.capacity() <= SPARE_CAPACITY {
            list.clear();
            self.spare = list;
        }
    }

    /// Gives an entry that is in no slot back, with a new generation.
    fn release(&mut self, index: u32) -> Option<T> {
        let entry = &mut self.entries[index as usize];
        entry.generation = entry.generation.wrapping_add(1);
        entry.place = FREE;
        entry.link = self.free;
        self.free = index;
        self.armed -= 1;
        entry.value.take()
    }

    /// The earliest slot that holds something: level, slot, first tick.
    fn first_slot(&self) -> Option<(usize, usize, u64)> {
        let level = self.occupied.iter().position(|&slots| slots != 0)?;
        let slot = self.occupied[level].trailing_zeros() as usize;
        let shift = level as u32 * DIGIT_BITS;
        // The digits above this level are the wheel's own, by the choice of level.
        let above = (self.tick >> shift) & !(SLOTS as u64 - 1);
        Some((level, slot, (above | slot as u64) << shift))
    }

    /// Moves a slot's timers to where they belong now that time has entered it.
    fn cascade(&mut self, level: usize, slot: usize) {
        let list = self.take_list(level, slot);
        for &index in &list {
            let deadline = self.entries[index as usize].deadline;
            self.place(index, deadline);
        }
        self.keep_spare(list);
    }

    /// Fires all timers of a level 0 slot whose tick has passed entirely.
    fn take_slot(&mut self, slot: usize, due: &mut Vec<(Nanos, T)>) {
        let list = self.take_list(0, slot);
        let mut batch = std::mem::take(&mut self.scratch);
        batch.extend(list.iter().map(|&index| {
            let entry = &self.entries[index as usize];
            (entry.deadline, entry.order, index)
        }));
        self.keep_spare(list);
        batch.sort_unstable();
        for (deadline, _, index) in batch.drain(..) {
            due.extend(self.release(index).map(|value| (deadline, value)));
        }
        self.scratch = batch;
    }

    fn pop_near(&mut self, now: Nanos, due: &mut Vec<(Nanos, T)>) {
        while let Some(&Reverse((deadline, order, index))) = self.near.peek() {
            if self.near_lives(order, index) {
                if deadline > now {
                    return;
                }
                self.near_armed -= 1;
                due.extend(self.release(index).map(|value| (deadline, value)));
            }
            self.near.pop();
        }
    }

    fn near_lives(&self, order: u64, index: u32) -> bool {
        let entry = &self.entries[index as usize];
        entry.place == NEAR && entry.order == order
    }

    /// Keeps the heap's top alive, so that `next_deadline` can trust it, and its dead
    /// part small.
    fn tidy_near(&mut self) {
        if self.near.len() > 2 * self.near_armed + HEAP_SLACK {
            let mut near = std::mem::take(&mut self.near);
            near.retain(|&Reverse((_, order, index))| self.near_lives(order, index));
            self.near = near;
        }
        while let Some(&Reverse((_, order, index))) = self.near.peek() {
            if self.near_lives(order, index) {
                return;
            }
            self.near.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_times_are_never_early_and_late_by_a_128th_or_a_millisecond_at_most() {
        for now in [0, 1, 12_345_678_901, 987_654_321_987_654_321] {
            for duration in [
                0,
                1,
                63,
                127,
                128,
                1_000,
                1_500_000,
                50_000_000,
                60_000_000_000,
            ] {
                let late = due_after(now, duration) - (now + duration);
                assert!(
                    late <= (duration / 128).min(1 << 20),
                    "{now} {duration}: {late}"
                );
            }
        }
        assert_eq!(due_after(u64::MAX - 5, 1 << 40), u64::MAX);
    }

    #[test]
    fn seconds_without_end_can_be_added_to_every_clock() {
        assert_eq!(of_seconds(0.25), 250_000_000);
        assert_eq!(of_seconds(-1.0), 0);
        for seconds in [1e10, 1e12, i64::MAX as f64, f64::MAX, f64::INFINITY] {
            assert_eq!(of_seconds(seconds), LONGEST);
        }
        let longest = std::time::Duration::from_nanos(LONGEST);
        assert!(std::time::Instant::now().checked_add(longest).is_some());
        assert!(crate::sys::clock::now().checked_add(LONGEST).is_some());
    }

    fn fired(wheel: &mut Wheel<u32>, now: Nanos) -> Vec<(Nanos, u32)> {
        let mut due = Vec::new();
        wheel.expire(now, &mut due);
        due
    }

    #[test]
    fn fires_in_order_and_never_early() {
        let mut wheel = Wheel::new();
        wheel.insert(500_000_000, 3);
        wheel.insert(1_000, 1);
        wheel.insert(1_000, 2);
        assert_eq!(wheel.next_deadline(), Some(1_000));
        assert_eq!(fired(&mut wheel, 999), vec![]);
        assert_eq!(fired(&mut wheel, 1_000), vec![(1_000, 1), (1_000, 2)]);
        assert_eq!(wheel.next_deadline(), Some(500_000_000));
        assert_eq!(fired(&mut wheel, 499_999_999), vec![]);
        assert_eq!(fired(&mut wheel, 500_000_000), vec![(500_000_000, 3)]);
        assert!(wheel.is_empty() && wheel.next_deadline().is_none());
    }

    #[test]
    fn a_stale_key_removes_nothing() {
        let mut wheel = Wheel::new();
        let first = wheel.insert(10, 1);
        assert_eq!(wheel.remove(first), Some(1));
        let second = wheel.insert(20, 2);
        assert_eq!(wheel.remove(first), None);
        assert_eq!(wheel.len(), 1);
        assert_eq!(fired(&mut wheel, 20), vec![(20, 2)]);
        assert_eq!(wheel.remove(second), None);
    }

    #[test]
    fn the_farthest_deadline_is_a_deadline() {
        let mut wheel = Wheel::new();
        wheel.insert(Nanos::MAX, 1);
        assert_eq!(wheel.next_deadline(), Some(Nanos::MAX));
        assert_eq!(fired(&mut wheel, Nanos::MAX - 1), vec![]);
        assert_eq!(fired(&mut wheel, Nanos::MAX), vec![(Nanos::MAX, 1)]);
    }

    #[test]
    fn removed_near_timers_do_not_pile_up() {
        let mut wheel = Wheel::new();
        wheel.insert(1, 0);
        for _ in 0..10_000 {
            let key = wheel.insert(2, 1);
            assert_eq!(wheel.remove(key), Some(1));
        }
        assert!(wheel.near.len() < 2 * HEAP_SLACK);
        assert_eq!(wheel.next_deadline(), Some(1));
    }

    #[test]
    fn clear_drops_values_and_keeps_working() {
        let mut wheel = Wheel::new();
        let far = wheel.insert(1 << 40, 1);
        wheel.insert(1, 2);
        wheel.clear();
        assert!(wheel.is_empty() && wheel.next_deadline().is_none());
        assert_eq!(wheel.remove(far), None);
        wheel.insert(7, 3);
        assert_eq!(fired(&mut wheel, 8), vec![(7, 3)]);
    }
}
