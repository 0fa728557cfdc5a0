--TEST--
Values inside and coroutines that wait are freed at the end of the script
--INI--
zend.exception_ignore_args=1
--FILE--
<?php
use Tusk\Channel;
class Value { public function __construct(private string $name) {} public function __destruct() { echo "$this->name destroyed\n"; } }
(function () {
    $channel = new Channel(2);
    $channel->send(new Value('inside'));
    unset($channel);
})();
echo "with its channel\n";
$channel = new Channel(1);
$channel->send(new Value('in a global channel'));
Tusk\go(function () use ($channel) {
    try { $channel->send(new Value('with a sender')); } finally { echo "sender's finally\n"; }
});
Tusk\go(function () {
    $local = new Value('of a receiver');
    try { (new Channel())->receive(); } finally { echo "receiver's finally\n"; }
});
Tusk\sleep(0);
echo "end\n";
?>
--EXPECT--
inside destroyed
with its channel
end
with a sender destroyed
sender's finally
receiver's finally
of a receiver destroyed
in a global channel destroyed
