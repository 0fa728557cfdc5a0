<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\Rpc\Goridge;

/**
 * RoadRunner's queues (the `jobs` plugin; jobs.v1). Every method **suspends** and throws what
 * Goridge::call() throws.
 */
final class Jobs
{
    private readonly Goridge $rpc;

    public function __construct(Goridge $rpc)
    {
        $this->rpc = $rpc->withServicePrefix('jobs')->withCodec('protobuf');
    }

    /**
     * Puts a job into a pipeline and returns its id. `$delay` is in seconds; the smaller
     * `$priority`, the earlier it is served.
     *
     * @param array<string, string|list<string>> $headers
     */
    public function push(string $pipeline, string $name, string $payload = '', array $headers = [], int $priority = 10, int $delay = 0, bool $autoAck = false, ?string $id = null): string
    {
        $id ??= self::newId();
        $job = self::job($pipeline, compact('name', 'payload', 'headers', 'priority', 'delay', 'autoAck', 'id'));
        $this->rpc->call('Push', (new Message())->message(1, $job)->bytes());
        return $id;
    }

    /**
     * Puts jobs into a pipeline with one call and returns their ids. Each job has the
     * parameters of push() by name, `name` at least.
     *
     * @param list<array<string, mixed>> $jobs
     * @return list<string>
     */
    public function pushBatch(string $pipeline, array $jobs): array
    {
        $batch = new Message();
        $ids = [];
        foreach ($jobs as $job) {
            $job['id'] ??= self::newId();
            $ids[] = $job['id'];
            $batch->message(1, self::job($pipeline, $job));
        }
        $this->rpc->call('PushBatch', $batch->bytes());
        return $ids;
    }

    /** Stops reading pipelines. */
    public function pause(string ...$pipelines): void
    {
        $this->rpc->call('Pause', self::names($pipelines));
    }

    /** Goes on reading them. */
    public function resume(string ...$pipelines): void
    {
        $this->rpc->call('Resume', self::names($pipelines));
    }

    /** Removes pipelines; the names of those that were. @return list<string> */
    public function destroy(string ...$pipelines): array
    {
        return Message::read($this->rpc->call('Destroy', self::names($pipelines)))[1] ?? [];
    }

    /** The names of all pipelines. @return list<string> */
    public function list(): array
    {
        return Message::read($this->rpc->call('List', ''))[1] ?? [];
    }

    /** Makes a pipeline. @param array<string, string> $options the driver's, with `name` and `driver` */
    public function declare(array $options): void
    {
        $this->rpc->call('Declare', (new Message())->map(1, $options)->bytes());
    }

    /**
     * How pipelines are doing.
     *
     * @return list<array{pipeline: string, driver: string, queue: string, active: int, delayed: int, reserved: int, ready: bool, priority: int}>
     */
    public function stat(): array
    {
        return array_map(static function (string $stat): array {
            $stat = Message::read($stat);
            return [
                'pipeline' => $stat[1][0] ?? '', 'driver' => $stat[2][0] ?? '', 'queue' => $stat[3][0] ?? '',
                'active' => $stat[4][0] ?? 0, 'delayed' => $stat[5][0] ?? 0, 'reserved' => $stat[6][0] ?? 0,
                'ready' => ($stat[7][0] ?? 0) !== 0, 'priority' => $stat[8][0] ?? 0,
            ];
        }, Message::read($this->rpc->call('Stat', ''))[1] ?? []);
    }

    private static function job(string $pipeline, array $job): Message
    {
        $message = (new Message())->string(1, $job['name'])->string(2, $job['id'])->string(3, $job['payload'] ?? '');
        foreach ($job['headers'] ?? [] as $name => $values) {
            $value = new Message();
            foreach ((array) $values as $one) {
                // A repeated string is written even when it is empty.
                $one === '' ? $value->message(1, new Message()) : $value->string(1, $one);
            }
            $message->message(4, (new Message())->string(1, (string) $name)->message(2, $value));
        }
        $options = (new Message())->int(1, $job['priority'] ?? 10)->string(2, $pipeline)
            ->int(3, $job['delay'] ?? 0)->int(6, (int) ($job['autoAck'] ?? false));
        return $message->message(5, $options);
    }

    private static function names(array $pipelines): string
    {
        $message = new Message();
        foreach ($pipelines as $pipeline) {
            $message->string(1, $pipeline);
        }
        return $message->bytes();
    }

    /** A random UUID, as RoadRunner's own client makes them. */
    private static function newId(): string
    {
        $bytes = random_bytes(16);
        $bytes[6] = chr(ord($bytes[6]) & 0x0f | 0x40);
        $bytes[8] = chr(ord($bytes[8]) & 0x3f | 0x80);
        return vsprintf('%s%s-%s-%s-%s-%s%s%s', str_split(bin2hex($bytes), 4));
    }
}
