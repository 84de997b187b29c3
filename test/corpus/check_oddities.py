"""Scripts of the kinds that migration folders really contain, one database each, compared with psql -f.

A case is a list of files.  psql runs each in a session of its own; schemaver registers all and upgrades once.
Both must leave the same dump, data included, or fail with the same SQLSTATE; what schemaver refuses by design
says so: (SQLSTATE, line), found before anything ran.
"""
import os
import re
import subprocess
import tempfile

import postgres
import pq

T = "CREATE TABLE t (a int, b text);\n"

SAME = {
    "outer transaction": [T + "BEGIN;\nINSERT INTO t VALUES (1, 'x');\nCOMMIT;\n"],
    "outer transaction, other words": ["START TRANSACTION;\n" + T + "END;", "begin work;\nINSERT INTO t VALUES (2);\ncommit work;"],
    "outer transaction after settings": ["SET lock_timeout = '5s';\nSET client_min_messages = warning;\nBEGIN;\n" + T + "COMMIT;"],
    "comments around the outer transaction": ["-- first\nBEGIN; -- second\n" + T + "/* third */ COMMIT; -- fourth"],
    "two transactions": ["BEGIN;\n" + T + "COMMIT;\nBEGIN;\nINSERT INTO t VALUES (1);\nCOMMIT;"],
    "COPY with data": [T + "COPY t (a, b) FROM stdin;\n1\tone\n2\t\\N\n3\ttab\\there\n4\tback\\\\slash\n5\t;\n6\t\\x41\n\\.\n"
                           "INSERT INTO t VALUES (7, 'after');\n"],
    "COPY of nothing": [T + "COPY t FROM stdin;\n\\.\nINSERT INTO t VALUES (1, 'after');"],
    "COPY as CSV": [T + "COPY t FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';', NULL 'nil');\na;b\n1;\"x;\"\"y\"\n2;nil\n\\.\n"],
    "COPY of many rows": [T + "COPY t FROM stdin;\n" + "".join(f"{i}\trow number {i}\n" for i in range(20000)) + "\\.\nCREATE INDEX ON t (a);"],
    "COPY into columns with defaults": ["CREATE TABLE d (id serial, a int DEFAULT 7, b text);\nCOPY d (b) FROM stdin;\nx\ny\n\\.\n"],
    "COPY that fails": [T + "COPY t FROM stdin;\n1\tok\nnot a number\tx\n\\.\n"],
    "COPY, end of file instead of \\.": [T + "COPY t FROM stdin;\n1\tone\n2\ttwo\n"],
    "COPY in the legacy syntax": [T + "COPY t FROM stdin WITH DELIMITER ',' NULL 'nil';\n1,x\n2,nil\n\\.\n"],
    "COPY with carriage returns": [T + "COPY t FROM stdin;\r\n1\tone\r\n2\ttwo\r\n\\.\r\nINSERT INTO t VALUES (3);\r\n"],
    "two COPY in one file": [T + "COPY t FROM stdin;\n1\ta\n\\.\n\n\nCOPY t FROM stdin;\n2\tb\n\\.\n"],
    "restrict lines of pg_dump": ["\\restrict abcDEF123\n\nSET statement_timeout = 0;\n" + T + "\\unrestrict abcDEF123\n"],
    "byte order mark": ["\ufeff" + T, "\ufeff-- only a comment"],
    "carriage returns": [(T + "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n  SELECT 'a\nb';\n$$;\n"
                          "COMMENT ON TABLE t IS 'two\nlines';").replace("\n", "\r\n")],
    "comments only": ["-- nothing\n/* here /* nested */ ; */\n"],
    "empty": [""], "blank": ["  \n\t\n"], "semicolons only": [";;\n ; \n;"],
    "no semicolon at the end": ["CREATE TABLE u ()", T + "SELECT 1 -- end"],
    "dollar quotes": ["CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS $body$\nBEGIN\n  EXECUTE $q$SELECT ';' || $x$;$x$$q$;\n"
                      "  RETURN '$body';\nEND;\n$body$;\nCREATE FUNCTION g() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;"],
    "dollar signs that quote nothing": ["CREATE TABLE a$b$c (x$1 int);\nPREPARE p AS SELECT $1::int + $2::int; EXECUTE p(1, 2); DEALLOCATE p;"],
    "begin atomic": [T + "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN x > 0 THEN 1 ELSE 2 END;"
                     " SELECT x + 1; END;\nCREATE PROCEDURE p() LANGUAGE sql BEGIN ATOMIC INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END;\n"
                     "CALL p();"],
    "DO blocks": [T + "DO $$ BEGIN FOR i IN 1..3 LOOP INSERT INTO t VALUES (i); END LOOP; END $$;\n"
                  "DO LANGUAGE plpgsql 'BEGIN INSERT INTO t VALUES (9, ''quoted;''); END';\n"
                  "DO $$ BEGIN CREATE TYPE e AS ENUM ('a'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;"],
    "kinds of strings": [T + "INSERT INTO t VALUES (1, E'a\\';\\n'), (2, U&'d\\0061t\\+000061'), (3, U&'d!0061' UESCAPE '!'), (4, N'x'),\n"
                         "(5, 'two'\n ' parts'), (6, B'101'::text), (7, X'1F'::text), (8, '--'), (9, '/*');"],
    "kinds of identifiers": ['CREATE TABLE "a;b" ("x""y" int, "select" int, U&"d\\0061t" int, "new\nline" int); CREATE TABLE été (ü int);'],
    "comments in odd places": ["CREATE /* ; */ TABLE t -- ;\n(a int /* -- */, b text);/**/\nSELECT 1--;\n;\nSELECT 2 /* /* ; */ ' */;"],
    "operators that look like comments": [T + "SELECT 1 -- 2\n; CREATE OPERATOR -* (LEFTARG = int, RIGHTARG = int, FUNCTION = int4pl); SELECT 1 -* 2;"],
    "colons": [T + "INSERT INTO t SELECT 1::int, (ARRAY['a', 'b', 'c'])[1:2]::text; INSERT INTO t VALUES (2, ':a :''b'' :\"c\"');\n"
               "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ DECLARE x int := 1; BEGIN x := x+1; RETURN x; END $$;"],
    "rules": [T + "CREATE TABLE u (a int);\nCREATE RULE r AS ON INSERT TO u DO ALSO (INSERT INTO t VALUES (new.a); INSERT INTO t VALUES (-new.a));\n"
              "INSERT INTO u VALUES (1);"],
    "CREATE SCHEMA with elements": ["CREATE SCHEMA s CREATE TABLE x (a int) CREATE VIEW v AS SELECT a FROM x;"],
    "search_path": ["CREATE SCHEMA s; SET search_path = s;\n" + T, T + "INSERT INTO t VALUES (1);"],
    "search_path as pg_dump sets it": ["SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t (a int);", "INSERT INTO t VALUES (1);"],
    "settings end with the file": ["SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'; SET extra_float_digits = 0; SET default_with_oids = off;",
                                   "CREATE TABLE x AS SELECT '2020-01-02 03:04:05+00'::timestamptz::text AS a, current_setting('TimeZone') IS NOT NULL AS b;"],
    "settings of its own": ["SET my.setting = 'x'; CREATE TABLE x AS SELECT current_setting('my.setting') AS a;",
                            "CREATE TABLE y AS SELECT coalesce(current_setting('my.setting', true), '') AS a;"],
    "SET LOCAL": ["BEGIN; SET LOCAL search_path = pg_catalog; SELECT 1; COMMIT;\n", T],
    "roles": ["SET ROLE pg_read_all_data;\nRESET ROLE;\n" + T, "SET SESSION AUTHORIZATION DEFAULT; INSERT INTO t VALUES (1);"],
    "a role that stays set": ["GRANT CREATE ON SCHEMA public TO pg_monitor; SET ROLE pg_monitor;\nCREATE TABLE m (a int);", T],
    "temporary tables": ["CREATE TEMP TABLE x AS SELECT 1 AS a;\nCREATE TABLE y AS TABLE x;", "CREATE TEMP TABLE x AS SELECT 2 AS a;\nINSERT INTO y TABLE x;"],
    "temporary tables ON COMMIT DROP": ["BEGIN; CREATE TEMP TABLE x ON COMMIT DROP AS SELECT 1 AS a; CREATE TABLE y AS TABLE x; COMMIT;",
                                        "BEGIN; CREATE TEMP TABLE x ON COMMIT DROP AS SELECT 2 AS a; INSERT INTO y TABLE x; COMMIT;"],
    "temporary views and functions": ["CREATE TEMP VIEW v AS SELECT 1 AS a; CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 5';\n"
                                      "CREATE TABLE y AS SELECT a, pg_temp.f() AS f FROM v;", "CREATE TEMP VIEW v AS SELECT 2 AS a; INSERT INTO y SELECT a FROM v;"],
    "prepared statements": [T + "PREPARE p (int) AS INSERT INTO t VALUES ($1, 'p'); EXECUTE p (1); EXECUTE p (2); DEALLOCATE p;"],
    "prepared statements of the same name": [T + "PREPARE p AS INSERT INTO t VALUES (1); EXECUTE p;", "PREPARE p AS INSERT INTO t VALUES (2); EXECUTE p;"],
    "cursors": [T + "INSERT INTO t VALUES (1);\nBEGIN; DECLARE c CURSOR FOR SELECT * FROM t; FETCH ALL FROM c; CLOSE c; COMMIT;"],
    "deferred constraints": ["CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p DEFERRABLE INITIALLY DEFERRED);",
                             "BEGIN; INSERT INTO c VALUES (1); INSERT INTO p VALUES (1); COMMIT;", "ALTER TABLE c ADD COLUMN b int; ALTER TABLE p ADD COLUMN b int;"],
    "deferred constraints that fail": ["CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p DEFERRABLE INITIALLY DEFERRED);",
                                       "BEGIN; INSERT INTO c VALUES (1); COMMIT;", T],
    "SET CONSTRAINTS": ["CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p DEFERRABLE);",
                        "BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO c VALUES (1); INSERT INTO p VALUES (1); COMMIT;",
                        "INSERT INTO p VALUES (2); INSERT INTO c VALUES (2);"],
    "a constraint is immediate again": ["CREATE TABLE p (a int PRIMARY KEY); CREATE TABLE c (a int REFERENCES p DEFERRABLE);",
                                        "BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO c VALUES (1); INSERT INTO p VALUES (1); COMMIT;",
                                        "INSERT INTO c VALUES (2); INSERT INTO p VALUES (2);"],
    "constraint triggers": [T + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE t SET b = 'seen' WHERE a = new.a; RETURN NULL; END $$;\n"
                            "CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();",
                            "INSERT INTO t VALUES (1);", "ALTER TABLE t ADD COLUMN c int;"],
    "queries": [T + "SELECT * FROM t; TABLE t; VALUES (1), (2); SELECT 1 INTO n; WITH w AS (INSERT INTO t VALUES (1) RETURNING a) SELECT * FROM w; EXPLAIN SELECT 1;"],
    "EXPLAIN ANALYZE writes": [T + "EXPLAIN ANALYZE INSERT INTO t VALUES (1);"],
    "MERGE": [T + "MERGE INTO t USING (VALUES (1), (2)) v(a) ON t.a = v.a WHEN NOT MATCHED THEN INSERT VALUES (v.a, 'new');"],
    "LOCK, LISTEN, NOTIFY": [T + "BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE; NOTIFY x; COMMIT; LISTEN x; UNLISTEN *;"],
    "procedures": [T + "CREATE PROCEDURE p(x int) LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (x); END $$; CALL p(1); CALL p(2);"],
    "a function that raises": ["DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'ZZ999'; END $$;"],
    "an error in the last statement": [T, "INSERT INTO t VALUES (1); SELECT 1/0;"],
    "privileges and owners": [T + "GRANT SELECT ON t TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC; ALTER TABLE t OWNER TO pg_monitor;"],
    "triggers and event triggers": [T + "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t VALUES (0, tg_tag); END $$;\n"
                                    "CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();", "CREATE TABLE u (a int);", "DROP EVENT TRIGGER e;"],
    "enum values added": ["CREATE TYPE e AS ENUM ('a'); CREATE TABLE x (a e);", "ALTER TYPE e ADD VALUE 'b'; ALTER TYPE e ADD VALUE IF NOT EXISTS 'c' BEFORE 'a';"],
    "enum type made and used": ["CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE x (a e DEFAULT 'a'); INSERT INTO x VALUES ('b');"],
    "sequences": ["CREATE SEQUENCE s START 5; SELECT nextval('s'); SELECT setval('s', 40); ALTER SEQUENCE s RESTART 7;"],
    "partitions": ["CREATE TABLE p (a int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); INSERT INTO p VALUES (1);"],
    "two revisions in a row on one table": [T, "INSERT INTO t VALUES (1); ALTER TABLE t ADD COLUMN c int DEFAULT 5;", "UPDATE t SET c = 6; ALTER TABLE t ALTER c TYPE bigint;"],
    "a wide line": [T + "INSERT INTO t VALUES (1, '" + "x" * 1_000_000 + "');"],
    "many statements": ["".join(f"CREATE TABLE m{i} (a int);" for i in range(300))],
    "check_function_bodies off": ["SET check_function_bodies = off;\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT a FROM not_yet';", "CREATE TABLE not_yet (a int);"],
    "row_security and others of pg_dump": ["SET statement_timeout = 0;\nSET lock_timeout = 0;\nSET idle_in_transaction_session_timeout = 0;\nSET client_encoding = 'UTF8';\n"
                                           "SET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\nSET check_function_bodies = false;\n"
                                           "SET xmloption = content;\nSET client_min_messages = warning;\nSET row_security = off;\nSET default_tablespace = '';\n"
                                           "SET default_table_access_method = heap;\nCREATE TABLE public.t (a int);\nALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (a);", "INSERT INTO t VALUES (1);"],
}

