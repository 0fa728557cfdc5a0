//! The background thread of this process, started by who first needs it.

use tusk_background::{Background, Handle};

use crate::core;
use crate::exception::{self, Thrown};

/// Its handle; throws when the system gives no thread.
pub fn handle() -> Result<Handle, Thrown> {
    core::with(|core| {
        if core.background.is_none() {
            let background = Background::start(core.reactor.sender())?;
            let outbox = Box::new(background.handle().clone());
            core.reactor.set_outbox(Some(outbox));
            core.background = Some(background);
        }
        Ok(core
            .background
            .as_ref()
            .map(|background| background.handle().clone()))
    })
    .map_err(|error| exception::native(&error))?
    .ok_or(Thrown)
}

/// Work was handed over. With others to run it goes out at the end of the turn, together
/// with theirs; a script that is alone may compute for long before it waits, so at once.
pub fn hand_over() {
    core::with(|core| {
        if !core.is_concurrent() {
            if let Some(background) = &core.background {
                background.handle().ring();
            }
        }
    });
}
