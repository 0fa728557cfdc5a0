<?php
/**
 * php -d extension=tusk examples/gateway/start.php start
 *
 * Starts the gateway on TUSK_GATEWAY_LISTEN (127.0.0.1:8787): on workerman 5 where it is
 * installed, else on the server in server.php.
 */

declare(strict_types=1);

extension_loaded('tusk') || exit("The extension is not loaded: php -d extension=tusk {$argv[0]} start\n");

require __DIR__ . '/../../php/autoload.php';
require __DIR__ . '/handlers.php';

$workerman = Tusk\Autoload\package('workerman/workerman');
require __DIR__ . ($workerman ? '/workerman.php' : '/server.php');

fprintf(STDERR, "gateway: on %s, http://%s\n", $workerman ? 'workerman 5' : 'its own small server (no workerman found)', Gateway\address());
Gateway\serve(Gateway\address());
