-- Callbacks of Flyway are named, with the call that makes hooks of them.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file sub/afterMigrate__tell o''clock.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file beforeEachMigrateStatement.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file afterMigrateError.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file afterUndo.sql\nSELECT 1;\n');
SELECT * FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file beforeClean.sql\nSELECT 1;\n');
SELECT file, action, finding FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file beforeMigrate.sql\nSELECT 1;\n', validate => true);
-- one whose text is the hook's stays in the folder, as long as it has that text
SELECT schemaver.hook('beforeMigrate.sql', 'before_run', 'SELECT pg_catalog.count(*) FROM pg_catalog.pg_class', 'upgrade');
SELECT file, action, finding FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file sub/beforeMigrate.sql\nSELECT pg_catalog.count(*) FROM pg_catalog.pg_class\n\n');
SELECT file, action, finding FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file sub/beforeMigrate.sql\nSELECT pg_catalog.count(*) FROM pg_catalog.pg_proc\n');
-- nothing else is set aside because a hook has its name and text
SELECT schemaver.hook('V2__b.sql', 'before_run', 'SELECT 2');
SELECT file, action FROM schemaver.load('m', E'-- schemaver:file V1__a.sql\nSELECT 1;\n-- schemaver:file V2__b.sql\nSELECT 2');
DROP EXTENSION schemaver;
