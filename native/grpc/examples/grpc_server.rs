//! The test server as a process. Prints `PORT n` and `BAD n` when it listens.
//!
//! `grpc_server [--port N] [--unix PATH] [--tls CERTIFICATE KEY] [--client-ca FILE] [--no-health]`

#[path = "../tests/support/bad.rs"]
mod bad;
#[path = "../tests/support/server.rs"]
mod server;

use std::error::Error;
use std::io::Write;
use tokio::net::{TcpListener, UnixListener};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{TcpListenerStream, UnixListenerStream};
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

#[derive(Default)]
struct Options {
    port: u16,
    unix: Option<String>,
    tls: Option<(String, String)>,
    client_ca: Option<String>,
    no_health: bool,
}

fn options() -> Result<Options, Box<dyn Error>> {
    let mut options = Options::default();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut next = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            "--port" => options.port = next()?.parse()?,
            "--unix" => options.unix = Some(next()?),
            "--tls" => options.tls = Some((next()?, next()?)),
            "--client-ca" => options.client_ca = Some(next()?),
            "--no-health" => options.no_health = true,
            _ => return Err(format!("unknown: {word}").into()),
        }
    }
    Ok(options)
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(options()?))
}

async fn serve(options: Options) -> Result<(), Box<dyn Error>> {
    // A test that cancels many calls is no attack.
    let mut builder = Server::builder()
        .http2_max_pending_accept_reset_streams(Some(10_000))
        .http2_max_local_error_reset_streams(None);
    if let Some((certificate, key)) = &options.tls {
        let identity = Identity::from_pem(std::fs::read(certificate)?, std::fs::read(key)?);
        let mut tls = ServerTlsConfig::new().identity(identity);
        if let Some(authorities) = &options.client_ca {
            tls = tls.client_ca_root(Certificate::from_pem(std::fs::read(authorities)?));
        }
        builder = builder.tls_config(tls)?;
    }
    let counters = server::counters();
    let router = builder.add_service(server::Test::<false>(counters.clone()));
    let router = match options.no_health {
        true => router,
        false => router.add_service(server::Test::<true>(counters)),
    };
    let bad = TcpListener::bind("127.0.0.1:0").await?;
    let bad_port = bad.local_addr()?.port();
    tokio::spawn(bad::serve(bad));
    if let Some(path) = options.unix {
        let listener = UnixListener::bind(path)?;
        say(&format!("PORT 0\nBAD {bad_port}"))?;
        return Ok(router
            .serve_with_incoming(UnixListenerStream::new(listener))
            .await?);
    }
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    say(&format!(
        "PORT {}\nBAD {bad_port}",
        listener.local_addr()?.port()
    ))?;
    // Answers are small, and must not wait for the client's acknowledgements.
    let sockets = TcpListenerStream::new(listener).map(|socket| {
        let socket = socket?;
        socket.set_nodelay(true)?;
        Ok::<_, std::io::Error>(socket)
    });
    Ok(router.serve_with_incoming(sockets).await?)
}

fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}
