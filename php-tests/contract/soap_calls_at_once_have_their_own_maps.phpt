--TEST--
SOAP clients and servers that wait at once: each decodes with its own WSDL, class map and encoding, and errors go to whom they belong
--SKIPIF--
<?php
if (!extension_loaded('soap')) exit('skip needs ext/soap');
if (PHP_ZTS) exit('skip these are not kept apart in a thread-safe build');
?>
--FILE--
<?php
require __DIR__ . '/../include/turns.inc';
require __DIR__ . '/../include/parallel.inc';
require __DIR__ . '/../include/process.inc';
use function Tusk\Tests\each_of;

final class A { public mixed $value; }
final class B { public mixed $value; }

function wsdl(string $name, string $type): string
{
    return <<<XML
        <?xml version="1.0"?>
        <definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
            xmlns:t="urn:$name" xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:$name" name="S">
        <types><xsd:schema targetNamespace="urn:$name" xmlns="http://www.w3.org/2001/XMLSchema">
            <complexType name="T"><sequence><element name="value" type="xsd:$type"/></sequence></complexType></xsd:schema></types>
        <message name="q"><part name="a" type="xsd:string"/></message><message name="r"><part name="return" type="t:T"/></message>
        <portType name="P"><operation name="call"><input message="t:q"/><output message="t:r"/></operation></portType>
        <binding name="B" type="t:P"><soap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
            <operation name="call"><soap:operation soapAction="x"/><input><soap:body use="literal" namespace="urn:$name"/></input>
            <output><soap:body use="literal" namespace="urn:$name"/></output></operation></binding>
        <service name="S"><port name="p" binding="t:B"><soap:address location="http://127.0.0.1/"/></port></service>
        </definitions>
        XML;
}

/** Answers itself, after some turns. */
final class Client extends SoapClient
{
    public int $turns = 0;
    public string $name = '';
    public string $sent = '';
    public function __doRequest(string $request, string $location, string $action, int $version, bool $oneWay = false): ?string
    {
        $this->sent = $request;
        turns($this->turns);
        return "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><t:callResponse xmlns:t=\"urn:$this->name\">"
            . "<return><value>5</value></return></t:callResponse></e:Body></e:Envelope>";
    }
}
$folder = Tusk\Tests\temporary_folder();
$client = function (string $name, string $type, int $turns) use ($folder): Client {
    file_put_contents("$folder/$name.wsdl", wsdl($name, $type));
    $client = new Client("$folder/$name.wsdl", ['classmap' => ['T' => strtoupper($name)], 'cache_wsdl' => WSDL_CACHE_NONE]);
    [$client->name, $client->turns] = [$name, $turns];
    return $client;
};
foreach ([[4, 1], [1, 4], [2, 2]] as [$a, $b]) {
    $clients = [$client('a', 'int', $a), $client('b', 'string', $b), $client('a', 'int', $b)];
    foreach (each_of(3, fn (int $i) => $clients[$i]->call('x')) as $answer) {
        echo $answer::class, ' ', var_export($answer->value, true), "; ";
    }
    echo "\n";
    unset($clients, $answer);
}

// Servers whose functions wait, with maps of their own.
final class Service { public function call(string $a): array { turns(3); return ['value' => "<$a>"]; } }
$request = fn (string $name, string $a): string => '<?xml version="1.0"?><e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
    . "<e:Body><t:call xmlns:t=\"urn:$name\"><a>$a</a></t:call></e:Body></e:Envelope>";
$handle = function (string $name, string $a) use ($folder, $request): string {
    $server = new SoapServer("$folder/$name.wsdl", ['cache_wsdl' => WSDL_CACHE_NONE]);
    $server->setObject(new Service());
    ob_start();
    $server->handle($request($name, $a));
    preg_match('~urn:(\w)".*<value>(.*)</value>~s', $answer = ob_get_clean(), $found);
    return $found ? "$found[1] $found[2]" : $answer;
};
echo json_encode(each_of(3, fn (int $i) => $handle(['b', 'b', 'b'][$i], "$i"))), "\n";

// Who is in no call gets errors as ever, while and after others are in one.
$one = $client('a', 'int', 6);
$call = Tusk\go(fn () => $one->call('x'));
turns(1);
register_shutdown_function(fn () => print(" and then the shutdown function\n"));
exec('rm -rf ' . escapeshellarg($folder));
ini_set('display_errors', 'stdout');
@trigger_error('mine', E_USER_ERROR);
?>
--EXPECTF--
A 5; B '5'; A 5; 
A 5; B '5'; A 5; 
A 5; B '5'; A 5; 
["b &lt;0&gt;","b &lt;1&gt;","b &lt;2&gt;"]

Fatal error: mine in %s on line %d
 and then the shutdown function
