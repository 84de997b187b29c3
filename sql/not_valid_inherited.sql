-- Is a check NOT VALID of a parent the same schema, whether a child was there before or came later?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE TABLE p (a int);
CREATE TABLE old () INHERITS (p);
ALTER TABLE p ADD CONSTRAINT pos CHECK (a > 0) NOT VALID;
CREATE TABLE new () INHERITS (p);
SELECT conrelid::regclass, convalidated FROM pg_constraint WHERE conname = 'pos' ORDER BY 1;
SELECT schemaver.revision('start', 'CREATE TABLE x (a int)', id => 'v1');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.fingerprint() AS before \gset
-- made anew by hand: nothing has changed
DROP TABLE old;
CREATE TABLE old () INHERITS (p);
SELECT kind, identity FROM schemaver.drift();
SELECT schemaver.fingerprint() = :'before' AS same;
-- dropped by hand, and brought back
DROP TABLE old;
SELECT sql FROM schemaver.revert_drift();
SELECT kind, identity FROM schemaver.drift();
-- a check of its own counts
ALTER TABLE old ADD CONSTRAINT own CHECK (a < 5) NOT VALID;
SELECT kind, identity, change FROM schemaver.drift();
SELECT sql FROM schemaver.revert_drift();
-- so does that of the parent
ALTER TABLE p VALIDATE CONSTRAINT pos;
SELECT kind, identity, change FROM schemaver.drift();
SELECT sql FROM schemaver.revert_drift();
-- a child that leaves keeps it as its own
INSERT INTO new VALUES (1);
SELECT schemaver.revision('leave', 'ALTER TABLE new NO INHERIT p', id => 'v2');
SELECT revision FROM schemaver.upgrade();
SELECT down FROM schemaver.show('v2');
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.fingerprint() = :'before' AS same;
TABLE p;
DROP TABLE p CASCADE;
DROP TABLE x;
DROP EXTENSION schemaver;
