-- Which ids can a revision have?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'

-- anything that is no syntax of a reference
SELECT schemaver.revision('quotes', 'CREATE TABLE q (x int)', 'DROP TABLE q', id => $$it's "q"$$, revises => '{}');
SELECT schemaver.revision('quotes', 'CREATE TABLE q (x int)', 'DROP TABLE q', id => $$it's"q"$$, revises => '{}');
SELECT schemaver.revision('format', 'CREATE TABLE f (x int)', 'DROP TABLE f', id => '%s%n%d');
SELECT schemaver.revision('multibyte', 'CREATE TABLE u (x int)', 'DROP TABLE u', id => 'überß→漢字');
SELECT schemaver.revision('backslash', 'CREATE TABLE b (x int)', 'DROP TABLE b', id => 'a\b{}$1/../*.x');
SELECT schemaver.revision('like', '', '', id => '____');
SELECT schemaver.revision('longest', '', '', id => repeat('x', 128));
SELECT revision, direction, message, statements FROM schemaver.upgrade();
SELECT name FROM schemaver.export();
SELECT revision, applied FROM schemaver.resolve('____');
SELECT revision, applied FROM schemaver.resolve('über');
SELECT schemaver.graph();
SELECT schemaver.graph('dot');
SELECT schemaver.graph('mermaid');
SELECT count(*) FROM schemaver.downgrade('base');
SELECT to_regclass('q'), to_regclass('f'), to_regclass('u'), to_regclass('b');

-- refused
SELECT schemaver.revision('m', '', id => '');
:code
SELECT schemaver.revision('m', '', id => 'head');
:code
SELECT schemaver.revision('m', '', id => 'heads');
SELECT schemaver.revision('m', '', id => 'base');
SELECT schemaver.revision('m', '', id => 'current');
SELECT schemaver.revision('m', '', id => 'a b');
SELECT schemaver.revision('m', '', id => 'a@b');
SELECT schemaver.revision('m', '', id => 'a+1');
SELECT schemaver.revision('m', '', id => '-a1');
SELECT schemaver.revision('m', '', id => 'a:b');
SELECT schemaver.revision('m', '', id => 'a;b');
SELECT schemaver.revision('m', '', id => 'a,b');
SELECT schemaver.revision('m', '', id => E'a\tb');
SELECT schemaver.revision('m', '', id => repeat('x', 129));
SELECT schemaver.revision('m', '', id => repeat('漢', 43));

-- taken
SELECT schemaver.revision('m', '', id => '____');
:code

-- dates and UUIDs, but nothing that reads as steps from another one
SELECT schemaver.revision('date', '', '', id => '2024-01-05', revises => '{}');
SELECT schemaver.revision('uuid', '', '', id => '550e8400-e29b-41d4-a716-446655440000', revises => '2024-01-05');
SELECT schemaver.revision('more', '', '', id => '550e8400-e29b-41d4-a716-446655440001', revises => '550e8400-e29b-41d4-a716-446655440000');
SELECT ref, (SELECT string_agg(revision, ' ') FROM schemaver.resolve(ref)) FROM unnest(ARRAY['2024-01-05', '2024-01', '2024-01-05+1', '550e8400-e29b-41d4-a716-446655440000-1',
	'550e8400-e29b-41d4-a716-446655440001', '2024-01-05@+1', '2024-01-05@550e8400-e29b-41d4-a716-446655440001', '550e8400-e29b-41d4-a716-446655440001-2']) ref;
SELECT schemaver.resolve('550e8400-e29b');
SELECT schemaver.resolve('2024-01-05-x');
SELECT schemaver.revision('m', '', id => '2024-01');
:code
SELECT schemaver.revision('m', '', id => '2024-01-05-7');
SELECT schemaver.revision('m', '', id => '2024-01-05+7');
SELECT schemaver.revision('m', '', id => '2024-01-05-x', revises => '{}');
SELECT count(*) FROM schemaver.load('again.sql', (SELECT content FROM schemaver.export('2024-01-05')));
SELECT schemaver.tag('v1-rc1', '2024-01-05');

DROP EXTENSION schemaver;
