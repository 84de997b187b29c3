-- What variables become, where they may stand, and what is known of them.
\set VERBOSITY terse
CREATE EXTENSION schemaver;
SET client_min_messages = error;
SET schemaver.progress = off;
CREATE SCHEMA variables;
SET search_path = variables;

-- ${name}: one token, a part of a name, of a string, of a quoted name; a comment stays
SELECT schemaver.revision('a', 'CREATE TABLE variables.t_${env} (a int DEFAULT ${n}, b varchar(${len}) DEFAULT ''x${s}y'', "q${q}" ${type}); -- ${nobody}',
	'DROP TABLE variables.t_${env}', id => 'a1', options => '{"variables": "flyway"}', verify => 'SELECT to_regclass(''variables.t_${env}'') IS NOT NULL');
SELECT * FROM schemaver.plan();
\set VERBOSITY default
SELECT * FROM schemaver.upgrade(variables => '{"ENV": "dev", "n": 5, "len": 20, "q": "x", "type": "int"}');
\set VERBOSITY terse
SELECT count(*) FROM schemaver.upgrade(variables => '{"ENV": "dev", "n": 5, "len": 20, "s": "O''R", "q": "a\"b", "type": "int"}');
SELECT column_name, data_type, column_default FROM information_schema.columns WHERE table_name = 't_dev' ORDER BY ordinal_position;
SELECT revision, variables FROM schemaver.step ORDER BY run, position;
-- the down knows them
SELECT revision, direction FROM schemaver.downgrade();

-- the setting; the call overrides it; never a raw one
SET schemaver.variables = '{"env": "set", "n": 1, "len": 2, "s": "", "q": "", "type": "int"}';
SELECT count(*) FROM schemaver.upgrade(variables => '{"env": "call"}');
SELECT to_regclass('variables.t_call');
SET schemaver.variables = '{"env": {"value": "set", "raw": true}}';
SELECT * FROM schemaver.plan();
RESET schemaver.variables;

-- :name, :'name', :"name", and what is none
SELECT schemaver.revision('b', 'CREATE TABLE :"tab" (a text DEFAULT :''lit'', c :type, d int[], e time DEFAULT ''12:30''); INSERT INTO :"tab" SELECT :''lit'', 1::int, (ARRAY[1, 2, 3])[1:2]',
	'DROP TABLE :"tab"', id => 'b1', options => '{"variables": "psql"}');
SELECT count(*) FROM schemaver.upgrade(variables => '{"tab": "a \" b", "lit": "it''s \\ :x", "type": "int"}');
TABLE "a "" b";
SELECT count(*) FROM schemaver.downgrade('a1', allow_data_loss => true);

-- what cannot be: more than one token, a part of a name that is none, code in dollar quotes
SELECT schemaver.revision('c', 'SELECT ${x}, p_${y} FROM (SELECT 1 AS p_a) AS t; DO $$BEGIN PERFORM ${z}; END$$', id => 'c1', revises => '{a1}', splice => true, options => '{"variables": "flyway"}');
SELECT count(*) FROM schemaver.upgrade('c1', variables => '{"x": "1, 2", "y": "a", "z": 1}');
SELECT count(*) FROM schemaver.upgrade('c1', variables => '{"x": "1", "y": "a, 2", "z": 1}');
SELECT count(*) FROM schemaver.upgrade('c1', variables => '{"x": "1", "y": "a", "z": 1}');
SELECT count(*) FROM schemaver.upgrade('c1', variables => '{"x": "1", "y": "a", "z": {"value": "1", "raw": true}}');
SELECT count(*) FROM schemaver.downgrade('a1');
-- a keyword is a name
SELECT count(*) FROM schemaver.upgrade('c1', variables => '{"x": "distinct", "y": "a", "z": {"value": "1", "raw": true}}');
SELECT schemaver.revision('d', 'SELECT 1', id => 'd1', options => '{"variables": "other"}');

-- the checksum is that of the text before
SELECT schemaver.revision('e', 'SELECT ''${ab}''', id => 'e1', revises => '{}', options => '{"variables": "flyway"}');
SELECT schemaver.revision('f', 'SELECT ''${cd}''', id => 'f1', revises => '{}', options => '{"variables": "flyway"}');
SELECT count(DISTINCT checksum) FROM schemaver.revision WHERE revision IN ('e1', 'f1');

-- files of other tools
SELECT revision, action FROM schemaver.load('V7__x.sql', 'SELECT ''${flyway:user}'', ''${a}''', 'flyway', source => 'fly');
SELECT revision, action FROM schemaver.load('1_x.sql', E'-- +goose Up\n-- +goose ENVSUB ON\nSELECT ${A:-7};\n-- +goose ENVSUB OFF\n', source => 'go');
SELECT options FROM schemaver.show('fly/7');
SELECT options FROM schemaver.show('go/1');
SELECT schemaver.script('base', 'go/1') ~ 'SELECT 7;' AS has_default;

DROP EXTENSION schemaver;
DROP SCHEMA variables CASCADE;
