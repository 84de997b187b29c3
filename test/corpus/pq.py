"""A small libpq: one session, one query at a time, errors with their fields."""
import ctypes
import ctypes.util
import os
import subprocess

_FIELDS = {"severity": "V", "sqlstate": "C", "message": "M", "detail": "D", "hint": "H", "context": "W"}
_GOOD = (0, 1, 2)  # PGRES_EMPTY_QUERY, PGRES_COMMAND_OK, PGRES_TUPLES_OK


def _library():
    name = ctypes.util.find_library("pq")
    if name is None:
        config = os.environ.get("PG_CONFIG", "pg_config")
        name = os.path.join(subprocess.check_output([config, "--libdir"], text=True).strip(), "libpq.so.5")
    lib = ctypes.CDLL(name)
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    for function, result, arguments in [
            ("PQconnectdb", pointer, [text]), ("PQstatus", number, [pointer]), ("PQfinish", None, [pointer]),
            ("PQerrorMessage", text, [pointer]), ("PQclear", None, [pointer]), ("PQbackendPID", number, [pointer]),
            ("PQexec", pointer, [pointer, text]),
            ("PQexecParams", pointer, [pointer, text, number, pointer, pointer, pointer, pointer, number]),
            ("PQresultStatus", number, [pointer]), ("PQntuples", number, [pointer]), ("PQnfields", number, [pointer]),
            ("PQgetvalue", text, [pointer, number, number]), ("PQgetisnull", number, [pointer, number, number]),
            ("PQresultErrorField", text, [pointer, number]),
            ("PQsetNoticeReceiver", pointer, [pointer, pointer, pointer])]:
        f = getattr(lib, function)
        f.restype, f.argtypes = result, arguments
    return lib


_lib = _library()


@ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
def _silent(arg, result):
    """Notices and INFO go nowhere."""


class Error(Exception):
    """An error of the server, or a lost connection (sqlstate None)."""

    def __init__(self, message, **fields):
        super().__init__(message)
        self.message = message
        for name in _FIELDS:
            setattr(self, name, fields.get(name) if name != "message" else message)

    def __str__(self):
        parts = [f"{self.sqlstate}: {self.message}"]
        parts += [f"{k}: {getattr(self, k)}" for k in ("detail", "context") if getattr(self, k)]
        return " | ".join(parts)


def _text(raw):
    return None if raw is None else raw.decode("utf-8", "replace")


def array(values):
    """A text[] literal."""
    return "{" + ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values) + "}"


class Session:
    """One connection.  Values come as str or None."""

    def __init__(self, database, **settings):
        options = " ".join(f"-c {k}={v}" for k, v in settings.items())
        info = f"dbname='{database}' client_encoding=UTF8 connect_timeout=60 options='{options}'"
        self.raw = _lib.PQconnectdb(info.encode())
        if _lib.PQstatus(self.raw) != 0:
            message = _text(_lib.PQerrorMessage(self.raw))
            self.close()
            raise Error(message)
        _lib.PQsetNoticeReceiver(self.raw, ctypes.cast(_silent, ctypes.c_void_p), None)
        self.pid = _lib.PQbackendPID(self.raw)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.raw:
            _lib.PQfinish(self.raw)
            self.raw = None

    def rows(self, sql, *values):
        """Run one query (several, without values); the rows of the last, as tuples."""
        if values:
            texts = [None if v is None else (array(v) if isinstance(v, (list, tuple)) else str(v)).encode()
                     for v in values]
            params = (ctypes.c_char_p * len(texts))(*texts)
            result = _lib.PQexecParams(self.raw, sql.encode(), len(texts), None,
                                       ctypes.cast(params, ctypes.c_void_p), None, None, 0)
        else:
            result = _lib.PQexec(self.raw, sql.encode())
        try:
            return self._read(result)
        finally:
            _lib.PQclear(result)

    def _read(self, result):
        if _lib.PQresultStatus(result) not in _GOOD:
            fields = {k: _text(_lib.PQresultErrorField(result, ord(c))) for k, c in _FIELDS.items()}
            message = fields.pop("message") or _text(_lib.PQerrorMessage(self.raw)) or "no result"
            raise Error(message, **fields)
        width = range(_lib.PQnfields(result))
        return [tuple(None if _lib.PQgetisnull(result, i, j) else _text(_lib.PQgetvalue(result, i, j))
                      for j in width) for i in range(_lib.PQntuples(result))]

    def column(self, sql, *values):
        return [row[0] for row in self.rows(sql, *values)]

    def value(self, sql, *values):
        rows = self.rows(sql, *values)
        return rows[0][0] if rows else None
