<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\Rpc\Goridge;

/**
 * RoadRunner's workers (the `informer` plugin, JSON). Every method **suspends** and throws
 * what Goridge::call() throws.
 */
final class Informer
{
    private readonly Goridge $rpc;

    public function __construct(Goridge $rpc)
    {
        $this->rpc = $rpc->withServicePrefix('informer')->withCodec('json');
    }

    /** Names of plugins that have workers. @return list<string> */
    public function list(): array
    {
        return $this->rpc->call('List', true) ?? [];
    }

    /** A plugin's workers: pid, status, numExecs, memoryUsage … as RoadRunner names them. @return list<array<string, mixed>> */
    public function workers(string $plugin): array
    {
        return $this->rpc->call('Workers', $plugin)['workers'] ?? [];
    }

    /** The state of a plugin's pipelines. @return list<array<string, mixed>> */
    public function jobs(string $plugin): array
    {
        return $this->rpc->call('Jobs', $plugin) ?? [];
    }

    /** One worker more. */
    public function addWorker(string $plugin): void
    {
        $this->rpc->call('AddWorker', $plugin);
    }

    /** One worker less. */
    public function removeWorker(string $plugin): void
    {
        $this->rpc->call('RemoveWorker', $plugin);
    }
}
