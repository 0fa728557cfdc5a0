//! The classes of `Tusk\Rpc`, one file each.

mod future;
mod goridge;
mod json_rpc;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    !future::FUTURE.register(&future::CLASS).is_null()
        && !goridge::GORIDGE.register(&goridge::CLASS).is_null()
        && !json_rpc::JSON_RPC.register(&json_rpc::CLASS).is_null()
}
