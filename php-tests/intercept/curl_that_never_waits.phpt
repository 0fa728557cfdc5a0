--TEST--
curl_multi_exec in a loop without a wait sees its answers, on new and on used connections
--EXTENSIONS--
curl
--FILE--
<?php
require __DIR__ . '/../include/http.inc';
use function Tusk\{go, run};

$url = Tusk\Tests\http_server();

run(static function () use ($url): void {
    // Somebody else, so that looks of libcurl are Tusk's.
    $other = go(static fn () => Tusk\sleep(60));
    $multi = curl_multi_init();
    $curl = curl_init("$url/delay?ms=20");
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    for ($i = 0; $i < 3; $i++) {
        curl_multi_add_handle($multi, $curl);
        do {
            curl_multi_exec($multi, $running);
        } while ($running);
        echo curl_multi_getcontent($curl), ', connections made: ', curl_getinfo($curl, CURLINFO_NUM_CONNECTS), "\n";
        curl_multi_remove_handle($multi, $curl);
    }
    // After waits, whose polls are kept.
    $easy = curl_init("$url/delay?ms=1");
    curl_setopt($easy, CURLOPT_RETURNTRANSFER, true);
    for ($i = 0; $i < 3; $i++) {
        echo curl_exec($easy), "\n";
    }
    $other->cancel();
});
?>
--EXPECT--
ok, connections made: 1
ok, connections made: 0
ok, connections made: 0
ok
ok
ok
