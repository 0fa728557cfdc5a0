--TEST--
A C function that waits suspends its coroutine, and gives what ext/ffi gives
--EXTENSIONS--
ffi
--INI--
ffi.enable=1
--FILE--
<?php
$c = FFI::cdef('
    int usleep(unsigned int us);
    int abs(int n);
    double pow(double x, double y);
    size_t strlen(const char *text);
    char *strchr(const char *text, int c);
    const char *strerror(int number);
    void *memset(void *to, int byte, size_t count);
    int close(int fd);
    int *__errno_location(void);
    typedef struct { int quot; int rem; } div_t;
    div_t div(int a, int b);
    int snprintf(char *to, size_t size, const char *format, ...);
');
$same = function (string $name, mixed ...$arguments) use ($c): void {
    $show = fn (mixed $value) => $value instanceof FFI\CData ? FFI::typeof($value)->getName() : var_export($value, true);
    $of = function (callable $call) use ($arguments, $show) {
        try {
            return $show($call(...$arguments));
        } catch (Throwable $error) {
            return $error::class . ': ' . $error->getMessage();
        }
    };
    $plain = $of([$c, $name]);
    $blocking = Tusk\go(fn () => $of(Tusk\Ffi::blocking($c, $name)))->join();
    echo "$name: ", $plain === $blocking ? 'same' : "$plain, but $blocking", "\n";
};
$same('abs', -5);
$same('abs', '7');
$same('abs', 2.9);
$same('abs');
$same('abs', []);
$same('pow', 2, 0.5);
$same('strlen', 'a text');
$same('strlen', null . 'x');
$same('strerror', 2);
$same('strchr', 'text', 120);
$same('memset', $c->new('char[8]'), 65, 8);
$same('memset', $c->new('int'), 0, 4);
$same('div', 17, 5);
$same('strlen', $c->new('int'));
$begun = hrtime(true);
$usleep = Tusk\Ffi::blocking($c, 'usleep');
foreach (range(1, 5) as $_) {
    $all[] = Tusk\go(fn () => $usleep(100_000));
}
echo implode(' ', array_map(fn ($one) => $one->join(), $all)), ' ', hrtime(true) - $begun < 400e6 ? "at once\n" : "one after the other\n";
echo implode(' ', array_map(Tusk\Ffi::blocking($c, 'abs'), [-1, -2])), " as a callable\n";
$close = Tusk\Ffi::blocking($c, 'close');
Tusk\go(function () use ($close, $c) {
    echo $close(-1), ' errno ', $c->__errno_location()[0], "\n";
})->join();
$buffer = $c->new('char[20]');
Tusk\go(function () use ($c, $buffer) {
    echo Tusk\Ffi::blocking($c, 'snprintf')($buffer, 20, '%d and %s', 5, 'six'), ' ', FFI::string($buffer), "\n";
})->join();
?>
--EXPECT--
abs: same
abs: same
abs: same
abs: same
abs: same
pow: same
strlen: same
strlen: same
strerror: same
strchr: same
memset: same
memset: same
div: same
strlen: same
0 0 0 0 0 at once
1 2 as a callable
-1 errno 9
9 5 and six
