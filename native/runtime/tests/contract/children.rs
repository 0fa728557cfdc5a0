//! Waiting for children: what is told, to whom, and that nobody is reaped by it.
#![allow(unsafe_code)] // fork, kill and waitpid have no safe form in std.

use super::rig::Rig;
use tusk_runtime::driver::{Choice, Driver, Kind, Token, Wait, open};
use tusk_runtime::op::{Children, WaitId};

/// A child that does nothing until it is killed.
struct Child(i32);

impl Child {
    fn new() -> Self {
        // SAFETY: the child makes two calls that a fork leaves usable, and returns from neither.
        let pid = unsafe { libc::fork() };
        if pid == 0 {
            loop {
                // SAFETY: sleeps until a signal comes.
                unsafe { libc::pause() };
            }
        }
        assert!(pid > 0, "no child");
        Child(pid)
    }

    /// In a process group with `leader`, or in one of its own.
    fn in_group(leader: Option<&Child>) -> Self {
        let child = Self::new();
        let group = leader.map_or(child.0, |leader| leader.0);
        // SAFETY: numbers only; the child is ours and has not called exec.
        assert_eq!(unsafe { libc::setpgid(child.0, group) }, 0);
        child
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the child was not reaped yet, so the number is still its own.
        assert_eq!(unsafe { libc::kill(self.0, signal) }, 0);
    }

    /// What waitpid says without waiting: the child, or 0, or `-errno`; and its status.
    fn reap(&self, options: i32) -> (i32, i32) {
        let mut status = 0;
        // SAFETY: `status` is ours for the call.
        let pid = unsafe { libc::waitpid(self.0, &mut status, options) };
        (pid, status)
    }

    fn end(self) {
        self.signal(libc::SIGKILL);
        assert_eq!(self.reap(0), (self.0, libc::SIGKILL));
    }
}

fn ends_of(child: &Child) -> WaitId {
    WaitId::new(Children::Process(child.0), libc::WEXITED)
}

fn group_of(child: &Child) -> Children {
    Children::of_waitid(libc::P_PGID, child.0 as libc::id_t).expect("a group")
}

fn stops_of(child: &Child, events: i32) -> WaitId {
    WaitId::new(Children::Process(child.0), events)
}

fn waits(rig: &mut Rig, op: WaitId) -> Token {
    let token = rig.submit(op);
    rig.settle();
    assert_eq!(rig.unclaimed(token), 0, "it waits");
    token
}

pub fn an_end_is_told_and_the_child_is_left(rig: &mut Rig) {
    let child = Child::new();
    let token = waits(rig, ends_of(&child));
    child.signal(libc::SIGKILL);
    assert_eq!(rig.end(token), 0);
    // It is told again until somebody reaps it.
    assert_eq!(rig.run(ends_of(&child)), 0);
    assert_eq!(child.reap(libc::WNOHANG), (child.0, libc::SIGKILL));
    assert_eq!(rig.run(ends_of(&child)), -libc::ECHILD);
}

/// As PHP 8.4 waits by a descriptor that somebody else has, and may close.
pub fn a_child_is_named_by_its_descriptor(rig: &mut Rig) {
    let child = Child::new();
    // SAFETY: numbers only; the descriptor is given to `own` once.
    let number = unsafe { libc::syscall(libc::SYS_pidfd_open, child.0, 0) } as i32;
    if number < 0 {
        println!("SKIP: no pidfd_open here");
        return child.end();
    }
    let fd = super::process::own(number);
    let by_descriptor = |fd: &std::os::fd::OwnedFd| {
        let children = Children::of_waitid(libc::P_PIDFD, super::rig::raw(fd) as libc::id_t);
        WaitId::new(children.expect("a descriptor"), libc::WEXITED)
    };
    let token = waits(rig, by_descriptor(&fd));
    let closed = waits(rig, by_descriptor(&fd));
    drop(fd);
    child.signal(libc::SIGKILL);
    assert_eq!((rig.end(token), rig.end(closed)), (0, 0));
    assert_eq!(child.reap(libc::WNOHANG), (child.0, libc::SIGKILL));
}

pub fn who_is_no_child_is_not_waited_for(rig: &mut Rig) {
    let init = WaitId::new(Children::Process(1), libc::WEXITED);
    assert_eq!(rig.run(init), -libc::ECHILD);
    let nobody = Child::in_group(None);
    let group = group_of(&nobody);
    nobody.end();
    assert_eq!(rig.run(WaitId::new(group, libc::WEXITED)), -libc::ECHILD);
}

pub fn two_wait_for_one_child(rig: &mut Rig) {
    let child = Child::new();
    let (one, two) = (waits(rig, ends_of(&child)), waits(rig, ends_of(&child)));
    child.signal(libc::SIGKILL);
    assert_eq!((rig.end(one), rig.end(two)), (0, 0));
    child.reap(0);
}

