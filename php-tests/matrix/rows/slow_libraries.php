<?php
/** Modules and libraries that read and write files by themselves, on a mount where every call takes 15 ms. */

declare(strict_types=1);

namespace Tusk\Tests\Matrix;

require_once __DIR__ . '/../harness/slow_mount.php';

$row = static fn (string $call, array $extensions, \Closure $run, array $ini = []): Row => new Row(
    "slow: $call", 'interposition', $run, waits: 0.014, setup: mount_slowly(...), teardown: static fn (\Closure $end) => $end(),
    needs: [...SLOW_NEEDS, ...array_map(static fn (string $extension): string => "extension:$extension", $extensions)], ini: $ini,
);

return [
    $row('DOMDocument: save, saveHTMLFile, loadHTMLFile, entities, xinclude', ['dom'], static function (): array {
        file_put_contents('slow/part', 'PART');
        file_put_contents('slow/in.xml', '<!DOCTYPE a [<!ENTITY e SYSTEM "part">]><a xmlns:xi="http://www.w3.org/2001/XInclude">&e;'
            . '<xi:include href="part" parse="text"/></a>');
        $document = new \DOMDocument();
        return [$document->load('slow/in.xml', LIBXML_NOENT), $document->xinclude(), $document->textContent,
            $document->save('slow/out.xml'), $document->saveHTMLFile('slow/out.html'), $document->loadHTMLFile('slow/out.html')];
    }),
    $row('DOMDocument: schemaValidate, relaxNGValidate', ['dom'], static function (): array {
        file_put_contents('slow/a.xsd', '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a" type="xs:string"/></xs:schema>');
        file_put_contents('slow/a.rng', '<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><text/></element>');
        $document = new \DOMDocument();
        $document->loadXML('<a>x</a>');
        return [$document->schemaValidate('slow/a.xsd'), $document->relaxNGValidate('slow/a.rng')];
    }),
    $row('XMLReader, XMLWriter', ['xmlreader', 'xmlwriter'], static function (): array {
        $writer = new \XMLWriter();
        $writer->openUri('slow/w.xml');
        $writer->writeElement('a', str_repeat('x', 9000));
        $flushed = $writer->flush();
        $reader = \XMLReader::open('slow/w.xml');
        return [$flushed, $reader->read(), $reader->name, strlen($reader->readString()), $reader->close()];
    }),
    $row('SimpleXMLElement, asXML', ['simplexml'], static fn (): array => [
        (new \SimpleXMLElement('<a><b>1</b></a>'))->asXML('slow/s.xml'), (string) (new \SimpleXMLElement('slow/s.xml', 0, true))->b]),
    $row('XSLTProcessor: document(), transformToUri', ['xsl'], static function (): array {
        file_put_contents('slow/d.xml', '<d>text</d>');
        file_put_contents('slow/x.xsl', '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
            . '<o><xsl:value-of select="document(\'d.xml\')"/></o></xsl:template></xsl:stylesheet>');
        $sheet = new \DOMDocument();
        $sheet->load('slow/x.xsl');
        $processor = new \XSLTProcessor();
        $processor->importStylesheet($sheet);
        $document = new \DOMDocument();
        $document->loadXML('<a/>');
        return [$processor->transformToXml($document), $processor->transformToUri($document, 'slow/out.xml')];
    }),
    $row('PharData: tar, gz, extractTo, phar://', ['phar', 'zlib'], static function (): array {
        $phar = new \PharData('slow/t.tar');
        $phar['a'] = 'A';
        $phar->addFile('slow/a', 'b');
        $phar->compress(\Phar::GZ);
        return [$phar['a']->getContent(), count($phar), $phar->extractTo('slow/out'), file_get_contents('slow/out/b'),
            file_get_contents('phar://slow/t.tar/a'), is_file('phar://slow/t.tar/a'), scandir('phar://slow/t.tar')];
    }),
    $row('PharData: zip, buildFromDirectory', ['phar', 'zlib'], static function (): array {
        $phar = new \PharData('slow/t.zip');
        $phar['a'] = 'A';
        $phar->buildFromDirectory('slow/deep');
        return [(new \PharData('slow/t.zip'))['a']->getContent(), count($phar)];
    }),
    $row('ZipArchive, zip://', ['zip'], static function (): array {
        $zip = new \ZipArchive();
        $made = [$zip->open('slow/t.zip', \ZipArchive::CREATE), $zip->addFromString('a', 'A'), $zip->addFile('slow/a', 'b'), $zip->close()];
        return [...$made, $zip->open('slow/t.zip'), $zip->getFromName('b'), $zip->extractTo('slow/out'), file_get_contents('zip://slow/t.zip#a')];
    }),
    $row('finfo_open of a magic file, mime_content_type', ['fileinfo'], static function (): array {
        file_put_contents('slow/magic', "0 string line MINE\n");
        return [finfo_file(finfo_open(FILEINFO_NONE, 'slow/magic'), 'slow/a'), mime_content_type('slow/a')];
    }),
    $row('exif_imagetype, exif_read_data, get_meta_tags, hash_update_file, readgzfile', ['exif', 'zlib'], static function (): array {
        $hash = hash_init('md5');
        return [exif_imagetype('slow/a'), @exif_read_data('slow/a'), get_meta_tags('slow/a'), hash_update_file($hash, 'slow/a'), hash_final($hash),
            hash_hmac_file('md5', 'slow/a', 'k'), readgzfile('slow/a')];
    }),
    $row('FFI::load', ['ffi'], static function (): array {
        file_put_contents('slow/c.h', "#define FFI_LIB \"libc.so.6\"\nint abs(int);\n");
        return [\FFI::load('slow/c.h')->abs(-3)];
    }, ['ffi.enable' => '1']),
    $row('posix_access, chown, lchown, fileatime, GlobIterator, php://filter', ['posix'], static fn (): array => [
        posix_access('slow/a', POSIX_R_OK), chown('slow/a', posix_getuid()), @lchown('slow/a', posix_getuid()), fileatime('slow/a') > 0,
        (new \GlobIterator(getcwd() . '/slow/c*'))->count(), file_get_contents('php://filter/read=string.toupper/resource=slow/a')]),
];
