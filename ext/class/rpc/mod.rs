//! The classes of `Tusk\Rpc`, one file each.

mod future;
mod goridge;
mod json_rpc;

use crate::zend::class::register_class;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    future::FUTURE.set(register_class(&future::CLASS));
    goridge::GORIDGE.set(register_class(&goridge::CLASS));
    json_rpc::JSON_RPC.set(register_class(&json_rpc::CLASS));
    future::FUTURE.is_set() && goridge::GORIDGE.is_set() && json_rpc::JSON_RPC.is_set()
}
