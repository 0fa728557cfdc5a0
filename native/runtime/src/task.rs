//! What the scheduler knows of one coroutine, and the states it moves through.
//!
//! ```text
//!            spawn                next()            begin_wait
//!   (free) ────────▶ Queued ───────────▶ Running ◀─────────────▶ Waiting
//!      ▲                │ cancelled first   │  ▲    wake→next()      │
//!      │                ▼                   │  └───── Ready ◀────────┘ wake
//!      └──────────── finish ◀───────────────┘
//! ```
//!
//! Who may move them: only the running task begins a wait or finishes; `wake` moves
//! Waiting to Ready, once per wait (the wait's sequence number must match, so a late
//! timer or completion of an earlier wait is harmless); only `Scheduler::pick` moves
//! Queued and Ready to Running. Invariant: a task is in the ready queue exactly when it
//! is Queued or Ready.

/// Names a task: slot in the low half, generation in the high half. A stale id never
/// names another task. Zero is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct TaskId(pub u64);

impl TaskId {
    /// Nobody.
    pub const NONE: TaskId = TaskId(0);

    pub(crate) fn new(slot: u32, generation: u32) -> TaskId {
        TaskId(u64::from(generation) << 32 | u64::from(slot))
    }

    pub(crate) fn slot(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    pub(crate) fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Is this nobody?
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// One wait of one task: what a timer, a completion or a wait queue keeps, to wake
/// exactly this wait and no later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// The task that waits.
    pub task: TaskId,
    /// Which of its waits.
    pub sequence: u32,
}

/// Why a task runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// What it waited for has happened.
    Done,
    /// Its deadline passed first.
    Deadline,
    /// It was cancelled.
    Cancelled,
    /// A signal arrived and this wait asked to be told.
    Interrupted,
}

/// How a wait may end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// By a cancel.
    OnCancel,
    /// By a cancel or a signal.
    OnCancelOrSignal,
    /// By nothing but its event: the kernel still owns memory of the waiter.
    Never,
}

/// States of the diagram above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Spawned, not started.
    Queued,
    /// On the CPU, nested inside a Fiber somebody else resumed, or outside
    /// ([`Scheduler::step_out`](crate::scheduler::Scheduler::step_out)).
    Running,
    /// Suspended until somebody wakes it.
    Waiting,
    /// Woken, in the queue.
    Ready,
}

/// Names a group of tasks: those that one `run` or scope has started, directly or not. Its
/// number and, in the top byte, which process of a line of forks it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupId(u32);

impl GroupId {
    /// Tasks outside every `run`.
    pub const ROOT: GroupId = GroupId(0);

    pub(crate) fn new(index: u32, epoch: u8) -> GroupId {
        GroupId(u32::from(epoch) << 24 | (index & 0xff_ffff))
    }

    pub(crate) fn index(self) -> usize {
        (self.0 & 0xff_ffff) as usize
    }

    pub(crate) fn epoch(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// As a number, for hosts that pass it through C.
    pub fn number(self) -> u32 {
        self.0
    }

    /// From [`GroupId::number`].
    pub fn from_number(number: u32) -> GroupId {
        GroupId(number)
    }
}

#[derive(Debug)]
pub(crate) struct Task {
    pub generation: u32,
    pub state: State,
    pub ends: Ends,
    pub wake: Wake,
    pub sequence: u32,
    /// When the kernel was last looked at before its wait began: coarse, and free.
    pub since: u64,
    pub cancel_requested: bool,
    /// Nesting depth of shields; a cancel is not delivered while above zero, until
    /// `shield_until`.
    pub shields: u32,
    pub shield_until: u64,
    /// Armed while a shield holds a cancel back.
    pub shield_timer: Option<crate::timer::TimerKey>,
    pub group: GroupId,
    /// Neighbours in the group's list: slot plus one, 0 is none.
    pub next_member: u32,
    pub previous_member: u32,
    /// The host's pointer or index for this task; the scheduler only hands it back.
    pub host: usize,
    pub timer: Option<crate::timer::TimerKey>,
    pub joiners: Vec<Waiter>,
    /// It left its stack by itself, and in no wait of the scheduler's.
    pub outside: bool,
    pub in_use: bool,
}
