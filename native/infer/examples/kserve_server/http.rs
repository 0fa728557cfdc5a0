//! KServe v2 over HTTP/1.1 with the binary extension, over hyper.

use crate::models::{self, Models, Outcome, Tensor};
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const HEADER_LENGTH: &str = "inference-header-content-length";

/// Of a PEM file with certificate and key.
pub fn acceptor(pem: &[u8]) -> Result<TlsAcceptor, Box<dyn Error>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain?, PrivateKeyDer::from_pem_slice(pem)?)?;
    Ok(Arc::new(config).into())
}

pub async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, models: Arc<Models>) {
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        models.connections.fetch_add(1, Ordering::SeqCst);
        let (tls, models) = (tls.clone(), Arc::clone(&models));
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let models = Arc::clone(&models);
                async move { answer(&models, request).await }
            });
            let server = hyper::server::conn::http1::Builder::new();
            let _ = match tls {
                None => server.serve_connection(TokioIo::new(socket), service).await,
                Some(tls) => match tls.accept(socket).await {
                    Ok(socket) => server.serve_connection(TokioIo::new(socket), service).await,
                    Err(_) => return,
                },
            };
        });
    }
}

/// A whole body, or one that breaks after its beginning.
struct Answer {
    bytes: Option<Bytes>,
    breaks: bool,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(match self.bytes.take() {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.breaks => Some(Err(io::ErrorKind::BrokenPipe.into())),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        match &self.bytes {
            Some(bytes) => SizeHint::with_exact(bytes.len() as u64 + u64::from(self.breaks)),
            None => SizeHint::default(),
        }
    }
}

type Answered = Result<Response<Answer>, hyper::Error>;

fn whole(status: u16, head: Option<usize>, body: impl Into<Bytes>) -> Answered {
    let answer = Answer {
        bytes: Some(body.into()),
        breaks: false,
    };
    let mut response = Response::new(answer);
    *response.status_mut() = hyper::StatusCode::from_u16(status).expect("a status");
    if let Some(head) = head {
        response.headers_mut().insert(HEADER_LENGTH, head.into());
    }
    Ok(response)
}

fn json(status: u16, json: &Value) -> Answered {
    whole(status, None, json.to_string())
}

fn failed(status: u16, words: &str) -> Answered {
    json(status, &json!({ "error": words }))
}

async fn answer(models: &Models, request: Request<Incoming>) -> Answered {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (request.method(), parts.as_slice()) {
        (&Method::GET, ["v2"]) => json(
            200,
            &json!({"name": "tusk tests", "version": "1", "extensions": ["binary_tensor_data"]}),
        ),
        (&Method::GET, ["v2", "health", "live" | "ready"]) => whole(200, None, ""),
        // A server behind a path, which has not the extension.
        (&Method::GET, ["old", "v2"]) => json(
            200,
            &json!({"name": "old", "version": "0", "extensions": []}),
        ),
        (&Method::GET, ["old", "v2", "models", model]) => metadata(model, Default::default()),
        (&Method::POST, ["old", "v2", "models", model, "infer"]) => {
            let model = (*model).to_owned();
            match request.headers().contains_key(HEADER_LENGTH) {
                true => failed(400, "what is this header?"),
                false => infer(models, &model, request).await,
            }
        }
        (_, ["v2", "models", model, rest @ ..]) => {
            let rest = match rest {
                ["versions", "1", rest @ ..] => rest,
                ["versions", version, ..] => {
                    return failed(404, &format!("there is no version {version}"));
                }
                rest => rest,
            };
            match (models::ports(model), rest) {
                (None, _) => failed(404, &format!("there is no model {model}")),
                (Some(_), ["ready"]) if *model == "asleep" => whole(503, None, ""),
                (Some(_), ["ready"]) => whole(200, None, ""),
                (Some(ports), []) => metadata(model, ports),
                (Some(_), ["infer"]) => {
                    let model = (*model).to_owned();
                    infer(models, &model, request).await
                }
                _ => failed(404, "no such path"),
            }
        }
        _ => failed(404, "no such path"),
    }
}

fn metadata(model: &str, (inputs, outputs): (models::Ports, models::Ports)) -> Answered {
    let all = |ports: models::Ports| -> Vec<Value> {
        let port =
            |(name, datatype, shape)| json!({"name": name, "datatype": datatype, "shape": shape});
        ports.into_iter().map(port).collect()
    };
    let said = json!({"name": model, "versions": ["1"], "platform": "test", "inputs": all(inputs), "outputs": all(outputs)});
    json(200, &said)
}

async fn infer(models: &Models, model: &str, request: Request<Incoming>) -> Answered {
    let head = request.headers().get(HEADER_LENGTH);
    let head = head.and_then(|head| head.to_str().ok()?.parse::<usize>().ok());
    let mut incoming = request.into_body();
    let mut body = BytesMut::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await {
        if let Ok(data) = frame?.into_data() {
            body.extend_from_slice(&data);
        }
    }
    let (asked, inputs) = match read(&body, head.unwrap_or(body.len())) {
        Ok(read) => read,
        Err(words) => return failed(400, &words),
    };
    let binary = asked["parameters"]["binary_data_output"] == true
        || asked["outputs"][0]["parameters"]["binary_data"] == true;
    match models.infer(model, inputs).await {
        Outcome::Outputs(outputs) => give(&outputs, binary),
        Outcome::Plain(outputs) => give(&outputs, false),
        Outcome::Failed(words) => failed(400, &words),
        Outcome::Unknown => failed(404, &format!("there is no model {model}")),
        Outcome::Garbage => whole(200, None, &b"\xff nonsense"[..]),
        Outcome::Disconnect => Ok(Response::new(Answer {
            bytes: Some(Bytes::from_static(b"{\"outputs\":")),
            breaks: true,
        })),
    }
}

/// The JSON, and the inputs, each either after it or within.
fn read(body: &[u8], head: usize) -> Result<(Value, Vec<Tensor>), String> {
    let text = body.get(..head).ok_or("the head is longer than the body")?;
    let said: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let mut rest = &body[head..];
    let mut inputs = Vec::new();
    for input in said["inputs"].as_array().ok_or("no inputs")? {
        let text = |key: &str| input[key].as_str().unwrap_or_default().to_owned();
        let datatype = text("datatype");
        let bytes = match input["parameters"]["binary_data_size"].as_u64() {
            Some(size) => {
                let (own, others) = rest
                    .split_at_checked(size as usize)
                    .ok_or("too few bytes")?;
                rest = others;
                own.to_vec()
            }
            None => elements(&datatype, &input["data"])?,
        };
        let shape = input["shape"].as_array().ok_or("no shape")?;
        inputs.push(Tensor {
            name: text("name"),
            datatype,
            shape: shape.iter().filter_map(Value::as_i64).collect(),
            bytes,
        });
    }
    match rest {
        [] => Ok((said, inputs)),
        _ => Err(format!("{} bytes too many", rest.len())),
    }
}

fn elements(datatype: &str, data: &Value) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    for item in data.as_array().ok_or("no data")? {
        let number = item.as_f64().unwrap_or(f64::from(item == true));
        match datatype {
            "BOOL" | "UINT8" | "INT8" => bytes.push(number as i64 as u8),
            "INT64" => bytes.extend(item.as_i64().ok_or("no integer")?.to_le_bytes()),
            "FP32" => bytes.extend((number as f32).to_le_bytes()),
            "FP64" => bytes.extend(number.to_le_bytes()),
            other => return Err(format!("no {other} in JSON")),
        }
    }
    Ok(bytes)
}

