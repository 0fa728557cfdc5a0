--TEST--
One finfo, many coroutines and files that take their time: each gets what it asked for
--SKIPIF--
<?php
if (!extension_loaded('fileinfo')) exit('skip needs ext/fileinfo');
?>
--FILE--
<?php
require __DIR__ . '/../include/parallel.inc';
use function Tusk\Tests\each_of;

ini_set('error_log', '/dev/null');
$texts = ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0", '<?php echo 1;', "plain text\n", "%PDF-1.4\n"];
$finfo = finfo_open(FILEINFO_MIME_TYPE);
// A wrapper whose reads wait, for everybody at once.
final class Waits
{
    public $context;
    private string $text = '';
    public function stream_open(string $path): bool { $this->text = $GLOBALS['texts'][(int) parse_url($path, PHP_URL_HOST)]; return true; }
    public function stream_read(int $count): string { Tusk\sleep(0.001); [$text, $this->text] = [$this->text, '']; return $text; }
    public function stream_eof(): bool { return $this->text === ''; }
    public function stream_stat(): array { return ['mode' => 0100644]; }
    public function url_stat(): array { return ['mode' => 0100644]; }
    public function stream_seek(): bool { return false; }
    public function stream_cast(): bool { return false; }
    public function stream_tell(): int { return 0; }
}
stream_wrapper_register('waits', Waits::class);
echo json_encode(each_of(4, fn (int $i) => $finfo->file("waits://$i")), JSON_UNESCAPED_SLASHES), "\n";
echo json_encode(each_of(4, fn (int $i) => finfo_file($finfo, "waits://$i")), JSON_UNESCAPED_SLASHES), "\n";
echo json_encode(each_of(4, fn (int $i) => mime_content_type(fopen("waits://$i", 'r'))), JSON_UNESCAPED_SLASHES), "\n";
?>
--EXPECT--
["image/png","text/x-php","text/plain","application/pdf"]
["image/png","text/x-php","text/plain","application/pdf"]
["image/png","text/x-php","text/plain","application/pdf"]
