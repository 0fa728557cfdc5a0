<?php
/**
 * Bootstrap: workerman/coroutine on Tusk, in scripts that do not use Tusk's event loop, or
 * that make channels and pools before it.
 *
 *     require 'vendor/autoload.php';
 *     require 'vendor/tusk/tusk/coroutine.php';
 */

declare(strict_types=1);

Tusk\Workerman\Coroutine\Drivers::install()
    || throw new RuntimeException('workerman/coroutine is not installed: composer require workerman/coroutine');
