//! Which slots of this process are redirected, and putting them back.
//!
//! An image is *covered* once its slots are redirected. A scan covers what the policy
//! names and was not covered yet, and forgets what was unloaded. A slot is put back only
//! where it still holds our function: somebody else may have redirected it after us.

use crate::image::{self, Layout};
use crate::loaded::{self, Generation, Loaded};
use crate::machine::Machine;
use crate::patch::{self, Writer};
use crate::policy::Policy;

/// A function that stands in for one of libc's.
#[derive(Clone, Copy, Debug)]
pub struct Replacement {
    /// Libc's name of it.
    pub name: &'static str,
    /// Address of a function of the same type.
    pub function: usize,
    /// Only for the main program and its modules, not for libraries.
    pub modules_only: bool,
    /// Only for libraries whose file name begins so; empty: for all.
    pub library: &'static str,
}

impl Replacement {
    /// Is it for the image with this path, whose calls on files are covered or not?
    fn is_for(&self, path: &str, files: bool) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        (files || !self.modules_only) && name.starts_with(self.library)
    }
}

/// One image whose slots are redirected.
#[derive(Clone, Debug)]
pub struct Covered {
    /// Its path; empty for the main program.
    pub path: String,
    /// Redirected slots, with what was in them.
    pub slots: Vec<(u64, usize)>,
    layout: Layout,
}

