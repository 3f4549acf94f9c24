"""Reads an archive through real servers, and compares the documents with those of the folder, byte by byte.

    python3 tests/servers/servers.py [s3,identity,azure,gcs,orthanc] [FOLDER]

- s3: moto, an S3 in Python, from PyPI
- identity: moto again; the credentials come from its STS, by TLS, for the token of a web identity
- azure: azurite, Microsoft's emulator, from npm
- gcs: fake-gcs-server, by Go's module proxy; it is read, and takes no output in the way that Google does
- orthanc: a PACS with its DICOMweb plug-in, from Debian (`apt-get install orthanc orthanc-dicomweb`, or an Orthanc that
  stands in the path and finds its plug-in)

The program is target/debug/dcm2fhir, or $DCM2FHIR, built with `--features objects`. The folder is testdata/dicom unless
another is given, as a corpus of real files; a synthetic archive is read with it, for nine character sets at least. Of a
corpus Orthanc takes a part, and changes some of what it takes, which is counted. Exit code 0: all are equal; 1: some
differ; 3: some servers cannot be installed here, the others are equal.
"""

import base64
import datetime
import http.server
import io
import ipaddress
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get('CARGO_TARGET_DIR', ROOT / 'target'))
SERVERS = TARGET / 'servers'
BINARY = os.environ.get('DCM2FHIR', str(TARGET / 'debug/dcm2fhir'))
OPTIONS = ['--fhir', 'r5', '--references', 'contained', '--summary', 'none']
# What every Azure emulator has: the name and the key are in Microsoft's documents.
ACCOUNT = 'devstoreaccount1'
KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=='


class CannotInstall(Exception):
    """A server that this machine cannot have."""


def free_port():
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        return listener.getsockname()[1]


@contextmanager
def running(command, port, **options):
    """A server, from the time that it takes connections."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    try:
        end = time.monotonic() + 60
        while True:
            if process.poll() is not None:
                raise CannotInstall(f'{command[0]} ends at once')
            try:
                socket.create_connection(('127.0.0.1', port), 1).close()
                break
            except OSError:
                if time.monotonic() > end:
                    raise CannotInstall(f'{command[0]} takes no connection') from None
                time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(20)


def convert(inputs, environment=None, options=()):
    run = subprocess.run(
        [BINARY, 'convert', *map(str, inputs), *OPTIONS, *options],
        capture_output=True,
        env={**os.environ, **(environment or {})},
        check=False,
    )
    if run.returncode > 1:
        raise SystemExit(f'{inputs}: {run.stderr.decode()}')
    return run.stdout.decode().splitlines()


def without_endpoint(line):
    """A document without the address of the server that it came from."""
    study = json.loads(line)
    study.pop('endpoint', None)
    study['contained'] = [one for one in study.get('contained', []) if one['resourceType'] != 'Endpoint']
    if not study['contained']:
        del study['contained']
    return json.dumps(study)


def compare(name, found, want):
    same = found == want
    print(f'{name}: {len(found)} documents, {"as" if same else "NOT as"} the {len(want)} of the folder')
    if not same:
        more, less = sorted(set(found) - set(want)), sorted(set(want) - set(found))
        print(f'  only found: {len(more)}, as {more[:1]}\n  only wanted: {len(less)}, as {less[:1]}')
    return same


def archives(folder):
    """The files of a folder as zip, tar and tar.gz."""
    zipped, plain, packed = io.BytesIO(), io.BytesIO(), io.BytesIO()
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    with zipfile.ZipFile(zipped, 'w', zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder))
    for target, mode in ((plain, 'w'), (packed, 'w:gz')):
        with tarfile.open(fileobj=target, mode=mode) as archive:
            for path in files:
                archive.add(path, path.relative_to(folder))
    return {'all.zip': zipped.getvalue(), 'all.tar': plain.getvalue(), 'all.tar.gz': packed.getvalue()}


def character_sets(folder):
    """What Specific Character Set (0008,0005) says in the files of a folder; without it, a set is ISO_IR 6."""
    term = re.compile(rb'\x08\x00\x05\x00CS(..)', re.DOTALL)
    found = {b'ISO_IR 6'}
    for path in folder.rglob('*'):
        content = path.read_bytes() if path.is_file() else b''
        for match in term.finditer(content):
            length = int.from_bytes(match[1], 'little')
            found.add(content[match.end() : match.end() + length].strip())
    return found


def bucket(scheme, folder, environment, put, get):
    """Compares a bucket's documents; `put` and `get` write and read an object."""
    files = sorted(path for path in folder.rglob('*') if path.is_file())
    for path in files:
        put(f'archive/{path.relative_to(folder)}', path.read_bytes())
    # Clients take such keys for paths, and shorten them.
    some = {'/begins.dcm': files[0], 'empty//part.dcm': files[-1]}
    for key, path in some.items():
        put(f'keys/{key}', path.read_bytes())
    found = convert([f'{scheme}://data/keys/'], environment)
    good = [compare(f'{scheme} keys with empty parts', found, convert(some.values()))]
    good.append(compare(f'{scheme} folder', convert([f'{scheme}://data/archive/'], environment), convert([folder])))
    for name, content in archives(folder).items():
        put(f'packed/{name}', content)
        with tempfile.TemporaryDirectory() as local:
            (Path(local) / name).write_bytes(content)
            want = convert([Path(local) / name])
        good.append(compare(f'{scheme} {name}', convert([f'{scheme}://data/packed/{name}'], environment), want))
    if get is None:
        return all(good)
    subprocess.run(
        [BINARY, 'convert', folder, *OPTIONS, '-o', f'{scheme}://data/out/studies.ndjson'],
        env={**os.environ, **environment},
        check=False,
    )
    good.append(compare(f'{scheme} output', get('out/studies.ndjson').decode().splitlines(), convert([folder])))
    return all(good)


