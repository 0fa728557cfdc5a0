//! DLPack: a tensor handed to a C library, with a function that gives it back.
//!
//! The structs are those of dlpack.h (DMLC, version 0.x `DLManagedTensor`, which every
//! consumer knows). The managed struct owns a clone of the tensor; its deleter may be called
//! in any thread, once.

use std::ffi::c_void;

use crate::dtype::DType;
use crate::tensor::Tensor;

#[repr(C)]
struct DlTensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

#[repr(C)]
struct DlManagedTensor {
    tensor: DlTensor,
    context: *mut c_void,
    deleter: extern "C" fn(*mut DlManagedTensor),
}

/// What `context` points to: the tensor, and what the struct's pointers point to.
struct Kept {
    _tensor: Tensor,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

const CPU: i32 = 1;

/// A managed tensor that nobody has taken yet; it is given back when this is dropped.
pub struct Capsule(*mut DlManagedTensor);

// SAFETY: what it points to is owned and only moved between threads.
unsafe impl Send for Capsule {}

impl Capsule {
    /// Of a tensor; `None` for packed int4 that begins inside a byte.
    pub fn new(tensor: &Tensor) -> Option<Capsule> {
        let (code, bits) = match tensor.dtype() {
            DType::I4 | DType::I8 | DType::I16 | DType::I32 | DType::I64 => {
                (0, tensor.dtype().bits())
            }
            DType::U8 => (1, 8),
            DType::F16 | DType::F32 | DType::F64 => (2, tensor.dtype().bits()),
            DType::Bf16 => (4, 16),
            DType::Bool => (6, 8),
        };
        let first = tensor.layout().offset() * tensor.dtype().bits();
        if first % 8 != 0 {
            return None;
        }
        let signed = |numbers: &[usize]| numbers.iter().map(|&number| number as i64).collect();
        let mut kept = Box::new(Kept {
            shape: signed(tensor.shape()),
            strides: signed(tensor.layout().strides()),
            _tensor: tensor.clone(),
        });
        let tensor = DlTensor {
            data: tensor.storage().bytes().as_ptr().cast_mut().cast(),
            device_type: CPU,
            device_id: 0,
            ndim: kept.shape.len() as i32,
            code,
            bits: bits as u8,
            lanes: 1,
            shape: kept.shape.as_mut_ptr(),
            strides: kept.strides.as_mut_ptr(),
            byte_offset: first as u64 / 8,
        };
        let managed = DlManagedTensor {
            tensor,
            context: Box::into_raw(kept).cast(),
            deleter: give_back,
        };
        Some(Capsule(Box::into_raw(Box::new(managed))))
    }

    /// The address of the `DLManagedTensor`.
    pub fn address(&self) -> usize {
        self.0 as usize
    }

    /// Hands it over: whoever has the address calls its deleter.
    pub fn take(self) -> usize {
        let address = self.address();
        std::mem::forget(self);
        address
    }
}

impl Drop for Capsule {
    fn drop(&mut self) {
        give_back(self.0);
    }
}

extern "C" fn give_back(managed: *mut DlManagedTensor) {
    // SAFETY: made by `Capsule::new`; DLPack has the deleter called once.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.context.cast::<Kept>()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consumer_reads_what_the_tensor_has_and_gives_it_back() {
        let numbers: Vec<_> = (0..12).map(|n| crate::dtype::Number::Int(n)).collect();
        let tensor = Tensor::from_numbers(DType::I32, &[3, 4], &numbers).expect("small");
        let view = tensor.slice(1, 1, 2, 2).expect("inside");
        let capsule = Capsule::new(&view).expect("whole bytes");
        drop((tensor, view));
        let managed = capsule.take() as *mut DlManagedTensor;
        // SAFETY: the struct lives until its deleter is called, and what it points to too.
        unsafe {
            let dl = &(*managed).tensor;
            assert_eq!((dl.ndim, dl.code, dl.bits, dl.lanes), (2, 0, 32, 1));
            let shape = std::slice::from_raw_parts(dl.shape, 2);
            let strides = std::slice::from_raw_parts(dl.strides, 2);
            assert_eq!((shape, strides), (&[3, 2][..], &[4, 2][..]));
            let data = dl
                .data
                .cast::<u8>()
                .add(dl.byte_offset as usize)
                .cast::<i32>();
            assert_eq!((*data, *data.add(2), *data.add(4)), (1, 3, 5));
            ((*managed).deleter)(managed);
        }
    }
}
