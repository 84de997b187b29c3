-- Does keeping run code of a table with more rights than its owner's?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET schemaver.keep_data = on;
CREATE ROLE regress_schemaver_owner;
CREATE SCHEMA owned AUTHORIZATION regress_schemaver_owner;
SET ROLE regress_schemaver_owner;
CREATE FUNCTION owned.tell() RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	IF current_user <> 'regress_schemaver_owner' THEN
		RAISE WARNING 'runs as a superuser: %', (SELECT rolsuper FROM pg_roles WHERE rolname = current_user);
	END IF;
	RETURN 1;
END $$;
CREATE FUNCTION owned.evil(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN owned.tell(); END';
-- in an index expression, which planning a query on the table would evaluate
CREATE TABLE owned.t (id int PRIMARY KEY, a int, b int);
INSERT INTO owned.t VALUES (1, 2, 3);
CREATE INDEX ON owned.t ((id + owned.evil(1)));
CREATE STATISTICS owned.s ON (id + owned.evil(1)), b FROM owned.t;
CREATE RULE r AS ON INSERT TO owned.t DO ALSO SELECT owned.tell();
CREATE FUNCTION owned.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM owned.tell(); RETURN NEW; END';
CREATE CONSTRAINT TRIGGER c AFTER INSERT OR UPDATE ON owned.t INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION owned.fire();
RESET ROLE;
SELECT schemaver.revision('m', 'ALTER TABLE owned.t DROP COLUMN b; ALTER TABLE owned.t ALTER a TYPE text USING $$x$$', 'ALTER TABLE owned.t ALTER a TYPE int USING 0; ALTER TABLE owned.t ADD COLUMN b int', id => '1');
SELECT revision FROM schemaver.upgrade();
\set VERBOSITY sqlstate
-- what the owner of the kept table could hang on it
SET ROLE regress_schemaver_owner;
SELECT kept_in AS kept FROM schemaver.kept() WHERE column_name = 'b' \gset
ALTER TABLE :kept ADD CHECK (owned.evil(1) = 1);
CREATE INDEX ON :kept ((owned.evil(1)));
CREATE TRIGGER c BEFORE INSERT ON :kept FOR EACH ROW EXECUTE FUNCTION owned.fire();
CREATE TABLE owned.child () INHERITS (:kept);
SELECT table_to_xml(:'kept', true, true, '');
\set VERBOSITY default
RESET ROLE;
ANALYZE;
SELECT revision FROM schemaver.downgrade();
SET ROLE regress_schemaver_owner;
TABLE owned.t;
RESET ROLE;
SELECT count(*) FROM schemaver.kept();
DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP SCHEMA owned CASCADE;
DROP ROLE regress_schemaver_owner;
