<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\Rpc\Goridge;

/**
 * RoadRunner's Prometheus metrics (the `metrics` plugin, JSON). Values are sent without
 * waiting: nobody is told of a metric that does not exist, and a call costs a microsecond.
 * declare() and unregister() **suspend** and throw what Goridge::call() throws.
 */
final class Metrics
{
    private readonly Goridge $rpc;

    public function __construct(Goridge $rpc)
    {
        $this->rpc = $rpc->withServicePrefix('metrics')->withCodec('json');
    }

    /** Adds to a counter or gauge. @param list<string> $labels the values of its labels, in order */
    public function add(string $name, float $value, array $labels = []): void
    {
        $this->send('Add', $name, $value, $labels);
    }

    /** Subtracts from a gauge. @param list<string> $labels */
    public function sub(string $name, float $value, array $labels = []): void
    {
        $this->send('Sub', $name, $value, $labels);
    }

    /** Sets a gauge. @param list<string> $labels */
    public function set(string $name, float $value, array $labels = []): void
    {
        $this->send('Set', $name, $value, $labels);
    }

    /** Notes a value in a histogram or summary. @param list<string> $labels */
    public function observe(string $name, float $value, array $labels = []): void
    {
        $this->send('Observe', $name, $value, $labels);
    }

    /**
     * Makes a collector.
     *
     * @param string $type gauge, counter, histogram or summary
     * @param list<string> $labels names of its labels
     * @param list<float> $buckets of a histogram
     */
    public function declare(string $name, string $type, string $help = '', array $labels = [], array $buckets = [], string $namespace = '', string $subsystem = ''): void
    {
        $collector = array_filter(compact('namespace', 'subsystem', 'type', 'help', 'labels', 'buckets'));
        $this->rpc->call('Declare', ['name' => $name, 'collector' => $collector]);
    }

    /** Removes a collector. */
    public function unregister(string $name): void
    {
        $this->rpc->call('Unregister', $name);
    }

    private function send(string $method, string $name, float $value, array $labels): void
    {
        $this->rpc->callIgnoreResponse($method, ['name' => $name, 'value' => $value, 'labels' => array_values($labels)]);
    }
}
