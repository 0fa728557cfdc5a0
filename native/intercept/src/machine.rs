//! Which relocations mean "this word is the address of an imported function", by machine.
//!
//! The numbers are those of each processor's ELF supplement (psABI). A machine without a
//! row here is left alone: nothing is patched there.

/// A processor whose relocations are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Its name, for messages.
    pub name: &'static str,
    /// `e_machine` of its ELF files.
    pub number: u16,
    /// A call's slot, filled at the first call or at load time.
    pub jump_slot: u32,
    /// A slot that holds a symbol's address.
    pub glob_dat: u32,
}

/// LoongArch has no relocation of its own for a slot that holds an address: the linker
/// uses the one for a plain 64-bit word (`R_LARCH_64`).
pub const MACHINES: [Machine; 3] = [
    Machine {
        name: "x86-64",
        number: 62,
        jump_slot: 7,
        glob_dat: 6,
    },
    Machine {
        name: "aarch64",
        number: 183,
        jump_slot: 1026,
        glob_dat: 1025,
    },
    Machine {
        name: "loongarch64",
        number: 258,
        jump_slot: 5,
        glob_dat: 2,
    },
];

impl Machine {
    /// The row of an `e_machine`.
    pub fn by_number(number: u16) -> Option<Machine> {
        MACHINES
            .into_iter()
            .find(|machine| machine.number == number)
    }

    /// The machine this was built for, where its row is known and words are 64 bits wide in
    /// little-endian order.
    pub fn current() -> Option<Machine> {
        let number = if cfg!(all(target_arch = "x86_64", target_pointer_width = "64")) {
            62
        } else if cfg!(all(target_arch = "aarch64", target_endian = "little")) {
            183
        } else if cfg!(target_arch = "loongarch64") {
            258
        } else {
            return None;
        };
        Machine::by_number(number)
    }

    /// Does this relocation fill a word with the address of its symbol?
    pub fn is_slot(&self, kind: u32, addend: i64) -> bool {
        kind == self.jump_slot || (kind == self.glob_dat && addend == 0)
    }
}
