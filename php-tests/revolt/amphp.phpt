--TEST--
AMPHP's own tests of amp, pipeline and byte-stream pass on Tusk's driver
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/amphp.inc';
Tusk\Tests\skip_without_amphp('amp', 'pipeline', 'byte-stream');
?>
--FILE--
<?php
require __DIR__ . '/../include/amphp.inc';
foreach (['amp', 'pipeline', 'byte-stream'] as $package) {
    Tusk\Tests\run_amphp($package, 'testUploadBiggerBlockSecure');
}
?>
--EXPECTF--
amp: OK
pipeline: OK
byte-stream: OK%A
