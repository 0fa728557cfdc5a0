--TEST--
C functions that could run PHP in another thread are refused with the reason
--EXTENSIONS--
ffi
--INI--
ffi.enable=1
--FILE--
<?php
require __DIR__ . '/../include/attempt.inc';
use function Tusk\Tests\attempt;
use Tusk\Ffi as Blocking;
$c = FFI::cdef('
    void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
    struct handler { int number; struct inner { void (*call)(int); } inner; };
    int sigaction(int number, struct handler *new, struct handler *old);
    void (*signal(int number, void (*handler)(int)))(int);
    typedef struct _zval_struct zval;
    void zval_ptr_dtor(zval *value);
    int abs(int n);
    extern int optind;
');
attempt('a callback', fn () => Blocking::blocking($c, 'qsort'));
attempt('a callback in a struct', fn () => Blocking::blocking($c, 'sigaction'));
attempt('a value of PHP', fn () => Blocking::blocking($c, 'zval_ptr_dtor'));
attempt('a variable', fn () => Blocking::blocking($c, 'optind'));
attempt('nothing', fn () => Blocking::blocking($c, 'no_such_function'));
attempt('no library', fn () => Blocking::blocking(new stdClass(), 'abs'));
attempt('no name', fn () => Blocking::blocking($c));
attempt('an object', fn () => Blocking::blocking($c, 'abs')(new ArrayObject()));
attempt('a closure', fn () => Blocking::blocking($c, 'abs')(fn () => 1));
attempt('made by new', fn () => (new Blocking())(1));
?>
--EXPECT--
a callback: Tusk\MisuseError: Tusk\Ffi::blocking(): parameter 4 of qsort() takes a pointer to a function: a callback would run PHP code in another thread; call it as a method of the library
a callback in a struct: Tusk\MisuseError: Tusk\Ffi::blocking(): parameter 2 of sigaction() takes a pointer to a function: a callback would run PHP code in another thread; call it as a method of the library
a value of PHP: Tusk\MisuseError: Tusk\Ffi::blocking(): parameter 1 of zval_ptr_dtor() works on values of PHP, which only PHP's own thread may touch; call it as a method of the library
a variable: Tusk\MisuseError: Tusk\Ffi::blocking(): optind is no function of this library
nothing: FFI\Exception: Attempt to read undefined C variable 'no_such_function'
no library: TypeError: Tusk\Ffi::blocking(): Argument #1 ($lib) must be of type FFI, stdClass given
no name: ArgumentCountError: Tusk\Ffi::blocking() expects exactly 2 arguments, 1 given
an object: Tusk\MisuseError: abs(): argument 1 is an object of PHP, which only PHP's own thread may touch
a closure: Tusk\MisuseError: abs(): argument 1 is an object of PHP, which only PHP's own thread may touch
made by new: Tusk\MisuseError: the object was not constructed: call parent::__construct()