def s3(folder):
    import boto3

    port = free_port()
    with running([sys.executable, '-m', 'moto.server', '-H', '127.0.0.1', '-p', str(port)], port):
        url = f'http://127.0.0.1:{port}'
        keys = {'AWS_ACCESS_KEY_ID': 'test', 'AWS_SECRET_ACCESS_KEY': 'test', 'AWS_REGION': 'us-east-1'}
        client = boto3.client(
            's3', endpoint_url=url, region_name='us-east-1', aws_access_key_id='test', aws_secret_access_key='test'
        )
        client.create_bucket(Bucket='data')
        return bucket(
            's3',
            folder,
            {**keys, 'AWS_ENDPOINT_URL': url},
            lambda key, body: client.put_object(Bucket='data', Key=key, Body=body),
            lambda key: client.get_object(Bucket='data', Key=key)['Body'].read(),
        )


def certificates(folder):
    """A certificate for this machine and its key, and that of the authority that signed it, as files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    now = datetime.datetime.now(datetime.timezone.utc)
    days = datetime.timedelta(days=2)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ('authority', 'localhost')]

    def certificate(number, *extensions):
        builder = x509.CertificateBuilder(names[0], names[number], keys[number].public_key(), number + 1, now - days, now + days)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address('127.0.0.1'))])
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    contents = {
        'authority.pem': certificate(0, x509.BasicConstraints(ca=True, path_length=None)),
        'server.pem': certificate(1, address),
        'server.key': keys[1].private_bytes(*pem),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in contents]


@contextmanager
def token_service(folder, url):
    """moto's STS by TLS, and with its parameters where it looks for them: in the body of a request."""
    authority, certificate, key = certificates(folder)

    class Front(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            with urllib.request.urlopen(url, urllib.parse.urlsplit(self.path).query.encode()) as answer:
                body = answer.read()
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Front) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f'https://127.0.0.1:{server.server_port}', authority
        server.shutdown()


