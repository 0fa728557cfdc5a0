//! Questions and answers as HTTP: paths, and bodies that are JSON or JSON with tensors after it.
//!
//! In the binary form a body is a JSON head of `Inference-Header-Content-Length` bytes and
//! then each tensor's bytes, in the order in which the head names them (`binary_data_size`).

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tusk_runtime::error::{Error, Kind};

use super::super::datatype;
use super::super::question::{
    Answer, Ask, Failure, ModelInfo, OPERATION, Parameter, ServerInfo, Which, malformed, next_id,
};
use super::data;
use crate::gather::Tensors;
use crate::port::Port;

/// The header that says how long the JSON is.
pub(super) const HEADER_LENGTH: &str = "inference-header-content-length";

/// Bytes of an error's body that are shown when it is no JSON.
const SHOWN: usize = 200;

/// A request.
#[derive(Debug, Default)]
pub struct Question {
    /// A POST with a body; else a GET.
    pub(super) post: bool,
    /// After the server's own path.
    pub(super) path: String,
    /// How long the JSON is, where tensors follow it.
    pub(super) head: Option<usize>,
    /// The body in pieces: tensors stay where they lie.
    pub(super) pieces: Vec<Bytes>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP's status.
    pub status: u16,
    /// How long the JSON is, where tensors follow it.
    pub head: Option<usize>,
    /// All of the body.
    pub body: Bytes,
}

/// How tensors are to travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As their bytes.
    Binary,
    /// As numbers in the JSON.
    Json,
}

impl Question {
    /// # Errors
    /// `Unsupported` for a tensor that cannot travel in this form.
    pub fn new(which: &Which, ask: Ask, inputs: &Tensors, form: Form) -> Result<Question, Error> {
        let mut model = format!("/v2/models/{}", escaped(&which.model));
        if !which.version.is_empty() {
            model.push_str(&format!("/versions/{}", escaped(&which.version)));
        }
        let get = |path: String| Question {
            path,
            ..Question::default()
        };
        Ok(match ask {
            Ask::Live => get("/v2/health/live".to_owned()),
            Ask::Ready => get("/v2/health/ready".to_owned()),
            Ask::ModelReady => get(format!("{model}/ready")),
            Ask::Server => get("/v2".to_owned()),
            Ask::Model => get(model),
            Ask::Infer => {
                let (pieces, head) = infer_body(which, inputs, form)?;
                Question {
                    post: true,
                    path: format!("{model}/infer"),
                    head,
                    pieces,
                }
            }
        })
    }
}

fn escaped(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
}

fn infer_body(
    which: &Which,
    inputs: &Tensors,
    form: Form,
) -> Result<(Vec<Bytes>, Option<usize>), Error> {
    let mut parameters = Map::new();
    for (name, value) in &which.parameters {
        parameters.insert(name.clone(), parameter(value));
    }
    if form == Form::Binary {
        parameters.insert("binary_data_output".to_owned(), json!(true));
    }
    let mut head = format!("{{\"id\":\"{}\",\"inputs\":[", next_id()).into_bytes();
    let mut pieces = Vec::with_capacity(1 + inputs.len());
    for (place, (name, tensor)) in inputs.iter().enumerate() {
        if place > 0 {
            head.push(b',');
        }
        let described = json!({
            "name": name,
            "datatype": datatype::name(name, tensor)?,
            "shape": tensor.shape(),
        });
        let mut described = described.to_string();
        // Without its closing brace: the elements, or how many bytes they are, come last.
        described.pop();
        head.extend_from_slice(described.as_bytes());
        if form == Form::Binary {
            let bytes = datatype::bytes_of(tensor)?;
            let size = format!(",\"parameters\":{{\"binary_data_size\":{}}}}}", bytes.len());
            head.extend_from_slice(size.as_bytes());
            pieces.push(bytes);
        } else {
            head.extend_from_slice(b",\"data\":");
            data::write(name, tensor, &mut head)?;
            head.push(b'}');
        }
    }
    head.push(b']');
    if !parameters.is_empty() {
        let parameters = Value::Object(parameters);
        head.extend_from_slice(format!(",\"parameters\":{parameters}").as_bytes());
    }
    head.push(b'}');
    let length = (form == Form::Binary).then_some(head.len());
    pieces.insert(0, head.into());
    pieces.retain(|piece| !piece.is_empty());
    Ok((pieces, length))
}

fn parameter(value: &Parameter) -> Value {
    match value {
        Parameter::Bool(value) => json!(value),
        Parameter::Int(value) => json!(value),
        Parameter::Text(value) => json!(value),
        Parameter::Float(value) => json!(value),
    }
}

