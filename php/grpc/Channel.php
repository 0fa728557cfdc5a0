<?php
/**
 * ext-grpc's Channel over Tusk\Grpc\Channel.
 *
 * As there, channels with the same target and arguments share their connections, in this
 * process only: a child of a fork makes its own. Methods have no types, because classes
 * that extend this one (the package's InterceptorChannel) have none.
 */

declare(strict_types=1);

namespace Grpc;

use Tusk\Grpc\Channel as Native;

class Channel
{
    /** Channels kept for the next object with the same arguments; one per server is normal. */
    private const SHARED = 64;

    /** @var array<string, Native> */
    private static array $shared = [];
    private static int $owner = 0;

    private ?Native $native = null;
    private ?CallCredentials $callCredentials = null;
    private bool $encrypted = false;

    public function __construct($target, $args)
    {
        if (!\is_string($target) || !\is_array($args)) {
            throw new \InvalidArgumentException('Channel expects a string and an array');
        }
        $credentials = $args['credentials'] ?? null;
        if ($credentials !== null && !$credentials instanceof ChannelCredentials) {
            throw new \InvalidArgumentException('credentials must be a ChannelCredentials object');
        }
        unset($args['credentials']);
        $options = ChannelArguments::toOptions($args);
        if ($credentials !== null) {
            $this->encrypted = true;
            $this->callCredentials = $credentials->callCredentials();
            $tls = $credentials->tls();
            $name = $args['grpc.ssl_target_name_override'] ?? null;
            $options['tls'] = $name === null ? $tls : ['name' => $name] + (\is_array($tls) ? $tls : []);
        }
        $this->native = empty($args['force_new']) ? self::shared($target, $options) : new Native($target, $options);
    }

    private static function shared(string $target, array $options): Native
    {
        if (self::$owner !== getmypid()) {
            // What was opened before a fork belongs to the parent.
            self::$owner = getmypid();
            self::$shared = [];
        }
        $key = hash('xxh128', serialize([$target, $options]));
        $channel = self::$shared[$key] ?? new Native($target, $options);
        // The one used last comes last; the one used longest ago goes first.
        unset(self::$shared[$key]);
        if (\count(self::$shared) >= self::SHARED) {
            array_shift(self::$shared);
        }
        return self::$shared[$key] = $channel;
    }

    public function getTarget()
    {
        return $this->open('getTarget')->target();
    }

    public function getConnectivityState($try_to_connect = false)
    {
        return $this->open('getConnectivityState')->state((bool) $try_to_connect);
    }

    /** Suspends. */
    public function watchConnectivityState($last_state, $deadline)
    {
        $native = $this->open('watchConnectivityState');
        if (!\is_int($last_state) || !$deadline instanceof Timeval) {
            throw new \InvalidArgumentException('watchConnectivityState expects 1 long 1 timeval');
        }
        return $native->waitForState($last_state, $deadline->secondsFromNow());
    }

    public function close()
    {
        $this->native = null;
    }

    private function open(string $method): Native
    {
        return $this->native ?? throw new \RuntimeException("$method error.Channel is closed.");
    }

    /** @internal null: it was closed */
    public function native(): ?Native
    {
        return $this->native;
    }

    /** @internal */
    public function callCredentials(): ?CallCredentials
    {
        return $this->callCredentials;
    }

    /** @internal */
    public function isEncrypted(): bool
    {
        return $this->encrypted;
    }
}
