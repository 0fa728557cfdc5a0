//! Images of every machine of the table, crafted, and then broken in every byte.

mod support;

use support::{BASE, Crafted, Relocation, SLOTS, craft};
use tusk_intercept::image::each_import;
use tusk_intercept::machine::{MACHINES, Machine};

fn imports(machine: Machine, image: &Crafted) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    each_import(machine, &image.layout, image, |import| {
        let name = String::from_utf8_lossy(import.name.as_bytes()).into_owned();
        found.push((import.slot, name));
    });
    found
}

fn sample(machine: Machine, moved: bool) -> Crafted {
    let relocation = |kind, number: u64, name, defined, addend, jump| Relocation {
        kind,
        slot: SLOTS + number * 8,
        name,
        defined,
        addend,
        jump,
    };
    craft(
        &[
            relocation(machine.jump_slot, 0, "poll", false, 0, true),
            relocation(machine.glob_dat, 1, "recv", false, 0, false),
            // Its own function, a pointer into an object, another kind, an unaligned slot.
            relocation(machine.jump_slot, 2, "connect", true, 0, true),
            relocation(machine.glob_dat, 3, "environ", false, 8, false),
            relocation(machine.jump_slot ^ 0x100, 4, "send", false, 0, true),
            Relocation {
                kind: machine.jump_slot,
                slot: SLOTS + 41,
                name: "write",
                defined: false,
                addend: 0,
                jump: true,
            },
        ],
        moved,
    )
}

#[test]
fn both_kinds_of_slots_are_found_on_every_machine() {
    for machine in MACHINES {
        for moved in [false, true] {
            let found = imports(machine, &sample(machine, moved));
            let wanted = [(BASE + SLOTS, "poll"), (BASE + SLOTS + 8, "recv")];
            let wanted = wanted.map(|(slot, name)| (slot, name.to_owned()));
            assert_eq!(found, wanted, "{} moved: {moved}", machine.name);
        }
    }
}

#[test]
fn a_machine_reads_only_its_own_numbers() {
    for machine in MACHINES {
        for other in MACHINES.into_iter().filter(|other| *other != machine) {
            let found = imports(other, &sample(machine, true));
            let mistaken: Vec<_> = found.iter().filter(|(_, name)| name == "poll").collect();
            assert!(mistaken.is_empty(), "{} as {}", machine.name, other.name);
        }
    }
}

/// Every byte of the tables is set to several values in turn. Whatever is found then is
/// still an aligned word inside the image, and nothing panics.
#[test]
fn broken_images_yield_nothing_outside_themselves() {
    let machine = MACHINES[0];
    for at in 0..0x6000 {
        for value in [0, 0x7f, 0x80, 0xff] {
            let mut image = sample(machine, true);
            if image.bytes[at] == value {
                continue;
            }
            image.bytes[at] = value;
            for (slot, _) in imports(machine, &image) {
                assert!(slot % 8 == 0 && image.layout.contains(slot, 8), "byte {at}");
            }
        }
    }
}

#[test]
fn truncated_images_end_where_they_are_cut() {
    let machine = MACHINES[1];
    for len in (0..0x6000).step_by(64) {
        let mut image = sample(machine, false);
        image.bytes.truncate(len);
        for (slot, name) in imports(machine, &image) {
            assert!(image.layout.contains(slot, 8), "{name} at length {len}");
        }
    }
    assert!(
        imports(machine, &{
            let mut image = sample(machine, false);
            let dynamic = image.dynamic as usize;
            image.bytes.truncate(dynamic);
            image
        })
        .is_empty()
    );
}
