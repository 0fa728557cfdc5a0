//! The reference of benches/grpc.php: tonic's own client in plain Rust, with as many unary
//! calls in flight. Prints calls a second, and CPU microseconds a call.
//!
//! `tonic_client PORT IN_FLIGHT SECONDS BYTES`

#[path = "../tests/support/server.rs"]
mod server;

use bytes::Bytes;
use std::cell::Cell;
use std::error::Error;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let &[port, in_flight, seconds, length] = words.as_slice() else {
        return Err("usage: tonic_client PORT IN_FLIGHT SECONDS BYTES".into());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    runtime.block_on(local.run_until(measure(port, in_flight, seconds, length)))
}

async fn measure(
    port: u64,
    in_flight: u64,
    seconds: u64,
    length: u64,
) -> Result<(), Box<dyn Error>> {
    let channel = Endpoint::try_from(format!("http://127.0.0.1:{port}"))?
        .tcp_nodelay(true)
        .connect()
        .await?;
    let message = Bytes::from(vec![b'x'; length as usize]);
    let done = Rc::new(Cell::new(0u64));
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let callers: Vec<_> = (0..in_flight)
        .map(|_| {
            tokio::task::spawn_local(calls(
                channel.clone(),
                message.clone(),
                end,
                Rc::clone(&done),
            ))
        })
        .collect();
    for caller in callers {
        caller.await??;
    }
    let (calls, elapsed) = (done.get() as f64, begun.elapsed().as_secs_f64());
    println!("{:.0} {:.2}", calls / elapsed, cpu_us()? / calls);
    Ok(())
}

async fn calls(
    channel: Channel,
    message: Bytes,
    end: Instant,
    done: Rc<Cell<u64>>,
) -> Result<(), tonic::Status> {
    let mut grpc = Grpc::new(channel);
    while Instant::now() < end {
        grpc.ready()
            .await
            .map_err(|error| tonic::Status::unavailable(error.to_string()))?;
        let request = tonic::Request::new(message.clone());
        let path = PathAndQuery::from_static("/tusk.Test/Echo");
        let answer = grpc.unary(request, path, server::Raw).await?;
        assert_eq!(answer.get_ref(), &message);
        done.set(done.get() + 1);
    }
    Ok(())
}

/// CPU time of this process, user and system, as the kernel accounts it.
fn cpu_us() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: Vec<f64> = fields
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse().ok())
        .collect();
    // A tick is 10 ms on every Linux that PHP runs on.
    Ok(ticks.iter().sum::<f64>() * 10_000.0)
}
