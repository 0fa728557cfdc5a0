<?php
require __DIR__ . '/../include/mariadb.inc';
require __DIR__ . '/../include/turns.inc';
use function Tusk\go;
$server = Mariadb::start();
foreach (['query' => 'SELECT SLEEP(2), 1', 'rows' => 'SELECT seq, SLEEP(0.01), REPEAT("x", 5000) FROM seq_1_to_300'] as $where => $sql) {
    $pdo = $server->pdo();
    $a = go(function () use ($pdo, $sql) {
        $pdo->query($sql)->fetchAll();
    });
    Tusk\sleep(0.1);
    $a->cancel();
    try {
        $a->join();
    } catch (Tusk\CancelledException $e) {
        echo "$where cancelled\n";
    }
    try {
        $pdo->query('SELECT 2')->fetchAll();
        echo "reused\n";
    } catch (PDOException $e) {
        echo $e->getMessage(), "\n";
    }
    $pdo = null;
    $server->pdo()->query('SELECT 1')->fetchAll();
}
?>
