<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\Rpc\Goridge;

/**
 * How RoadRunner's plugins are (the `status` plugin; status.v1). Every method **suspends** and
 * throws what Goridge::call() throws, also when a plugin has no status.
 */
final class Status
{
    private readonly Goridge $rpc;

    public function __construct(Goridge $rpc)
    {
        $this->rpc = $rpc->withServicePrefix('status')->withCodec('protobuf');
    }

    /** Is the plugin alive? As HTTP says it: 200 is well. */
    public function status(string $plugin): int
    {
        return $this->ask('Status', $plugin);
    }

    /** Can it take work now? 200 is well. */
    public function ready(string $plugin): int
    {
        return $this->ask('Ready', $plugin);
    }

    private function ask(string $method, string $plugin): int
    {
        $answer = $this->rpc->call($method, (new Message())->string(1, $plugin)->bytes());
        return Message::read($answer)[1][0] ?? 0;
    }
}
