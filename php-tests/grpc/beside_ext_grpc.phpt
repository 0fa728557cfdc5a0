--TEST--
Where the classes and constants of ext-grpc are there already, the library's stay away
--FILE--
<?php
// Stands for the extension: what it declares before any script runs.
define('Grpc\STATUS_OK', 0);
define('Grpc\OP_SEND_MESSAGE', 'of the extension');
eval('namespace Grpc; class Channel { public function whose() { return "of the extension"; } }');
require __DIR__ . '/../../php/autoload.php';
echo Grpc\OP_SEND_MESSAGE, ', ', (new Grpc\Channel())->whose(), "\n";
var_dump(defined('Grpc\OP_RECV_MESSAGE'));
?>
--EXPECT--
of the extension, of the extension
bool(false)
