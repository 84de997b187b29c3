-- Does check() say what an application has to know at its start?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set SHOW_CONTEXT never
\set code '\\echo :SQLSTATE'
-- nothing is registered
SELECT schemaver.check();
SELECT schemaver.check('a016');
:code
SELECT schemaver.check(target => 'a''b%s');
SELECT schemaver.check('base');
SELECT schemaver.revision('one', 'CREATE TABLE one (i int)', id => 'a015');
SELECT schemaver.revision('two', 'CREATE TABLE two (i int)', id => 'a016');
SELECT schemaver.revision('three', 'CREATE TABLE three (i int)', id => 'a017');
SELECT schemaver.check('a016');
:code
SELECT schemaver.check();
SELECT revision FROM schemaver.upgrade('a016');
SELECT schemaver.check('a016'), schemaver.check('a015'), schemaver.check('{a015,a016}'), schemaver.check('current'), schemaver.check('a017-1');
SELECT schemaver.check('head');
SELECT schemaver.check('{a015,a017}');
SELECT schemaver.check(ARRAY['a016', 'nowhere']);

-- only what the target needs counts
SELECT schemaver.revision('side', 'CREATE TABLE side (i int)', id => 'b001', revises => '{}', depends_on => 'a015');
SELECT schemaver.check('a016');
SELECT schemaver.check();
SELECT schemaver.check('b001');

-- the hint is a call that works
SELECT schemaver.remove('b001');
INSERT INTO two VALUES (1), (1);
SELECT schemaver.revision('index', 'CREATE INDEX CONCURRENTLY two_i ON two (i)', id => 'a018');
SELECT schemaver.check();
SELECT schemaver.edit('a018', up => 'CREATE TABLE four (i int); CREATE UNIQUE INDEX CONCURRENTLY two_i ON two (i)');
\set VERBOSITY sqlstate
CALL schemaver.online_upgrade();
\set VERBOSITY default
SELECT schemaver.check('a017');
SELECT schemaver.check();
SELECT schemaver.check('a018');
DELETE FROM two;
CALL schemaver.online_upgrade('a018');
SELECT schemaver.check();

-- drift only where asked for
CREATE TABLE public.by_hand (i int);
CREATE SCHEMA "Part man";
CREATE TABLE "Part man".config (i int);
SELECT schemaver.check(), schemaver.check('a018');
SELECT schemaver.check(drift => true);
SELECT schemaver.check('a018', drift => true, schemas => 'public');
:code

-- what is ignored is kept in the database
SELECT * FROM schemaver.ignore(schemas => 'Part man', objects => '{table public.by_hand,"*x*"}');
SELECT * FROM schemaver.ignored();
SELECT schemaver.check(drift => true);
SELECT * FROM schemaver.drift();
SELECT schemaver.capture('nothing');
SELECT * FROM schemaver.revert_drift();
SELECT sql FROM schemaver.diff('CREATE TABLE a015 (i int)', schemas => 'public', options => '{"drop": "report"}') WHERE identity LIKE '%by_hand%';
SELECT * FROM schemaver.ignore(objects => '{table public.by_hand,"*x*",not there}', remove => true);
SELECT identity, change FROM schemaver.drift();
SELECT schemaver.ignore('public.by_hand');
SELECT schemaver.ignore(objects => '');
SELECT schemaver.ignore(objects => repeat('x', 2000));
SELECT count(*) FROM schemaver.ignore(objects => (SELECT array_agg('p' || i) FROM generate_series(1, 1000) i));
SELECT * FROM schemaver.ignored();
CREATE ROLE regress_schemaver_app;
SET ROLE regress_schemaver_app;
SELECT schemaver.check('a018');
SELECT name FROM schemaver.ignored();
SELECT schemaver.ignore('public');
RESET ROLE;
DROP ROLE regress_schemaver_app;
DROP EXTENSION schemaver;
DROP SCHEMA "Part man" CASCADE;
DROP TABLE one, two, three, four, by_hand;
