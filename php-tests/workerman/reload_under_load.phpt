--TEST--
Reloads while requests run lose none, neither on connections of their own nor on those kept alive
--SKIPIF--
<?php
require __DIR__ . '/../include/autoload.inc';
Tusk\Tests\skip_without_package('workerman/workerman');
--FILE--
<?php
require __DIR__ . '/../include/workerman.inc';
require __DIR__ . '/../include/workerman_clients.php';
require __DIR__ . '/../include/workerman_load.php';

use Tusk\Tests\{Load, WorkermanApp};

Load::duringReloads(WorkermanApp::start(Load::APPLICATION), 3);
?>
--EXPECT--
0 lost
