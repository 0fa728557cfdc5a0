//! Questions and answers as gRPC messages: raw contents, which are the path without conversion.

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use std::collections::BTreeMap;
use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;
use tusk_grpc::frame::PREFIX;
use tusk_grpc::status::{Code, Origin, Status};
use tusk_runtime::error::{Error, Kind};

use super::datatype;
use super::message::{
    Contents, Described, ModelInferRequest, ModelInferResponse, ModelMetadata, Nothing, OfModel,
    Parameter, SERVICE, ServerMetadata, TensorMetadata, Yes,
};
use super::question::{
    Answer, Ask, Failure, ModelInfo, OPERATION, ServerInfo, Which, malformed, next_id,
};
use crate::gather::Tensors;
use crate::port::Port;

/// The path of the method that answers.
pub(super) fn method(ask: Ask) -> String {
    let name = match ask {
        Ask::Live => "ServerLive",
        Ask::Ready => "ServerReady",
        Ask::ModelReady => "ModelReady",
        Ask::Server => "ServerMetadata",
        Ask::Model => "ModelMetadata",
        Ask::Infer => "ModelInfer",
    };
    format!("{SERVICE}{name}")
}

/// The question's message behind gRPC's prefix: what tensors hold is copied here, and not again.
///
/// # Errors
/// What an input's bytes may give.
pub(super) fn request(which: &Which, ask: Ask, inputs: &Tensors) -> Result<Bytes, Error> {
    Ok(match ask {
        Ask::Live | Ask::Ready | Ask::Server => framed(&Nothing {}),
        Ask::ModelReady | Ask::Model => framed(&OfModel {
            name: which.model.clone(),
            version: which.version.clone(),
        }),
        Ask::Infer => framed(&infer_request(which, inputs)?),
    })
}

fn framed(message: &impl Message) -> Bytes {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(PREFIX + length);
    frame.put_u8(0);
    // One that is longer is refused before it is sent.
    frame.put_u32(u32::try_from(length).unwrap_or(u32::MAX));
    message.encode_raw(&mut frame);
    frame.freeze()
}

fn infer_request(which: &Which, inputs: &Tensors) -> Result<ModelInferRequest, Error> {
    let mut described = Vec::with_capacity(inputs.len());
    let mut raw = Vec::with_capacity(inputs.len());
    for (name, tensor) in inputs {
        described.push(Described {
            name: name.clone(),
            datatype: datatype::name(name, tensor)?.to_owned(),
            shape: tensor.shape().iter().map(|&at| at as i64).collect(),
            contents: None,
        });
        raw.push(datatype::bytes_of(tensor)?);
    }
    let parameters = which.parameters.iter().map(|(name, value)| {
        let choice = Some(value.clone());
        (name.clone(), Parameter { choice })
    });
    Ok(ModelInferRequest {
        model_name: which.model.clone(),
        model_version: which.version.clone(),
        id: next_id(),
        parameters: parameters.collect::<BTreeMap<_, _>>(),
        inputs: described,
        raw,
    })
}

/// What the server's message says. Outputs are views of it.
///
/// # Errors
/// `Protocol` when it is none, or says what cannot be.
pub(super) fn answer(ask: Ask, message: Bytes) -> Result<Answer, Error> {
    fn read<M: Message + Default>(message: Bytes) -> Result<M, Error> {
        M::decode(message)
            .map_err(|error| malformed(format!("its message is none of the protocol's: {error}")))
    }
    Ok(match ask {
        Ask::Live | Ask::Ready | Ask::ModelReady => Answer::Yes(read::<Yes>(message)?.yes),
        Ask::Server => {
            let said: ServerMetadata = read(message)?;
            Answer::Server(ServerInfo {
                name: said.name,
                version: said.version,
                extensions: said.extensions,
            })
        }
        Ask::Model => {
            let said: ModelMetadata = read(message)?;
            Answer::Model(ModelInfo {
                name: said.name,
                versions: said.versions,
                platform: said.platform,
                inputs: ports(said.inputs),
                outputs: ports(said.outputs),
            })
        }
        Ask::Infer => Answer::Outputs(outputs(read(message)?)?),
    })
}

fn ports(tensors: Vec<TensorMetadata>) -> Vec<Port> {
    let port = |at: TensorMetadata| datatype::port(at.name, at.datatype, at.shape);
    tensors.into_iter().map(port).collect()
}

fn outputs(said: ModelInferResponse) -> Result<Tensors, Error> {
    if !said.raw.is_empty() && said.raw.len() != said.outputs.len() {
        return Err(malformed(format!(
            "it describes {} outputs and sends the bytes of {}",
            said.outputs.len(),
            said.raw.len()
        )));
    }
    let mut raw = said.raw.into_iter();
    let outputs = said.outputs.into_iter().map(|output| {
        let (name, datatype, shape) = (&output.name, &output.datatype, &output.shape);
        let tensor = match raw.next() {
            Some(bytes) => datatype::output(name, datatype, shape, bytes)?,
            None => typed(name, datatype, shape, &output.contents.unwrap_or_default())?,
        };
        Ok((output.name, tensor))
    });
    outputs.collect()
}

