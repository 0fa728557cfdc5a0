//! What statements of pooled connections ask for (pooled.c).

use std::ffi::c_void;

use super::guarded;
use crate::zend::pooled;
use crate::zend::value::Zval;

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_pooled_take(
    pool: *const c_void,
    connection: *mut Zval,
    loan: *mut *mut c_void,
) -> bool {
    guarded(false, || {
        // SAFETY: C passes a living statement's pool and two places to write to.
        unsafe {
            let taken = pooled::take(pool, connection);
            loan.write(taken);
            !taken.is_null()
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_pooled_return(loan: *mut c_void, executed: bool) {
    // SAFETY: C gives back what it took, once.
    guarded((), || unsafe { pooled::give_back(loan, executed) });
}

#[unsafe(no_mangle)]
extern "C" fn tusk_rt_pooled_forget(pool: *const c_void) {
    guarded((), || pooled::statement_freed(pool));
}
