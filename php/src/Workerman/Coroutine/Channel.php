<?php
/**
 * workerman/coroutine's Channel on Tusk's: push() waits for room and pop() for a value, with
 * false in the place of exceptions. A timeout below zero is none; zero does not wait.
 *
 * It stands in the place of the package's Channel class, which has no setting for its
 * driver (Drivers).
 */

declare(strict_types=1);

namespace Tusk\Workerman\Coroutine;

use InvalidArgumentException;
use Tusk\Channel as TuskChannel;
use Tusk\Coroutine;
use Tusk\MisuseError;
use Tusk\TimeoutException;
use Workerman\Coroutine\Channel\ChannelInterface;

class Channel implements ChannelInterface
{
    /** As the package's class calls it, for who looks inside. */
    protected readonly TuskChannel $driver;

    public function __construct(private readonly int $capacity = 1)
    {
        if ($capacity < 1) {
            throw new InvalidArgumentException('The capacity must be greater than 0');
        }
        $this->driver = new TuskChannel($capacity);
    }

    public function push(mixed $data, float $timeout = -1): bool
    {
        try {
            if ($timeout < 0) {
                $this->driver->send($data);
            } elseif ($timeout > 0) {
                $this->driver->send($data, $timeout);
            } elseif ($this->hasRoom()) {
                $this->driver->send($data);
            } else {
                return false;
            }
            return true;
        } catch (TimeoutException) {
            return false;
        } catch (MisuseError $error) {
            return $this->driver->isClosed() ? false : throw $error;
        }
    }

    public function pop(float $timeout = -1): mixed
    {
        try {
            if ($timeout < 0) {
                $makesRoom = $this->driver->sendersWaiting() > 0;
                $value = $this->driver->receive();
                if ($makesRoom) {
                    // Who waited for room goes on before this returns, as on the package's
                    // other drivers: Locker::unlock() counts on it.
                    Coroutine::giveWay();
                }
                return $value;
            }
            if ($timeout > 0) {
                return $this->driver->receive($timeout);
            }
            return count($this->driver) > $this->driver->receiversWaiting() ? $this->driver->receive() : false;
        } catch (TimeoutException) {
            return false;
        } catch (MisuseError $error) {
            return $this->driver->isClosed() ? false : throw $error;
        }
    }

    public function length(): int
    {
        return count($this->driver);
    }

    public function getCapacity(): int
    {
        return $this->capacity;
    }

    public function hasConsumers(): bool
    {
        return $this->driver->receiversWaiting() > 0;
    }

    public function hasProducers(): bool
    {
        return $this->driver->sendersWaiting() > 0;
    }

    public function close(): void
    {
        $this->driver->close();
    }

    /** Could a value be given without waiting? What is meant for a receiver takes no room. */
    private function hasRoom(): bool
    {
        return $this->driver->sendersWaiting() === 0
            && count($this->driver) < $this->capacity + $this->driver->receiversWaiting();
    }
}
