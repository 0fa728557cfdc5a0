"""The model `add` of examples/kserve/against_server.php, for MLServer: sum = a + b."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Add(MLModel):
    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        arrays = {tensor.name: NumpyCodec.decode_input(tensor) for tensor in payload.inputs}
        outputs = [NumpyCodec.encode_output("sum", arrays["a"] + arrays["b"])]
        return InferenceResponse(model_name=self.name, outputs=outputs)