pub fn any_of_a_group_is_told(rig: &mut Rig) {
    let leader = Child::in_group(None);
    let other = Child::in_group(Some(&leader));
    let stranger = Child::in_group(None);
    let group = group_of(&leader);
    let token = waits(rig, WaitId::new(group, libc::WEXITED));
    stranger.end();
    rig.settle();
    assert_eq!(rig.unclaimed(token), 0, "another group's child");
    other.signal(libc::SIGKILL);
    assert_eq!(rig.end(token), 0);
    other.reap(0);
    // The leader is still to come.
    let token = waits(rig, WaitId::new(group, libc::WEXITED));
    leader.signal(libc::SIGKILL);
    assert_eq!(rig.end(token), 0);
    leader.reap(0);
}

pub fn a_child_that_somebody_else_reaps_is_not_told(rig: &mut Rig) {
    let leader = Child::in_group(None);
    let other = Child::in_group(Some(&leader));
    let group = WaitId::new(group_of(&leader), libc::WEXITED);
    let (one, any) = (waits(rig, ends_of(&other)), waits(rig, group));
    other.end();
    // Its end has reached the driver, or not yet: either way it is gone when the driver looks.
    assert_eq!(rig.end(one), -libc::ECHILD);
    rig.settle();
    assert_eq!(rig.unclaimed(any), 0, "there is the other one");
    leader.signal(libc::SIGKILL);
    assert_eq!(rig.end(any), 0);
    leader.reap(0);
}

pub fn stops_are_told_to_who_asks(rig: &mut Rig) {
    let child = Child::new();
    let end = waits(rig, ends_of(&child));
    let stop = waits(rig, stops_of(&child, libc::WEXITED | libc::WSTOPPED));
    child.signal(libc::SIGSTOP);
    assert_eq!(rig.end(stop), 0);
    assert_eq!(rig.unclaimed(end), 0, "it has not ended");
    let (pid, status) = child.reap(libc::WNOHANG | libc::WUNTRACED);
    assert!(pid == child.0 && libc::WIFSTOPPED(status));
    let goes_on = waits(rig, stops_of(&child, libc::WCONTINUED));
    child.signal(libc::SIGCONT);
    assert_eq!(rig.end(goes_on), 0);
    assert_eq!(rig.unclaimed(end), 0, "it has not ended");
    child.signal(libc::SIGKILL);
    assert_eq!(rig.end(end), 0);
    child.reap(0);
}

pub fn a_cancelled_wait_leaves_the_child(rig: &mut Rig) {
    let child = Child::in_group(None);
    for children in [Children::Process(child.0), group_of(&child)] {
        let before_the_kernel_has_it = rig.submit(WaitId::new(children, libc::WEXITED));
        rig.driver_cancel(before_the_kernel_has_it);
        assert_eq!(rig.end(before_the_kernel_has_it), -libc::ECANCELED);
        let later = waits(rig, WaitId::new(children, libc::WEXITED));
        rig.driver_cancel(later);
        assert_eq!(rig.end(later), -libc::ECANCELED);
    }
    assert_eq!(rig.driver_in_flight(), 0);
    let with_the_answer = waits(rig, ends_of(&child));
    child.signal(libc::SIGKILL);
    rig.driver_cancel(with_the_answer);
    let told = rig.end(with_the_answer);
    assert!(told == 0 || told == -libc::ECANCELED, "{told}");
    assert_eq!(child.reap(0), (child.0, libc::SIGKILL));
}

/// In a process of its own: who waits for any child would hear of other tests' children.
pub fn any_child_is_told_also_one_made_meanwhile(rig: &mut Rig) {
    let choice = match rig.driver().kind() {
        Kind::Uring => Choice::Uring,
        Kind::Epoll | Kind::Fake => Choice::Epoll,
    };
    // SAFETY: the child uses memory, a driver of its own and _exit, no lock of another
    // thread but malloc's, which glibc keeps usable over a fork.
    let tester = unsafe { libc::fork() };
    if tester == 0 {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            rig.take_driver().abandon();
            hears_of_any(choice);
        }));
        // SAFETY: ends the child at once, without running the harness's handlers.
        unsafe { libc::_exit(i32::from(done.is_err())) };
    }
    assert_eq!(Child(tester).reap(0), (tester, 0), "see above");
}

fn hears_of_any(choice: Choice) {
    let (mut driver, _) = open(choice).expect("a driver");
    let mut out = Vec::new();
    let any = || WaitId::new(Children::Any, libc::WEXITED).into();
    driver.submit(Token(1), any()).expect("accepted");
    while out.is_empty() {
        driver.wait(Wait::Forever, None, &mut out);
    }
    assert_eq!(out[0].result, -libc::ECHILD);
    out.clear();
    let first = Child::new();
    driver.submit(Token(2), any()).expect("accepted");
    driver.wait(Wait::Now, None, &mut out);
    assert!(out.is_empty(), "it lives");
    let second = Child::new();
    second.signal(libc::SIGKILL);
    while out.is_empty() {
        driver.wait(Wait::Forever, None, &mut out);
    }
    assert_eq!(out[0].result, 0);
    assert_eq!(second.reap(0), (second.0, libc::SIGKILL));
    first.end();
}
