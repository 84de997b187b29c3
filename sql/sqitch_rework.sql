-- Is a reworked change of Sqitch a revision of its own, whose way back is what the change was before?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set files '-- schemaver:file sqitch.plan\n%syntax-version=1.0.0\n%project=shop\n\nt 2026-01-01T00:00:00Z Ann <a@b> # t\nprice [t] 2026-01-02T00:00:00Z Ann <a@b> # price\n@v1 2026-01-03T00:00:00Z Ann <a@b> # v1\n\nprice [price@v1] 2026-01-04T00:00:00Z Ann <a@b> # dearer\n'
\set t '-- schemaver:file deploy/t.sql\nCREATE TABLE t (id int);\n-- schemaver:file revert/t.sql\nDROP TABLE t;\n'
\set old '-- schemaver:file deploy/price@v1.sql\nCREATE OR REPLACE FUNCTION price() RETURNS int LANGUAGE sql AS ''''SELECT 1'''';\n-- schemaver:file revert/price@v1.sql\nDROP FUNCTION price();\n'
\set new '-- schemaver:file deploy/price.sql\nCREATE OR REPLACE FUNCTION price() RETURNS int LANGUAGE sql AS ''''SELECT 2'''';\n-- schemaver:file revert/price.sql\nCREATE OR REPLACE FUNCTION price() RETURNS int LANGUAGE sql AS ''''SELECT 1'''';\n'
\set all 'E''' :files :t :old :new ''''
SELECT revision, action FROM schemaver.load('shop', :all);
SELECT revision, revises FROM schemaver.history();
SELECT revision FROM schemaver.upgrade();
SELECT price();
SELECT revision FROM schemaver.downgrade('tag:v1');
SELECT price();
SELECT revision FROM schemaver.downgrade('base', allow_data_loss => true);
SELECT to_regproc('price') IS NULL AS gone;
SELECT revision, verdict FROM schemaver.test(':');
DROP EXTENSION schemaver;
