//! How items leave: deadlines, answers, cancels.

use tusk_runtime::Nanos;

use super::{Batcher, Place, State, TimeoutAction, Verdict, uncount};

impl Batcher {
    /// Acts on deadlines that have passed.
    pub fn expire(&mut self, now: Nanos) {
        while let Some(&(at, slot)) = self.deadlines.first() {
            if at > now {
                break;
            }
            self.deadlines.pop_first();
            let entry = &mut self.slots[slot as usize];
            if entry.deadline == Some(at) {
                entry.deadline = None;
                self.stats.expired += 1;
                self.answer_now(slot, Verdict::Expired);
                continue;
            }
            entry.queue_deadline = None;
            let State::Waiting(place) = entry.state else {
                continue;
            };
            match self.options.policy(place.priority).action {
                TimeoutAction::Reject => {
                    self.stats.rejected += 1;
                    self.answer_now(slot, Verdict::Rejected);
                }
                TimeoutAction::Delay => self.delay(slot, place),
            }
        }
        self.release_held();
    }

    fn delay(&mut self, slot: u32, from: Place) {
        let to = Place {
            delayed: true,
            number: self.number(),
            ..from
        };
        let entry = &mut self.slots[slot as usize];
        entry.state = State::Waiting(to);
        if let Some(queue) = self.queues.get_mut(&entry.bucket) {
            queue.move_to(from, to);
        }
    }

    pub(super) fn answer_now(&mut self, slot: u32, verdict: Verdict) {
        let id = self.id(slot);
        self.leave(slot);
        self.answers.push_back((id, verdict));
    }

    pub(super) fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Done => self.stats.done += 1,
            Verdict::Failed => self.stats.failed += 1,
            Verdict::Expired => self.stats.expired += 1,
            Verdict::Rejected => self.stats.rejected += 1,
        }
    }

    /// Answers what was held for the sake of order, as far as all before it are answered.
    pub(super) fn release_held(&mut self) {
        while let Some((_, &slot)) = self.unanswered.first_key_value() {
            let State::Held(verdict) = self.slots[slot as usize].state else {
                return;
            };
            self.count(verdict);
            self.answer_now(slot, verdict);
        }
    }

    /// Takes an item out of wherever it is, and frees its slot.
    pub(super) fn leave(&mut self, slot: u32) {
        let entry = self.slots[slot as usize];
        match entry.state {
            State::Waiting(place) => {
                if let Some(queue) = self.queues.get_mut(&entry.bucket) {
                    queue.remove(place);
                    if queue.is_empty() {
                        self.queues.remove(&entry.bucket);
                    }
                }
                uncount(&mut self.waiting, place.priority);
            }
            State::Alone => {
                self.alone.remove(&entry.number);
            }
            State::Running(id) => {
                if let Some(batch) = self.running.iter_mut().find(|batch| batch.id == id) {
                    batch.wanted -= 1;
                    if batch.wanted == 0 {
                        self.abandoned.push_back(id);
                    }
                }
            }
            State::Held(_) | State::Free => {}
        }
        for at in entry.deadline.iter().chain(&entry.queue_deadline) {
            self.deadlines.remove(&(*at, slot));
        }
        self.unanswered.remove(&entry.number);
        let entry = &mut self.slots[slot as usize];
        entry.state = State::Free;
        entry.generation = entry.generation.wrapping_add(1);
        self.free.push(slot);
        self.live -= 1;
    }
}