# what schemaver refuses by design: (files, where: "register" or "upgrade", SQLSTATE, line)
REFUSED = {
    "psql's \\i": ([T + "\\i other.sql\n"], "register", "SV007", 2),
    "psql's \\set": (["\\set x 1\n" + T], "register", "SV007", 1),
    "psql's \\connect": ([T + "\n\\connect other\n"], "register", "SV007", 3),
    "psql's \\copy": ([T + "\\copy t FROM 'x'\n"], "register", "SV007", 2),
    "psql's \\gexec": ([T + "SELECT 'SELECT 1'\n\\gexec\n"], "register", "SV007", 3),
    "a syntax error": ([T + "CREATE TABEL x ();"], "register", "SV007", 2),
    "an unterminated string": ([T + "SELECT 'abc;\n"], "register", "SV007", 2),
    "an unterminated comment": ([T + "/* abc;\n"], "register", "SV007", 2),
    "ROLLBACK at the end": (["BEGIN;\n" + T + "ROLLBACK;"], "register", "SV007", 3),
    "BEGIN without COMMIT": (["BEGIN;\n" + T], "register", "SV007", 1),
    "COMMIT without BEGIN": ([T + "COMMIT;\nINSERT INTO t VALUES (1);"], "upgrade", "SV011", 3),
    "savepoints": ([T + "BEGIN;\nSAVEPOINT a;\nINSERT INTO t VALUES (1);\nROLLBACK TO a;\nCOMMIT;\n"], "register", "SV007", 3),
    "CREATE INDEX CONCURRENTLY": ([T, "\nCREATE INDEX CONCURRENTLY i ON t (a);"], "upgrade", "SV011", 2),
    "VACUUM": ([T, "-- x\n-- y\nVACUUM t;"], "upgrade", "SV011", 3),
    "REINDEX CONCURRENTLY": ([T + "REINDEX TABLE CONCURRENTLY t;"], "upgrade", "SV011", 2),
    "CREATE DATABASE": (["CREATE DATABASE svc_never;"], "upgrade", "SV011", 1),
    "ALTER SYSTEM": ([T + "ALTER SYSTEM SET work_mem = '5MB';"], "upgrade", "SV011", 2),
    "DISCARD ALL": ([T + "DISCARD ALL;"], "upgrade", "SV011", 2),
    "a new enum value is used": (["CREATE TYPE e AS ENUM ('a'); CREATE TABLE x (a e);", "ALTER TYPE e ADD VALUE 'b';\n", "\nINSERT INTO x VALUES ('b');"],
                                 "upgrade", "55P04", 2),
    "a new enum value as a default": (["CREATE TYPE e AS ENUM ('a'); CREATE TABLE x (a e);", "ALTER TYPE e ADD VALUE 'b';\nALTER TABLE x ALTER a SET DEFAULT 'b';"],
                                      "upgrade", "55P04", 2),
    "isolation level": (["BEGIN;\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ;\n" + T + "COMMIT;"], "upgrade", "SV011", 2),
}


