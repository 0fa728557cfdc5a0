<?php

// Processes of the plugin: none. A process of the application chooses the loop for itself
// with 'eventLoop' => Tusk\Workerman\EventLoop::class in config/process.php.
return [];
