//! Calls that no PHP object holds: those of `Channel::unary()`.
//!
//! They lie here and not in the frame that waits, because a fatal error may jump over that
//! frame; what it leaves behind goes at the end of the request.

use tusk_grpc::call::Call;

use crate::zend::global::PhpThread;

struct Table {
    calls: Vec<Option<Call>>,
    free: Vec<usize>,
}

static TABLE: PhpThread<Table> = PhpThread::new(Table {
    calls: Vec::new(),
    free: Vec::new(),
});

/// The place of a call; it has no `Drop`, [`Kept::take`] gives it up.
#[derive(Clone, Copy)]
pub struct Kept(usize);

impl Kept {
    /// Keeps a call.
    pub fn new(call: Call) -> Kept {
        TABLE.with(|table| match table.free.pop() {
            Some(place) => {
                table.calls[place] = Some(call);
                Kept(place)
            }
            None => {
                table.calls.push(Some(call));
                Kept(table.calls.len() - 1)
            }
        })
    }

    /// Looks at it.
    pub fn with(self, look: &mut super::Look<'_>) {
        TABLE.with(|table| {
            if let Some(Some(call)) = table.calls.get(self.0) {
                look(call);
            }
        });
    }

    /// Takes it out.
    pub fn take(self) -> Option<Call> {
        TABLE.with(|table| {
            let call = table.calls.get_mut(self.0)?.take();
            table.free.push(self.0);
            call
        })
    }
}

/// The request has ended.
pub fn forget_all() {
    let calls = TABLE.with(|table| {
        table.free.clear();
        std::mem::take(&mut table.calls)
    });
    drop(calls);
}
