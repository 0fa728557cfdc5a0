<?php

declare(strict_types=1);

namespace Tusk\Rpc\RoadRunner;

use Tusk\Rpc\Goridge;

/**
 * RoadRunner's key-value storages (the `kv` plugin; kv.v1). Values are strings: what else is
 * stored is encoded by the caller. Every method **suspends** and throws what Goridge::call()
 * throws.
 */
final class Kv
{
    private readonly Goridge $rpc;

    /** The storage of this name in RoadRunner's configuration. */
    public function __construct(Goridge $rpc, private readonly string $storage)
    {
        $this->rpc = $rpc->withServicePrefix('kv')->withCodec('protobuf');
    }

    public function has(string $key): bool
    {
        return isset($this->items('Has', $this->keys([$key]))[$key]);
    }

    /** The value, or null when there is none. */
    public function get(string $key): ?string
    {
        return $this->many([$key])[$key];
    }

    /**
     * The values of keys, null for those that are not there.
     *
     * @param list<string> $keys
     * @return array<string, ?string>
     */
    public function many(array $keys): array
    {
        return array_intersect_key($this->items('MGet', $this->keys($keys)), array_flip($keys)) + array_fill_keys($keys, null);
    }

    /** Stores a value; it is gone after `$ttl` seconds. */
    public function set(string $key, string $value, ?float $ttl = null): void
    {
        $this->setMany([$key => $value], $ttl);
    }

    /** @param array<string, string> $values */
    public function setMany(array $values, ?float $ttl = null): void
    {
        $message = $this->message();
        foreach ($values as $key => $value) {
            $message->message(2, $this->item((string) $key, $value, $ttl));
        }
        $this->rpc->call('Set', $message->bytes());
    }

    /** Keys are gone `$ttl` seconds from now. @param list<string> $keys */
    public function expire(array $keys, float $ttl): void
    {
        $message = $this->message();
        foreach ($keys as $key) {
            $message->message(2, $this->item((string) $key, '', $ttl));
        }
        $this->rpc->call('MExpire', $message->bytes());
    }

    /**
     * When keys will be gone, as RFC 3339 says it; null for those that stay or are not there.
     *
     * @param list<string> $keys
     * @return array<string, ?string>
     */
    public function expiry(array $keys): array
    {
        return $this->items('TTL', $this->keys($keys), 3) + array_fill_keys($keys, null);
    }

    public function delete(string ...$keys): void
    {
        $this->rpc->call('Delete', $this->keys(array_values($keys))->bytes());
    }

    /** Removes everything from the storage. */
    public function clear(): void
    {
        $this->rpc->call('Clear', $this->message()->bytes());
    }

    private function message(): Message
    {
        return (new Message())->string(1, $this->storage);
    }

    private function keys(array $keys): Message
    {
        $message = $this->message();
        foreach ($keys as $key) {
            $message->message(2, (new Message())->string(1, (string) $key));
        }
        return $message;
    }

    private function item(string $key, string $value, ?float $ttl): Message
    {
        $item = (new Message())->string(1, $key)->string(2, $value);
        if ($ttl !== null) {
            $at = \DateTimeImmutable::createFromFormat('U.u', sprintf('%.6F', microtime(true) + $ttl), new \DateTimeZone('UTC'));
            $item->string(3, $at->format('Y-m-d\TH:i:s.uP'));
        }
        return $item;
    }

    /** @return array<string, string> what $field of each item says, by its key */
    private function items(string $method, Message $message, int $field = 2): array
    {
        $items = [];
        foreach (Message::read($this->rpc->call($method, $message->bytes()))[1] ?? [] as $item) {
            $item = Message::read($item);
            if ($field === 2 || isset($item[$field])) {
                $items[$item[1][0] ?? ''] = $item[$field][0] ?? '';
            }
        }
        return $items;
    }
}
