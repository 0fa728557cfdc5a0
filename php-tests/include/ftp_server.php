<?php
/**
 * php -n ftp_server.php PORT: as much of FTP as clients of PHP speak, each answer to a
 * transfer 80 ms late. There is one file, "file", and what is stored is forgotten.
 */

declare(strict_types=1);

$listener = stream_socket_server("tcp://127.0.0.1:{$argv[1]}");
while ($client = @stream_socket_accept($listener, 3600)) {
    $data = null;
    $say = static fn (string $line): mixed => @fwrite($client, "$line\r\n");
    $transfer = static function (?string $bytes) use (&$data, $say): void {
        $say('150 here it comes');
        $peer = stream_socket_accept($data, 5);
        usleep(80_000);
        $bytes === null ? stream_get_contents($peer) : fwrite($peer, $bytes);
        fclose($peer);
        $say('226 done');
    };
    $say('220 ready');
    while (($line = fgets($client)) !== false) {
        [$verb, $argument] = explode(' ', trim($line) . ' ', 2);
        match (strtoupper($verb)) {
            'USER' => $say('331 and the word'),
            'PASS' => $say('230 welcome'),
            'SIZE' => $say(trim($argument) === 'file' || trim($argument) === '/file' ? '213 8' : '550 no such file'),
            'PASV', 'EPSV' => (static function () use (&$data, $say, $verb): void {
                $data = stream_socket_server('tcp://127.0.0.1:0');
                $port = (int) substr(strrchr(stream_socket_get_name($data, false), ':'), 1);
                $say(strtoupper($verb) === 'EPSV' ? "229 entered (|||$port|)" : sprintf('227 entered (127,0,0,1,%d,%d)', $port >> 8, $port & 255));
            })(),
            'RETR' => $transfer("contents"),
            'NLST' => $transfer("file\r\n"),
            'STOR' => $transfer(null),
            'QUIT' => $say('221 bye'),
            'TYPE', 'CWD', 'MODE' => $say('200 so be it'),
            default => $say('502 not here'),
        };
        if (strtoupper($verb) === 'QUIT') {
            break;
        }
    }
    fclose($client);
}
