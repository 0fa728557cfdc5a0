//! The classes of `Tusk\Rpc`, one file each.

mod future;
mod goridge;
mod json_rpc;

use super::kind;

/// Registers them. False: a signature is malformed.
pub fn register() -> bool {
    kind(&future::FUTURE, &future::CLASS)
        && kind(&goridge::GORIDGE, &goridge::CLASS)
        && kind(&json_rpc::JSON_RPC, &json_rpc::CLASS)
}
