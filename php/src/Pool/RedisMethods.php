<?php
/**
 * Makes the class Tusk\Pool\RedisMethods: a \Redis each of whose methods, as this machine's phpredis has
 * them, asks forward() instead. A parent is what type hints want, and a method of it that is forgotten
 * would run on an object that is not connected; so they are taken from the class itself. phpredis'
 * versions differ in methods, parameters and types, so the text is made here and not kept in a file.
 *
 * Parameters are `...$arguments` whatever phpredis calls them, which PHP takes for compatible, but for
 * those that are passed by reference. Constructor, destructor and other magic methods stay.
 */

declare(strict_types=1);

namespace Tusk\Pool;

if (!class_exists(\Redis::class)) {
    throw new \Error('Tusk\Pool\Redis needs the PHP extension redis (phpredis), which is not loaded');
}

(static function (): void {
    $text_of = static function (?\ReflectionType $type) use (&$text_of): string {
        return match (true) {
            $type === null => '',
            $type instanceof \ReflectionUnionType => implode('|', array_map($text_of, $type->getTypes())),
            $type->getName() === 'self' => '\Redis',
            default => ($type->allowsNull() && !in_array($type->getName(), ['null', 'mixed'], true) ? '?' : '')
                . ($type->isBuiltin() || $type->getName() === 'static' ? '' : '\\') . $type->getName(),
        };
    };
    $text = '';
    foreach ((new \ReflectionClass(\Redis::class))->getMethods(\ReflectionMethod::IS_PUBLIC) as $method) {
        if ($method->isStatic() || $method->isFinal() || str_starts_with($method->name, '__')) {
            continue;
        }
        $references = array_filter($method->getParameters(), static fn (\ReflectionParameter $parameter): bool => $parameter->isPassedByReference());
        [$parameters, $arguments] = ['...$arguments', '$arguments'];
        if ($references !== []) {
            $parameters = $list = [];
            foreach ($method->getParameters() as $parameter) {
                $by = $parameter->isPassedByReference() ? '&' : '';
                $parameters[] = "$by\${$parameter->name}" . ($parameter->isOptional() ? ' = null' : '');
                $list[] = "$by\${$parameter->name}";
            }
            $parameters = implode(', ', $parameters);
            $arguments = 'array_slice([' . implode(', ', $list) . '], 0, func_num_args())';
        }
        $returns = $text_of($method->getReturnType() ?? $method->getTentativeReturnType());
        $text .= "public function $method->name($parameters)" . ($returns === '' ? '' : ": $returns") . ' { '
            . ($returns === 'void' ? '' : 'return ') . "\$this->forward('$method->name', $arguments); }\n";
    }
    // Without strict types, as a caller without them expects; who declares them is checked by phpredis less strictly.
    eval(<<<PHP
        namespace Tusk\Pool;

        /** @internal See RedisMethods.php. */
        abstract class RedisMethods extends \Redis
        {
            /** What a method does. */
            abstract protected function forward(string \$name, array \$arguments): mixed;

            /** Calls phpredis itself. Suspends. */
            public static function call(\Redis \$redis, string \$name, array \$arguments): mixed
            {
                return \$redis->\$name(...\$arguments);
            }

            $text
        }
        PHP);
})();
