<?php
/** What the examples have in common: packages, the loop, and where they listen. */

declare(strict_types=1);

use Workerman\Worker;

require __DIR__ . '/../../php/autoload.php'; // an application has vendor/autoload.php
Tusk\Autoload\package('workerman/workerman') || exit("composer require workerman/workerman\n");

/** TUSK_EXAMPLE_LISTEN names another address than the example's own. */
function address(string $own): string
{
    return getenv('TUSK_EXAMPLE_LISTEN') ?: $own;
}

$files = (getenv('TUSK_EXAMPLE_FOLDER') ?: sys_get_temp_dir()) . '/tusk-' . basename($argv[0], '.php');
Worker::$pidFile = "$files.pid";
Worker::$logFile = "$files.log";
Worker::$statusFile = "$files.status";
Worker::$eventLoopClass = Tusk\Workerman\EventLoop::class; // the one line
