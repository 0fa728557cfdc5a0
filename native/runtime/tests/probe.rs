//! The probe under filters as containers set them, each in a child of its own.
#![allow(unsafe_code)] // fork and seccomp have no safe form in std.

use tusk_runtime::driver::{Choice, Driver, Kind, Op, Token, Wait, open};
use tusk_runtime::error::Kind as ErrorKind;
use tusk_runtime::op::Poll;
use tusk_runtime::probe::Report;
use tusk_runtime::sys::clock;
use tusk_runtime::sys::eventfd::EventFd;

/// Runs `check` in a child in which `forbidden` calls answer `errno`.
fn filtered(forbidden: &[libc::c_long], errno: i32, check: fn()) {
    // SAFETY: the child allocates, which glibc allows after a fork, and ends by _exit.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            let done = std::panic::catch_unwind(|| {
                forbid(forbidden, errno);
                check();
            });
            libc::_exit(i32::from(done.is_err()));
        }
        let mut status = 0;
        libc::waitpid(child, &mut status, 0);
        assert_eq!(status, 0, "the child's check failed, see above");
    }
}

fn forbid(calls: &[libc::c_long], errno: i32) {
    let statement = |code: u32, jt: u8, jf: u8, k: u32| libc::sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    };
    let answer = libc::SECCOMP_RET_ERRNO | errno as u32;
    // The number of the call is the first field of seccomp_data.
    let mut program = vec![statement(
        libc::BPF_LD | libc::BPF_W | libc::BPF_ABS,
        0,
        0,
        0,
    )];
    for &call in calls {
        let equals = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
        program.push(statement(equals, 0, 1, call as u32));
        program.push(statement(libc::BPF_RET | libc::BPF_K, 0, 0, answer));
    }
    let allow = libc::SECCOMP_RET_ALLOW;
    program.push(statement(libc::BPF_RET | libc::BPF_K, 0, 0, allow));
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the program and its header live for the call, and the kernel copies them.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let mode = libc::SECCOMP_MODE_FILTER;
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, mode, &filter), 0);
    }
}

/// A driver that was opened must also work, and keep short deadlines.
fn works(mut driver: impl Driver) {
    let eventfd = EventFd::new().expect("eventfd");
    let poll = Poll {
        fd: eventfd.fd(),
        events: libc::POLLIN as u16,
        multi: false,
    };
    driver.submit(Token(1), Op::from(poll)).expect("accepted");
    let mut out = Vec::new();
    let at = clock::now() + 200_000;
    driver.wait(Wait::Until(at), None, &mut out);
    assert!(clock::now() >= at && out.is_empty());
    eventfd.signal();
    driver.wait(Wait::Forever, None, &mut out);
    assert_eq!(out.len(), 1);
}

fn missing<'a>(report: &'a Report, name: &str) -> &'a str {
    let feature = report.features.iter().find(|feature| feature.name == name);
    let feature = feature.unwrap_or_else(|| panic!("{name} is not in the table"));
    feature.missing.as_deref().unwrap_or("")
}

#[test]
fn a_filter_on_rings_falls_back_and_says_so() {
    filtered(&[libc::SYS_io_uring_setup], libc::EPERM, || {
        let (driver, report) = open(Choice::Auto).expect("epoll");
        assert_eq!((driver.kind(), report.driver), (Kind::Epoll, Kind::Epoll));
        assert!(report.why_not_other.contains("seccomp"), "{report:?}");
        assert!(report.why_not_other.contains("EPERM"), "{report:?}");
        assert!(missing(&report, "SINGLE_ISSUER").contains("EPERM"));
        works(driver);
        let refused = open(Choice::Uring).err().expect("no ring");
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert!(refused.to_string().contains("TUSK_DRIVER=epoll"));
    });
}

#[test]
fn an_old_kernel_falls_back_twice() {
    let newer = [
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_epoll_pwait2,
    ];
    filtered(&newer, libc::ENOSYS, || {
        let (driver, report) = open(Choice::Auto).expect("epoll");
        assert!(
            report.why_not_other.contains("does not have it"),
            "{report:?}"
        );
        assert!(missing(&report, "epoll_pwait2").contains("timerfd"));
        works(driver);
    });
}

#[test]
fn a_ring_that_can_be_opened_and_not_entered_is_not_used() {
    filtered(&[libc::SYS_io_uring_enter], libc::EPERM, || {
        let (driver, report) = open(Choice::Auto).expect("epoll");
        assert_eq!(driver.kind(), Kind::Epoll);
        assert!(report.why_not_other.contains("EPERM"), "{report:?}");
        works(driver);
    });
}

#[test]
fn the_report_names_what_was_tried() {
    filtered(&[], 0, || {
        let (driver, report) = open(Choice::Auto).expect("a driver");
        assert!(report.kernel.contains('.'), "{report:?}");
        if driver.kind() == Kind::Epoll {
            println!("SKIP: no ring here: {}", report.why_not_other);
            return;
        }
        for name in [
            "SINGLE_ISSUER",
            "DEFER_TASKRUN",
            "COOP_TASKRUN",
            "EXT_ARG",
            "multishot poll",
            "ABS_TIMER",
            "CQE_SKIP_SUCCESS",
            "op recv",
            "op statx",
            "op waitid",
        ] {
            missing(&report, name);
        }
        for verb in ["op poll", "op timeout", "op cancel"] {
            assert_eq!(missing(&report, verb), "");
        }
        works(driver);
        let (driver, report) = open(Choice::Epoll).expect("epoll");
        assert_eq!(driver.kind(), Kind::Epoll);
        assert!(report.why_not_other.contains("TUSK_DRIVER"));
    });
}
