//! The functions of the driver manager, found by name.

use super::abi::{Handle, Len, Return};
use std::ffi::{CStr, c_char, c_void};

/// Declares the table and how it is filled.
macro_rules! functions {
    ($($field:ident = $symbol:literal ($($argument:ty),*);)*) => {
        /// Every function that is called. Each has ODBC's own contract.
        pub(super) struct Functions {
            $(pub(super) $field: unsafe extern "C" fn($($argument),*) -> Return,)*
        }

        impl Functions {
            /// Looks all of them up; the name of one that is missing otherwise.
            ///
            /// # Safety
            /// `library` is a handle of `dlopen` that is never closed, and its functions of
            /// these names are ODBC's.
            pub(super) unsafe fn resolve(library: *mut c_void) -> Result<Functions, &'static str> {
                Ok(Functions {
                    $($field: {
                        let symbol: &CStr = $symbol;
                        // SAFETY: the handle is open by this function's contract.
                        let found = unsafe { libc::dlsym(library, symbol.as_ptr()) };
                        if found.is_null() {
                            return Err(stringify!($field));
                        }
                        // SAFETY: a function of this name has this signature in ODBC 3.
                        unsafe {
                            std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($argument),*) -> Return>(found)
                        }
                    },)*
                })
            }
        }
    };
}

functions! {
    alloc_handle = c"SQLAllocHandle" (i16, Handle, *mut Handle);
    free_handle = c"SQLFreeHandle" (i16, Handle);
    set_env_attr = c"SQLSetEnvAttr" (Handle, i32, *mut c_void, i32);
    driver_connect = c"SQLDriverConnect" (Handle, *mut c_void, *const u8, i16, *mut u8, i16, *mut i16, u16);
    driver_connect_w = c"SQLDriverConnectW" (Handle, *mut c_void, *const u16, i16, *mut u16, i16, *mut i16, u16);
    disconnect = c"SQLDisconnect" (Handle);
    get_diag_rec_w = c"SQLGetDiagRecW" (i16, Handle, i16, *mut u16, *mut i32, *mut u16, i16, *mut i16);
    get_info_w = c"SQLGetInfoW" (Handle, u16, *mut c_void, i16, *mut i16);
    set_connect_attr = c"SQLSetConnectAttr" (Handle, i32, *mut c_void, i32);
    get_connect_attr = c"SQLGetConnectAttr" (Handle, i32, *mut c_void, i32, *mut i32);
    end_tran = c"SQLEndTran" (i16, Handle, i16);
    exec_direct = c"SQLExecDirect" (Handle, *const u8, i32);
    exec_direct_w = c"SQLExecDirectW" (Handle, *const u16, i32);
    prepare = c"SQLPrepare" (Handle, *const u8, i32);
    prepare_w = c"SQLPrepareW" (Handle, *const u16, i32);
    execute = c"SQLExecute" (Handle);
    more_results = c"SQLMoreResults" (Handle);
    free_stmt = c"SQLFreeStmt" (Handle, u16);
    bind_parameter = c"SQLBindParameter" (Handle, u16, i16, i16, i16, usize, i16, *mut c_void, Len, *mut Len);
    num_result_cols = c"SQLNumResultCols" (Handle, *mut i16);
    describe_col_w = c"SQLDescribeColW" (Handle, u16, *mut u16, i16, *mut i16, *mut i16, *mut usize, *mut i16, *mut i16);
    col_attribute = c"SQLColAttribute" (Handle, u16, u16, *mut c_char, i16, *mut i16, *mut Len);
    bind_col = c"SQLBindCol" (Handle, u16, i16, *mut c_void, Len, *mut Len);
    set_stmt_attr = c"SQLSetStmtAttr" (Handle, i32, *mut c_void, i32);
    fetch = c"SQLFetch" (Handle);
    get_data = c"SQLGetData" (Handle, u16, i16, *mut c_void, Len, *mut Len);
    set_pos = c"SQLSetPos" (Handle, usize, u16, u16);
    row_count = c"SQLRowCount" (Handle, *mut Len);
    cancel = c"SQLCancel" (Handle);
}
