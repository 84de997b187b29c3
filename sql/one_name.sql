-- Is one name a list of names, and a number a target?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT schemaver.revision('one', 'CREATE TABLE one (i int)', id => 'a1', revises => '{}');
SELECT schemaver.revision('two', 'CREATE TABLE two (i int)', id => 'a2', revises => 'a1', depends_on => '', branch_labels => 'web');
SELECT schemaver.revision('two', 'CREATE TABLE two (i int)', id => 'a2', revises => 'a1', branch_labels => 'web');
SELECT schemaver.revision('three', 'CREATE TABLE three (i int)', id => 'b1', revises => ARRAY['a1'], splice => true);
SELECT schemaver.revision('four', '', id => 'c1', revises => '{a2,b1}');
SELECT schemaver.revision('five', '', id => 'c2', revises => ' {"c1"}', depends_on => 'a2'::text);
SELECT schemaver.edit('c2', depends_on => 'b1'::varchar, branch_labels => ARRAY['top', 'end']::varchar[]);
SELECT s.revision, s.revises, depends_on, branch_labels FROM schemaver.history() h, schemaver.show(h.revision) s ORDER BY 1;

-- the list that comes out is a text[]
PREPARE register AS SELECT schemaver.revision('six', '', id => $1, revises => $2);
EXECUTE register('c3', 'c2');
EXECUTE register('c4', '{c3}');
PREPARE register_text(text, text) AS SELECT schemaver.revision('six', '', id => $1, revises => $2);
EXECUTE register_text('c5', 'c4');
PREPARE register_list(text, text[]) AS SELECT schemaver.revision('six', '', id => $1, revises => $2);
EXECUTE register_list('c6', '{c5}');
SELECT schemaver.revision('seven', '', id => 'c7', revises => 'c6'::name), schemaver.revision('eight', '', id => 'c8', revises => '{c7}'::name[]);
\set VERBOSITY sqlstate
SELECT schemaver.revision('broken', '', revises => '{c8');
SELECT schemaver.revision('broken', '', revises => '{{c8}}');
SELECT schemaver.revision('broken', '', revises => '{c8,NULL}');
SELECT schemaver.revision('broken', '', revises => 'c7,c8');
\set VERBOSITY default

SELECT revision FROM schemaver.stamp('c8');
SELECT revision FROM schemaver.stamp('base');
SELECT revision FROM schemaver.stamp(ARRAY['a2', 'b1']);
SELECT revision FROM schemaver.stamp('base', purge => true);
SELECT schemaver.merge('a1');
SELECT schemaver.fingerprint('public') = schemaver.fingerprint(ARRAY['public']), schemaver.snapshot('public') = schemaver.snapshot('{public}');
CREATE TABLE by_hand (i int);
SELECT identity FROM schemaver.drift('public') UNION ALL SELECT identity FROM schemaver.drift('{public}'::text[]);
DROP TABLE by_hand;

-- a number is a revision of that id, or else so many steps
SELECT revision FROM schemaver.upgrade(1);
SELECT revision FROM schemaver.plan(1, 'downgrade');
SELECT revision FROM schemaver.plan('c1');
SELECT revision FROM schemaver.upgrade('a2'::varchar);
SELECT revision FROM schemaver.downgrade(2::bigint);
SELECT schemaver.revision('by number', '', id => '2', revises => '{}');
SELECT revision FROM schemaver.upgrade(2);
SELECT revision FROM schemaver.downgrade(-1);
\set SHOW_CONTEXT never
SELECT revision FROM schemaver.upgrade(0);
SELECT revision FROM schemaver.upgrade(-1);
SELECT revision FROM schemaver.downgrade(5);
CALL schemaver.online_upgrade(2);
SELECT revision FROM schemaver.current();
CALL schemaver.online_downgrade(1);
SELECT revision FROM schemaver.current();

-- what comes out of the types is what goes in
SELECT '{a,"b c"}'::schemaver.names, 'a b'::schemaver.names, ''::schemaver.names, '{}'::schemaver.names, ARRAY['x']::schemaver.names;
SELECT 3::schemaver.reference, (-3)::schemaver.reference, 'head'::schemaver.reference;
DROP EXTENSION schemaver;
