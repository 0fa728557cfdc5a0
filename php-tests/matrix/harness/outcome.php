<?php
/**
 * What came of a call, as text and numbers that can be compared between processes: result or
 * exception, warnings with what @ made of them, output, and error numbers.
 */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

/** Longer strings are compared by their hash. */
const SHOWN_BYTES = 2000;

/**
 * Makes the call. $returned is told when it has returned: what is done to compare results
 * takes its time, too.
 *
 * @return array<string, mixed>
 */
function observe(\Closure $run, mixed $context, string $folder, \Closure $returned): array
{
    $outcome = ['result' => null, 'thrown' => null, 'warnings' => []];
    $result = null;
    set_error_handler(static function (int $level, string $message) use (&$outcome): bool {
        $outcome['warnings'][] = [$level, $message, error_reporting()];
        return true;
    });
    error_clear_last();
    if (function_exists('socket_clear_error')) {
        // What the preparation has left, which was made outside the coroutine.
        socket_clear_error();
    }
    ob_start();
    try {
        $result = $run($context);
    } catch (\Throwable $thrown) {
        $outcome['thrown'] = [$thrown::class, $thrown->getMessage(), $thrown->getCode()];
    }
    $outcome['output'] = ob_get_clean();
    $returned();
    $outcome['result'] = var_export($result, true);
    restore_error_handler();
    $outcome['last error'] = error_get_last();
    foreach (['posix_get_last_error', 'pcntl_get_last_error', 'socket_last_error'] as $function) {
        if (function_exists($function)) {
            $outcome[$function] = $function();
        }
    }
    return plain($outcome, $folder);
}

function plain(mixed $value, string $folder): mixed
{
    if (is_array($value)) {
        return array_map(static fn (mixed $part): mixed => plain($part, $folder), $value);
    }
    if (!is_string($value)) {
        return $value;
    }
    // What differs from process to process: its folder, and ports that the kernel has chosen.
    $value = preg_replace('/\b127\.0\.0\.1:\d{5}\b/', '127.0.0.1:{port}', str_replace($folder, '{folder}', $value));
    if (strlen($value) > SHOWN_BYTES) {
        return strlen($value) . ' bytes, ' . md5($value);
    }
    return mb_check_encoding($value, 'UTF-8') ? $value : 'hex ' . bin2hex($value);
}