def identity(folder):
    """Documents that are read with credentials which moto's STS gives for a token."""
    import boto3

    port = free_port()
    url = f'http://127.0.0.1:{port}'
    command = [sys.executable, '-m', 'moto.server', '-H', '127.0.0.1', '-p', str(port)]
    with tempfile.TemporaryDirectory() as place, running(command, port):
        login = {'region_name': 'us-east-1', 'aws_access_key_id': 'test', 'aws_secret_access_key': 'test'}
        client = boto3.client('s3', endpoint_url=url, **login)
        client.create_bucket(Bucket='data')
        files = sorted(path for path in (folder / 'given').rglob('*') if path.is_file())[:20]
        for path in files:
            client.put_object(Bucket='data', Key=f'archive/{path.relative_to(folder)}', Body=path.read_bytes())
        token = Path(place) / 'token'
        token.write_text('a token')
        with token_service(Path(place), url) as (service, authority):
            environment = {
                'AWS_ROLE_ARN': 'arn:aws:iam::123456789012:role/reader',
                'AWS_WEB_IDENTITY_TOKEN_FILE': str(token),
                'AWS_REGION': 'us-east-1',
                'AWS_ENDPOINT_URL': url,
                'AWS_ENDPOINT_URL_STS': service,
            }
            found = convert(['s3://data/archive/'], environment, ['--ca-cert', str(authority)])
            return compare('identity', found, convert(files))


def installed(name, tool, words):
    """The path of a server, which the tool fetches when it is not there yet."""
    if not shutil.which(tool):
        raise CannotInstall(f'there is no {tool}')
    SERVERS.mkdir(parents=True, exist_ok=True)
    command = SERVERS / name
    if not command.exists():
        run = subprocess.run([tool, *words], env={**os.environ, 'GOBIN': str(SERVERS.resolve())}, check=False)
        if run.returncode:
            raise CannotInstall(f'{tool} cannot fetch {command.name}')
    return command


def azure(folder):
    from azure.storage.blob import BlobServiceClient

    command = installed('node_modules/.bin/azurite-blob', 'npm', ['install', '--silent', '--prefix', SERVERS, 'azurite@3'])
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        options = ['--location', data, '--blobPort', str(port), '--skipApiVersionCheck', '--silent']
        with running([str(command), *options], port):
            url = f'http://127.0.0.1:{port}/{ACCOUNT}'
            client = BlobServiceClient(url, credential={'account_name': ACCOUNT, 'account_key': KEY})
            container = client.create_container('data')
            environment = {
                'AZURE_STORAGE_ACCOUNT_NAME': ACCOUNT,
                'AZURE_STORAGE_ACCOUNT_KEY': KEY,
                'DCM2FHIR_ENDPOINT_URL': url,
            }
            return bucket(
                'az',
                folder,
                environment,
                lambda key, body: container.upload_blob(key, body, overwrite=True),
                lambda key: container.download_blob(key).readall(),
            )


def gcs(folder):
    command = installed('fake-gcs-server', 'go', ['install', 'github.com/fsouza/fake-gcs-server@v1.56.1'])
    port = free_port()
    host = f'127.0.0.1:{port}'
    options = ['-scheme', 'http', '-host', '127.0.0.1', '-port', str(port), '-public-host', host, '-backend', 'memory']

    def post(path, body, kind):
        request = urllib.request.Request(f'http://{host}/{path}', body, {'Content-Type': kind})
        urllib.request.urlopen(request).close()

    def put(key, body):
        name = urllib.parse.quote(key, safe='')
        post(f'upload/storage/v1/b/data/o?uploadType=media&name={name}', body, 'application/dicom')

    with running([str(command), *options], port):
        post('storage/v1/b', b'{"name": "data"}', 'application/json')
        environment = {'DCM2FHIR_ENDPOINT_URL': f'http://{host}', 'DCM2FHIR_NO_SIGN_REQUEST': 'true'}
        return bucket('gs', folder, environment, put, None)


