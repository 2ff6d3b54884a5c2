"""A carrier's published description, served by Prism on loopback, and every violation of it noted.

One Prism for each carrier: its descriptions are joined, with only the operations that are tried. In
front of it stands a small server that forwards each request as it came and keeps what Prism says
about it (the header ``sl-violations``).
"""

from __future__ import annotations

import collections
import contextlib
import http.server
import json
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import suite
import yaml

SPECS = suite.SHARED / "carrier-specs"
PRISM = suite.LOCAL / "prism" / "node_modules" / ".bin" / "prism"
METHODS = ("get", "post", "put", "delete", "patch")


def load(name):
    """One description as a dict; tabs, which some publishers leave in YAML, become blanks."""
    path = SPECS / name
    if not path.exists():
        pytest.fail(f"{path} is missing: the contract tests read the carriers' descriptions there")
    content = path.read_text()
    return json.loads(content) if name.endswith(".json") else yaml.safe_load(_untab(content))


def _untab(content):
    return content.replace("\t", "  ")


def _renamed(node, prefix):
    """A copy of part of a description whose references point to components of that prefix."""
    if isinstance(node, list):
        return [_renamed(entry, prefix) for entry in node]
    if not isinstance(node, dict):
        return node
    copied = {}
    for key, value in node.items():
        if key == "$ref" and isinstance(value, str) and value.startswith("#/components/"):
            kind, name = value.removeprefix("#/components/").split("/", 1)
            value = f"#/components/{kind}/{prefix}{name}"
        copied[key] = _renamed(value, prefix)
    return copied


def join(sources):
    """Several descriptions as one.

    :param sources: list of (file, path put in front, operations), an operation being
        "METHOD /path", with ``deprecated`` ones never among them
    """
    joined = {"openapi": "3.0.3", "info": {"title": "joined", "version": "1"}, "paths": {}}
    components = collections.defaultdict(dict)
    for number, (name, front, operations) in enumerate(sources):
        description, prefix = load(name), f"s{number}_"
        for kind, entries in (description.get("components") or {}).items():
            if kind == "securitySchemes":
                continue  # names of tokens, not their worth, is all Prism could check
            for key, entry in entries.items():
                components[kind][prefix + key] = _renamed(entry, prefix)
        for operation in operations:
            method, path = operation.split(" ", 1)
            found = description["paths"][path]
            place = joined["paths"].setdefault(front + path, {})
            if found.get("parameters"):
                place["parameters"] = _renamed(found["parameters"], prefix)
            renamed = _renamed(found[method.lower()], prefix)
            renamed.pop("security", None)
            renamed.pop("servers", None)
            place[method.lower()] = renamed
    joined["components"] = dict(components)
    return joined


def forget(node, keyword):
    """Take a keyword out of the numbers of part of a description, where a publisher misuses it."""
    if isinstance(node, list):
        for entry in node:
            forget(entry, keyword)
    elif isinstance(node, dict):
        if node.get("type") in ("number", "integer"):
            node.pop(keyword, None)
        for entry in node.values():
            forget(entry, keyword)


def loosen(node):
    """Let any of several shapes fit where they overlap and "exactly one" never can."""
    if isinstance(node, list):
        for entry in node:
            loosen(entry)
    elif isinstance(node, dict):
        if "oneOf" in node:
            node["anyOf"] = node.pop("oneOf")
        for entry in node.values():
            loosen(entry)


def widen(joined, part, length):
    """Let the ``Code`` of components named like ``part`` be shorter than their publisher says."""
    for name, schema in joined["components"]["schemas"].items():
        code = (schema.get("properties") or {}).get("Code")
        if part in name and code:
            code["minLength"] = length


def answer_with(description, operation, example, code="200", mimetype="application/json"):
    """Give an operation an example answer where its publisher left only "string"."""
    method, path = operation.split(" ", 1)
    content = description["paths"][path][method.lower()]["responses"][code]["content"]
    content[mimetype] = {
        "schema": content.get(mimetype, {}).get("schema", {}),
        "example": example,
    }
    for other in list(content):
        if other != mimetype:
            del content[other]


