-- A superuser has made a foreign key from the table of a role that may not refer to the other table: does its way back work?
\set SHOW_CONTEXT never
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_referrer;
CREATE SCHEMA hidden;
CREATE TABLE hidden.target (id int PRIMARY KEY);
INSERT INTO hidden.target VALUES (1);
CREATE SCHEMA referring AUTHORIZATION regress_schemaver_referrer;
SET ROLE regress_schemaver_referrer;
CREATE FUNCTION referring.doubled(x int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN
	ASSERT NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), 'runs as ' || current_user;
	RETURN x * 2;
END$$;
CREATE TABLE referring.t (x int);
RESET ROLE;
ALTER TABLE referring.t ADD CONSTRAINT key FOREIGN KEY (x) REFERENCES hidden.target ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
SET ROLE regress_schemaver_referrer;
INSERT INTO referring.t VALUES (1), (NULL);
-- the check of all rows would evaluate this
CREATE INDEX ON referring.t (referring.doubled(x)) WHERE referring.doubled(1) > 1;
RESET ROLE;
SELECT schemaver.revision('key goes', 'ALTER TABLE referring.t DROP CONSTRAINT key', id => 'r1');
SELECT revision FROM schemaver.upgrade();
SELECT down FROM schemaver.show('r1');
SELECT revision FROM schemaver.downgrade();
SELECT pg_get_constraintdef(oid), convalidated FROM pg_constraint WHERE conname = 'key';
SELECT kind, identity FROM schemaver.drift();
-- rows that do not fit are found, as for anybody
SELECT revision FROM schemaver.upgrade();
SET ROLE regress_schemaver_referrer;
INSERT INTO referring.t VALUES (2);
RESET ROLE;
SELECT revision FROM schemaver.downgrade();
SET ROLE regress_schemaver_referrer;
DELETE FROM referring.t WHERE x = 2;
RESET ROLE;
-- a role that may not refer to it either gains nothing by that
SET ROLE regress_schemaver_referrer;
ALTER TABLE referring.t ADD CONSTRAINT key FOREIGN KEY (x) REFERENCES hidden.target;
RESET ROLE;
GRANT EXECUTE ON ALL ROUTINES IN SCHEMA schemaver TO regress_schemaver_referrer;
SET ROLE regress_schemaver_referrer;
SELECT revision FROM schemaver.downgrade();
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA hidden, referring CASCADE;
DROP OWNED BY regress_schemaver_referrer;
DROP ROLE regress_schemaver_referrer;
DROP EXTENSION schemaver;
