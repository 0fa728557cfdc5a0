"""A server on grpcio for against_grpcio.php: bytes as messages, no generated code.

venv/bin/python grpcio_server.py PORT
"""

import sys
import threading
import time
from concurrent import futures

import grpc

seen = {"cancelled": 0, "deadline": 0.0}


def echo(request, context):
    context.send_initial_metadata(
        tuple((k, v) for k, v in context.invocation_metadata() if k.startswith("echo-"))
    )
    context.set_trailing_metadata((("trail", "end"), ("trail-bin", b"\x00\xff")))
    return request


def fail(request, context):
    context.set_trailing_metadata((("why-bin", b"\x01\x02"),))
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not now: ü %")


def gzip(request, context):
    context.set_compression(grpc.Compression.Gzip)
    return request * 1000


def wait(request, context):
    seen["deadline"] = context.time_remaining() or 0.0
    ended = threading.Event()
    context.add_callback(ended.set)
    ended.wait(60)
    seen["cancelled"] += 1
    return b""


def told(request, context):
    return f"{seen['cancelled']} {seen['deadline']:.1f}".encode()


def count(request, context):
    for number in range(int(request)):
        yield str(number).encode()


def collect(requests, context):
    return str(sum(len(request) for request in requests)).encode()


def chat(requests, context):
    yield from requests


unary = {"Echo": echo, "Fail": fail, "Gzip": gzip, "Wait": wait, "Told": told}
methods = {name: grpc.unary_unary_rpc_method_handler(body) for name, body in unary.items()}
methods["Count"] = grpc.unary_stream_rpc_method_handler(count)
methods["Collect"] = grpc.stream_unary_rpc_method_handler(collect)
methods["Chat"] = grpc.stream_stream_rpc_method_handler(chat)

server = grpc.server(futures.ThreadPoolExecutor(16))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("test.Grpcio", methods),))
server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
print("ready, grpcio", grpc.__version__, flush=True)
try:
    server.wait_for_termination()
except KeyboardInterrupt:
    time.sleep(0)