def _files(folder, texts):
    names = []
    for i, text in enumerate(texts):
        names.append(os.path.join(folder, f"{i}.sql"))
        with open(names[-1], "w", encoding="utf-8", newline="") as f:
            f.write(text)
    return names


def _by_psql(database, names):
    """Run the files; the SQLSTATE of the first error, or None."""
    postgres.fresh(database)
    for name in names:
        try:
            postgres.psql(database, "-o", "/dev/null", "-f", name)
        except postgres.PsqlError as e:
            return e.sqlstate
    return None


def _prepared(database):
    postgres.fresh(database)
    postgres.psql(database, text="CREATE EXTENSION schemaver")
    return postgres.connect(database)


def _register(session, texts):
    for i, text in enumerate(texts):
        session.rows("SELECT schemaver.revision(message => $1, up => $2, id => $3)", f"file {i}", text, f"f{i}")


def full_dump(database):
    """Schema, owners, privileges and data of all but schemaver."""
    done = subprocess.run(["pg_dump", "-N", "schemaver", "-d", database], capture_output=True, text=True, check=True)
    return postgres.without_noise(done.stdout)


def run(report):
    raw, sv = "svc_odd_raw", "svc_odd_sv"
    with tempfile.TemporaryDirectory(prefix="schemaver_corpus_") as folder:
        os.chmod(folder, 0o755)
        for what, texts in SAME.items():
            _same(report, what, texts, _files(folder, texts), raw, sv)
            _same_by_script(report, what, texts, raw, sv, folder)
    for what, (texts, where, sqlstate, line) in REFUSED.items():
        _refused(report, what, texts, where, sqlstate, line, sv)
    for name in (raw, sv):
        postgres.drop(name)
    report.say(f"oddities: {len(SAME)} as psql, {len(REFUSED)} refused")


