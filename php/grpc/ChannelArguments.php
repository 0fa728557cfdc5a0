<?php
/** The channel arguments of ext-grpc that mean something here; others are ignored, as there. */

declare(strict_types=1);

namespace Grpc;

/** @internal */
final class ChannelArguments
{
    /** gRPC's numbers of compression algorithms; deflate is not offered by anybody. */
    private const COMPRESSION = [0 => 'identity', 2 => 'gzip'];

    public static function toOptions(array $args): array
    {
        $options = [];
        foreach ($args as $name => $value) {
            if (!\is_string($name)) {
                throw new \InvalidArgumentException('args keys must be strings');
            }
            if (!\is_int($value) && !\is_string($value) && !\is_bool($value)) {
                throw new \InvalidArgumentException('args values must be int or string');
            }
            $options = self::option($name, $value) + $options;
        }
        $agents = array_filter([$args['grpc.primary_user_agent'] ?? '', $args['grpc.secondary_user_agent'] ?? '']);
        if ($agents) {
            $options['userAgent'] = implode(' ', $agents);
        }
        return $options;
    }

    private static function option(string $name, int|string|bool $value): array
    {
        $number = (int) $value;
        return match ($name) {
            'grpc.default_authority' => ['authority' => (string) $value],
            'grpc.max_receive_message_length' => self::length('maxReceive', $number),
            'grpc.max_send_message_length' => self::length('maxSend', $number),
            'grpc.default_compression_algorithm' => isset(self::COMPRESSION[$number])
                ? ['compression' => self::COMPRESSION[$number]] : [],
            'grpc.keepalive_time_ms' => $number > 0 && $number < 0x7fffffff ? ['keepalive' => $number / 1000] : [],
            'grpc.keepalive_timeout_ms' => $number > 0 ? ['keepaliveTimeout' => $number / 1000] : [],
            'grpc.keepalive_permit_without_calls' => ['keepaliveIdle' => (bool) $value],
            'grpc.initial_reconnect_backoff_ms' => ['backoff' => max(0, $number) / 1000],
            'grpc.max_reconnect_backoff_ms' => ['maxBackoff' => max(0, $number) / 1000],
            'grpc.min_reconnect_backoff_ms' => $number > 0 ? ['connectTimeout' => $number / 1000] : [],
            'grpc.lb_policy_name' => self::policy((string) $value),
            'grpc.service_config' => ['serviceConfig' => (string) $value],
            'grpc.enable_retries' => ['retries' => $number !== 0],
            'grpc.per_rpc_retry_buffer_size' => ['retryBuffer' => max(1, $number)],
            'grpc.dns_min_time_between_resolutions_ms' => ['resolve' => max(0, $number) / 1000],
            default => [],
        };
    }

    /** -1 is gRPC's word for no limit; here it is the largest. */
    private static function length(string $option, int $bytes): array
    {
        return [$option => $bytes < 0 ? 0xffffffff : max(1, $bytes)];
    }

    private static function policy(string $name): array
    {
        return \in_array($name, ['pick_first', 'round_robin'], true) ? ['policy' => $name] : [];
    }
}
