--TEST--
Session: without ONNX Runtime it says where it looked, and all else works
--ENV--
ORT_DYLIB_PATH=/nowhere/libonnxruntime.so
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
require __DIR__ . '/../include/onnx.inc';
use function Tusk\Tests\{attempt, onnx_add};
attempt('missing', fn () => new Tusk\Infer\Session(onnx_add()));
attempt('again', fn () => new Tusk\Infer\Session(onnx_add()));
attempt('a batcher', fn () => (new Tusk\Infer\Batcher(fn ($list) => $list, maxDelay: 0.0))->infer([1]));
?>
--EXPECT--
missing: Tusk\UnsupportedException: cannot open ONNX Runtime: the library was not found in /nowhere/libonnxruntime.so; install it (pip install onnxruntime, or npm install onnxruntime-node) or name it: tusk.onnx_library in php.ini, or ORT_DYLIB_PATH
again: Tusk\UnsupportedException: cannot open ONNX Runtime: the library was not found in /nowhere/libonnxruntime.so; install it (pip install onnxruntime, or npm install onnxruntime-node) or name it: tusk.onnx_library in php.ini, or ORT_DYLIB_PATH
a batcher: [1]
