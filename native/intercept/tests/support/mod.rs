//! Makes small ELF images of any machine, as bytes, and reads them as memory.

use tusk_intercept::image::Layout;
use tusk_intercept::memory::Memory;

/// Where the crafted image pretends to be loaded.
pub const BASE: u64 = 0x7000_0000_0000;

/// One relocation: its kind, the slot's address in the file's terms, the name of its
/// symbol, whether the image defines that symbol itself, and the addend.
pub struct Relocation<'a> {
    pub kind: u32,
    pub slot: u64,
    pub name: &'a str,
    pub defined: bool,
    pub addend: i64,
    pub jump: bool,
}

/// A crafted image: its bytes, and where they lie.
pub struct Crafted {
    pub bytes: Vec<u8>,
    pub layout: Layout,
    /// Address of the dynamic section in the file's terms, to break it.
    pub dynamic: u64,
}

impl Memory for Crafted {
    fn read(&self, address: u64, into: &mut [u8]) -> Option<()> {
        let first = usize::try_from(address.checked_sub(BASE)?).ok()?;
        let end = first.checked_add(into.len())?;
        into.copy_from_slice(self.bytes.get(first..end)?);
        Some(())
    }
}

fn put(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

const STRINGS: u64 = 0x400;
const SYMBOLS: u64 = 0x1000;
const JUMPS: u64 = 0x2000;
const OTHERS: u64 = 0x3000;
const DYNAMIC: u64 = 0x4000;
/// First slot.
pub const SLOTS: u64 = 0x5000;
const LEN: u64 = 0x6000;

/// An image with these relocations. `moved`: the dynamic section holds loaded addresses,
/// as glibc leaves it, instead of the file's.
pub fn craft(relocations: &[Relocation<'_>], moved: bool) -> Crafted {
    let mut bytes = vec![0; LEN as usize];
    let mut strings_len = 1;
    let (mut jumps, mut others) = (0, 0);
    for (index, relocation) in relocations.iter().enumerate() {
        let name_at = STRINGS as usize + strings_len;
        bytes[name_at..name_at + relocation.name.len()].copy_from_slice(relocation.name.as_bytes());
        let symbol = index as u64 + 1;
        let section: u64 = if relocation.defined { 7 } else { 0 };
        put(
            &mut bytes,
            (SYMBOLS + symbol * 24) as usize,
            strings_len as u64 | 0x12 << 32 | section << 48,
        );
        strings_len += relocation.name.len() + 1;
        let at = if relocation.jump {
            jumps += 1;
            JUMPS + (jumps - 1) * 24
        } else {
            others += 1;
            OTHERS + (others - 1) * 24
        } as usize;
        put(&mut bytes, at, relocation.slot);
        put(
            &mut bytes,
            at + 8,
            symbol << 32 | u64::from(relocation.kind),
        );
        put(&mut bytes, at + 16, relocation.addend as u64);
    }
    let add = if moved { BASE } else { 0 };
    let dynamic = [
        (5, STRINGS + add),
        (10, strings_len as u64),
        (6, SYMBOLS + add),
        (23, JUMPS + add),
        (2, jumps * 24),
        (20, 7),
        (7, OTHERS + add),
        (8, others * 24),
        (9, 24),
        (0, 0),
    ];
    for (index, (tag, value)) in dynamic.into_iter().enumerate() {
        put(&mut bytes, DYNAMIC as usize + index * 16, tag);
        put(&mut bytes, DYNAMIC as usize + index * 16 + 8, value);
    }
    Crafted {
        bytes,
        layout: Layout {
            base: BASE,
            dynamic: BASE + DYNAMIC,
            segments: vec![(BASE, BASE + LEN)],
            relro: None,
        },
        dynamic: DYNAMIC,
    }
}
