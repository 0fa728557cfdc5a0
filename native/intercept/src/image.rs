//! The import slots of one ELF image: which word will hold the address of which imported
//! function.
//!
//! Reads the dynamic section, the two relocation tables and the symbols they name. Every
//! number in an image is believed only as far as [`Memory`] can follow it: tables are
//! bounded, sums are checked, and what makes no sense ends the reading with what was
//! found so far.

use crate::machine::Machine;
use crate::memory::{Memory, Name};

/// Entries of a dynamic section that are looked at. Real ones have 20 to 40.
const DYNAMIC_ENTRIES: u64 = 4096;

/// Relocations of one table that are looked at. The largest libraries (browsers) have some
/// hundred thousand, nearly all of them relative and none of ours.
const RELOCATIONS: u64 = 4 << 20;

const DT_NULL: u64 = 0;
const DT_PLTRELSZ: u64 = 2;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;
const DT_RELAENT: u64 = 9;
const DT_STRSZ: u64 = 10;
const DT_PLTREL: u64 = 20;
const DT_JMPREL: u64 = 23;

const RELA_BYTES: u64 = 24;
const SYMBOL_BYTES: u64 = 24;

/// Where an image lies and where its parts are, from its program headers.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What is added to every address that the file states.
    pub base: u64,
    /// Address of the dynamic section (`PT_DYNAMIC`), base included.
    pub dynamic: u64,
    /// `PT_LOAD` segments: first address and end, base included.
    pub segments: Vec<(u64, u64)>,
    /// What is made read-only after relocation (`PT_GNU_RELRO`), base included.
    pub relro: Option<(u64, u64)>,
}

impl Layout {
    /// Are these bytes inside one segment?
    pub fn contains(&self, address: u64, len: u64) -> bool {
        let Some(end) = address.checked_add(len) else {
            return false;
        };
        self.segments
            .iter()
            .any(|&(first, after)| first <= address && end <= after)
    }

    /// glibc writes loaded addresses into the dynamic section, musl and the vDSO leave what
    /// the file states: an address that already lies in the image is taken as it is.
    fn locate(&self, value: u64) -> Option<u64> {
        if self.contains(value, 1) {
            return Some(value);
        }
        let moved = value.checked_add(self.base)?;
        self.contains(moved, 1).then_some(moved)
    }
}

/// One slot that belongs to an imported symbol.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Address of the slot.
    pub slot: u64,
    /// The symbol's name.
    pub name: Name,
}

#[derive(Default)]
struct Tables {
    strings: u64,
    strings_len: u64,
    symbols: u64,
    relocations: [(u64, u64); 2],
}

fn read_dynamic(layout: &Layout, memory: &impl Memory) -> Option<Tables> {
    let mut tables = Tables::default();
    let (mut jump_is_rela, mut entry_len) = (true, RELA_BYTES);
    for index in 0..DYNAMIC_ENTRIES {
        let at = layout.dynamic.checked_add(index * 16)?;
        let (tag, value) = (memory.word(at)?, memory.word(at.checked_add(8)?)?);
        match tag {
            DT_NULL => break,
            DT_STRTAB => tables.strings = layout.locate(value)?,
            DT_STRSZ => tables.strings_len = value,
            DT_SYMTAB => tables.symbols = layout.locate(value)?,
            DT_JMPREL => tables.relocations[0].0 = layout.locate(value)?,
            DT_PLTRELSZ => tables.relocations[0].1 = value,
            DT_PLTREL => jump_is_rela = value == DT_RELA,
            DT_RELA => tables.relocations[1].0 = layout.locate(value)?,
            DT_RELASZ => tables.relocations[1].1 = value,
            DT_RELAENT => entry_len = value,
            _ => {}
        }
    }
    let complete = tables.strings != 0 && tables.symbols != 0;
    (complete && jump_is_rela && entry_len == RELA_BYTES).then_some(tables)
}

/// The name of an imported symbol; `None` for one that the image defines itself.
fn imported_name(tables: &Tables, memory: &impl Memory, symbol: u64) -> Option<Name> {
    let at = tables
        .symbols
        .checked_add(symbol.checked_mul(SYMBOL_BYTES)?)?;
    let offset = u64::from(memory.half(at)?);
    let section = memory.half(at.checked_add(4)?)? >> 16;
    if section != 0 || offset >= tables.strings_len {
        return None;
    }
    memory.name(tables.strings.checked_add(offset)?)
}

/// Calls `found` for every import slot of the image.
pub fn each_import(
    machine: Machine,
    layout: &Layout,
    memory: &impl Memory,
    mut found: impl FnMut(Import),
) {
    let Some(tables) = read_dynamic(layout, memory) else {
        return;
    };
    for (first, bytes) in tables.relocations {
        if first == 0 {
            continue;
        }
        for index in 0..(bytes / RELA_BYTES).min(RELOCATIONS) {
            let Some(import) = import_at(machine, layout, &tables, memory, first, index) else {
                return;
            };
            if let Some(import) = import {
                found(import);
            }
        }
    }
}

/// Relocation number `index` of a table: outer `None` when the table cannot be read on,
/// inner `None` when it is no import slot.
fn import_at(
    machine: Machine,
    layout: &Layout,
    tables: &Tables,
    memory: &impl Memory,
    first: u64,
    index: u64,
) -> Option<Option<Import>> {
    let at = first.checked_add(index * RELA_BYTES)?;
    // Nearly all relocations are relative: one look is enough for those.
    let info = memory.word(at.checked_add(8)?)?;
    if !machine.is_slot(info as u32, 0) {
        return Some(None);
    }
    let offset = memory.word(at)?;
    let addend = memory.word(at.checked_add(16)?)? as i64;
    if !machine.is_slot(info as u32, addend) {
        return Some(None);
    }
    let import = || {
        let slot = offset.checked_add(layout.base)?;
        if slot % 8 != 0 || !layout.contains(slot, 8) {
            return None;
        }
        let name = imported_name(tables, memory, info >> 32)?;
        Some(Import { slot, name })
    };
    Some(import())
}
