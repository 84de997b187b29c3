"""Sessions by psycopg2: every value as text, $1 for parameters, errors with their fields."""
import re

import psycopg2
import psycopg2.extensions

# what psycopg2 would turn into numbers, times, lists and the like stays text
_TYPES = (16, 17, 18, 19, 20, 21, 23, 25, 26, 114, 199, 700, 701, 790, 1000, 1001, 1002, 1005, 1007, 1009, 1014, 1015,
          1016, 1021, 1022, 1028, 1041, 1042, 1043, 1082, 1083, 1114, 1115, 1182, 1183, 1184, 1185, 1186, 1187, 1231,
          1266, 1270, 1700, 2249, 2951, 3802, 3807, 3904, 3906, 3908, 3910, 3912, 3926)
_TEXT = psycopg2.extensions.new_type(_TYPES, "TEXT", lambda value, cursor: value)


class Error(Exception):
    """An error of the server, or a lost connection (sqlstate None)."""

    def __init__(self, error):
        diag = getattr(error, "diag", None)
        self.sqlstate = getattr(error, "pgcode", None)
        self.message = getattr(diag, "message_primary", None) or str(error)
        self.severity = getattr(diag, "severity", None)
        self.detail = getattr(diag, "message_detail", None)
        self.hint = getattr(diag, "message_hint", None)
        self.context = getattr(diag, "context", None)
        super().__init__(self.message)

    def __str__(self):
        parts = [f"{self.sqlstate}: {self.message}"]
        parts += [f"{k}: {getattr(self, k)}" for k in ("detail", "context") if getattr(self, k)]
        return " | ".join(parts)


def array(values):
    """A text[] literal."""
    return "{" + ",".join('"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' for v in values) + "}"


class Session:
    """One connection.  Values come as str or None."""

    def __init__(self, database, **settings):
        # what a failed run leaves in the journal would come at any time later
        settings = {"schemaver.journal_failures": "off", **settings}
        options = " ".join(f"-c {k}={v}" for k, v in settings.items())
        try:
            self.connection = psycopg2.connect(dbname=database, client_encoding="UTF8", connect_timeout=60,
                                               options=options)
        except psycopg2.Error as e:
            raise Error(e) from None
        self.connection.autocommit = True
        psycopg2.extensions.register_type(_TEXT, self.connection)
        self.pid = self.connection.info.backend_pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def rows(self, sql, *values):
        """Run one query (several, without values); the rows of the last, as tuples."""
        named = {f"p{i}": None if v is None else array(v) if isinstance(v, (list, tuple)) else str(v)
                 for i, v in enumerate(values, 1)}
        if values:
            sql = re.sub(r"\$(\d+)", r"%(p\1)s", sql.replace("%", "%%"))
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql, named or None)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as e:
            raise Error(e) from None

    def column(self, sql, *values):
        return [row[0] for row in self.rows(sql, *values)]

    def value(self, sql, *values):
        rows = self.rows(sql, *values)
        return rows[0][0] if rows else None
