//! Real libraries, built here with the C compiler, loaded, redirected, put back, unloaded.
//!
//! Everything is in one test, because all of it is about this process's list of images.

#![allow(unsafe_code)] // Loads libraries and calls into them.
use std::ffi::{CStr, CString, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;
use tusk_intercept::{Interceptor, Policy, Replacement};

extern "C" fn our_getppid() -> c_int {
    42
}

const SOURCE: &str = "#include <unistd.h>\n\
    static pid_t (*const table[])(void) = { getppid };\n\
    int by_call(void) { return getppid(); }\n\
    int by_pointer(void) { return table[0](); }\n";

fn build(folder: &Path, name: &str, flags: &[&str]) -> Option<PathBuf> {
    let source = folder.join("victim.c");
    std::fs::write(&source, SOURCE).expect("a temporary folder can be written");
    let library = folder.join(name);
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(&source)
        .args(flags)
        .status();
    built
        .ok()
        .filter(|status| status.success())
        .map(|_| library)
}

struct Library(*mut c_void);

impl Library {
    fn open(path: &Path) -> Library {
        let path = CString::new(path.as_os_str().as_encoded_bytes()).expect("no NUL in a path");
        // SAFETY: a library without constructors, built above.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW) };
        assert!(!handle.is_null(), "{path:?} can be loaded");
        Library(handle)
    }

    fn call(&self, name: &CStr) -> c_int {
        // SAFETY: both functions of the library take nothing and return an int.
        unsafe {
            let function = libc::dlsym(self.0, name.as_ptr());
            assert!(!function.is_null());
            let function: extern "C" fn() -> c_int = std::mem::transmute(function);
            function()
        }
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: the handle is closed once.
        unsafe { libc::dlclose(self.0) };
    }
}

/// The protection of the page that holds a slot, as the kernel lists it.
fn protection(slot: u64) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("procfs is mounted");
    let inside = |line: &&str| {
        let (range, _) = line.split_once(' ').expect("a range");
        let (first, end) = range.split_once('-').expect("two ends");
        let number = |text| u64::from_str_radix(text, 16).expect("hexadecimal");
        (number(first)..number(end)).contains(&slot)
    };
    let line = maps.lines().find(inside).expect("the slot is mapped");
    line.split(' ').nth(1).expect("flags").to_owned()
}

#[test]
fn libraries_are_covered_when_they_come_and_given_back_what_they_had() {
    let folder = std::env::temp_dir().join(format!("tusk-intercept-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be made");
    let kinds: [(&str, &[&str]); 3] = [
        ("libvictim_now.so", &["-Wl,-z,relro,-z,now"]),
        ("libvictim_lazy.so", &["-Wl,-z,lazy"]),
        ("libvictim_noplt.so", &["-fno-plt", "-Wl,-z,relro,-z,now"]),
    ];
    let mut policy = Policy::parse("libvictim_now, libvictim_noplt").expect("names");
    policy.except.push("php".into());
    let replacement = Replacement {
        name: "getppid",
        function: our_getppid as *const () as usize,
        modules_only: false,
        library: "",
    };
    // SAFETY: our function has getppid's type and lives as long as the process.
    let mut interceptor = unsafe { Interceptor::new(policy, vec![replacement]) };
    interceptor.scan();

    let mut libraries = Vec::new();
    for (name, flags) in kinds {
        let Some(path) = build(&folder, name, flags) else {
            println!("SKIP real libraries: there is no C compiler called cc");
            return;
        };
        libraries.push((name, path.clone(), Library::open(&path)));
    }
    // SAFETY: asks for a number.
    let parent = unsafe { libc::getppid() };
    for (name, _, library) in &libraries {
        assert_eq!(library.call(c"by_call"), parent, "{name}: before the scan");
    }

    assert!(interceptor.scan() >= 2);
    for (name, _, library) in &libraries {
        let lazy = *name == "libvictim_lazy.so";
        let wanted = if lazy { parent } else { 42 };
        assert_eq!(library.call(c"by_call"), wanted, "{name}");
    }
    // One that nobody named is covered when a covered library opens it.
    interceptor.note_opened("/elsewhere/libvictim_lazy.so");
    assert!(interceptor.scan() >= 1);
    assert_eq!(libraries[1].2.call(c"by_call"), 42);
    assert_eq!(interceptor.scan(), 0, "nothing is redirected twice");

    for covered in interceptor.covered() {
        for &(slot, _) in &covered.slots {
            let read_only = !covered.path.ends_with("lazy.so");
            let writable = protection(slot).contains('w');
            assert!(!(read_only && writable), "{}: writable", covered.path);
        }
    }
    let address = libraries[0].2.0;
    assert!(!address.is_null());

    // Unloaded and loaded again, perhaps at the same place: covered again.
    let (_, path, library) = libraries.remove(0);
    drop(library);
    let library = Library::open(&path);
    interceptor.scan();
    assert_eq!(library.call(c"by_call"), 42, "after it was loaded again");

    interceptor.restore();
    assert_eq!(library.call(c"by_call"), parent);
    assert_eq!(library.call(c"by_pointer"), parent);
    for (name, _, library) in &libraries {
        assert_eq!(library.call(c"by_call"), parent, "{name}: put back");
        assert_eq!(library.call(c"by_pointer"), parent, "{name}: put back");
    }
    let _ = std::fs::remove_dir_all(&folder);
}
