//! `inference.GRPCInferenceService` over tonic, with bytes as messages.

#[path = "../../../grpc/tests/support/raw.rs"]
mod raw;

use crate::models::{self, Models, Outcome, Tensor};
use bytes::Bytes;
use prost::Message;
use raw::Raw;
use std::sync::Arc;
use std::task::{Context, Poll};
use tonic::codegen::{Body, BoxFuture, StdError, http};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::{Request, Response, Status};
use tusk_infer::remote::message::{
    Contents, Described, ModelInferRequest, ModelInferResponse, ModelMetadata, OfModel,
    ServerMetadata, TensorMetadata, Yes,
};

const LONGEST: usize = 256 << 20;

#[derive(Clone)]
pub struct Service(pub Arc<Models>);

impl NamedService for Service {
    const NAME: &'static str = "inference.GRPCInferenceService";
}

struct Method(String, Arc<Models>);

impl UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<Response<Bytes>, Status>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (name, models) = (self.0.clone(), Arc::clone(&self.1));
        Box::pin(async move {
            answer(&name, &models, request.into_inner())
                .await
                .map(Response::new)
        })
    }
}

fn read<M: Message + Default>(message: Bytes) -> Result<M, Status> {
    M::decode(message).map_err(|error| Status::invalid_argument(error.to_string()))
}

fn unknown(model: &str) -> Status {
    Status::not_found(format!("there is no model {model}"))
}

async fn answer(name: &str, models: &Models, message: Bytes) -> Result<Bytes, Status> {
    let bytes = match name {
        "ServerLive" | "ServerReady" => Yes { yes: true }.encode_to_vec(),
        "ModelReady" => {
            let model = read::<OfModel>(message)?.name;
            models::ports(&model).ok_or_else(|| unknown(&model))?;
            Yes {
                yes: model != "asleep",
            }
            .encode_to_vec()
        }
        "ServerMetadata" => ServerMetadata {
            name: "tusk tests".to_owned(),
            version: "1".to_owned(),
            extensions: vec!["binary_tensor_data".to_owned()],
        }
        .encode_to_vec(),
        "ModelMetadata" => {
            let model = read::<OfModel>(message)?.name;
            let (inputs, outputs) = models::ports(&model).ok_or_else(|| unknown(&model))?;
            let all = |ports: models::Ports| {
                let ports = ports
                    .into_iter()
                    .map(|(name, datatype, shape)| TensorMetadata {
                        name: name.to_owned(),
                        datatype: datatype.to_owned(),
                        shape,
                    });
                ports.collect()
            };
            ModelMetadata {
                name: model,
                versions: vec!["1".to_owned()],
                platform: "test".to_owned(),
                inputs: all(inputs),
                outputs: all(outputs),
            }
            .encode_to_vec()
        }
        "ModelInfer" => return infer(models, read(message)?).await,
        other => return Err(Status::unimplemented(format!("no method {other}"))),
    };
    Ok(bytes.into())
}

async fn infer(models: &Models, request: ModelInferRequest) -> Result<Bytes, Status> {
    if request.raw.len() != request.inputs.len() {
        return Err(Status::invalid_argument("only raw contents are taken"));
    }
    let inputs = request.inputs.into_iter().zip(request.raw);
    let inputs = inputs.map(|(input, bytes)| Tensor {
        name: input.name,
        datatype: input.datatype,
        shape: input.shape,
        bytes: bytes.to_vec(),
    });
    let (plain, outputs) = match models.infer(&request.model_name, inputs.collect()).await {
        Outcome::Outputs(outputs) => (false, outputs),
        Outcome::Plain(outputs) => (true, outputs),
        Outcome::Failed(words) => return Err(Status::invalid_argument(words)),
        Outcome::Unknown => return Err(unknown(&request.model_name)),
        Outcome::Garbage => return Ok(Bytes::from_static(b"\xff\xff nonsense")),
        // tonic lets nobody at the connection; the whole process goes.
        Outcome::Disconnect => std::process::exit(0),
    };
    let described = outputs.iter().map(|output| Described {
        name: output.name.clone(),
        datatype: output.datatype.clone(),
        shape: output.shape.clone(),
        contents: plain.then(|| contents(output)),
    });
    let raw = outputs.iter().filter(|_| !plain);
    let response = ModelInferResponse {
        model_name: request.model_name,
        outputs: described.collect(),
        raw: raw.map(|output| output.bytes.clone().into()).collect(),
        ..ModelInferResponse::default()
    };
    Ok(response.encode_to_vec().into())
}

/// Of the types that tests ask for.
fn contents(output: &Tensor) -> Contents {
    let mut contents = Contents::default();
    let bytes = &output.bytes;
    match output.datatype.as_str() {
        "BOOL" => contents.bools = bytes.iter().map(|&byte| byte != 0).collect(),
        "INT8" => contents.ints = bytes.iter().map(|&byte| (byte as i8).into()).collect(),
        "INT64" => {
            let eights = bytes.chunks_exact(8);
            contents.longs = eights
                .map(|at| i64::from_le_bytes(at.try_into().expect("eight")))
                .collect();
        }
        _ => {
            let fours = bytes.chunks_exact(4);
            contents.floats = fours
                .map(|at| f32::from_le_bytes(at.try_into().expect("four")))
                .collect();
        }
    }
    contents
}

impl<B> tonic::codegen::Service<http::Request<B>> for Service
where
    B: Body + Send + 'static,
    B::Error: Into<StdError> + Send + 'static,
{
    type Response = http::Response<tonic::body::Body>;
    type Error = std::convert::Infallible;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let name = request.uri().path().rsplit('/').next();
        let method = Method(name.unwrap_or_default().to_owned(), Arc::clone(&self.0));
        let mut grpc = Grpc::new(Raw)
            .max_decoding_message_size(LONGEST)
            .max_encoding_message_size(LONGEST);
        Box::pin(async move { Ok(grpc.unary(method, request).await) })
    }
}
