//! A file mapped for reading, and not killed by it when the file is made shorter.
//!
//! Invariant: the mapping is as long as the file was when it was opened, and is watched
//! (fault.rs) as long as it exists.

use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

use tusk_runtime::error::{Error, Kind};

use super::fault::{Watched, watch};

const MAP: &str = "map a file";

/// See the module's description.
#[derive(Debug)]
pub struct Mapping {
    address: usize,
    length: usize,
    watched: Option<Watched>,
    file: File,
    name: String,
}

impl Mapping {
    /// Maps a whole file.
    ///
    /// # Errors
    /// It cannot be opened, is none (a folder, a pipe), or too many are mapped.
    pub fn open(path: &Path) -> Result<Mapping, Error> {
        let shown = path.display().to_string();
        let file = File::open(path).map_err(|error| failed(&error, &shown))?;
        Mapping::of(file, shown)
    }

    /// Maps an open file; `name` is for messages.
    ///
    /// # Errors
    /// As [`Mapping::open`].
    pub fn of(file: File, name: String) -> Result<Mapping, Error> {
        let status = file.metadata().map_err(|error| failed(&error, &name))?;
        if !status.is_file() {
            return Err(Error::new(
                Kind::Misuse,
                MAP,
                format!("{name} is no regular file"),
            ));
        }
        let length = usize::try_from(status.len()).unwrap_or(usize::MAX);
        if length == 0 {
            return Ok(Mapping {
                address: 0,
                length,
                watched: None,
                file,
                name,
            });
        }
        // SAFETY: a new mapping for reading; nothing else is touched.
        let mapped = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ,
                libc::MAP_SHARED,
                file.as_raw_fd(),
                0,
            )
        };
        if mapped == libc::MAP_FAILED {
            return Err(failed(&std::io::Error::last_os_error(), &name));
        }
        let address = mapped as usize;
        let Some(watched) = watch(address, length) else {
            // SAFETY: mapped above, and nobody knows it.
            unsafe { libc::munmap(mapped, length) };
            return Err(Error::new(
                Kind::Overloaded,
                MAP,
                format!("{} files are mapped already", crate::limits::MAPPINGS),
            )
            .hint("let go of tensors that came from files"));
        };
        Ok(Mapping {
            address,
            length,
            watched: Some(watched),
            file,
            name,
        })
    }

    /// Its bytes. After they were read, ask [`Mapping::check`].
    pub fn bytes(&self) -> &[u8] {
        if self.length == 0 {
            return &[];
        }
        // SAFETY: invariant 1 of the parent module. The file may be written by others, as
        // with every mapped file; bytes are only ever copied and compared, never trusted to
        // stay what they were.
        unsafe { std::slice::from_raw_parts(self.address as *const u8, self.length) }
    }

    /// Fails when the file has been made shorter than it was.
    ///
    /// # Errors
    /// `Protocol`.
    pub fn check(&self) -> Result<(), Error> {
        if self.watched.as_ref().is_some_and(Watched::is_cut) {
            return Err(Error::new(
                Kind::Protocol,
                "read a mapped file",
                format!(
                    "{} was made shorter than the {} bytes it had when it was opened",
                    self.name, self.length
                ),
            )
            .hint("replace files by renaming a new one over them instead of writing into them"));
        }
        Ok(())
    }

    /// The open file.
    pub fn fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }

    /// For messages.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        drop(self.watched.take());
        if self.length > 0 {
            // SAFETY: nothing borrows the mapping any more, and its slot is empty.
            unsafe { libc::munmap(self.address as *mut libc::c_void, self.length) };
        }
    }
}

fn failed(error: &std::io::Error, name: &str) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound {
        let said = format!("there is no file {name}");
        return Error::new(Kind::Misuse, MAP, said)
            .hint("a path without / at its beginning starts at the working directory");
    }
    Error::from_errno(
        MAP,
        error.raw_os_error().unwrap_or(libc::EIO),
        name.to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(name: &str, length: usize) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("tusk-map-{}-{name}", std::process::id()));
        let mut file = File::create(&path).expect("create");
        file.write_all(&vec![7; length]).expect("write");
        path
    }

    #[test]
    fn a_file_that_is_cut_while_mapped_reads_as_zero_and_is_reported() {
        let path = file("cut", 1 << 20);
        let mapping = Mapping::open(&path).expect("map");
        assert_eq!(mapping.bytes()[(1 << 20) - 1], 7);
        File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_len(10))
            .expect("cut");
        assert!(mapping.check().is_ok(), "nobody has read beyond it yet");
        assert_eq!(mapping.bytes()[9], 7);
        assert_eq!(mapping.bytes()[(1 << 20) - 1], 0);
        let error = mapping.check().expect_err("cut").to_string();
        assert!(error.contains("made shorter"), "{error}");
        std::fs::remove_file(path).expect("remove");
    }

    #[test]
    fn empty_files_and_what_is_no_file() {
        let path = file("empty", 0);
        assert!(Mapping::open(&path).expect("map").bytes().is_empty());
        std::fs::remove_file(path).expect("remove");
        assert!(Mapping::open(&std::env::temp_dir()).is_err());
        assert!(Mapping::open(Path::new("/nowhere/at all")).is_err());
    }
}
