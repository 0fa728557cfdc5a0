//! openat, read, write, statx, fsync and close.

use super::rig::{Rig, buffer, raw};
use std::ffi::CString;
use std::io::Write as _;
use std::os::fd::RawFd;
use std::os::unix::ffi::OsStrExt;
use tusk_runtime::op::{Close, Fsync, OpenAt, Read, Statx, Write};

fn scratch(name: &str) -> (std::path::PathBuf, CString) {
    let path = std::env::temp_dir().join(format!(
        "tusk-contract-{name}-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let _ = std::fs::remove_file(&path);
    let name = CString::new(path.as_os_str().as_bytes()).expect("no zero byte");
    (path, name)
}

fn open(rig: &mut Rig, path: &CString) -> RawFd {
    let fd = rig.run(OpenAt {
        directory: libc::AT_FDCWD,
        path: path.clone(),
        flags: libc::O_RDWR | libc::O_CREAT | libc::O_CLOEXEC,
        mode: 0o600,
    });
    assert!(fd >= 0, "open: {fd}");
    fd
}

fn write(fd: RawFd, bytes: &[u8], offset: Option<u64>) -> Write {
    Write {
        fd,
        buf: bytes.to_vec().into(),
        offset,
    }
}

fn read(rig: &mut Rig, fd: RawFd, len: usize, offset: Option<u64>) -> Vec<u8> {
    let (buf, loan) = buffer(len);
    let count = rig.run(Read {
        fd,
        buf: loan.into(),
        offset,
    });
    buf.bytes().expect("given back")[..count as usize].to_vec()
}

pub fn open_write_read_sync_close(rig: &mut Rig) {
    let (path, name) = scratch("file");
    let fd = open(rig, &name);
    assert_eq!(rig.run(write(fd, b"some bytes", Some(0))), 10);
    for data_only in [false, true] {
        assert_eq!(rig.run(Fsync { fd, data_only }), 0);
    }
    assert_eq!(read(rig, fd, 64, Some(5)), b"bytes");
    assert_eq!(read(rig, fd, 64, Some(10)), b"");
    assert_eq!(rig.run(Close { fd }), 0);
    assert_eq!(rig.run(Close { fd }), -libc::EBADF);
    assert_eq!(std::fs::read(&path).expect("read"), b"some bytes");
    std::fs::remove_file(&path).expect("remove");
}

pub fn offsets_and_positions(rig: &mut Rig) {
    let (path, name) = scratch("offset");
    let fd = open(rig, &name);
    assert_eq!(rig.run(write(fd, b"abc", None)), 3);
    assert_eq!(rig.run(write(fd, b"def", None)), 3);
    assert_eq!(read(rig, fd, 2, Some(1)), b"bc");
    assert_eq!(read(rig, fd, 9, None), b"");
    assert_eq!(rig.run(Close { fd }), 0);
    std::fs::remove_file(&path).expect("remove");
}

pub fn pipes_wait(rig: &mut Rig) {
    let (reader, mut writer) = super::process::pipe();
    let (buf, loan) = buffer(8);
    let waiting = rig.submit(Read {
        fd: raw(&reader),
        buf: loan.into(),
        // What has no position ignores one.
        offset: Some(0),
    });
    rig.settle();
    assert_eq!(rig.unclaimed(waiting), 0);
    writer.write_all(b"pipe").expect("write");
    assert_eq!(rig.end(waiting), 4);
    assert_eq!(&buf.bytes().expect("given back")[..4], b"pipe");
    assert_eq!(rig.run(write(raw(&writer), b"back", None)), 4);
    assert_eq!(read(rig, raw(&reader), 8, None), b"back");
}

pub fn statx_fills_its_buffer(rig: &mut Rig) {
    let (path, name) = scratch("statx");
    std::fs::write(&path, [7; 1234]).expect("write");
    let (buf, loan) = buffer(Statx::SIZE);
    let op = Statx::new(libc::AT_FDCWD, name, 0, libc::STATX_SIZE, loan.into());
    assert_eq!(rig.run(op.expect("the buffer is large enough")), 0);
    let bytes = buf.bytes().expect("given back");
    // stx_size: after mask, blksize (4 each), attributes (8), nlink, uid, gid (4 each),
    // mode and spare (2 each), ino (8).
    let size = u64::from_ne_bytes(bytes[40..48].try_into().expect("eight bytes"));
    assert_eq!(size, 1234);
    std::fs::remove_file(&path).expect("remove");
}

pub fn missing_files_and_bad_descriptors(rig: &mut Rig) {
    let (_, name) = scratch("missing");
    let missing = rig.run(OpenAt {
        directory: libc::AT_FDCWD,
        path: name.clone(),
        flags: libc::O_RDONLY,
        mode: 0,
    });
    assert_eq!(missing, -libc::ENOENT);
    let (_buf, loan) = buffer(Statx::SIZE);
    let op = Statx::new(libc::AT_FDCWD, name, 0, 0, loan.into()).expect("large enough");
    assert_eq!(rig.run(op), -libc::ENOENT);
    let (_buf, loan) = buffer(1);
    let bad = rig.run(Read {
        fd: -1,
        buf: loan.into(),
        offset: None,
    });
    assert_eq!(bad, -libc::EBADF);
    assert_eq!(
        rig.run(Fsync {
            fd: -1,
            data_only: false
        }),
        -libc::EBADF
    );
    let (_buf, loan) = buffer(8);
    assert!(Statx::new(-1, CString::default(), 0, 0, loan.into()).is_err());
}
