<?php

return [
    Tusk\Webman\Bootstrap::class,
];
