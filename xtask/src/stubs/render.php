<?php
/**
 * php -d extension=tusk render.php WORDS: prints the stubs of the loaded extension.
 *
 * WORDS holds doc comments as name, NUL, text, NUL. What is public and has no words is
 * named, and nothing is printed.
 */

declare(strict_types=1);

$parts = explode("\0", file_get_contents($argv[1]));
$words = [];
for ($i = 0; $i + 1 < count($parts); $i += 2) {
    $words[$parts[$i]] = $parts[$i + 1];
}
$missing = [];

function comment(string $name, string $indent = ''): string
{
    global $words, $missing;
    $text = trim($words[$name] ?? '');
    if ($text === '') {
        $missing[] = $name;
    }
    $lines = explode("\n", $text);
    if (count($lines) === 1) {
        return "$indent/** $text */\n";
    }
    return "$indent/**\n" . implode('', array_map(static fn (string $line): string => rtrim("$indent * $line") . "\n", $lines)) . "$indent */\n";
}

/** A class name as it is written inside the namespace that is being written. */
function local(string $name): string
{
    global $namespace;
    $inside = strlen($namespace) + 1;
    return str_starts_with($name, "$namespace\\") && !str_contains(substr($name, $inside), '\\') ? substr($name, $inside) : "\\$name";
}

function type(?ReflectionType $type): string
{
    return match (true) {
        $type === null => '',
        $type instanceof ReflectionNamedType => ($type->allowsNull() && !in_array($type->getName(), ['mixed', 'null'], true) ? '?' : '')
            . ($type->isBuiltin() || $type->getName() === 'static' ? $type->getName() : local($type->getName())),
        $type instanceof ReflectionUnionType => implode('|', array_map(type(...), $type->getTypes())),
        $type instanceof ReflectionIntersectionType => implode('&', array_map(type(...), $type->getTypes())),
    };
}

function parameter(ReflectionParameter $parameter): string
{
    $text = ltrim(type($parameter->getType()) . ' ')
        . ($parameter->isPassedByReference() ? '&' : '') . ($parameter->isVariadic() ? '...' : '') . "\${$parameter->getName()}";
    if ($parameter->isDefaultValueAvailable()) {
        $value = $parameter->getDefaultValue();
        $text .= ' = ' . ($value === null ? 'null' : ($value === [] ? '[]' : var_export($value, true)));
    }
    return $text;
}

function signature(ReflectionFunctionAbstract $function): string
{
    $type = type($function->getReturnType() ?? $function->getTentativeReturnType());
    return "function {$function->getShortName()}(" . implode(', ', array_map(parameter(...), $function->getParameters())) . ')'
        . ($type === '' ? '' : ": $type");
}

function class_stub(ReflectionClass $class): string
{
    $own = static fn (array $names, array $inherited): array => array_values(array_diff($names, $inherited));
    $parent = $class->getParentClass() ?: null;
    $inherited = $parent?->getInterfaceNames() ?? [];
    foreach ($class->getInterfaces() as $interface) {
        array_push($inherited, ...$interface->getInterfaceNames());
    }
    $interfaces = $own($class->getInterfaceNames(), $inherited);
    $head = ($class->isFinal() ? 'final ' : '') . ($class->isAbstract() && !$class->isInterface() ? 'abstract ' : '')
        . ($class->isInterface() ? 'interface ' : 'class ') . $class->getShortName()
        . ($parent ? ' extends ' . local($parent->name) : '')
        . ($interfaces ? ($class->isInterface() ? ' extends ' : ' implements ') . implode(', ', array_map(local(...), $interfaces)) : '');
    $members = [];
    foreach ($class->getReflectionConstants() as $constant) {
        if ($constant->getDeclaringClass()->name === $class->name) {
            $members[] = "    public const {$constant->name} = " . var_export($constant->getValue(), true) . ";\n";
        }
    }
    foreach ($class->getProperties(ReflectionProperty::IS_PUBLIC) as $property) {
        if ($property->getDeclaringClass()->name === $class->name) {
            $members[] = comment("$class->name::\${$property->name}", '    ') . '    public '
                . ltrim(type($property->getType()) . ' ') . "\${$property->name}" . ($property->hasType() ? '' : ' = null') . ";\n";
        }
    }
    foreach ($class->getMethods() as $method) {
        if ($method->getDeclaringClass()->name === $class->name) {
            $modifiers = implode(' ', array_diff(Reflection::getModifierNames($method->getModifiers()), ['abstract', 'final']));
            $words = $method->isPublic() ? comment("$class->name::$method->name", '    ') : '';
            $members[] = "$words    $modifiers " . signature($method) . ($class->isInterface() ? ";\n" : " {}\n");
        }
    }
    return comment($class->name) . "$head\n{\n" . implode("\n", $members) . "}\n";
}

$extension = new ReflectionExtension('tusk');
$members = [];
foreach ([...$extension->getFunctions(), ...$extension->getClasses()] as $member) {
    $members[$member->getNamespaceName()][] = $member;
}
ksort($members);
$text = '';
foreach ($members as $namespace => $own) {
    $functions = $classes = [];
    foreach ($own as $member) {
        if ($member instanceof ReflectionClass) {
            // Interfaces first, so that the file can be loaded too.
            $classes[($member->isInterface() ? 0 : 1) . $member->name] = class_stub($member);
        } else {
            $functions[$member->name] = comment($member->name) . signature($member) . " {}\n";
        }
    }
    ksort($functions);
    ksort($classes);
    $text .= "\nnamespace $namespace;\n\n" . implode("\n", [...array_values($functions), ...array_values($classes)]);
}
if ($missing) {
    fwrite(STDERR, "these have no doc comment in ext/: " . implode(', ', $missing) . "\n");
    exit(1);
}
echo "<?php\n// Written by `cargo xtask stubs` from the extension and its doc comments. For editors;\n// the extension itself is never loaded from here.\n$text";
