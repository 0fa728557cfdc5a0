--TEST--
AMPHP's own tests of socket and dns pass on Tusk's driver
--CONFLICTS--
all
--SKIPIF--
<?php
require __DIR__ . '/../include/amphp.inc';
Tusk\Tests\skip_without_amphp('socket', 'dns');
?>
--FILE--
<?php
require __DIR__ . '/../include/amphp.inc';
// The tests of TLS bring certificates that ended in 2023; those of DNS' sockets ask 8.8.8.8.
Tusk\Tests\run_amphp('socket', 'IntegrationTest|Tls|testSni');
Tusk\Tests\run_amphp('dns', 'IntegrationTest|TcpSocketTest|UdpSocketTest');
?>
--EXPECT--
socket: OK
dns: OK
