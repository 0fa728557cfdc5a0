//! Budgets between real processes, which are killed.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tusk_budget::share::{Share, Want};
use tusk_budget::table::Table;
use tusk_runtime::error::Kind;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path =
            std::env::temp_dir().join(format!("tusk-budget-test-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn table(&self) -> PathBuf {
        self.0.join("table")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Worker {
    child: Child,
    got: u64,
}

fn worker(table: &Path, limit: u64, count: u64) -> Worker {
    let test = std::env::current_exe().expect("a path");
    let folder = test
        .parent()
        .and_then(Path::parent)
        .expect("target/<profile>");
    let mut child = Command::new(folder.join("examples/budget_worker"))
        .arg(table)
        .args([limit.to_string(), count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cargo builds examples with the tests");
    let mut line = String::new();
    let out = child.stdout.take().expect("a pipe");
    BufReader::new(out).read_line(&mut line).expect("a line");
    Worker {
        child,
        got: line.trim().parse().expect("a number"),
    }
}

impl Worker {
    /// SIGKILL; `wait`: it does not stay behind as a zombie.
    fn kill(&mut self, wait: bool) {
        self.child.kill().expect("it lives");
        if wait {
            self.child.wait().expect("it ends");
        }
    }
}

#[test]
fn sixteen_workers_do_not_get_more_than_there_is() {
    let folder = Folder::new("sixteen");
    let workers: Vec<Worker> = (0..16).map(|_| worker(&folder.table(), 60, 6)).collect();
    let got: Vec<u64> = workers.iter().map(|worker| worker.got).collect();
    assert_eq!(got.iter().sum::<u64>(), 60, "{got:?}");
    for mut worker in workers {
        worker.kill(true);
    }
}

#[test]
fn the_share_of_a_killed_worker_returns() {
    let folder = Folder::new("killed");
    let share = Share::open_at(&folder.table(), 10).expect("a table");
    let mut first = worker(&folder.table(), 10, 10);
    assert_eq!(first.got, 10);
    assert!(!share.try_take().expect("a table"));
    let other = Share::open_at(&folder.table(), 10).expect("a table");
    assert_eq!(other.wanted(), Want::Starving);
    drop(other);
    first.kill(true);
    for _ in 0..10 {
        assert!(share.try_take().expect("a table"));
    }
    assert!(!share.try_take().expect("a table"));
    assert_eq!(share.state().expect("a table").own, 10);
    share.withdraw();
    for _ in 0..10 {
        share.give_back();
    }
    // A zombie's sockets are closed as well: it need not be waited for.
    let mut second = worker(&folder.table(), 10, 10);
    assert_eq!(second.got, 10);
    second.kill(false);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !share.try_take().expect("a table") {
        assert!(
            std::time::Instant::now() < deadline,
            "a zombie keeps its share"
        );
        std::thread::yield_now();
    }
    second.child.wait().expect("it ends");
}

#[test]
fn a_worker_that_ends_well_leaves_no_line() {
    let folder = Folder::new("well");
    let share = Share::open_at(&folder.table(), 5).expect("a table");
    for _ in 0..50 {
        let mut one = worker(&folder.table(), 5, 5);
        assert_eq!(one.got, 5);
        drop(one.child.stdin.take());
        one.child.wait().expect("it ends");
    }
    let table = Table::open(&folder.table()).expect("a table");
    assert!(table.lines().expect("lines").len() <= 2);
    assert_eq!(share.state().expect("a table").used, 0);
}

#[test]
fn a_limit_that_was_lowered_holds_from_then_on() {
    let folder = Folder::new("lowered");
    let share = Share::open_at(&folder.table(), 4).expect("a table");
    for _ in 0..4 {
        assert!(share.try_take().expect("a table"));
    }
    let mut other = worker(&folder.table(), 2, 1);
    assert_eq!(other.got, 0);
    share.give_back();
    share.give_back();
    assert!(!share.try_take().expect("two are lent still"));
    share.give_back();
    // One is left, and the other worker asked first: its place lapses with it.
    other.kill(true);
    assert!(share.try_take().expect("a table"));
}

#[test]
fn a_file_of_others_is_refused() {
    let folder = Folder::new("others");
    let open = || Share::open_at(&folder.table(), 4);
    std::fs::write(folder.table(), b"").expect("a file");
    let mode =
        |mode| std::fs::set_permissions(folder.table(), std::fs::Permissions::from_mode(mode));
    mode(0o644).expect("ours");
    assert!(open().is_err(), "others can read it");
    mode(0o600).expect("ours");
    assert!(open().is_ok());
    std::fs::write(
        folder.table(),
        b"something else altogether, of more than 64 bytes, which is no table of ours at all",
    )
    .expect("a file");
    assert!(open().is_err(), "it is no table");
    std::fs::remove_file(folder.table()).expect("ours");
    std::os::unix::fs::symlink("/etc/passwd", folder.table()).expect("a link");
    assert!(open().is_err(), "a link is not followed");
    std::fs::remove_file(folder.table()).expect("ours");
    // Cut short while it is open: an error or an empty table, no signal.
    let share = open().expect("a table");
    assert!(share.try_take().expect("a table"));
    std::fs::write(folder.table(), b"").expect("cut");
    assert!(!share.try_take().expect("a limit of nothing"));
    assert_eq!(
        Share::open("a/b", 4).expect_err("a path").kind(),
        Kind::Misuse
    );
    assert_eq!(
        Share::open("a", 0).expect_err("nothing").kind(),
        Kind::Misuse
    );
}

#[test]
fn who_asked_first_is_served_first() {
    let folder = Folder::new("order");
    let open = || Share::open_at(&folder.table(), 2).expect("a table");
    let [holder, first, second, third] = [open(), open(), open(), open()];
    for _ in 0..2 {
        assert!(holder.try_take().expect("a table"));
    }
    // Their wishes are a millisecond apart at least; those that wait ask again and keep their places.
    let waiting = [&first, &second, &third];
    for (index, share) in waiting.iter().enumerate() {
        assert!(!share.try_take().expect("a table"));
        std::thread::sleep(std::time::Duration::from_millis(2));
        for earlier in &waiting[..index] {
            assert!(!earlier.try_take().expect("a table"));
        }
    }
    assert_eq!(holder.wanted(), Want::Starving);
    holder.give_back();
    let ask = |share: &Share| share.try_take().expect("a table");
    assert!(!ask(&third) && !ask(&second), "the first has waited longer");
    assert!(!ask(&holder), "who was served goes to the end");
    assert!(ask(&first) && !ask(&second));
    holder.give_back();
    assert!(!ask(&third), "the second has waited longer");
    assert!(ask(&second));
    // Who does not want it any more holds up nobody, at once.
    first.give_back();
    third.withdraw();
    assert!(ask(&holder));
}

#[test]
fn who_stopped_asking_holds_up_nobody() {
    let folder = Folder::new("silent");
    let open = || Share::open_at(&folder.table(), 1).expect("a table");
    let [holder, silent, other] = [open(), open(), open()];
    assert!(holder.try_take().expect("a table"));
    assert!(!silent.try_take().expect("a table"));
    holder.give_back();
    // Without withdrawing: as long as its wish is fresh the place is its own.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !other.try_take().expect("a table") {
        assert!(std::time::Instant::now() < deadline, "it waits for ever");
        std::thread::yield_now();
    }
    assert_eq!(other.wanted(), Want::Nobody);
}

#[test]
fn a_worker_killed_while_it_waited_holds_up_nobody() {
    let folder = Folder::new("killed-waiting");
    let share = Share::open_at(&folder.table(), 1).expect("a table");
    assert!(share.try_take().expect("a table"));
    let mut waits = worker(&folder.table(), 1, 1);
    assert_eq!(waits.got, 0);
    waits.kill(true);
    share.give_back();
    assert!(share.try_take().expect("a table"), "its line is freed");
}
