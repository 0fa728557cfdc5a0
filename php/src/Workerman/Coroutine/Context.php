<?php
/**
 * workerman/coroutine's Context, kept in the coroutine's Tusk\Context.
 *
 * It is given up when the coroutine has ended, or by destroy(): objects that nobody else
 * holds are destroyed then. Coroutines of Coroutine::create() begin with an empty one, as
 * that package has it; those of Tusk\go() share their spawner's, so that a part of a
 * request's work that runs beside the rest finds the request.
 */

declare(strict_types=1);

namespace Tusk\Workerman\Coroutine;

use ArrayObject;
use Tusk\Context as TuskContext;
use Tusk\Coroutine;
use Workerman\Coroutine\Context\ContextInterface;

final class Context implements ContextInterface
{
    private const VALUES = 'tusk.workerman.context';

    public static function get(?string $name = null, mixed $default = null): mixed
    {
        $values = TuskContext::get(self::VALUES);
        if ($name === null) {
            return $values ?? self::begin();
        }
        return $values[$name] ?? $default;
    }

    public static function set(string $name, mixed $value): void
    {
        $values = TuskContext::get(self::VALUES) ?? self::begin();
        $values[$name] = $value;
    }

    public static function has(string $name): bool
    {
        return TuskContext::get(self::VALUES)?->offsetExists($name) ?? false;
    }

    public static function reset(?ArrayObject $data = null): void
    {
        $data?->setFlags(ArrayObject::ARRAY_AS_PROPS);
        TuskContext::set(self::VALUES, $data ?? new ArrayObject([], ArrayObject::ARRAY_AS_PROPS));
    }

    public static function destroy(): void
    {
        TuskContext::delete(self::VALUES);
    }

    /** Spawns a coroutine that begins without a context. */
    public static function withNone($callable, array $args): Coroutine
    {
        $values = TuskContext::get(self::VALUES);
        if ($values === null) {
            return \Tusk\go($callable, ...$args);
        }
        TuskContext::delete(self::VALUES);
        try {
            return \Tusk\go($callable, ...$args);
        } finally {
            TuskContext::set(self::VALUES, $values);
        }
    }

    private static function begin(): ArrayObject
    {
        $values = new ArrayObject([], ArrayObject::ARRAY_AS_PROPS);
        TuskContext::set(self::VALUES, $values);
        return $values;
    }
}
