-- The journal tells who gave a tag, moved it and took it away.
CREATE EXTENSION schemaver;
SELECT schemaver.revision('a', 'SELECT 1', id => 'a1'), schemaver.revision('b', 'SELECT 1', id => 'b1');
SELECT schemaver.tag('v1', 'a1');
SELECT schemaver.tag('v1', 'b1');
SELECT schemaver.untag('v1');
SELECT schemaver.untag('v1');
SELECT schemaver.tag('v 1', 'b1');
SELECT run, command, target, note, role = current_user AS mine, run_outcome FROM schemaver.journal;
DROP EXTENSION schemaver;
