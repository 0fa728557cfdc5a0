--TEST--
Remote: one that was made before a fork is refused in the child, which can make its own
--EXTENSIONS--
pcntl
--SKIPIF--
<?php require __DIR__ . '/../include/kserve.inc'; Tusk\Tests\skip_without_kserve_server(); ?>
--FILE--
<?php
require __DIR__ . '/../include/kserve.inc';
use Tusk\Tests\KserveServer;
$server = KserveServer::start();
$models = ['grpc' => $server->model('grpc', 'add'), 'http' => $server->model('http', 'add')];
$run = fn ($model) => json_encode($model->run(['a' => [[1]], 'b' => [[2]]])['sum']->toArray());
foreach ($models as $way => $model) { echo "$way ", $run($model), "\n"; }
$child = pcntl_fork();
if (!$child) {
    foreach ($models as $way => $model) {
        try { echo $run($model), "\n"; } catch (Tusk\MisuseError $error) { echo "$way: ", $server->plain($error->getMessage()), "\n"; }
        echo "own: ", $run($server->model($way, 'add')), "\n";
    }
    unset($models, $model);
    exit(0);
}
pcntl_waitpid($child, $status);
echo 'child ', pcntl_wexitstatus($status), "\n";
foreach ($models as $way => $model) { echo "$way ", $run($model), "\n"; }
?>
--EXPECT--
grpc [[3]]
http [[3]]
grpc: cannot use a gRPC channel: it was opened before this process forked, and its connections belong to the parent (grpc://127.0.0.1:GRPC/add); open it in the child: in workerman, in onWorkerStart
own: [[3]]
http: cannot ask an inference server: it was opened before this process forked, and its connections belong to the parent (http://127.0.0.1:HTTP/v2/models/add); open it in the child: in workerman, in onWorkerStart
own: [[3]]
child 0
grpc [[3]]
http [[3]]
