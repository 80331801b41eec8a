#!/usr/bin/env python3
"""Runs one scenario: a text script of calls and expectations against a real shopd.

    run.py BUILD_DIRECTORY SCRIPT [--keep]

Every call goes through shopctl, so that the command-line client is tested with the shop. A script
is lines; "#" begins a comment line, "\\" at the end of a line continues it, words are quoted as in
a shell, $name is a saved value. There are no loops and no conditions: a script reads from top to
bottom like the story that it tells. README.md beside this file lists the statements.

Refused: scenarios as Python functions. They grow helpers, and then nobody can read what is called.
"""
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta

CALL_SECONDS = 30
START_SECONDS = 30
CODES = ["OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
         "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
         "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
         "UNAUTHENTICATED"]
EXIT_BASE = 64
# The least that a shop may take for a password: most of a scenario's time would go into them.
CONFIG = "[limits]\npassword_mib = 19\n"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Unmet(Exception):
    """An expectation that did not hold."""


class Server:
    """A shopd of our own on a temporary directory; stopped by its process id."""

    def __init__(self, build, arguments=()):
        self.build = os.path.abspath(build)
        self.root = tempfile.mkdtemp(prefix="shop-scenario-")
        self.data = os.path.join(self.root, "data")
        self.arguments = list(arguments)
        self.process = self.url = None

    def configure(self, text):
        path = os.path.join(self.root, "shopd.ini")
        with open(path, "w") as file:
            file.write(text)
        self.arguments += ["--config", path]

    def start(self):
        log = open(os.path.join(self.root, "log"), "ab")
        url_file = os.path.join(self.data, "shopd.url")
        if os.path.exists(url_file):
            os.unlink(url_file)  # left by a server that was killed
        self.process = subprocess.Popen(
            [os.path.join(self.build, "shopd"), "--data", self.data, "--listen",
             "tcp://127.0.0.1:0"] + self.arguments, stdout=log, stderr=log)
        log.close()
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise Unmet("shopd ended at its start with %d" % self.process.returncode)
            if os.path.exists(url_file) and os.path.getsize(url_file) > 0:
                with open(url_file) as file:
                    self.url = file.read().strip()
                return
            time.sleep(0.01)
        raise Unmet("shopd did not start within %d s" % START_SECONDS)

    def stop(self, number=signal.SIGTERM):
        """Ends the server and answers its exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        try:
            status = self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Unmet("shopd did not stop within %d s of a signal" % START_SECONDS)
        finally:
            self.process = None
        return status

    def log_lines(self):
        with open(os.path.join(self.root, "log"), errors="replace") as file:
            return [json.loads(line) for line in file if line.startswith("{")
                    and line.endswith("}\n")]

    def log_tail(self):
        try:
            with open(os.path.join(self.root, "log"), errors="replace") as file:
                return "".join(file.readlines()[-5:])
        except OSError:
            return ""


def look_up(answer, path):
    """The values at a path: "lines[0].quantity", "products[*].id", "lines#" for the count."""
    values = [answer]
    for part in re.findall(r"[^.\[\]#]+|\[\d+\]|\[\*\]|#", path):
        if part == "#":
            values = [len(v) if isinstance(v, list) else 0 for v in values or [[]]]
        elif part == "[*]":
            values = [e for v in values if isinstance(v, list) for e in v]
        elif part.startswith("["):
            i = int(part[1:-1])
            values = [v[i] for v in values if isinstance(v, list) and i < len(v)]
        else:
            values = [v[part] for v in values if isinstance(v, dict) and part in v]
    return values


def as_text(values):
    def one(value):
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(one(v) for v in values)


class Statement:
    def __init__(self, file, line, words):
        self.file, self.line, self.words = file, line, words

    def __str__(self):
        return "%s:%d" % (self.file, self.line)


def read_script(path):
    """The statements of a script, those of included scripts in their place."""
    statements = []
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    text, first = "", 0
    for number, line in enumerate(lines, 1):
        if not text and line.lstrip().startswith("#"):
            continue
        first = first if text else number
        text += line.rstrip("\\") if line.endswith("\\") else line
        if line.endswith("\\"):
            continue
        words, text = shlex.split(text), ""
        if not words:
            continue
        if words[0] == "include":
            statements += read_script(os.path.join(os.path.dirname(path), words[1]))
        else:
            statements.append(Statement(path, first, words))
    return statements


class Script:
    def __init__(self, build, path):
        self.statements = read_script(path)
        arguments = []
        if self.statements and self.statements[0].words[0] == "server":
            arguments = self.statements.pop(0).words[1:]
        config = CONFIG
        if "--config" in arguments:  # a file beside the script
            at = arguments.index("--config")
            beside = os.path.dirname(os.path.abspath(path))
            with open(os.path.join(beside, arguments[at + 1])) as file:
                config += file.read()
            del arguments[at:at + 2]
        self.server = Server(build, arguments)
        self.server.configure(config)
        self.ctl = os.path.join(self.server.build, "shopctl")
        self.saved = {}
        self.codes_seen = set()
        self.simulated = "simulated" in arguments
        self.sessions = {"nobody": ""}
        self.who = "nobody"
        self.answer, self.refused, self.took_ms = {}, False, 0
        self.background = None

    def start(self):
        self.server.start()
        with open(os.path.join(self.server.data, "admin.token")) as file:
            self.sessions["admin"] = file.read().strip()

    # ---- calling ----

    def environment(self, who):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SHOP_")}
        environment.update(SHOP_SERVER=self.server.url, SHOP_TOKEN=self.sessions[who])
        return environment

    def begin_call(self, words, who):
        arguments = []
        while words and words[0].startswith("-"):
            arguments += words[:2]
            words = words[2:]
        # Looking for leaks takes longer than a call: it is done for do_shopctl and by shopctl.py.
        environment = self.environment(who)
        environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return subprocess.Popen(
            [self.ctl, "--output", "json", "--timeout", "20000"] + arguments + words,
            env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def end_call(self, process):
        """The answer or the error as JSON, and whether it is an error."""
        try:
            out, err = process.communicate(timeout=CALL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise Unmet("expected an answer, none came within %d s" % CALL_SECONDS)
        if process.returncode == 0:
            return json.loads(out), False
        try:
            error = json.loads(err)
        except ValueError:
            raise Unmet("shopctl ended with %d: %s" % (process.returncode, err.strip()))
        status = EXIT_BASE + CODES.index(error["code"])
        if process.returncode != status:
            raise Unmet("expected exit status %d for %s, came %d" %
                        (status, error["code"], process.returncode))
        return error, True

    def call(self, words, who):
        begun = time.monotonic()
        self.answer, self.refused = self.end_call(self.begin_call(words, who))
        self.took_ms = int((time.monotonic() - begun) * 1000)

    def call_admin(self, *words):
        answer, refused = self.end_call(self.begin_call(list(words), "admin"))
        if refused:
            raise Unmet("expected %s to succeed, came %s" % (words[0], answer["message"]))
        return answer

    # ---- statements ----

    def fill(self, word):
        def value(match):
            if match[1] not in self.saved:
                raise Unmet("nothing is saved as $%s" % match[1])
            return self.saved[match[1]]
        return re.sub(r"\$([a-z][a-z0-9_]*)", value, word)

    def do_as(self, who):
        if who not in self.sessions:
            raise Unmet("there is no session of %s" % who)
        self.who = who

    def do_call(self, *words):
        self.call(list(words), self.who)

    def do_background(self, *words):
        self.background = self.begin_call(list(words), self.who)
        self.background_since = time.monotonic()

    def do_await(self):
        self.answer, self.refused = self.end_call(self.background)
        self.background = None
        self.took_ms = int((time.monotonic() - self.background_since) * 1000)

    def do_refused(self, code, reason, *fields):
        if not self.refused:
            raise Unmet("expected %s %s, came success" % (code, reason))
        came = self.answer
        if (came["code"], came["reason"]) != (code, reason):
            raise Unmet("expected %s %s, came %s %s" % (code, reason, came["code"], came["reason"]))
        named = [v["field"] for v in came["violations"]]
        for field in fields:
            if field not in named:
                raise Unmet("expected a violation of %s, came %s" % (field, named or "none"))

    def do_expect(self, path, relation, *values):
        came, value = as_text(look_up(self.answer, path)), " ".join(values)
        if relation == "absent" and not values:
            met = came == ""
        elif relation == "=":
            met = came == value
        elif relation == "!=":
            met = came != value
        elif relation == "!~":
            met = re.search(value, came) is None
        elif relation == "~":
            met = re.search(value, came) is not None
        else:
            raise Unmet("no such relation: %s" % relation)
        if not met:
            raise Unmet("expected %s %s %s, came %s" % (path, relation, value, came or "nothing"))

    def do_logged(self, event, *fields):
        """Some line of the server's log is of this event and has these fields."""
        wanted = dict(field.split("=", 1) for field in fields)
        until = time.monotonic() + CALL_SECONDS / 10
        while True:
            for line in self.server.log_lines():
                if line.get("event") == event and all(
                        re.fullmatch(v, str(line.get(k, ""))) for k, v in wanted.items()):
                    self.answer = line
                    return
            if time.monotonic() > until:
                raise Unmet("expected a line %s with %s in the log" % (event, wanted))
            time.sleep(0.02)

    def do_took(self, least, most):
        if not int(least) <= self.took_ms <= int(most):
            raise Unmet("expected %s to %s ms, came %d ms" % (least, most, self.took_ms))

    def do_save(self, name, equals, path):
        values = look_up(self.answer, path)
        if not values:
            raise Unmet("expected %s to save, came nothing" % path)
        self.saved[name] = as_text(values)

    def do_session(self, name, equals, path):
        self.do_save("session", "=", path)
        self.sessions[name] = self.saved.pop("session")

    def do_code(self, name, equals, member):
        """The next verification code that the sandbox gateway took for a member."""
        until = time.monotonic() + CALL_SECONDS
        while True:
            if self.simulated:
                self.do_settle()
            page = self.call_admin("notification.ListSandboxMessages", "member_id=" + member)
            for message in page.get("sandbox_messages", []):
                code = re.search(r"\b[0-9]{6}\b", message["body"])
                if code and message["id"] not in self.codes_seen:
                    self.codes_seen.add(message["id"])
                    self.saved[name] = code[0]
                    return
            if time.monotonic() > until:
                raise Unmet("expected a code for %s, came none" % member)
            time.sleep(0.02)

    def do_advance(self, span):
        shop_time = self.call_admin("governance.GetServerInfo")["shop_time"]
        whole, _, fraction = shop_time.rstrip("Z").partition(".")
        then = datetime.fromisoformat(whole) + timedelta(
            seconds=int(span[:-1]) * UNITS[span[-1]])
        self.call_admin("governance.AdvanceClock",
                        "time=%s%sZ" % (then.isoformat(), "." + fraction if fraction else ""))

    def do_settle(self):
        self.call_admin("governance.AdvanceClock")

    def do_until(self, path, equals, value, method, *words):
        """Repeats a read until a field has a value; for shops on the system's clock."""
        until = time.monotonic() + CALL_SECONDS
        while True:
            self.call([method] + list(words), self.who)
            if self.refused or as_text(look_up(self.answer, path)) == value:
                return
            if time.monotonic() > until:
                self.do_expect(path, "=", value)
            time.sleep(0.02)

    def stop_well(self):
        status = self.server.stop()
        if status != 0:
            raise Unmet("expected shopd to stop with 0, came %d" % status)

    def do_restart(self):
        self.stop_well()
        if os.path.exists(os.path.join(self.server.data, "shopd.url")):
            raise Unmet("expected no shopd.url of a server that is gone")
        self.start()

    def do_kill(self):
        self.server.stop(signal.SIGKILL)
        self.start()

    def do_administrator(self, name):
        """Makes one beside the stopped server; the password good once is $NAME_password."""
        command = [os.path.join(self.server.build, "shopd"), "--data", self.server.data,
                   "--create-administrator", name] + self.server.arguments
        result = subprocess.run(command, capture_output=True, text=True, timeout=CALL_SECONDS)
        if result.returncode == 0:
            raise Unmet("an administrator was made beside a running server")
        self.stop_well()
        result = subprocess.run(command, capture_output=True, text=True, timeout=CALL_SECONDS)
        if result.returncode != 0:
            raise Unmet("no administrator was made: %s" % result.stderr.strip())
        path = result.stdout.strip()
        if os.stat(path).st_mode & 0o777 != 0o600:
            raise Unmet("others may read %s" % path)
        with open(path) as file:
            self.saved[name + "_password"] = file.read().strip()
        self.start()

    def do_serve(self, name):
        """Serves a backup beside the data directory, with the key that opens it."""
        self.stop_well()
        copy = os.path.join(self.server.root, name)
        key = os.path.join(copy, "master.key")
        if not os.path.exists(key):
            shutil.copy(os.path.join(self.server.data, "master.key"), key)
        self.server.data = copy
        self.start()

    def do_verify(self):
        process = self.begin_call(["verify"], "admin")
        out, err = process.communicate(timeout=CALL_SECONDS)
        if process.returncode != 0:
            raise Unmet("expected no fault, came %s" % (out or err).strip())

    def do_verify_offline(self):
        result = subprocess.run(
            [os.path.join(self.server.build, "shopd"), "--data", self.server.data, "--verify"],
            capture_output=True, text=True, timeout=CALL_SECONDS)
        if result.returncode != 0:
            raise Unmet("expected no fault offline, came %s" % (result.stdout + result.stderr))

    def do_program(self, name, *words):
        result = subprocess.run(
            [os.path.join(self.server.build, name), self.server.url] + list(words),
            capture_output=True, text=True, timeout=CALL_SECONDS)
        if result.returncode != 0:
            raise Unmet("%s ended with %d: %s" % (
                name, result.returncode, (result.stdout + result.stderr).strip()))

    def do_shopctl(self, status, *words):
        """A command of shopctl, in a directory of the script's own; what it prints is the answer."""
        result = subprocess.run(
            [self.ctl, "--output", "text"] + list(words), env=self.environment(self.who),
            cwd=self.server.root, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=CALL_SECONDS)
        self.answer = {"output": result.stdout + result.stderr}
        if result.returncode != int(status):
            raise Unmet("expected exit status %s, came %d" % (status, result.returncode))

    def do_offline(self, name, *words):
        """Stops, runs a program of the build directory on the data, and starts again."""
        self.stop_well()
        result = subprocess.run(
            [os.path.join(self.server.build, name), self.server.data] + list(words),
            capture_output=True, text=True, timeout=CALL_SECONDS)
        if result.returncode != 0:
            raise Unmet("%s ended with %d: %s" % (
                name, result.returncode, (result.stdout + result.stderr).strip()))
        self.start()

    def do_unlogged(self, *patterns):
        """No line of the server's log so far has any of these."""
        with open(os.path.join(self.server.root, "log"), errors="replace") as file:
            log = file.read()
        for pattern in patterns:
            found = re.search("^.*" + pattern + ".*$", log, re.MULTILINE | re.IGNORECASE)
            if found:
                raise Unmet("expected no %s in the log, came %s" % (pattern, found[0]))

    def files_with(self, text):
        """The files of the server, its data, log and backups, that hold a text."""
        found = []
        for folder, _, names in os.walk(self.server.root):
            for name in names:
                try:
                    with open(os.path.join(folder, name), "rb") as file:
                        held = text.encode() in file.read()
                except FileNotFoundError:
                    continue  # renamed meanwhile
                if held:
                    found.append(os.path.relpath(os.path.join(folder, name), self.server.root))
        return found

    def do_nowhere(self, *texts):
        for text in texts:
            found = self.files_with(text)
            if found:
                raise Unmet("expected %s in no file, came %s" % (text, ", ".join(found)))

    def do_somewhere(self, *texts):
        for text in texts:
            if not self.files_with(text):
                raise Unmet("expected %s in some file, came none" % text)

    # ---- the run ----

    def step(self, statement, following):
        words = statement.words
        run = getattr(self, "do_" + words[0].replace("-", "_"), None)
        if run is None:
            raise Unmet("no such statement: %s" % words[0])
        try:
            run(*[self.fill(w) for w in words[1:]])
        except (TypeError, KeyError, ValueError) as problem:
            raise Unmet("%s cannot be read: %s" % (" ".join(words), problem))
        calls = words[0] in ("call", "await", "until")
        if calls and self.refused and (following is None or following.words[0] != "refused"):
            raise Unmet("expected success, came %s %s: %s" % (
                self.answer["code"], self.answer["reason"], self.answer["message"]))

    def run(self):
        at = "start"
        try:
            self.start()
            for i, at in enumerate(self.statements):
                self.step(at, self.statements[i + 1] if i + 1 < len(self.statements) else None)
            at = "end"
            self.do_verify()
            self.stop_well()
            self.do_verify_offline()
            return 0
        except Unmet as unmet:
            print("%s: %s" % (at, unmet))
            if isinstance(at, Statement):
                print("  answer: %s" % json.dumps(self.answer, ensure_ascii=False)[:2000])
            print("  log: %s" % self.server.log_tail())
            return 1
        finally:
            if self.background is not None:
                self.background.kill()
                self.background.communicate()
            self.server.stop()

    def clean(self):
        shutil.rmtree(self.server.root, ignore_errors=True)


def main(arguments):
    keep = "--keep" in arguments
    arguments = [a for a in arguments if a != "--keep"]
    if len(arguments) != 2:
        print(__doc__)
        return 2
    script = Script(*arguments)
    status = script.run()
    if keep:
        print("the shop's data stays in %s" % script.server.root)
    else:
        script.clean()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
