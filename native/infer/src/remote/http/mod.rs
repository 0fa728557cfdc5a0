//! KServe v2 over HTTP/1.1: bodies (pure), and the connections that carry them.

mod body;
#[cfg(test)]
mod body_tests;
mod data;
mod link;
mod pool;

pub use body::{Form, Question, Reply};
pub use pool::{Config, Pool};
