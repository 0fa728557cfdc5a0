//! The KServe v2 server of the tests, over gRPC (tonic) and HTTP/1.1 (hyper). It shares no
//! code with the client but the messages of gRPC. Prints `GRPC n` and `HTTP n` when it listens.
//!
//! `kserve_server [--tls PEM]`; what its models do is in models.rs.

mod grpc;
mod http;
mod models;

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Identity, Server, ServerTlsConfig};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let tls = match words.as_slice() {
        [] => None,
        [option, path] if option == "--tls" => Some(std::fs::read(path)?),
        _ => return Err("usage: kserve_server [--tls PEM]".into()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(tls))
}

async fn serve(tls: Option<Vec<u8>>) -> Result<(), Box<dyn Error>> {
    let models = Arc::new(models::Models::default());
    let grpc = TcpListener::bind("127.0.0.1:0").await?;
    let http = TcpListener::bind("127.0.0.1:0").await?;
    let mut out = std::io::stdout();
    let (grpc_port, http_port) = (grpc.local_addr()?.port(), http.local_addr()?.port());
    writeln!(out, "GRPC {grpc_port}\nHTTP {http_port}")?;
    out.flush()?;
    let acceptor = tls.as_deref().map(http::acceptor).transpose()?;
    tokio::spawn(http::serve(http, acceptor, Arc::clone(&models)));
    let mut server = Server::builder();
    if let Some(pem) = tls {
        let identity = Identity::from_pem(&pem, &pem);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let router = server.add_service(grpc::Service(models));
    Ok(router
        .serve_with_incoming(TcpListenerStream::new(grpc))
        .await?)
}
