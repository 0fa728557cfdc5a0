<?php
/** What a client proves itself with on each call, as ext-grpc has it. */

declare(strict_types=1);

namespace Grpc;

class CallCredentials
{
    /** @param list<callable(object): array> $plugins */
    private function __construct(private readonly array $plugins)
    {
    }

    /** @param callable $callback gets an object with service_url and method_name, returns metadata */
    public static function createFromPlugin($callback)
    {
        if (!\is_callable($callback)) {
            throw new \InvalidArgumentException('createFromPlugin expects 1 callback');
        }
        return new self([$callback]);
    }

    public static function createComposite(CallCredentials $cred1, CallCredentials $cred2)
    {
        return new self([...$cred1->plugins, ...$cred2->plugins]);
    }

    /**
     * The metadata for one call, or null when a plugin returns something else. Plugins may
     * suspend, for example to fetch a token.
     *
     * @internal
     * @return array<string, list<string>>|null
     */
    public function metadataFor(string $serviceUrl, string $methodName): ?array
    {
        $metadata = [];
        foreach ($this->plugins as $plugin) {
            $more = $plugin((object) ['service_url' => $serviceUrl, 'method_name' => $methodName]);
            if (!\is_array($more)) {
                return null;
            }
            foreach ($more as $name => $values) {
                if (!\is_string($name) || !\is_array($values)) {
                    return null;
                }
                $metadata[$name] = [...($metadata[$name] ?? []), ...array_values($values)];
            }
        }
        return $metadata;
    }
}
