-- From where to where does log() say that a run led, when its revisions are gone, and with living objects?
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('one', '', id => 'a1'), schemaver.revision('two', '', id => 'a2'), schemaver.repeatable('v', 'CREATE VIEW v AS SELECT 1 AS i');
SELECT revision FROM schemaver.upgrade();
SELECT schemaver.repeatable('v', 'CREATE VIEW v AS SELECT 2 AS i'), schemaver.repeatable('w', 'CREATE VIEW w AS SELECT 2 AS i');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade();
SELECT schemaver.remove('a2');
SELECT revision FROM schemaver.stamp('base');
SELECT schemaver.remove('a1');
SELECT change, steps FROM schemaver.log();

-- one of two parents, and both
SELECT schemaver.revision('one', '', id => 'b1', revises => 'base'), schemaver.revision('two', '', id => 'b2', revises => 'base'), schemaver.revision('both', '', id => 'b3', revises => '{b1,b2}');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade('-1');
SELECT change, steps FROM schemaver.log(2);
DROP EXTENSION schemaver;
DROP VIEW v, w;
