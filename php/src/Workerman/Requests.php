<?php
/**
 * Another Request for the next client that sends the same bytes, while a handler waits with
 * the one that workerman would have handed out again.
 *
 * workerman 5 keeps a Request for each short message and gives it to all who send the same;
 * after each handler it puts a cleaned copy in its place. Here that copy is made when the
 * handler first waits. What was parsed stays in it; connection, context and properties do
 * not. A class of the application's own that copies or cleans in its own way is not copied:
 * it may count on its handler having ended.
 */

declare(strict_types=1);

namespace Tusk\Workerman;

use Closure;
use ReflectionMethod;
use Workerman\Protocols\Http\Request;

final class Requests
{
    /** @var array<class-string, bool> may objects of this class be copied while a handler has one? */
    private static array $copyable = [];

    /** @var ?Closure(Request): bool */
    private static ?Closure $hasFiles = null;

    public static function another(object $request): ?Request
    {
        if (!$request instanceof Request || !(self::$copyable[$request::class] ??= self::isCopyable($request::class))) {
            return null;
        }
        // A Request takes its uploaded files with it when it goes: two must not name the same.
        self::$hasFiles ??= Closure::bind(static fn (Request $request): bool => !empty($request->data['files']), null, Request::class);
        if ((self::$hasFiles)($request)) {
            return null;
        }
        $copy = clone $request;
        $copy->destroy();
        return $copy;
    }

    /** @param class-string $class */
    private static function isCopyable(string $class): bool
    {
        $isKnown = static fn (string $method): bool => preg_match('/^(Workerman|Webman)\\\\/', (new ReflectionMethod($class, $method))->class) === 1;
        return !method_exists($class, '__clone') && $isKnown('destroy') && $isKnown('__destruct');
    }
}
