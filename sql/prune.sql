-- prune => true needs the right to call remove(), and is in the journal.
CREATE EXTENSION schemaver;
SET client_min_messages = warning;
CREATE ROLE regress_schemaver_loader;
GRANT USAGE ON SCHEMA schemaver TO regress_schemaver_loader;
SELECT count(*) > 0 AS granted FROM schemaver.grant_set('deployer', 'regress_schemaver_loader');
SET ROLE regress_schemaver_loader;
SELECT file, revision, action FROM schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n-- schemaver:file 2_b.up.sql\nSELECT 2;\n-- schemaver:file 3_c.up.sql\nSELECT 3;\n', source => 's');
SELECT file, revision, action, finding FROM schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n', source => 's');
\set VERBOSITY default
SELECT schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n', source => 's', prune => true);
SELECT schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n', source => 's', prune => true, validate => true);
CALL schemaver.deploy(E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n', source => 's', prune => true);
RESET ROLE;
GRANT EXECUTE ON FUNCTION schemaver.remove TO regress_schemaver_loader;
SET ROLE regress_schemaver_loader;
-- nothing is removed by validate, and the journal has nothing
SELECT file, revision, action FROM schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n', source => 's', prune => true, validate => true);
SELECT file, revision, action FROM schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n-- schemaver:file 2_b.up.sql\nSELECT 2;\n-- schemaver:file 3_c.up.sql\nSELECT 3;\n', source => 's', prune => true);
RESET ROLE;
SELECT count(*) FROM schemaver.journal;
SET ROLE regress_schemaver_loader;
SELECT file, revision, action FROM schemaver.load('f', E'-- schemaver:file 1_a.up.sql\nSELECT 1;\n', source => 's', prune => true);
RESET ROLE;
SELECT command, target, note, role FROM schemaver.journal;
DROP EXTENSION schemaver;
DROP OWNED BY regress_schemaver_loader;
DROP ROLE regress_schemaver_loader;
