-- Does a column of a domain that refuses null need a value when it comes back, however deep the NOT NULL is?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE DOMAIN strict AS int NOT NULL;
CREATE DOMAIN deep AS strict CHECK (VALUE > 0);
CREATE DOMAIN easy AS int DEFAULT 5 NOT NULL;
CREATE DOMAIN goes AS text NOT NULL;
CREATE TABLE t (a strict, b deep, c easy, d goes, e strict DEFAULT 3, f strict[], id int);
INSERT INTO t VALUES (1, 1, 1, 'x', 1, NULL, 1);
SELECT schemaver.revision('less', 'ALTER TABLE t DROP a, DROP b, DROP c, DROP d, DROP e, DROP f; DROP DOMAIN goes', id => 'n001');
SELECT revision FROM schemaver.upgrade();
SELECT unnest(needs) AS needs FROM schemaver.plan('-1', 'downgrade');
SELECT revision, cardinality(needs) FROM schemaver.status();
SELECT revision FROM schemaver.downgrade();
SELECT revision FROM schemaver.downgrade(options => '{"values": {"public.t.a": 7, "public.t.b": 8, "public.t.d": "y"}}');
SELECT * FROM t;
-- a domain made of one of its own name is no endless loop
SELECT schemaver.revision('by hand', 'SELECT', 'CREATE DOMAIN strict AS strict; ALTER TABLE t ADD z strict', id => 'n002');
SELECT revision FROM schemaver.upgrade('n002');
SELECT unnest(needs) AS needs FROM schemaver.plan('-1', 'downgrade');

DROP TABLE t;
DROP DOMAIN deep, easy, strict;
DROP EXTENSION schemaver;
