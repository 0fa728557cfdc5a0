//! Statements: run at once, or prepared first, with one result or two.

use super::result::{Answer, Content};
use super::state::{Statement, text_of};
use super::{ERROR, NO_DATA, SUCCESS};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

static EXECUTED: AtomicI64 = AtomicI64::new(0);
static PREPARED: AtomicI64 = AtomicI64::new(0);

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLExecDirectW(
    statement: *mut Statement,
    text: *const u16,
    length: i32,
) -> i16 {
    let sql = unsafe { text_of(text, length) };
    unsafe { run(statement, &sql, false) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLPrepareW(
    statement: *mut Statement,
    text: *const u16,
    length: i32,
) -> i16 {
    let sql = unsafe { text_of(text, length) };
    if sql.starts_with("SELECT unpreparable") {
        let shared = unsafe { (*statement).shared() };
        return shared.fail(
            "HY000",
            1295,
            "not supported in the prepared statement protocol",
        );
    }
    PREPARED.fetch_add(1, Ordering::SeqCst);
    unsafe { (*statement).prepared = Some(sql) };
    SUCCESS
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLExecute(statement: *mut Statement) -> i16 {
    let Some(sql) = (unsafe { (*statement).prepared.clone() }) else {
        return ERROR;
    };
    unsafe { run(statement, &sql, true) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn SQLMoreResults(statement: *mut Statement) -> i16 {
    let next = unsafe { (*statement).next.take() };
    match next {
        None => NO_DATA,
        Some(Content::Negative) => {
            let shared = unsafe { (*statement).shared() };
            shared.fail("42000", 1064, "the second one is wrong")
        }
        Some(content) => {
            unsafe { (*statement).answer = Answer::new(content) };
            SUCCESS
        }
    }
}

unsafe fn run(statement: *mut Statement, sql: &str, prepared: bool) -> i16 {
    let sql = sql.strip_prefix("SELECT ").unwrap_or(sql);
    // Only what the cancelling thread may look at is shared with it while this waits.
    let (word, rest) = sql.split_once(' ').unwrap_or((sql, ""));
    let number = rest
        .split(' ')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(0i64);
    let before = EXECUTED.fetch_add(1, Ordering::SeqCst);
    let shared = unsafe { (*statement).shared() };
    let content = match word {
        "sleep" if shared.wait(Duration::from_millis(number as u64)) => {
            return shared.fail("HY008", 0, "operation canceled");
        }
        "deaf" => {
            std::thread::sleep(Duration::from_millis(number as u64));
            Content::Nothing
        }
        "fail" => {
            let mut parts = rest.splitn(3, ' ');
            let mut next = || parts.next().unwrap_or_default();
            let (state, native) = (next(), next().parse().unwrap_or(0));
            return shared.fail(state, native, next());
        }
        "lose" => {
            unsafe {
                (*(*statement).connection)
                    .dead
                    .store(true, Ordering::SeqCst)
            };
            return shared.fail("08S01", 10054, "connection reset by peer");
        }
        "spin" => return shared.fail("LOOP0", 1, "again"),
        "panic" => return ERROR,
        "rows" => Content::Rows(number),
        "twice" => {
            unsafe { (*statement).next = Some(Content::Rows(number + 1)) };
            Content::Rows(number)
        }
        "then" => {
            unsafe { (*statement).next = Some(Content::Negative) };
            Content::Rows(1)
        }
        "prepared" => Content::One(PREPARED.load(Ordering::SeqCst)),
        "outdated" if prepared => {
            return shared.fail("0A000", 0, "cached plan must not change result type");
        }
        "outdated" | "unpreparable" => Content::Rows(1),
        "executed" => Content::One(before),
        "longer" => Content::Longer(number as usize),
        "pieces" => Content::Pieces(number as usize),
        "endless" => Content::Pieces(usize::MAX),
        "negative" => Content::Negative,
        "surplus" => Content::Surplus,
        "none" => Content::Empty,
        "half" => Content::Half,
        _ => Content::Nothing,
    };
    unsafe { (*statement).answer = Answer::new(content) };
    SUCCESS
}