impl Covered {
    fn is(&self, loaded: &Loaded) -> bool {
        self.path == loaded.path
            && self.layout.base == loaded.layout.base
            && self.layout.dynamic == loaded.layout.dynamic
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct Interceptor {
    /// What is covered; changes count from the next scan on.
    pub policy: Policy,
    replacements: Vec<Replacement>,
    covered: Vec<Covered>,
    /// Bases of images that were there at the last scan and are not covered.
    others: Vec<u64>,
    scanned: Option<Generation>,
    opening: bool,
    /// Why a slot could not be written, if one could not.
    refused: Option<String>,
}

impl Interceptor {
    /// Covers nothing yet.
    ///
    /// # Safety
    /// Every replacement has the type of the libc function whose name it bears, can be
    /// called from any thread, and stays loaded until [`Interceptor::restore`] has run.
    pub unsafe fn new(policy: Policy, replacements: Vec<Replacement>) -> Interceptor {
        Interceptor {
            policy,
            replacements,
            covered: Vec::new(),
            others: Vec::new(),
            scanned: None,
            opening: false,
            refused: None,
        }
    }

    /// A covered library opens `name`: what appears until the next scan is covered too.
    pub fn note_opened(&mut self, name: &str) {
        self.policy.note_opened(name);
        self.opening = true;
    }

    /// Looks at what is loaded, if anything was loaded, unloaded or opened since the last
    /// time. How many slots were redirected now.
    pub fn scan(&mut self) -> usize {
        let generation = loaded::generation();
        let Some(machine) = Machine::current() else {
            self.refused = Some("no relocation numbers are known for this processor".into());
            return 0;
        };
        if self.scanned == Some(generation) && !self.opening {
            return 0;
        }
        let first_scan = self.scanned.is_none();
        let opening = std::mem::take(&mut self.opening) && !first_scan;
        let page = patch::page_size();
        let (mut kept, mut others, mut redirected) = (Vec::new(), Vec::new(), 0);
        let before = std::mem::take(&mut self.covered);
        let known = std::mem::take(&mut self.others);
        let (replacements, policy) = (&self.replacements, &self.policy);
        let mut refused = None;
        loaded::each_image(|loaded, memory| {
            let old = before
                .iter()
                .find(|covered| covered.is(loaded) && holds_ours(covered, replacements));
            if let Some(old) = old {
                kept.push(old.clone());
                return;
            }
            let base = loaded.layout.base;
            let appeared = opening && !known.contains(&base);
            if !policy.covers(&loaded.path, appeared) {
                others.push(base);
                return;
            }
            let files = policy.covers_files(&loaded.path);
            let wanted = |ours: &&Replacement| ours.is_for(&loaded.path, files);
            let wanted: Vec<_> = replacements.iter().filter(wanted).copied().collect();
            let (covered, error) = redirect(machine, page, &wanted, loaded, memory);
            redirected += covered.slots.len();
            refused = refused.take().or(error);
            kept.push(covered);
        });
        self.covered = kept;
        self.others = others;
        self.scanned = Some(generation);
        self.refused = refused.or(self.refused.take());
        redirected
    }

    /// Gives every slot back what was in it.
    pub fn restore(&mut self) {
        let covered = std::mem::take(&mut self.covered);
        let replacements = &self.replacements;
        let page = patch::page_size();
        loaded::each_image(|loaded, _| {
            let Some(image) = covered.iter().find(|covered| covered.is(loaded)) else {
                return;
            };
            let mut writer = Writer::new(&loaded.layout, page);
            for &(slot, original) in &image.slots {
                if loaded.layout.contains(slot, 8) && is_ours(slot, replacements) {
                    // SAFETY: the slot was found in this image by `redirect`, and holds ours.
                    let _ = unsafe { writer.write(slot, original) };
                }
            }
        });
        self.scanned = None;
        self.others.clear();
    }

    /// What was in a slot that holds `ours` now.
    pub fn original(&self, ours: usize) -> Option<usize> {
        let number = self
            .replacements
            .iter()
            .position(|row| row.function == ours)?;
        let wanted = std::slice::from_ref(&self.replacements[number]);
        let slots = self.covered.iter().flat_map(|covered| &covered.slots);
        let mut slots = slots.filter(|&&(slot, _)| is_ours(slot, wanted));
        slots.next().map(|&(_, original)| original)
    }

    /// What is covered.
    pub fn covered(&self) -> &[Covered] {
        &self.covered
    }

    /// The covered image that holds this code.
    pub fn image_at(&self, address: usize) -> Option<&Covered> {
        self.covered
            .iter()
            .find(|covered| covered.layout.contains(address as u64, 1))
    }

    /// Why a slot could not be written, if one could not.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }
}

fn is_ours(slot: u64, replacements: &[Replacement]) -> bool {
    // SAFETY: the caller has checked that the slot lies in a mapped segment of a live image.
    let value = unsafe { (slot as *const usize).read_volatile() };
    replacements
        .iter()
        .any(|replacement| replacement.function == value)
}

/// An image that was unloaded and another that was loaded at its place look alike; the
/// slots tell them apart.
fn holds_ours(covered: &Covered, replacements: &[Replacement]) -> bool {
    match covered.slots.first() {
        // `is` has just compared the layout with that of a live image.
        Some(&(slot, _)) => covered.layout.contains(slot, 8) && is_ours(slot, replacements),
        None => true,
    }
}

fn redirect(
    machine: Machine,
    page: u64,
    replacements: &[Replacement],
    loaded: &Loaded,
    memory: &loaded::Live<'_>,
) -> (Covered, Option<String>) {
    let mut writer = Writer::new(&loaded.layout, page);
    let mut slots = Vec::new();
    let mut refused = None;
    image::each_import(machine, &loaded.layout, memory, |import| {
        let named = replacements
            .iter()
            .find(|replacement| replacement.name.as_bytes() == import.name.as_bytes());
        let Some(replacement) = named else { return };
        // SAFETY: each_import yields aligned words inside the image's segments whose
        // relocation names this function; the type is right by Interceptor::new.
        match unsafe { writer.write(import.slot, replacement.function) } {
            // A slot may be named by two relocations; ours is nobody's original.
            Ok(original) if replacements.iter().any(|ours| ours.function == original) => {}
            Ok(original) => slots.push((import.slot, original)),
            Err(errno) => {
                refused = Some(format!(
                    "{}: its slots cannot be made writable ({})",
                    loaded.path,
                    std::io::Error::from_raw_os_error(errno)
                ));
            }
        }
    });
    let covered = Covered {
        path: loaded.path.clone(),
        slots,
        layout: loaded.layout.clone(),
    };
    (covered, refused)
}
