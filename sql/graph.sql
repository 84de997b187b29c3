-- How is the graph drawn?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
\pset format unaligned
\pset tuples_only on
SELECT schemaver.graph();
SELECT schemaver.graph('mermaid');
SELECT schemaver.graph('dot');
SELECT schemaver.revision('first', '', '', id => 'a1') \g /dev/null
SELECT schemaver.revision(E'second\nand more', '', '', id => 'a2') \g /dev/null
SELECT schemaver.revision('a "quoted" <one> #1 \', '', '', id => 'a3', branch_labels => '{web,ui}') \g /dev/null
SELECT schemaver.revision('branch', '', '', id => 'b3', revises => '{a2}', splice => true) \g /dev/null
SELECT schemaver.revision('branch goes on', '', '', id => 'b4', revises => '{b3}') \g /dev/null
SELECT schemaver.revision('another', '', '', id => 'c3', revises => '{a2}', splice => true) \g /dev/null
SELECT schemaver.revision('own base', '', '', id => 'd1', revises => '{}', depends_on => '{a1,b3}') \g /dev/null
SELECT schemaver.merge('{a3,b4,c3}', 'merge of three', 'm1') \g /dev/null
SELECT schemaver.revision('', '', '', id => 'm2', revises => '{m1}') \g /dev/null
SELECT revision FROM schemaver.upgrade('b4');
SELECT schemaver.graph();
SELECT schemaver.graph('mermaid');
SELECT schemaver.graph('dot');
SELECT schemaver.graph('svgg');
:code
SELECT schemaver.graph('');
:code
SELECT schemaver.graph(NULL);
:code
\pset tuples_only off
SELECT revision, children FROM schemaver.branches();
SELECT revision, notes FROM schemaver.history();
DROP EXTENSION schemaver;
