"""A TLS front of a FHIR server on loopback, that wants a certificate of its clients and a bearer token.

The certificates are made anew each time; a token counts if the token server says so (RFC 7662).
"""

import base64
import contextlib
import http.client
import http.server
import json
import ssl
import subprocess
import threading
import urllib.parse
import urllib.request

import server

CLIENT, SECRET = "dcm2fhir", "a secret: with 100 % of all + signs & /"


def openssl(*arguments, folder):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, stderr=subprocess.DEVNULL)


def certificates(folder):
    """An authority, and what it issued for the server and for us."""
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=e2e", "-keyout", "ca.key", "-out", "ca.pem", folder=folder)
    for name in ["localhost", "client"]:
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}\n")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.csr", folder=folder)
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem", folder=folder)


def counts(token_server, token):
    """Whether a token is one of the token server's, and lives."""
    pair = ":".join(urllib.parse.quote_plus(part) for part in [CLIENT, SECRET])
    data = urllib.parse.urlencode({"token": token}).encode()
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    request = urllib.request.Request(f"{token_server}/token/introspection", data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["active"]


def handler(behind, token_server, seen):
    """Passes on what has a token that counts; `seen` has the tokens."""
    behind = urllib.parse.urlparse(behind)

    class Front(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def work(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            if self.path.endswith("/.well-known/smart-configuration"):
                return self.reply(200, json.dumps({"token_endpoint": f"{token_server}/token"}).encode())
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            if not token or not counts(token_server, token):
                return self.reply(401, b"")
            seen.add(token)
            connection = http.client.HTTPConnection(behind.hostname, behind.port, timeout=300)
            kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "authorization")}
            connection.request(self.command, self.path, body, kept)
            answer = connection.getresponse()
            return self.reply(answer.status, answer.read(), answer.headers)

        def reply(self, status, body, headers=None):
            self.send_response(status)
            for name in ["Content-Type", "Location", "ETag", "Content-Encoding"]:
                if headers and headers.get(name):
                    self.send_header(name, headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = work

        def log_message(self, *_):
            pass

    return Front


@contextlib.contextmanager
def secured(fhir, folder, log):
    """The base URL of a front, and the tokens that it has seen."""
    certificates(folder)
    seen = set()
    with server.node("tokens.mjs", CLIENT, SECRET, log=log) as port:
        front = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(fhir.base, f"http://127.0.0.1:{port}", seen))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "localhost.pem", folder / "localhost.key")
        context.load_verify_locations(folder / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        front.socket = context.wrap_socket(front.socket, server_side=True)
        threading.Thread(target=front.serve_forever, daemon=True).start()
        try:
            yield f"https://localhost:{front.server_port}/fhir", f"http://127.0.0.1:{port}/token", seen
        finally:
            front.shutdown()