def orthanc(folder):
    command = shutil.which('Orthanc') or '/usr/sbin/Orthanc'
    if not Path(command).exists():
        raise CannotInstall('there is no Orthanc: apt-get install orthanc orthanc-dicomweb')
    plugins = [str(path) for path in Path('/usr/share/orthanc/plugins').glob('*DicomWeb*')]
    if not plugins:
        raise CannotInstall('Orthanc has no DICOMweb plug-in: apt-get install orthanc-dicomweb')
    port = free_port()
    with tempfile.TemporaryDirectory() as data:
        settings = Path(data) / 'orthanc.json'
        settings.write_text(
            json.dumps(
                {
                    'StorageDirectory': data,
                    'IndexDirectory': data,
                    'HttpPort': port,
                    'DicomServerEnabled': False,
                    'AuthenticationEnabled': True,
                    'RegisteredUsers': {'reader': 'secret'},
                    'Plugins': plugins,
                    'DicomWeb': {'Enable': True, 'Root': '/dicom-web/'},
                    'OverwriteInstances': False,
                }
            )
        )
        with running([command, str(settings)], port):
            taken = Path(data) / 'taken'
            taken.mkdir()
            login = base64.b64encode(b'reader:secret').decode()
            files = sorted(path for path in folder.rglob('*') if path.is_file())
            files = [path for path in files if not any(case in path.parts for case in OTHERWISE_IN_ORTHANC)]
            for number, path in enumerate(files):
                request = urllib.request.Request(
                    f'http://127.0.0.1:{port}/instances',
                    path.read_bytes(),
                    {'Authorization': f'Basic {login}', 'Content-Type': 'application/dicom'},
                )
                try:
                    with urllib.request.urlopen(request) as answer:
                        status = json.load(answer)
                except (OSError, http.client.HTTPException, ValueError):
                    continue
                if isinstance(status, dict) and status.get('Status') == 'Success':
                    shutil.copy(path, taken / f'{number}.dcm')
            found = convert(
                [f'dicomweb+http://127.0.0.1:{port}/dicom-web'],
                {'PACS_LOGIN': 'reader:secret'},
                ['--basic-env', 'PACS_LOGIN'],
            )
            want = [without_endpoint(line) for line in convert([taken])]
            return compare('orthanc', [without_endpoint(line) for line in found], want)


# What Orthanc itself makes something else of: undeclared text, numbers beyond 32 bits, a SOP class that only the file
# meta information has, two patients in one study, a UID that is none.
OTHERWISE_IN_ORTHANC = (
    'names-undeclared',
    'series-number-large',
    'sop-class-missing',
    'study-uid-not-an-id',
    'two-patients',
)


def main():
    servers = {'s3': s3, 'identity': identity, 'azure': azure, 'gcs': gcs, 'orthanc': orthanc}
    names = sys.argv[1].split(',') if len(sys.argv) > 1 else list(servers)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / 'archive'
        shutil.copytree(sys.argv[2] if len(sys.argv) > 2 else ROOT / 'testdata/dicom', folder / 'given')
        synth = [BINARY, 'synth', '-o', folder / 'synth', '--studies', '100', '--instances', '2', '--quiet']
        subprocess.run(synth, check=True)
        sets = character_sets(folder)
        print(f'{len(sets)} character sets: {b", ".join(sorted(sets)).decode()}')
        return compare_all(servers, names, folder) if len(sets) >= 9 else 1


def compare_all(servers, names, folder):
    code = 0
    for name in names:
        try:
            code = code if servers[name](folder) else 1
        except (CannotInstall, ImportError) as why:
            print(f'{name}: left out, {why}')
            code = code or 3
    return code


if __name__ == '__main__':
    sys.exit(main())