impl Reply {
    /// What it says. Outputs in binary form are views of it.
    ///
    /// # Errors
    /// `Remote` for a failure that the server reports, `Protocol` for what the protocol does
    /// not allow.
    pub fn answer(self, ask: Ask) -> Result<Answer, Failure> {
        let good = (200..300).contains(&self.status);
        let yes_or_no = matches!(ask, Ask::Live | Ask::Ready | Ask::ModelReady);
        if yes_or_no && (good || matches!(self.status, 400 | 404 | 503)) {
            return Ok(Answer::Yes(good && !says_no(&self.body)));
        }
        if !good {
            return Err(self.failure());
        }
        Ok(match ask {
            Ask::Infer => Answer::Outputs(self.outputs()?),
            Ask::Server => {
                let said = object(&self.body)?;
                Answer::Server(ServerInfo {
                    name: text(&said, "name"),
                    version: text(&said, "version"),
                    extensions: texts(&said, "extensions"),
                })
            }
            _ => {
                let said = object(&self.body)?;
                Answer::Model(ModelInfo {
                    name: text(&said, "name"),
                    versions: texts(&said, "versions"),
                    platform: text(&said, "platform"),
                    inputs: ports(&said, "inputs")?,
                    outputs: ports(&said, "outputs")?,
                })
            }
        })
    }

    fn failure(&self) -> Failure {
        let said = serde_json::from_slice::<Value>(&self.body).ok();
        let said = said.and_then(|said| {
            let said = said.get("error").or_else(|| said.get("detail"))?;
            Some(
                said.as_str()
                    .map_or_else(|| said.to_string(), str::to_owned),
            )
        });
        let said = said.unwrap_or_else(|| {
            let shown = &self.body[..self.body.len().min(SHOWN)];
            String::from_utf8_lossy(shown).escape_debug().to_string()
        });
        let detail = format!("HTTP {}: {said}", self.status);
        Failure {
            error: Error::new(Kind::Remote, OPERATION, detail),
            code: self.status.into(),
        }
    }

    fn outputs(self) -> Result<Tensors, Error> {
        let head = self.head.unwrap_or(self.body.len());
        if head > self.body.len() {
            return Err(malformed(format!(
                "its JSON is said to have {head} bytes, the body has {}",
                self.body.len()
            )));
        }
        let said = object(&self.body[..head])?;
        let mut rest = self.body.slice(head..);
        let described = said.get("outputs").and_then(Value::as_array);
        let described = described.ok_or_else(|| malformed("its JSON has no list of outputs"))?;
        let mut outputs = Vec::with_capacity(described.len());
        for output in described {
            let Value::Object(output) = output else {
                return Err(malformed("an output is no object"));
            };
            let (name, datatype) = (text(output, "name"), text(output, "datatype"));
            let shape = shape(output, &name)?;
            let size = output
                .get("parameters")
                .and_then(|parameters| parameters.get("binary_data_size"));
            let tensor = match (size, output.get("data")) {
                (Some(size), _) => {
                    let size = size.as_u64().and_then(|size| usize::try_from(size).ok());
                    let size = size.filter(|&size| size <= rest.len()).ok_or_else(|| {
                        malformed(format!(
                            "output \"{name}\" should lie in bytes that the body does not have"
                        ))
                    })?;
                    datatype::output(&name, &datatype, &shape, rest.split_to(size))?
                }
                (None, Some(data)) => data::read(&name, &datatype, &shape, data)?,
                (None, None) => {
                    return Err(malformed(format!("output \"{name}\" has no elements")));
                }
            };
            outputs.push((name, tensor));
        }
        if !rest.is_empty() {
            return Err(malformed(format!(
                "{} bytes follow the last of its outputs",
                rest.len()
            )));
        }
        Ok(outputs)
    }
}

/// Some servers say it in words too: `{"ready": false}` in a 200.
fn says_no(body: &[u8]) -> bool {
    let said = serde_json::from_slice::<Value>(body).ok();
    said.is_some_and(|said| {
        ["live", "ready"]
            .iter()
            .any(|word| said.get(word) == Some(&Value::Bool(false)))
    })
}

fn object(json: &[u8]) -> Result<Map<String, Value>, Error> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(malformed("its JSON is no object")),
        Err(error) => {
            let shown = String::from_utf8_lossy(&json[..json.len().min(SHOWN / 4)]);
            let shown = shown.escape_debug();
            Err(malformed(format!("it is no JSON ({error}): \"{shown}\"")))
        }
    }
}

fn text(of: &Map<String, Value>, key: &str) -> String {
    let text = of.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

fn texts(of: &Map<String, Value>, key: &str) -> Vec<String> {
    let texts = of.get(key).and_then(Value::as_array).into_iter().flatten();
    texts
        .filter_map(|text| text.as_str().map(str::to_owned))
        .collect()
}

fn shape(of: &Map<String, Value>, name: &str) -> Result<Vec<i64>, Error> {
    let shape = of.get("shape").and_then(Value::as_array);
    let shape = shape.and_then(|shape| shape.iter().map(Value::as_i64).collect());
    shape.ok_or_else(|| malformed(format!("\"{name}\" has no shape")))
}

fn ports(of: &Map<String, Value>, key: &str) -> Result<Vec<Port>, Error> {
    let ports = of.get(key).and_then(Value::as_array).into_iter().flatten();
    let ports = ports.filter_map(Value::as_object).map(|port| {
        let name = text(port, "name");
        let shape = shape(port, &name)?;
        Ok(datatype::port(name, text(port, "datatype"), shape))
    });
    ports.collect()
}
