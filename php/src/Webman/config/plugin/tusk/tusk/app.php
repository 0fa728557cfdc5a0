<?php

return [
    'enable' => true,
    // Requests that a worker process handles at once. Each costs about 9 KiB while it waits,
    // and what it holds: a thousand of them are enough to hide a second of a slow service.
    'max_per_worker' => 1000,
    // Messages of one websocket connection that are handled at once.
    'max_per_connection' => 16,
    // Requests that wait for their turn; what comes after them is answered with 503.
    'max_queued' => 1000,
    // How long they wait, in seconds: nobody reads an answer that comes later.
    'queue_timeout' => 10.0,
];
