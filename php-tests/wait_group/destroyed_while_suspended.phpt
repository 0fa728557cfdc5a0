--TEST--
A wait group that somebody waits in at the end of the script
--FILE--
<?php
Tusk\go(function () {
    $group = new Tusk\WaitGroup(1);
    try { $group->wait(); } finally { echo "finally\n"; }
});
Tusk\sleep(0);
echo "end\n";
?>
--EXPECT--
end
finally
