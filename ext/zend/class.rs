//! Tables of classes and functions, and their registration with the engine.

use std::ffi::{CString, c_char, c_void};

use super::call::Handler;
use super::signature::Signature;
use super::value::{Value, Zval};

/// The engine's `zend_class_entry`; only ever behind a pointer.
#[repr(C)]
pub struct Entry {
    opaque: [u8; 0],
}

/// A method or function: its signature and its handler.
pub struct Function {
    signature: &'static str,
    handler: Handler,
    flags: u32,
}

/// A class.
pub struct Class {
    /// With its namespace.
    pub name: &'static str,
    /// What `new` and `->` can do.
    pub methods: &'static [Function],
    /// Engine interfaces it implements.
    pub interfaces: &'static [Interface],
    /// Does it hold a Rust value? (`Tusk\Coroutine` is the shim's own.)
    pub native: bool,
}

/// Engine interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `\Iterator`
    Iterator,
    /// `\IteratorAggregate`
    IteratorAggregate,
    /// `\Countable`
    Countable,
}

/// A Rust type that lives in PHP objects of one class.
pub trait NativeClass: 'static {
    /// Tells the cycle collector which PHP values it holds.
    fn visit(&self, visitor: &mut Visitor) {
        let _ = visitor;
    }

    /// What somebody who waits for it should know, for reports: who has it, how full it is.
    fn describe(&self) -> Option<String> {
        None
    }
}

/// See [`NativeClass::visit`].
pub struct Visitor(*mut c_void);

impl Visitor {
    pub(super) fn new(buffer: *mut c_void) -> Visitor {
        Visitor(buffer)
    }

    /// Adds a value.
    pub fn value(&mut self, value: &Value) {
        // SAFETY: the buffer is the collector's, valid for this visit; the value is alive.
        unsafe { tusk_gc_add(self.0, value.as_ptr()) };
    }
}

const PUBLIC: u32 = 1;
const STATIC: u32 = 1 << 4;
const FINAL: u32 = 1 << 5;

#[repr(C)]
struct RawParameter {
    name: *const c_char,
    kind: *const c_char,
    fallback: *const c_char,
    variadic: bool,
    by_reference: bool,
}

#[repr(C)]
struct RawFunction {
    name: *const c_char,
    handler: Handler,
    parameters: *const RawParameter,
    parameter_count: u32,
    required: u32,
    returns: *const c_char,
    flags: u32,
}

unsafe extern "C" {
    fn tusk_register_functions(functions: *const RawFunction, count: u32);
    fn tusk_register_class(
        name: *const c_char,
        flags: u32,
        methods: *const RawFunction,
        count: u32,
        native: bool,
    ) -> *mut Entry;
    fn tusk_class_make_iterable(class: *mut Entry);
    fn tusk_class_make_aggregate(class: *mut Entry);
    fn tusk_class_make_countable(class: *mut Entry);
    fn tusk_gc_add(buffer: *mut c_void, value: *const Zval);
}

impl Function {
    /// Used by the macros below.
    pub const fn new(signature: &'static str, handler: Handler, is_static: bool) -> Function {
        Function {
            signature,
            handler,
            flags: PUBLIC | if is_static { STATIC } else { 0 },
        }
    }
}

/// A method: `method!("close(): void", Channel, close)` calls `close(&Channel, &Call)`.
macro_rules! method {
    ($signature:literal, $class:ty, $body:path) => {{
        extern "C" fn entry(frame: $crate::zend::call::Frame, result: $crate::zend::call::Slot) {
            $crate::zend::call::enter_method::<$class>(frame, result, $body);
        }
        $crate::zend::class::Function::new($signature, entry, false)
    }};
}

/// A method that finds its object by itself: a constructor, or one of a class of the shim.
macro_rules! raw_method {
    ($signature:literal, $body:path) => {{
        extern "C" fn entry(frame: $crate::zend::call::Frame, result: $crate::zend::call::Slot) {
            $crate::zend::call::enter(frame, result, $body);
        }
        $crate::zend::class::Function::new($signature, entry, false)
    }};
}

/// A static method or a function: the body gets the call alone.
macro_rules! static_method {
    ($signature:literal, $body:path) => {{
        extern "C" fn entry(frame: $crate::zend::call::Frame, result: $crate::zend::call::Slot) {
            $crate::zend::call::enter(frame, result, $body);
        }
        $crate::zend::class::Function::new($signature, entry, true)
    }};
}

pub(crate) use {method, raw_method, static_method};

/// What C reads during registration; it copies all it keeps.
struct Table {
    strings: Vec<CString>,
    parameters: Vec<Vec<RawParameter>>,
    functions: Vec<RawFunction>,
}

impl Table {
    fn new(functions: &[Function]) -> Option<Table> {
        let mut table = Table {
            strings: Vec::new(),
            parameters: Vec::new(),
            functions: Vec::new(),
        };
        for function in functions {
            table.add(function)?;
        }
        Some(table)
    }

    fn text(&mut self, text: &str) -> *const c_char {
        // A CString's buffer does not move when the vector grows.
        self.strings.push(CString::new(text).unwrap_or_default());
        self.strings
            .last()
            .map_or(std::ptr::null(), |text| text.as_ptr())
    }

    fn add(&mut self, function: &Function) -> Option<()> {
        let signature = Signature::parse(function.signature)?;
        let parameters: Vec<RawParameter> = signature
            .parameters
            .iter()
            .map(|parameter| RawParameter {
                name: self.text(&parameter.name),
                kind: self.text(&parameter.kind),
                fallback: match &parameter.fallback {
                    Some(fallback) => self.text(fallback),
                    None => std::ptr::null(),
                },
                variadic: parameter.variadic,
                by_reference: false,
            })
            .collect();
        let name = self.text(&signature.name);
        let returns = self.text(&signature.returns);
        self.functions.push(RawFunction {
            name,
            handler: function.handler,
            parameters: parameters.as_ptr(),
            parameter_count: parameters.len() as u32,
            required: signature.required() as u32,
            returns,
            flags: function.flags,
        });
        self.parameters.push(parameters);
        Some(())
    }
}

/// Registers functions. False: a signature is malformed.
pub fn register_functions(functions: &[Function]) -> bool {
    let Some(mut table) = Table::new(functions) else {
        return false;
    };
    for function in &mut table.functions {
        function.flags = 0;
    }
    // SAFETY: at module start-up; the table lives over the call and C copies it.
    unsafe { tusk_register_functions(table.functions.as_ptr(), table.functions.len() as u32) };
    true
}

/// Registers a class; null: a signature is malformed.
pub fn register_class(class: &Class) -> *mut Entry {
    let Some(table) = Table::new(class.methods) else {
        return std::ptr::null_mut();
    };
    let Ok(name) = CString::new(class.name) else {
        return std::ptr::null_mut();
    };
    // SAFETY: as in `register_functions`.
    unsafe {
        let entry = tusk_register_class(
            name.as_ptr(),
            FINAL,
            table.functions.as_ptr(),
            table.functions.len() as u32,
            class.native,
        );
        for interface in class.interfaces {
            match interface {
                Interface::Iterator => tusk_class_make_iterable(entry),
                Interface::IteratorAggregate => tusk_class_make_aggregate(entry),
                Interface::Countable => tusk_class_make_countable(entry),
            }
        }
        entry
    }
}
