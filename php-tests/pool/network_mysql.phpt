--TEST--
Tusk\Pool\Pdo and the network to Mariadb: what was not sent is sent once, what may have run never again; nothing waits beyond its deadline
--EXTENSIONS--
pcntl
sockets
--SKIPIF--
<?php require __DIR__ . '/../include/mariadb.inc'; Mariadb::skip('pdo_mysql');
--FILE--
<?php
require __DIR__ . '/network.inc';
require __DIR__ . '/../include/mariadb.inc';

use Tusk\Tests\Proxy;

$db = Mariadb::start();
$proxy = Proxy::before($db->port);
$through = str_replace("port=$db->port", "port=$proxy->port", $db->dsn());
$network = new Network($through, 'root', $db->pdo(...), $proxy, 'SELECT SLEEP(60)', 'KILL %d');
Tusk\run(fn () => $network->never_sent());
Tusk\run(fn () => $network->may_have_run());
Tusk\run(fn () => $network->silent());
Tusk\run(fn () => $network->slow());
Tusk\run(fn () => $network->refused());
Tusk\run(fn () => $network->forked());
?>
--EXPECT--
cut all, exec: done, 1 written, 2 connections
cut all, query: done, 1 written, 2 connections
cut all, execute: done, 1 written, 2 connections
cut all, transaction: done, 1 written, 2 connections
cut all, by SQL: done, 1 written, 2 connections
reset all, exec: done, 1 written, 2 connections
reset all, query: done, 1 written, 2 connections
reset all, execute: done, 1 written, 2 connections
reset all, transaction: done, 1 written, 2 connections
reset all, by SQL: done, 1 written, 2 connections
all idle ones: {"done":12}, 12 written
after an INSERT: done, 1 written
killed while idle: done, 1 written
lost on its way, exec: lost, 0 written; then done, 1
lost on its way, query: lost, 0 written; then done, 1
lost on its way, execute: lost, 0 written; then done, 1
answer lost, exec: lost, 1 written; then done, 1
answer lost, query: lost, 1 written; then done, 1
answer lost, execute: lost, 1 written; then done, 1
killed while it ran: lost, 0 lent
in a transaction: lost, 0 written
black hole, statement: late; then 42
0 written
no answer, statement: late; then 42
1 written
half open: late; then 42
black hole, connect: late (create); then 42
black hole, check: late (recycle); then 42
black hole, line: {"late":2,"late (wait)":4}; then 42
slow: 20 of 20 right, 0 lent
refused: {"refused":30}
by itself: 42
child: 0 seen, in none, 1 connection
parent: 12, 3 written, 0 lost
