<?php
/** What a Gate lets through; each limit with its reason in config/plugin/tusk/tusk/app.php. */

declare(strict_types=1);

namespace Tusk\Webman;

use InvalidArgumentException;

final class Limits
{
    public function __construct(
        public readonly int $perWorker = 1000,
        public readonly int $perConnection = 16,
        public readonly int $queue = 1000,
        public readonly float $patience = 10.0,
    ) {
        if ($perWorker < 1 || $perConnection < 1 || $queue < 0 || $patience <= 0) {
            throw new InvalidArgumentException(
                'config/plugin/tusk/tusk/app.php: max_per_worker and max_per_connection are 1 or more, max_queued 0 or more, queue_timeout above 0',
            );
        }
    }

    /** @param array<string, mixed> $config */
    public static function from(array $config): self
    {
        return new self(
            $config['max_per_worker'] ?? 1000,
            $config['max_per_connection'] ?? 16,
            $config['max_queued'] ?? 1000,
            (float) ($config['queue_timeout'] ?? 10.0),
        );
    }
}
