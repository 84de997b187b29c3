-- Does a column of arrays of a type that is replaced become one of another type, and back?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT $$CREATE TYPE fr AS RANGE (subtype = float8); CREATE TYPE st AS ENUM ('A', 'B'); CREATE TABLE t (a fr, b fr[], c st[], d st, id int)$$ AS before,
    $$CREATE TYPE fr AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = frm); CREATE TYPE st AS ENUM ('A', 'C'); CREATE TABLE t (a fr, b frm, c st, d st[], id int)$$ AS after \gset
SELECT schemaver.revision('start', :'before', id => 'a1');
SELECT revision FROM schemaver.upgrade();
INSERT INTO t VALUES ('[1,2]', NULL, NULL, NULL, 1);
SELECT schemaver.autogenerate('other', :'after', id => 'a2', allow_data_loss => true);
SELECT up FROM schemaver.show('a2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);
TABLE t;
SELECT kind, identity FROM schemaver.drift();
DROP TABLE t;
DROP TYPE fr, st;
DROP EXTENSION schemaver;
