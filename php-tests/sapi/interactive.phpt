--TEST--
php -a: coroutines work line by line
--EXTENSIONS--
readline
--FILE--
<?php
$command = (getenv('TUSK_PHP') ?: exit("TUSK_PHP is not set\n")) . ' -a';
$process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['pipe', 'w']], $pipes);
fwrite($pipes[0], "echo Tusk\\go(fn () => 6 * 7)->join(), \"\\n\";\nTusk\\sleep(0.001);\necho 'end', \"\\n\";\n");
fclose($pipes[0]);
preg_match_all('/^.*(42|end)$/m', stream_get_contents($pipes[1]), $lines);
echo implode("\n", $lines[1]), "\n", proc_close($process), "\n";
?>
--EXPECT--
42
end
0
