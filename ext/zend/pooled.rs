//! Queries of pooled MySQL connections whose statements hold none (pooled.c).

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::rc::{Rc, Weak};

use super::class::Entry;
use super::value::{Value, Zval};
use crate::pool::{self, Host, Loan};

unsafe extern "C" {
    fn tusk_pooled_query(
        connection: *mut Zval,
        sql: *mut Zval,
        version: i64,
        class: *mut Entry,
        pool: *const c_void,
        result: *mut Zval,
    ) -> i32;
    fn tusk_pooled_class(name: *mut Zval) -> *mut Entry;
}

/// A class of PHP code for statements. Classes live as long as the request.
#[derive(Clone, Copy)]
pub struct StatementClass(*mut Entry);

impl StatementClass {
    /// The class of this name, if it is one for statements.
    pub fn named(name: &Value) -> Option<StatementClass> {
        // SAFETY: the value is alive; C looks the class up, which may run an autoloader.
        let entry = unsafe { tusk_pooled_class(name.as_ptr().cast_mut()) };
        (!entry.is_null()).then_some(StatementClass(entry))
    }
}

/// How a query went.
pub enum Outcome {
    /// A statement; or false, where PDO has warned.
    Done(Value),
    /// The connection is not fit for it: nothing was sent.
    Unfit,
    /// An exception is set.
    Failed,
}

/// Runs SQL that only reads on a connection of this pool, lent to the running coroutine.
/// **Suspends.**
pub fn query(
    host: &Rc<Host>,
    connection: &Value,
    sql: &Value,
    version: i64,
    class: StatementClass,
) -> Outcome {
    let pool = Weak::into_raw(Rc::downgrade(host));
    let mut raw = MaybeUninit::<Zval>::uninit();
    // SAFETY: the values are alive for the call, the class for the request; C initialises the
    // result. The pool's reference goes to a statement, or is taken back below.
    let (code, result) = unsafe {
        let code = tusk_pooled_query(
            connection.as_ptr().cast_mut(),
            sql.as_ptr().cast_mut(),
            version,
            class.0,
            pool.cast(),
            raw.as_mut_ptr(),
        );
        (code, Value::from_raw(raw.assume_init()))
    };
    if code != 1 || result.as_object().is_none() {
        forget(pool.cast());
    }
    match code {
        1 => Outcome::Done(result),
        0 => Outcome::Unfit,
        _ => Outcome::Failed,
    }
}

fn forget(pool: *const c_void) {
    // SAFETY: `query` made it by `into_raw`, and C gives it back once.
    drop(unsafe { Weak::from_raw(pool.cast::<Host>()) });
}

/// A statement is freed.
pub(super) fn statement_freed(pool: *const c_void) {
    forget(pool);
}

/// A statement is executed again: a connection for it. Null: thrown.
///
/// # Safety
/// `pool` is a living statement's, `connection` may be written to.
pub(super) unsafe fn take(pool: *const c_void, connection: *mut Zval) -> *mut c_void {
    // SAFETY: the statement keeps its reference.
    let weak = std::mem::ManuallyDrop::new(unsafe { Weak::from_raw(pool.cast::<Host>()) });
    match pool::borrow_again(weak.upgrade()) {
        Ok((loan, thing)) => {
            // SAFETY: the caller's; C drops the value.
            unsafe { connection.write(thing.into_raw()) };
            Box::into_raw(Box::new(loan)).cast()
        }
        Err(_) => std::ptr::null_mut(),
    }
}

/// It was executed, or not.
///
/// # Safety
/// `loan` is what [`take`] returned, and given once.
pub(super) unsafe fn give_back(loan: *mut c_void, executed: bool) {
    // SAFETY: the caller's.
    let loan = unsafe { Box::from_raw(loan.cast::<Loan>()) };
    pool::loan_ended(*loan, executed);
}
