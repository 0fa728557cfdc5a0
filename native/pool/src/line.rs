//! A FIFO of who waits, each with what it was given.
//!
//! ```text
//!            push            give              collect
//!   (comes) ──────▶ Waiting ──────▶ Given(T) ──────────▶ (gone)
//!                      │                │
//!                      └── leave: None  └── leave: Some(T), which goes to the next
//! ```
//!
//! Who may move them: the host pushes, collects and leaves; `give` serves the front. A ticket
//! names one wait only: its generation changes when it is gone.
//! Invariant: `waiting` is the number of tickets in state Waiting, and those are in the line
//! in the order in which they came; tickets that left stay there until they are met or swept.

use std::collections::VecDeque;

/// Names one wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket {
    index: u32,
    generation: u32,
}

#[derive(Debug)]
enum State<W, T> {
    Free,
    Waiting(W),
    Given(T),
}

#[derive(Debug)]
struct Entry<W, T> {
    generation: u32,
    state: State<W, T>,
}

/// See the module's description. `W` names who waits, `T` is what they wait for.
#[derive(Debug)]
pub struct Line<W, T> {
    entries: Vec<Entry<W, T>>,
    free: Vec<u32>,
    order: VecDeque<Ticket>,
    waiting: usize,
}

impl<W: Copy, T: Copy> Default for Line<W, T> {
    fn default() -> Self {
        Line {
            entries: Vec::new(),
            free: Vec::new(),
            order: VecDeque::new(),
            waiting: 0,
        }
    }
}

impl<W: Copy, T: Copy> Line<W, T> {
    /// Who wait and were given nothing yet.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// One more, at the end; or at the front, for who had been served and lost it through no
    /// fault of its own.
    pub fn push(&mut self, waiter: W, at_front: bool) -> Ticket {
        let index = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry {
                generation: 0,
                state: State::Free,
            });
            (self.entries.len() - 1) as u32
        });
        let entry = &mut self.entries[index as usize];
        entry.state = State::Waiting(waiter);
        let ticket = Ticket {
            index,
            generation: entry.generation,
        };
        if at_front {
            self.order.push_front(ticket);
        } else {
            self.order.push_back(ticket);
        }
        self.waiting += 1;
        self.sweep();
        ticket
    }

    /// Gives the longest waiter something, and names it. `None`: nobody waits.
    pub fn give(&mut self, thing: T) -> Option<W> {
        while let Some(ticket) = self.order.pop_front() {
            let entry = &mut self.entries[ticket.index as usize];
            match entry.state {
                State::Waiting(waiter) if entry.generation == ticket.generation => {
                    entry.state = State::Given(thing);
                    self.waiting -= 1;
                    return Some(waiter);
                }
                _ => {}
            }
        }
        None
    }

    /// What the ticket was given; it is used up then. `None`: nothing yet.
    pub fn collect(&mut self, ticket: Ticket) -> Option<T> {
        let entry = self.entry(ticket)?;
        let State::Given(thing) = entry.state else {
            return None;
        };
        self.forget(ticket);
        Some(thing)
    }

    /// Gives up waiting. What it was given meanwhile is returned and must go to another.
    pub fn leave(&mut self, ticket: Ticket) -> Option<T> {
        let given = match self.entry(ticket)?.state {
            State::Given(thing) => Some(thing),
            State::Waiting(_) => {
                self.waiting -= 1;
                None
            }
            State::Free => return None,
        };
        self.forget(ticket);
        given
    }

    fn entry(&mut self, ticket: Ticket) -> Option<&mut Entry<W, T>> {
        self.entries
            .get_mut(ticket.index as usize)
            .filter(|entry| entry.generation == ticket.generation)
    }

    fn forget(&mut self, ticket: Ticket) {
        if let Some(entry) = self.entry(ticket) {
            entry.state = State::Free;
            entry.generation = entry.generation.wrapping_add(1);
            self.free.push(ticket.index);
        }
    }

    /// Twice what is alive: sweeping then costs O(1) a wait, amortised.
    fn sweep(&mut self) {
        if self.order.len() > 32 && self.order.len() > self.waiting * 2 {
            let entries = &self.entries;
            self.order.retain(|ticket| {
                let entry = &entries[ticket.index as usize];
                entry.generation == ticket.generation && matches!(entry.state, State::Waiting(_))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_is_passed_over_and_does_not_pile_up() {
        let mut line: Line<u32, u32> = Line::default();
        let first = line.push(1, false);
        for name in 0..10_000 {
            let ticket = line.push(name, false);
            assert_eq!(line.leave(ticket), None);
        }
        let last = line.push(2, false);
        assert!(line.order.len() < 100, "{} entries", line.order.len());
        let front = line.push(0, true);
        assert_eq!(line.give(10), Some(0));
        assert_eq!(line.give(11), Some(1));
        assert_eq!(line.give(12), Some(2));
        assert_eq!(line.give(13), None);
        assert_eq!(line.collect(front), Some(10));
        assert_eq!(line.leave(first), Some(11));
        assert_eq!(line.collect(last), Some(12));
        assert_eq!(line.collect(last), None, "once");
        assert_eq!(line.waiting(), 0);
    }
}
