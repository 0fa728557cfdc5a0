//! Small ONNX models, written by hand in protobuf (onnx.proto of ONNX 1.x).
#![allow(dead_code)] // Each test program that includes this file uses a part of it.

/// Element types of onnx.proto's `TensorProto.DataType`.
pub const FLOAT: u64 = 1;
pub const INT64: u64 = 7;
pub const BOOL: u64 = 9;

/// A protobuf message being written.
#[derive(Default, Clone)]
pub struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    pub fn bytes(mut self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
        self
    }

    pub fn message(self, field: u64, value: Message) -> Self {
        self.bytes(field, &value.0)
    }
}

/// A dimension: a length, or a name.
#[derive(Clone, Copy)]
pub enum Dim {
    Of(u64),
    Named(&'static str),
}

/// An input or output.
pub fn value(name: &str, element: u64, dims: &[Dim]) -> Message {
    let shape = dims.iter().fold(Message::default(), |shape, dim| {
        shape.message(
            1,
            match dim {
                Dim::Of(length) => Message::default().number(1, *length),
                Dim::Named(name) => Message::default().bytes(2, name.as_bytes()),
            },
        )
    });
    let tensor = Message::default().number(1, element).message(2, shape);
    Message::default()
        .bytes(1, name.as_bytes())
        .message(2, Message::default().message(1, tensor))
}

/// A node of the graph.
pub fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let node = inputs.iter().fold(Message::default(), |node, input| {
        node.bytes(1, input.as_bytes())
    });
    node.bytes(2, output.as_bytes())
        .bytes(4, operator.as_bytes())
}

/// A whole model.
pub fn model(nodes: &[Message], inputs: &[Message], outputs: &[Message]) -> Vec<u8> {
    let all = |graph: Message, field: u64, parts: &[Message]| {
        parts
            .iter()
            .fold(graph, |graph, part| graph.message(field, part.clone()))
    };
    let graph = all(Message::default(), 1, nodes).bytes(2, b"graph");
    let graph = all(all(graph, 11, inputs), 12, outputs);
    Message::default()
        .number(1, 8)
        .bytes(2, b"tusk tests")
        .message(7, graph)
        .message(8, Message::default().bytes(1, b"").number(2, 13))
        .0
}

/// `sum = a + b`, f32[n, 2].
pub fn add() -> Vec<u8> {
    let dims = [Dim::Named("n"), Dim::Of(2)];
    model(
        &[node("Add", &["a", "b"], "sum")],
        &[value("a", FLOAT, &dims), value("b", FLOAT, &dims)],
        &[value("sum", FLOAT, &dims)],
    )
}

/// `y = x · w · w · …`, f32[size, size], so many times: a model that takes its time.
pub fn chain(size: u64, times: usize) -> Vec<u8> {
    let dims = [Dim::Of(size), Dim::Of(size)];
    let names: Vec<String> = (0..=times)
        .map(|step| match step {
            0 => "x".to_owned(),
            last if last == times => "y".to_owned(),
            step => format!("s{step}"),
        })
        .collect();
    let nodes: Vec<Message> = names
        .windows(2)
        .map(|pair| node("MatMul", &[&pair[0], "w"], &pair[1]))
        .collect();
    model(
        &nodes,
        &[value("x", FLOAT, &dims), value("w", FLOAT, &dims)],
        &[value("y", FLOAT, &dims)],
    )
}
