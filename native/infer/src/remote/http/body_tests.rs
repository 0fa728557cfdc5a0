//! Bodies against what the protocol's own documents show.

use super::body::{Form, Question, Reply};
use crate::remote::question::{Answer, Ask, Failure, Parameter, Which};
use bytes::Bytes;
use tusk_device::dtype::{DType, Number};
use tusk_device::tensor::Tensor;

fn which() -> Which {
    Which {
        model: "a model/1".into(),
        version: "2".into(),
        parameters: vec![("priority".into(), Parameter::Int(1))],
    }
}

fn inputs() -> Vec<(String, Tensor)> {
    let numbers = |all: &[i64]| all.iter().map(|&at| Number::Int(at)).collect::<Vec<_>>();
    let x = Tensor::from_numbers(DType::I16, &[1, 2], &numbers(&[1, -1])).expect("small");
    let y = Tensor::from_numbers(DType::Bool, &[1], &[Number::Bool(true)]).expect("small");
    vec![("x".into(), x), ("y \"".into(), y)]
}

fn reply(status: u16, head: Option<usize>, body: &str) -> Reply {
    Reply {
        status,
        head,
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn error(reply: Reply, ask: Ask) -> Failure {
    reply.answer(ask).expect_err("a failure")
}

#[test]
fn paths_name_model_and_version() {
    let path = |ask| {
        let question = Question::new(&which(), ask, &Vec::new(), Form::Json);
        question.expect("no inputs").path
    };
    assert_eq!(path(Ask::Live), "/v2/health/live");
    assert_eq!(path(Ask::Ready), "/v2/health/ready");
    assert_eq!(path(Ask::Server), "/v2");
    let model = "/v2/models/a%20model%2F1/versions/2";
    assert_eq!(path(Ask::Model), model);
    assert_eq!(path(Ask::ModelReady), format!("{model}/ready"));
    assert_eq!(path(Ask::Infer), format!("{model}/infer"));
}

#[test]
fn tensors_follow_the_head_in_its_order() {
    let question = Question::new(&which(), Ask::Infer, &inputs(), Form::Binary).expect("bytes");
    let head = question.head.expect("binary");
    let all = question.pieces.concat();
    let mut json: serde_json::Value = serde_json::from_slice(&all[..head]).expect("JSON");
    let id = json["id"].take();
    assert!(id.as_str().expect("text").starts_with("tusk-"));
    assert_eq!(all[head..], [1, 0, 0xff, 0xff, 1]);
    assert_eq!(
        json,
        serde_json::json!({
            "id": null,
            "inputs": [
                {"name": "x", "datatype": "INT16", "shape": [1, 2], "parameters": {"binary_data_size": 4}},
                {"name": "y \"", "datatype": "BOOL", "shape": [1], "parameters": {"binary_data_size": 1}},
            ],
            "parameters": {"priority": 1, "binary_data_output": true},
        })
    );
}

#[test]
fn without_the_extension_all_is_json() {
    let question = Question::new(&which(), Ask::Infer, &inputs(), Form::Json).expect("JSON");
    assert_eq!(question.head, None);
    let json: serde_json::Value = serde_json::from_slice(&question.pieces.concat()).expect("JSON");
    assert_eq!(json["inputs"][0]["data"], serde_json::json!([1, -1]));
    assert_eq!(json["inputs"][1]["data"], serde_json::json!([true]));
    assert_eq!(json["parameters"], serde_json::json!({"priority": 1}));
}

#[test]
fn outputs_may_be_bytes_and_numbers_at_once() {
    let head = r#"{"outputs":[{"name":"a","datatype":"INT8","shape":[2],"parameters":{"binary_data_size":2}},
        {"name":"b","datatype":"FP32","shape":[1,1],"data":[[0.5]]}]}"#;
    let answer = reply(200, Some(head.len()), &format!("{head}\x01\x02")).answer(Ask::Infer);
    let Ok(Answer::Outputs(outputs)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(outputs[0].1.to_bytes().expect("host"), [1, 2].as_slice());
    assert_eq!(outputs[1].1.shape(), [1, 1]);
    assert_eq!(
        outputs[1].1.numbers().collect::<Vec<_>>(),
        [Number::Float(0.5)]
    );
}

#[test]
fn bodies_that_cannot_be_are_errors() {
    let output = |parameters: &str| {
        format!(r#"{{"outputs":[{{"name":"a","datatype":"INT8","shape":[2]{parameters}}}]}}"#)
    };
    let size = output(r#","parameters":{"binary_data_size":3}"#);
    for (head, body, words) in [
        (None, "nonsense".to_owned(), "no JSON"),
        (None, "[]".to_owned(), "no object"),
        (None, "{}".to_owned(), "no list of outputs"),
        (Some(9), "{}".to_owned(), "said to have 9 bytes"),
        (None, output(""), "no elements"),
        (None, size.clone(), "bytes that the body does not have"),
        (Some(size.len()), format!("{size}abc"), "came with 3 bytes"),
        (None, output(r#","data":[1]"#), "came with 1 elements"),
        (Some(2), "{}xx".to_owned(), "no list of outputs"),
        (Some(14), r#"{"outputs":[]}xx"#.to_owned(), "2 bytes follow"),
    ] {
        let error = error(reply(200, head, &body), Ask::Infer).error.to_string();
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn failures_say_what_the_server_said() {
    let failure = error(reply(400, None, r#"{"error":"no such input"}"#), Ask::Infer);
    assert_eq!(failure.code, 400);
    assert!(
        failure
            .error
            .to_string()
            .contains("HTTP 400: no such input")
    );
    let failure = error(reply(502, None, "<h1>\n"), Ask::Model);
    assert!(failure.error.to_string().contains("HTTP 502: <h1>\\n"));
    // A question that can be answered with no is.
    for (status, body, yes) in [
        (200, "", true),
        (200, r#"{"ready":false}"#, false),
        (400, "", false),
        (503, "", false),
    ] {
        let answer = reply(status, None, body).answer(Ask::Ready);
        assert!(
            matches!(answer, Ok(Answer::Yes(said)) if said == yes),
            "{status} {body}"
        );
    }
    assert_eq!(error(reply(500, None, ""), Ask::Ready).code, 500);
}

#[test]
fn what_a_server_says_of_itself_and_a_model() {
    let body = r#"{"name":"triton","version":"2.5","extensions":["binary_tensor_data"]}"#;
    let Ok(Answer::Server(server)) = reply(200, None, body).answer(Ask::Server) else {
        panic!("it says so");
    };
    assert_eq!(server.extensions, ["binary_tensor_data"]);
    let body = r#"{"name":"m","platform":"onnx","inputs":[{"name":"x","datatype":"FP16","shape":[-1,3]}],"outputs":[]}"#;
    let Ok(Answer::Model(model)) = reply(200, None, body).answer(Ask::Model) else {
        panic!("it says so");
    };
    assert_eq!(model.inputs[0].describe(), "f16[?, 3]");
    assert!(model.versions.is_empty());
}
