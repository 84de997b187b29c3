-- Does an upgrade know what is pending without reading what was applied before?
CREATE DATABASE regress_schemaver_reached TEMPLATE template0;
\c regress_schemaver_reached
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
-- what the part of the graph says, and what the whole graph says
CREATE VIEW both_say AS
SELECT (SELECT string_agg(revision, ' ' ORDER BY position) FROM schemaver.plan('head')) AS part,
	   (SELECT string_agg(revision, ' ' ORDER BY position) FROM schemaver.plan((SELECT revision FROM schemaver.heads()))) AS whole;
SELECT count(schemaver.revision('r' || i, 'SELECT ' || i, 'SELECT ' || i, id => 'r' || i)) FROM generate_series(1, 5) i;
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.upgrade('r3');
SELECT position, run, holds FROM schemaver.reached;
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.upgrade();
SELECT position, run, holds FROM schemaver.reached;
SELECT * FROM both_say;
SELECT revision FROM schemaver.current();
SELECT schemaver.check();
-- back, and further
SELECT count(*) FROM schemaver.downgrade('r2');
SELECT position, run, holds FROM schemaver.reached;
SELECT * FROM both_say;
SELECT revision FROM schemaver.current();
SELECT count(*) FROM schemaver.upgrade('r4');
SELECT count(*) FROM schemaver.redo(2);
SELECT position, run, holds FROM schemaver.reached;
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.stamp('r1');
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.stamp('head');
SELECT * FROM both_say;
-- what is rolled back was not reached
BEGIN;
SELECT count(*) FROM schemaver.downgrade('base');
SELECT * FROM both_say;
ROLLBACK;
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.downgrade('-2', dry_run => true);
SELECT position, run, holds FROM schemaver.reached;
-- what was registered since
SELECT schemaver.revision('r6', 'SELECT 6', 'SELECT 6', id => 'r6', depends_on => '{r2}');
SELECT schemaver.revision('r7', 'SELECT 7', 'SELECT 7', id => 'r7');
SELECT * FROM both_say;
SELECT schemaver.check();
SELECT schemaver.remove('r7');
SELECT * FROM both_say;
-- several heads
SELECT schemaver.revision('side', 'SELECT 8', 'SELECT 8', id => 's1', revises => '{r3}', splice => true);
SELECT count(*) FROM schemaver.plan('head');
SELECT string_agg(revision, ' ' ORDER BY position) FROM schemaver.plan('heads');
SELECT count(*) FROM schemaver.upgrade('heads');
SELECT count(*) FROM schemaver.plan('heads');
SELECT revision FROM schemaver.current() ORDER BY 1;
SELECT schemaver.merge('{r6,s1}', 'both', 'm1');
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.upgrade();
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.downgrade('r3');
SELECT * FROM both_say;
SELECT count(*) FROM schemaver.upgrade();
SELECT revision FROM schemaver.current();
\c contrib_regression
DROP DATABASE regress_schemaver_reached;
