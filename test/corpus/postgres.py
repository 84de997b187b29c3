"""The server under test: a cluster of our own, databases, psql and pg_dump."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pq


def bindir():
    return subprocess.check_output([os.environ.get("PG_CONFIG", "pg_config"), "--bindir"], text=True).strip()


class Cluster:
    """A server of our own in a temporary folder, run by user postgres when we are root."""

    def __init__(self, port=6004, fsync=False, name="corpus"):
        self.bin, self.port = bindir(), port
        self.dir = tempfile.mkdtemp(prefix=f"schemaver_{name}_")
        self.data = os.path.join(self.dir, "data")
        self.log = os.path.join(self.dir, "log")
        if os.getuid() == 0:
            shutil.chown(self.dir, "postgres")
        self._run(os.path.join(self.bin, "initdb"), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale",
                  "--no-sync", "-D", self.data)
        with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
            conf.write(f"port = {port}\nunix_socket_directories = '{self.dir}'\nlisten_addresses = ''\n"
                       f"fsync = {'on' if fsync else 'off'}\nautovacuum = off\nmax_connections = 40\n"
                       "shared_buffers = 64MB\nmax_wal_size = 512MB\nlog_min_messages = fatal\n"
                       "max_locks_per_transaction = 512\nrestart_after_crash = on\ncheckpoint_timeout = 1h\n"
                       "schemaver.journal_failures = off\n")
        self.env = {"PGHOST": self.dir, "PGPORT": str(port), "PGUSER": "postgres"}
        self.start()

    @staticmethod
    def _as_postgres(*command):
        if os.getuid() == 0:
            return ("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command)
        return command

    def _run(self, *command):
        done = subprocess.run(self._as_postgres(*command), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stderr}")

    def start(self):
        """The server is our own child, so that we can wait for it: nobody else may reap it in a container."""
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                self._as_postgres(os.path.join(self.bin, "postgres"), "-D", self.data), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd="/", start_new_session=True)
        end = time.time() + 120
        while subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-d", "postgres"],
                             env=dict(os.environ, **self.env)).returncode:
            if self.process.poll() is not None or time.time() > end:
                with open(self.log) as log:
                    raise RuntimeError("the server does not start: " + log.read()[-600:])
            time.sleep(0.05)

    def kill(self):
        """kill -9 the postmaster and every process of its own, as a power cut would."""
        children = _children(self.process.pid)
        for pid in [self.process.pid, *children]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        end = time.time() + 30
        while any(alive(p) for p in children) and time.time() < end:
            time.sleep(0.005)

    def remove(self):
        self.process.send_signal(signal.SIGQUIT)  # an immediate shutdown
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def _children(parent):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as f:
                    if int(f.read().rpartition(")")[2].split()[1]) == parent:
                        found.append(int(name))
            except (OSError, IndexError):
                pass
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class PsqlError(Exception):
    """What psql said when it stopped: file, its line, SQLSTATE, message, the statement."""

    def __init__(self, stderr):
        super().__init__(stderr.strip()[-500:])
        m = re.search(r"^psql:(.*?):(\d+): (?:ERROR|FATAL): +([0-9A-Z]{5}): (.*)$", stderr, re.M)
        m = m or re.search(r"^()()(?:psql: error: )?(?:ERROR|FATAL): +([0-9A-Z]{5}): (.*)$", stderr, re.M)
        self.file, self.line, self.sqlstate, self.message = m.groups() if m else ("", "", None, stderr[-300:])
        self.line = int(self.line or 0)
        echo = re.search(r"STATEMENT:  (.*)", stderr, re.S)  # with ECHO=errors
        self.statement = echo.group(1).rstrip("\n") if echo else ""


def psql(database, *arguments, text=None, cwd=None, check=True):
    """Run psql as a user would, stopping at the first error; returns its output."""
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", database,
                           *arguments], input=text, cwd=cwd, capture_output=True, text=True, errors="replace",
                          env=dict(os.environ, PGCLIENTENCODING="UTF8", PGOPTIONS="-c client_min_messages=error -c schemaver.journal_failures=off"))
    if done.returncode and check:
        raise PsqlError(done.stderr)
    return done.stdout


# the lines of pg_dump that only say that the extension is there
_OWN = re.compile(r'--\n-- Name: (?:EXTENSION )?"?schemaver"?; Type: (?:SCHEMA|EXTENSION|COMMENT);.*\n--\n\n'
                  r'(?:CREATE EXTENSION|COMMENT ON EXTENSION|CREATE SCHEMA) .*\n\n\n')


_DAYS = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + d * 86400)) for d in (-1, 0, 1)]
_NOW = re.compile(r"'(?:" + "|".join(_DAYS) + r") \d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d)?'::")


def dump(database, everything=False):
    """pg_dump of the schema without schemaver's own lines, or of everything with them.

    What is random is left out: \\restrict keys, literals that say the time at which the history ran (a view
    with 'now'::timestamp keeps it), and in a dump of everything the values of schemaver's own sequences, which
    rolling back does not bring back.
    """
    options = [] if everything else ["--schema-only", "--no-owner", "-N", "schemaver"]
    done = subprocess.run(["pg_dump", *options, "-d", database], capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError("pg_dump: " + done.stderr.strip()[:500])
    text = without_noise(done.stdout)
    return re.sub(r"^SELECT pg_catalog.setval\('schemaver\..*\n", "", text, flags=re.M) if everything else text


def without_own(text):
    """A dump without the lines of the extension itself."""
    return _OWN.sub("", text)


def without_noise(text):
    """A dump without what differs by chance and without the lines of the extension itself."""
    return without_own(_NOW.sub("'now'::", re.sub(r"^\\(un)?restrict .*\n", "", text, flags=re.M)))


def difference(want, got):
    """The first lines in which two dumps differ, or None."""
    if want == got:
        return None
    a, b = want.splitlines(), got.splitlines()
    for i, (x, y) in enumerate(zip(a, b)):
        if x != y:
            return f"line {i + 1}: psql {x!r}, schemaver {y!r}"
    return f"{len(a)} lines by psql, {len(b)} by schemaver; first more: {(a[len(b):] or b[len(a):])[:1]}"


def fresh(database, template="template0"):
    psql("postgres", text=f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE);\n'
                          f'CREATE DATABASE "{database}" TEMPLATE "{template}";\n')


def drop(database):
    psql("postgres", text=f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE);\n')


def copy(database, template):
    """A copy by files: quick with fsync off, and the template must be idle."""
    end = time.time() + 20
    while True:
        try:
            psql("postgres", text=f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE);\n'
                                  f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY file_copy;\n')
            return
        except PsqlError as e:
            if e.sqlstate != "55006" or time.time() > end:
                raise
            time.sleep(0.05)


def connect(database, **settings):
    return pq.Session(database, **settings)
