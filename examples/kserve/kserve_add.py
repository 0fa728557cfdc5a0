"""The model `add` of examples/kserve/against_server.php, for KServe's own Python server: sum = a + b.

python kserve_add.py --http_port 18080 --grpc_port 18081
"""

from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class Add(Model):
    def __init__(self):
        super().__init__("add")
        self.ready = True

    def get_input_types(self):
        return [{"name": name, "datatype": "FP32", "shape": [-1, 2]} for name in ("a", "b")]

    def get_output_types(self):
        return [{"name": "sum", "datatype": "FP32", "shape": [-1, 2]}]

    def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        a, b = (payload.get_input_by_name(name).as_numpy() for name in ("a", "b"))
        output = InferOutput("sum", list(a.shape), "FP32")
        output.set_data_from_numpy(a + b, binary_data=bool(payload.use_binary_outputs))
        return InferResponse(payload.id, self.name, [output])


if __name__ == "__main__":
    ModelServer(workers=1).start([Add()])