class Contract:
    """The address to call, and what was asked there."""

    def __init__(self, url):
        self.url = url
        self.calls = []  # of (method, path, status, violations)
        self.bodies = []

    @property
    def violations(self):
        """Requests that broke the description: it says so in the header, or by 400 and 422."""
        return [
            f"{method} {path}: {text[:600]}"
            for method, path, _status, text in self.calls
            if '"location":["request"' in text
        ]

    def posted(self, end):
        """Bodies of the POSTs to a path that ends so, in order."""
        return [
            json.loads(body)
            for (method, path, _status, _text), body in zip(self.calls, self.bodies, strict=True)
            if method == "POST" and path.endswith(end)
        ]

    def last(self, end, names):
        """Bodies of the last POSTs to a path that ends so: one for each of ``names``."""
        sent = self.posted(end)
        return dict(zip(names, sent[-len(names) :], strict=True))

    def asked(self, method, part):
        """How many calls there were of a method to a path that has ``part``."""
        return sum(m == method and part in path for m, path, _status, _text in self.calls)


@contextlib.contextmanager
def serving(name, description, tokens=()):
    """Prism with ``description``; yields a :class:`Contract`.

    :param tokens: paths that answer with a token, where the description has no such operation
    """
    if not PRISM.exists():
        pytest.fail(f"{PRISM} is missing: scripts/setup_prism.sh installs it")
    folder = suite.LOCAL / "prism" / "specs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(description, default=str))
    port, front = suite.free_port(), suite.free_port()
    log = Path(suite.LOCAL / "prism" / f"{name}.log")
    with log.open("w") as out:
        process = subprocess.Popen(
            [PRISM, "mock", "-h", "127.0.0.1", "-p", str(port), str(path)],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    contract = Contract(f"http://127.0.0.1:{front}")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", front), _front(f"http://127.0.0.1:{port}", contract, tokens)
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        _wait(port, process, log)
        yield contract
    finally:
        server.shutdown()
        server.server_close()
        process.terminate()
        process.wait(15)


def _wait(port, process, log):
    for _attempt in range(240):
        if process.poll() is not None:
            pytest.fail(f"Prism stopped; see {log}:\n{log.read_text()[-1500:]}")
        with contextlib.suppress(requests.RequestException):
            requests.get(f"http://127.0.0.1:{port}/", timeout=5)
            return
        time.sleep(0.25)
    pytest.fail(f"Prism did not answer in a minute; see {log}")


def _front(target, contract, tokens):
    class Front(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            if path in tokens:
                answer = {"access_token": "token", "expires_in": 3600, "token_type": "Bearer"}
                return self.reply(200, json.dumps(answer).encode(), "application/json")
            headers = {key: value for key, value in self.headers.items() if key != "Host"}
            answer = requests.request(
                self.command, target + self.path, data=body, headers=headers, timeout=60
            )
            text = answer.headers.get("sl-violations", "")
            if answer.status_code in (400, 404, 422) and "location" not in text:
                # Prism's own refusal names the violations in its body.
                text += (
                    answer.text if "violations" in answer.text or "NO_PATH" in answer.text else ""
                )
                if "NO_PATH" in text:
                    text = '"location":["request"] no such path: ' + text
            contract.calls.append((self.command, path, answer.status_code, text))
            contract.bodies.append(body)
            self.reply(answer.status_code, answer.content, answer.headers.get("Content-Type"))

        def reply(self, status, body, mimetype):
            self.send_response(status)
            self.send_header("Content-Type", mimetype or "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = forward

        def log_message(self, *_args):
            pass

    return Front


class Answers(dict):
    """What each operation gave, by name; what failed, and the calls behind it."""

    def __init__(self, contract):
        super().__init__()
        self.contract = contract
        self.errors = {}


@contextlib.contextmanager
def trying(make, operations, description, name, error, tokens=()):
    """Everything a carrier is asked, once, against its description.

    :param make: gives the carrier for an address
    :param operations: gives (name, call) for a carrier
    """
    with serving(name, description, tokens) as contract:
        answers = Answers(contract)
        for title, call in operations(make(contract.url)):
            try:
                answers[title] = call()
            except error as problem:
                answers.errors[title] = f"{problem.outcome} {problem.code}: {problem.message}"
        yield answers
