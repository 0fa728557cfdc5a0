--TEST--
The matrix catches a call that blocks, and every kind of difference
--CONFLICTS--
all
--FILE--
<?php
require __DIR__ . '/harness/run.php';

Tusk\Tests\Matrix\run_area(__DIR__ . '/harness/faulty_rows.php');
?>
--EXPECTF--
blocks: the ticker stood still for %r(?:[5-9]\d|\d{3,})%r.%d ms
computes: the ticker stood still for %r(?:[1-9]\d|\d{3,})%r.%d ms
wrong result: result differs: plain PHP 'as ever'; in a coroutine 'other'
wrong warning: warnings differs: plain PHP []; in a coroutine [[512,"only with Tusk",%d]]
wrong silence: warnings differs: plain PHP [[1024,"said",%d]]; in a coroutine [[1024,"said",4437]]
wrong output: output differs: plain PHP ; in a coroutine only with Tusk
wrong exception: result differs: plain PHP 'as ever'; in a coroutine NULL
wrong exception: thrown differs: plain PHP null; in a coroutine ["LogicException","only with Tusk",7]
wrong error number: posix_get_last_error differs: plain PHP 0; in a coroutine 3
does not wait: plain PHP did not wait: 0.%d ms
exits: in a coroutine it ended without a result
crashes: in a coroutine it was ended by signal 9
never returns: in a coroutine it did not return within 1 s
skipped: needs what is not there: needs the extension no_such_extension
14 rows