/// An output in typed contents.
fn typed(name: &str, datatype: &str, shape: &[i64], contents: &Contents) -> Result<Tensor, Error> {
    let (dtype, lengths) = datatype::described(name, datatype, shape)?;
    let numbers: Vec<Number> = match dtype {
        DType::Bool => contents.bools.iter().map(|&at| Number::Bool(at)).collect(),
        DType::I8 | DType::I16 | DType::I32 => {
            let ints = contents.ints.iter();
            ints.map(|&at| Number::Int(at.into())).collect()
        }
        DType::I64 => contents.longs.iter().map(|&at| Number::Int(at)).collect(),
        DType::U8 => {
            let unsigned = contents.unsigned.iter();
            unsigned.map(|&at| Number::Int(at.into())).collect()
        }
        DType::F32 => {
            let floats = contents.floats.iter();
            floats.map(|&at| Number::Float(at.into())).collect()
        }
        DType::F64 => contents
            .doubles
            .iter()
            .map(|&at| Number::Float(at))
            .collect(),
        DType::F16 | DType::Bf16 | DType::I4 => {
            return Err(malformed(format!(
                "output \"{name}\" is {datatype} without raw contents, which the protocol demands"
            )));
        }
    };
    let count = numbers.len();
    Tensor::from_numbers(dtype, &lengths, &numbers).map_err(|_| {
        malformed(format!(
            "output \"{name}\" is said to be {datatype} {shape:?}, but came with {count} elements"
        ))
    })
}

/// Why the call failed, or the answer that its status is.
pub(super) fn failed(ask: Ask, status: &Status) -> Result<Answer, Failure> {
    let not_ready = matches!(status.code, Code::NOT_FOUND | Code::UNAVAILABLE);
    if status.origin == Origin::Server && not_ready && ask == Ask::ModelReady {
        return Ok(Answer::Yes(false));
    }
    let kind = match (status.code, status.origin) {
        (Code::DEADLINE_EXCEEDED, _) => Kind::TimedOut,
        (_, Origin::Server) => Kind::Remote,
        (_, Origin::Connection) => Kind::Connection,
        (_, Origin::Protocol) => Kind::Protocol,
        (Code::CANCELLED, Origin::Local) => Kind::Cancelled,
        (_, Origin::Local) => Kind::Overloaded,
    };
    let detail = format!(
        "{} ({}): {}",
        status.code.name(),
        status.code.0,
        status.details
    );
    Err(Failure {
        error: Error::new(kind, OPERATION, detail),
        code: status.code.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_of(response: &ModelInferResponse) -> Result<Tensors, Error> {
        match answer(Ask::Infer, response.encode_to_vec().into())? {
            Answer::Outputs(outputs) => Ok(outputs),
            other => panic!("{other:?}"),
        }
    }

    fn response(
        datatype: &str,
        contents: Option<Contents>,
        raw: &[&'static [u8]],
    ) -> ModelInferResponse {
        ModelInferResponse {
            outputs: vec![Described {
                name: "y".into(),
                datatype: datatype.into(),
                shape: vec![2],
                contents,
            }],
            raw: raw.iter().map(|&bytes| Bytes::from_static(bytes)).collect(),
            ..ModelInferResponse::default()
        }
    }

    #[test]
    fn raw_outputs_lie_in_the_message() {
        let message: Bytes = response("INT16", None, &[&[1, 0, 0xff, 0xff]])
            .encode_to_vec()
            .into();
        let range = message.as_ptr_range();
        let Ok(Answer::Outputs(outputs)) = answer(Ask::Infer, message.clone()) else {
            panic!("it is one");
        };
        let tensor = &outputs[0].1;
        let there = tensor.storage().bytes().as_ptr();
        assert!(range.contains(&there), "no byte was copied");
        let numbers: Vec<i64> = tensor.numbers().map(Number::int).collect();
        assert_eq!(numbers, [1, -1]);
    }

    #[test]
    fn typed_outputs_are_read_too() {
        let contents = Contents {
            floats: vec![0.5, -2.0],
            ints: vec![3, -4],
            ..Contents::default()
        };
        let outputs = answer_of(&response("FP32", Some(contents.clone()), &[])).expect("two");
        let numbers: Vec<f64> = outputs[0].1.numbers().map(Number::float).collect();
        assert_eq!(numbers, [0.5, -2.0]);
        let outputs = answer_of(&response("INT8", Some(contents.clone()), &[])).expect("two");
        let numbers: Vec<i64> = outputs[0].1.numbers().map(Number::int).collect();
        assert_eq!(numbers, [3, -4]);
        let error = answer_of(&response("INT64", Some(contents.clone()), &[])).expect_err("none");
        assert!(
            error.to_string().contains("came with 0 elements"),
            "{error}"
        );
        let error = answer_of(&response("FP16", Some(contents), &[])).expect_err("not allowed");
        assert!(
            error.to_string().contains("without raw contents"),
            "{error}"
        );
    }

    #[test]
    fn nonsense_is_an_error() {
        let error = answer(Ask::Infer, Bytes::from_static(b"\xff\xff\xff")).expect_err("nonsense");
        assert!(
            error.to_string().contains("none of the protocol's"),
            "{error}"
        );
        let error = answer_of(&response("INT8", None, &[b"ab", b"cd"])).expect_err("too many");
        assert!(
            error
                .to_string()
                .contains("describes 1 outputs and sends the bytes of 2"),
            "{error}"
        );
        // Cut anywhere, it is an error or an answer, never a panic.
        let whole = response("INT8", None, &[b"ab"]).encode_to_vec();
        for length in 0..whole.len() {
            let _ = answer(Ask::Infer, Bytes::copy_from_slice(&whole[..length]));
        }
    }
}
