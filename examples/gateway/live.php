<?php
/**
 * What the page at / shows, as JSON at /live: coroutines and what they wait for, the loop
 * driver and its reason, latency of the last requests, the connection pool, the times at which
 * something held the process, and what the watchdog saw there, by file and line.
 */

declare(strict_types=1);

namespace Gateway;

use Tusk\Channel;
use Tusk\Runtime;

/** Latencies of the last requests, and the times at which the loop could not go on. */
final class Meter
{
    /** Enough for a percentile that means something; older ones are forgotten. */
    private const KEPT = 1000;

    /** How often the loop is asked whether it runs, in seconds. */
    private const BEAT = 0.05;

    /** A beat that comes later than this was held by something that blocks or computes, in ms. */
    private const HELD_MS = 50.0;

    /** @var list<float> ms, the latest last */
    private static array $latencies = [];
    private static int $requests = 0;

    /** @var list<array{at: string, ms: float, during: string}> */
    private static array $held = [];
    private static ?float $due = null;
    private static string $route = '';

    /** Calls a handler and takes its time. */
    public static function measure(string $route, callable $handler): Response
    {
        self::beat();
        self::$route = $route;
        $begun = hrtime(true);
        try {
            return $handler();
        } finally {
            self::$requests++;
            self::$latencies[] = (hrtime(true) - $begun) / 1e6;
            if (count(self::$latencies) > self::KEPT) {
                array_shift(self::$latencies);
            }
        }
    }

    /** @return array{requests: int, p50: float, p95: float, max: float, last: list<float>} */
    public static function latency(): array
    {
        $sorted = self::$latencies ?: [0.0];
        sort($sorted);
        $at = static fn (float $share): float => round($sorted[(int) ((count($sorted) - 1) * $share)], 2);
        return [
            'requests' => self::$requests,
            'p50' => $at(0.5),
            'p95' => $at(0.95),
            'max' => $at(1.0),
            'last' => array_map(static fn (float $ms): float => round($ms, 2), array_slice(self::$latencies, -120)),
        ];
    }

    /** @return list<array{at: string, ms: float, during: string}> the latest first */
    public static function held(): array
    {
        return array_reverse(self::$held);
    }

    /** The first request starts the watch. */
    private static function beat(): void
    {
        if (self::$due !== null) {
            return;
        }
        self::$due = hrtime(true) / 1e6 + self::BEAT * 1000;
        \Tusk\go(static function (): void {
            while (true) {
                \Tusk\sleep(self::BEAT);
                $late = hrtime(true) / 1e6 - self::$due;
                if ($late > self::HELD_MS) {
                    self::$held[] = ['at' => date('H:i:s'), 'ms' => round($late, 1), 'during' => self::$route];
                    self::$held = array_slice(self::$held, -20);
                }
                self::$due = hrtime(true) / 1e6 + self::BEAT * 1000;
            }
        });
    }
}

/** Four connections at most, lent to one request at a time; the others wait their turn. */
final class Pool
{
    public const SIZE = 4;
    private static ?Channel $idle = null;
    private static int $made = 0;
    private static int $lent = 0;

    public static function with(callable $use): mixed
    {
        self::$idle ??= new Channel(self::SIZE);
        if (count(self::$idle) === 0 && self::$made < self::SIZE) {
            self::$made++;
            try {
                $connection = connect();
            } catch (\Throwable $failure) {
                self::$made--;
                throw $failure;
            }
        } else {
            $connection = self::$idle->receive(10.0);
        }
        self::$lent++;
        try {
            return $use($connection);
        } finally {
            self::$lent--;
            self::$idle->send($connection);
        }
    }

    /** @return array{size: int, open: int, lent: int, waiting: int} */
    public static function state(): array
    {
        return ['size' => self::SIZE, 'open' => self::$made, 'lent' => self::$lent, 'waiting' => self::$idle?->receiversWaiting() ?? 0];
    }
}

function live(): Response
{
    $info = Runtime::info();
    return Response::json([
        'driver' => $info['driver'],
        'reason' => $info['other_driver'] ?? '',
        'kernel' => $info['kernel'],
        'php' => $info['php'],
        'hooks' => $info['hooks'],
        'pid' => getmypid(),
        'memory' => memory_get_usage(),
        'stats' => Runtime::stats(),
        'coroutines' => array_map(place(...), Runtime::coroutines()),
        'latency' => Meter::latency(),
        'pool' => Pool::state(),
        'held' => Meter::held(),
        'blocked' => array_map(place(...), Runtime::blocked()),
    ]);
}

/** A record of the runtime's with short file names. */
function place(array $record): array
{
    $root = dirname(__DIR__, 2) . '/';
    foreach (['file', 'spawned_at'] as $key) {
        if (isset($record[$key])) {
            $record[$key] = str_replace($root, '', $record[$key]);
        }
    }
    return $record;
}
