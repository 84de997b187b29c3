-- Callbacks of Flyway are named, with the call that makes hooks of them.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file sub/afterMigrate__tell o''clock.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file beforeEachMigrateStatement.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file afterMigrateError.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file afterUndo.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file beforeClean.sql\nSELECT 1;\n');
SELECT file, action, finding FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file beforeMigrate.sql\nSELECT 1;\n', validate => true);
DROP EXTENSION schemaver;