def _same(report, what, texts, names, raw, sv):
    expected = _by_psql(raw, names)
    with _prepared(sv) as session:
        before = full_dump(sv)
        try:
            _register(session, texts)
            session.rows("SELECT * FROM schemaver.upgrade('head')")
            got = None
        except pq.Error as e:
            got = e
    if expected or got:
        report.check(got is not None and got.sqlstate == expected, f"odd: {what}", f"psql {expected}, schemaver {got}")
        report.same(before, full_dump(sv), f"odd: {what}: nothing changed")
        return
    fault = postgres.difference(full_dump(raw), full_dump(sv))
    report.check(fault is None, f"odd: {what}", fault)


def _same_by_script(report, what, texts, raw, sv, folder):
    """The file of script(), run by psql, leaves the same."""
    with _prepared(sv) as session:
        try:
            _register(session, texts)
            text = session.value("SELECT schemaver.script('base', 'head')")
        except pq.Error:
            return  # told by _same
    name = _files(folder, [text])[0]
    try:
        postgres.psql(sv, "-o", "/dev/null", "-f", name)
    except postgres.PsqlError as e:
        expected = _by_psql(raw, _files(folder, texts))
        report.check(e.sqlstate == expected, f"odd script(): {what}", f"psql {expected}, script {e}")
        return
    fault = postgres.difference(full_dump(raw), full_dump(sv))
    report.check(fault is None, f"odd script(): {what}", fault)


def _refused(report, what, texts, where, sqlstate, line, sv):
    with _prepared(sv) as session:
        at = "register"
        try:
            _register(session, texts)
            at = "upgrade"
            before = postgres.dump(sv, everything=True)
            # as where the tables have rows
            session.rows("SET schemaver.plain_when_empty = off")
            session.rows("SELECT * FROM schemaver.upgrade('head')")
            report.fail(f"odd: {what}", "not refused")
            return
        except pq.Error as e:
            error = e
        if at == "upgrade":
            report.same(before, postgres.dump(sv, everything=True), f"odd: {what}: nothing changed")
    said = re.search(r"[Ll]ine (\d+)", f"{error.detail} {error.context} {error.message}")
    report.same((where, sqlstate, line), (at, error.sqlstate, said and int(said.group(1))), f"odd: {what} ({error})")
