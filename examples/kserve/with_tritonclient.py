"""Triton's own client against the server of Tusk's tests: does that server speak the protocol?

python with_tritonclient.py GRPC_PORT HTTP_PORT
"""

import sys

import numpy
import tritonclient.grpc
import tritonclient.http

for module, port in ((tritonclient.grpc, sys.argv[1]), (tritonclient.http, sys.argv[2])):
    client = module.InferenceServerClient(f"127.0.0.1:{port}")
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("add")
    assert not client.is_model_ready("asleep")
    assert "tusk tests" in str(client.get_server_metadata())
    assert "FP32" in str(client.get_model_metadata("add"))

    def tensor(name, array, datatype):
        made = module.InferInput(name, list(array.shape), datatype)
        made.set_data_from_numpy(array)
        return made

    a = numpy.array([[1.5, 2]], dtype=numpy.float32)
    outputs = client.infer("add", [tensor("a", a, "FP32"), tensor("b", a, "FP32")])
    assert (outputs.as_numpy("sum") == a + a).all()
    for dtype, name in ((numpy.float16, "FP16"), (numpy.int64, "INT64"), (numpy.bool_, "BOOL"), (numpy.uint8, "UINT8")):
        x = numpy.array([[1, 0], [1, 1]], dtype=dtype)
        assert (client.infer("echo", [tensor("x", x, name)]).as_numpy("x") == x).all()
    try:
        client.infer("fail", [tensor("a", a, "FP32")])
        raise AssertionError("it did not fail")
    except module.InferenceServerException as error:
        assert "the model said no" in str(error)
    print("ok  ", module.__name__)
