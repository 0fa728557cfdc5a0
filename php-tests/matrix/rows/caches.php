<?php
/** phpredis (PHP streams) and memcached (libmemcached). */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

use function Tusk\Tests\plain_php;

$redis = static function (bool $persistent = false): \Redis {
    $redis = new \Redis();
    $persistent ? $redis->pconnect('127.0.0.1', (int) getenv('TUSK_REDIS')) : $redis->connect('127.0.0.1', (int) getenv('TUSK_REDIS'));
    return $redis;
};
$isRedis = ['extension:redis', 'env:TUSK_REDIS'];
$row = static fn (string $call, \Closure $run, float $waits = 0.0): Row
    => new Row("phpredis: $call", 'stream', static fn (): mixed => $run($redis()), waits: $waits, needs: $isRedis);
/** WAIT answers when its time is up: no replica is there. */
$wait = static fn (\Redis $redis): mixed => $redis->rawCommand('WAIT', '1', '80');

$memcached = static function (string $server, array $options = []): \Memcached {
    $memcached = new \Memcached();
    $memcached->setOptions($options);
    $memcached->addServer('127.0.0.1', (int) getenv($server));
    return $memcached;
};
$isMemcached = ['extension:memcached', 'env:TUSK_MEMCACHED'];
$isSlow = ['extension:memcached', 'env:TUSK_SLOW_MEMCACHED'];

return [
    new Row('phpredis: connect', 'stream', static fn (): mixed => $redis()->ping('up'), needs: $isRedis),
    new Row('phpredis: pconnect', 'stream', static fn (): mixed => [$redis(true)->ping('up'), $wait($redis(true))], waits: 0.08, needs: $isRedis),
    new Row('phpredis: a refused connection', 'stream', static fn (): mixed => (new \Redis())->connect('127.0.0.1', 1), needs: $isRedis),
    $row('set, get', static fn (\Redis $redis): mixed => [$redis->set('k', 'v'), $redis->get('k'), $redis->get('no such key')]),
    $row('a command that waits', $wait, 0.08),
    $row('blPop', static fn (\Redis $redis): mixed => $redis->blPop(['no such list'], 1), 0.9),
    $row('brPop after a push', static fn (\Redis $redis): mixed => [$redis->del('l') >= 0, $redis->rPush('l', 'a', 'b'), $redis->brPop(['l'], 1)]),
    new Row('phpredis: subscribe', 'stream', static function (array $other) use ($redis): mixed {
        fwrite($other[1][0], "go\n");
        $heard = [];
        try {
            $returned = $redis()->subscribe(['tusk'], static function (\Redis $redis, string $channel, string $message) use (&$heard): void {
                $heard = [$channel, $message];
                $redis->close();
            });
        } catch (\RedisException $error) {
            $returned = $error->getMessage();
        }
        return [$heard, $returned];
    }, waits: 0.08, setup: static function (): array {
        // Says it again until somebody has heard it.
        $code = '$redis = new Redis(); $redis->connect("127.0.0.1", ' . (int) getenv('TUSK_REDIS') . '); echo "up\n"; fgets(STDIN);'
            . 'do { usleep(100_000); } while ($redis->publish("tusk", "message") === 0);';
        $process = proc_open([...plain_php(), '-r', $code], [['pipe', 'r'], ['pipe', 'w']], $pipes);
        fgets($pipes[1]);
        return [$process, $pipes];
    }, needs: $isRedis),
    $row('multi, exec', static fn (\Redis $redis): mixed => $redis->multi()->set('k', 'v')->get('k')->exec()),
    $row('pipeline', static fn (\Redis $redis): mixed => $redis->pipeline()->set('k', 'v')->rawCommand('WAIT', '1', '80')->get('k')->exec(), 0.08),
    $row('a read timeout', static function (\Redis $redis): mixed {
        $redis->setOption(\Redis::OPT_READ_TIMEOUT, 0.08);
        return $redis->rawCommand('WAIT', '1', '1000');
    }, 0.08),
    $row('a large value', static fn (\Redis $redis): mixed => [$redis->set('large', str_repeat('x', 4_000_000)), $redis->get('large')]),
    $row('an error', static fn (\Redis $redis): mixed => [$redis->set('k', 'v'), $redis->lPush('k', 'x'), $redis->getLastError()]),

    new Row('memcached: set, get', 'interposition', static fn (): mixed => [($m = $memcached('TUSK_MEMCACHED'))->set('k', [1, 2]), $m->get('k'), $m->get('none'),
        $m->getResultCode()], needs: $isMemcached),
    new Row('memcached: getMulti, binary', 'interposition', static fn (): mixed => [($m = $memcached('TUSK_MEMCACHED', [\Memcached::OPT_BINARY_PROTOCOL => true]))
        ->setMulti(['a' => 1, 'b' => 2]), $m->getMulti(['a', 'b', 'c']), $m->set('n', 5), $m->increment('n', 1)], needs: $isMemcached),
    new Row('memcached: a slow answer', 'interposition', static fn (): mixed => $memcached('TUSK_SLOW_MEMCACHED')->get('k'), waits: 0.08, needs: $isSlow),
    new Row('memcached: a slow answer, without blocking sockets', 'interposition', static fn (): mixed
        => $memcached('TUSK_SLOW_MEMCACHED', [\Memcached::OPT_NO_BLOCK => true])->get('k'), waits: 0.08, needs: $isSlow),
    new Row('memcached: a timeout', 'interposition', static fn (): mixed => [($m = $memcached('TUSK_SLOW_MEMCACHED', [\Memcached::OPT_POLL_TIMEOUT => 40,
        \Memcached::OPT_NO_BLOCK => true]))->get('k'), $m->getResultCode()], waits: 0.03, needs: $isSlow),
    new Row('memcached: a refused connection', 'interposition', static function (): mixed {
        $memcached = new \Memcached();
        $memcached->addServer('127.0.0.1', 1);
        return [$memcached->get('k'), $memcached->getResultCode()];
    }, needs: $isMemcached),
];
