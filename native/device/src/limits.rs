//! Every bound of this crate, each with its reason and what happens beyond it.

/// Dimensions of a tensor. ONNX models have at most 8 in practice, numpy allows 32; 16 keep a
/// layout small. Beyond it: `Misuse`.
pub const RANK: usize = 16;

/// Header of an npy file. Real ones have 118 bytes; a structured dtype, which is refused, makes
/// the long ones. Beyond it: `Protocol`.
pub const NPY_HEADER: usize = 64 << 10;

/// Header of a safetensors file. The format's own implementation refuses more than 100 MB; the
/// largest models published have under 10 MB. Beyond it: `Protocol`.
pub const SAFETENSORS_HEADER: usize = 32 << 20;

/// Tensors named by one safetensors header: each costs an object in PHP. Large models have a few
/// thousand. Beyond it: `Protocol`.
pub const SAFETENSORS_TENSORS: usize = 100_000;

/// Files mapped at a time. The signal handler that notices truncated ones looks through a table
/// of this size without a lock. Beyond it: `Overloaded`.
pub const MAPPINGS: usize = 1024;

/// Alignment of memory that this crate allocates: a cache line, what ONNX Runtime, numpy and
/// DLPack ask for, and what older Ascend drivers demand of both ends of a copy.
pub const ALIGNMENT: usize = 64;
