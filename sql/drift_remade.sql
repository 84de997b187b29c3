-- A constraint or an index re-created under its name with another definition: all that is about drift sees it.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
CREATE TABLE r (id int PRIMARY KEY);
CREATE TABLE t (a int, b int, s int4range, CONSTRAINT c CHECK (a > 0), CONSTRAINT u UNIQUE (a), CONSTRAINT p PRIMARY KEY (b),
	CONSTRAINT f FOREIGN KEY (a) REFERENCES r, CONSTRAINT e EXCLUDE USING gist (s WITH &&));
CREATE DOMAIN d AS int CONSTRAINT dc CHECK (VALUE > 0);
CREATE INDEX i ON t (a);
CREATE INDEX w ON t (a) WHERE a > 1;
CREATE INDEX o ON t (a) WITH (fillfactor = 50);
CREATE STATISTICS st ON a, b FROM t;
SELECT schemaver.baseline() IS NOT NULL AS made;
SELECT schemaver.fingerprint() AS before \gset
ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (a > -1000);
ALTER TABLE t DROP CONSTRAINT u, ADD CONSTRAINT u UNIQUE (b);
ALTER TABLE t DROP CONSTRAINT p, ADD CONSTRAINT p PRIMARY KEY (a, b);
ALTER TABLE t DROP CONSTRAINT f, ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES r ON DELETE CASCADE;
ALTER TABLE t DROP CONSTRAINT e, ADD CONSTRAINT e EXCLUDE USING gist (s WITH =);
ALTER DOMAIN d DROP CONSTRAINT dc;
ALTER DOMAIN d ADD CONSTRAINT dc CHECK (VALUE > 1);
DROP INDEX i, w, o;
CREATE INDEX i ON t (b);
CREATE INDEX w ON t (a) WHERE a > 2;
CREATE INDEX o ON t (b) WITH (fillfactor = 50);
DROP STATISTICS st;
CREATE STATISTICS st (ndistinct) ON a, b FROM t;
SELECT schemaver.fingerprint() <> :'before' AS fingerprint_differs;
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.check(drift => true);

BEGIN;
SELECT count(*) > 0 AS reverted FROM schemaver.revert_drift(allow_data_loss => true);
SELECT schemaver.fingerprint() = :'before' AS as_before, count(*) FROM schemaver.drift();
ROLLBACK;
SELECT schemaver.capture('re-created') IS NOT NULL AS captured;
SELECT count(*) FROM schemaver.drift();
SELECT schemaver.show_schema() \g (format=unaligned tuples_only=on)
DROP EXTENSION schemaver;
DROP TABLE t, r;
DROP DOMAIN d;