fn give(outputs: &[Tensor], binary: bool) -> Answered {
    let mut rest = BytesMut::new();
    let described: Vec<Value> = outputs
        .iter()
        .map(|output| {
            let mut said =
                json!({"name": output.name, "datatype": output.datatype, "shape": output.shape});
            if binary {
                said["parameters"] = json!({ "binary_data_size": output.bytes.len() });
                rest.extend_from_slice(&output.bytes);
            } else {
                said["data"] = numbers(output);
            }
            said
        })
        .collect();
    let head = json!({"model_name": "m", "outputs": described}).to_string();
    let length = binary.then_some(head.len());
    whole(200, length, [head.as_bytes(), &rest].concat())
}

/// Of the types that tests ask for.
fn numbers(output: &Tensor) -> Value {
    let bytes = &output.bytes;
    match output.datatype.as_str() {
        "BOOL" => bytes.iter().map(|&byte| json!(byte != 0)).collect(),
        "UINT8" => bytes.iter().map(|&byte| json!(byte)).collect(),
        "INT8" => bytes.iter().map(|&byte| json!(byte as i8)).collect(),
        "INT64" => bytes
            .chunks_exact(8)
            .map(|at| json!(i64::from_le_bytes(at.try_into().expect("eight"))))
            .collect(),
        "FP64" => bytes
            .chunks_exact(8)
            .map(|at| json!(f64::from_le_bytes(at.try_into().expect("eight"))))
            .collect(),
        _ => bytes
            .chunks_exact(4)
            .map(|at| json!(f32::from_le_bytes(at.try_into().expect("four"))))
            .collect(),
    }
}
