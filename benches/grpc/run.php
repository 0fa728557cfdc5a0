<?php
/**
 * Unary calls at 256 in flight: Tusk against tonic's own client in plain Rust, both on one
 * core, against the same tonic server on the other.
 *
 * cargo build --release -p tusk-grpc --examples
 */

declare(strict_types=1);

namespace Bench;

require __DIR__ . '/../lib/measure.php';

const IN_FLIGHT = 256;
const BYTES = 100;
const SECONDS = 2;
const ROUNDS = 3;

$examples = \dirname((string) getenv('TUSK_EXTENSION')) . '/examples';
is_executable("$examples/grpc_server") || exit("build the server first: cargo build --release -p tusk-grpc --examples\n");

/** Runs a command on the client's core and returns the numbers it prints. */
function numbers(array $command): array
{
    $process = proc_open(['taskset', '-c', '1', ...$command], [1 => ['pipe', 'w']], $pipes);
    $said = trim(stream_get_contents($pipes[1]));
    proc_close($process) === 0 || exit("failed: $said\n");
    preg_match('/^[0-9. ]+$/', $said) || exit("not a number: $said\n");
    return array_map(floatval(...), explode(' ', $said));
}

$server = proc_open(['taskset', '-c', '0', "$examples/grpc_server"], [1 => ['pipe', 'w']], $pipes);
register_shutdown_function(static fn () => proc_terminate($server, SIGTERM));
sscanf((string) fgets($pipes[1]), 'PORT %d', $port);

$php = ['php', '-d', 'extension=' . getenv('TUSK_EXTENSION'), '-d', 'opcache.enable_cli=0', __DIR__ . '/client.php', (string) $port];
$load = static fn (int $inFlight): array => [(string) $inFlight, (string) SECONDS, (string) BYTES];
$sides = [
    'tonic' => static fn (int $inFlight): array => numbers(["$examples/tonic_client", (string) $port, ...$load($inFlight)]),
    'tusk' => static fn (int $inFlight): array => numbers([...$php, ...$load($inFlight), 'channel']),
];
if (\Tusk\Autoload\find('grpc/grpc') !== null) {
    $sides['stub'] = static fn (int $inFlight): array => numbers([...$php, ...$load($inFlight), 'stub']);
}
$rates = $cpu = [];
for ($round = 0; $round < ROUNDS; $round++) {
    foreach ($sides as $name => $measure) {
        $figures = $measure(IN_FLIGHT);
        $rates[$name][] = $figures[0];
        $cpu[$name][] = $figures[1] ?? 0.0;
    }
}
$best = array_map(max(...), $rates);
echo '## Unary, ', IN_FLIGHT, ' in flight, ', BYTES, " bytes each way, the client on one core\n\n";
note('tonic in plain Rust', sprintf('%s calls/s, %.1f µs CPU each', number_format($best['tonic']), min($cpu['tonic'])));
note('Tusk\Grpc\Channel::unary()', sprintf('%s calls/s, %.1f µs CPU each, both threads', number_format($best['tusk']), min($cpu['tusk'])));
if (isset($best['stub'])) {
    note('grpc/grpc BaseStub', sprintf('%s calls/s, %.1f µs CPU each', number_format($best['stub']), min($cpu['stub'])));
}
check('of tonic in plain Rust, Tusk makes', $best['tusk'] / $best['tonic'], 0.8, atLeast: true);

echo "\n## One call at a time\n\n";
$one = array_map(static fn (callable $measure): float => 1e6 / $measure(1)[0], array_slice($sides, 0, 2));
note('tonic in plain Rust', sprintf('%.0f µs a call', $one['tonic']));
note('Tusk', sprintf('%.0f µs a call', $one['tusk']));
