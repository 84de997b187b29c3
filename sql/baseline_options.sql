-- A baseline, and what is kept with it, leave alone what its options say, also where another history was before it.
-- whoever runs the tests: the names of roles are the same
CREATE ROLE regress_schemaver_super SUPERUSER;
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE DATABASE regress_schemaver_baseline_options TEMPLATE template0;
\c regress_schemaver_baseline_options
SET SESSION AUTHORIZATION regress_schemaver_super;
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE ROLE regress_schemaver_options;
CREATE TABLE kept (a int);
CREATE TABLE left_alone (a int);
ALTER TABLE kept OWNER TO regress_schemaver_options;
COMMENT ON TABLE kept IS 'here';
\set exclude '{"exclude": ["public.left_alone"]}'

-- nothing before it
SELECT schemaver.baseline(id => 'b1', options => :'exclude');
SELECT up FROM schemaver.show('b1') \g (format=unaligned tuples_only)
SELECT kind, identity, change FROM schemaver.drift();
SELECT kind, identity, change FROM schemaver.drift(options => :'exclude');
SELECT schemaver.show_schema() \g (format=unaligned tuples_only)

-- a history before it, which another baseline ends
SELECT schemaver.revision('more', 'CREATE TABLE more (a int)', id => 'b2');
SELECT revision FROM schemaver.upgrade();
SELECT count(*) FROM schemaver.stamp('base');
SELECT schemaver.remove('b2'), schemaver.remove('b1');
ALTER TABLE more ADD COLUMN by_hand int;
SELECT schemaver.baseline(id => 'c1', options => '{"exclude": ["*.left_alone"], "owners": false, "privileges": false, "comments": false}');
SELECT up FROM schemaver.show('c1') \g (format=unaligned tuples_only)
SELECT kind, identity, change FROM schemaver.drift();
SELECT schemaver.show_schema(options => '{"owners": false, "privileges": false, "comments": false}') \g (format=unaligned tuples_only)

-- capture() leaves the same alone
ALTER TABLE left_alone ADD COLUMN b int;
ALTER TABLE kept OWNER TO CURRENT_USER;
ALTER TABLE kept ADD COLUMN b int;
SELECT schemaver.capture('by hand', 'c2', '{"exclude": ["*.left_alone"], "owners": false}');
SELECT up, down FROM schemaver.show('c2') \g (format=unaligned tuples_only)
SELECT kind, identity, change, differs FROM schemaver.drift();
SELECT schemaver.check(drift => true);
SELECT * FROM schemaver.ignore(objects => 'public.left_alone');
SELECT kind, identity, change, differs FROM schemaver.drift();

-- grants are those of whoever owns the object, where owners are left alone
CREATE ROLE regress_schemaver_reader;
GRANT CREATE ON SCHEMA public TO regress_schemaver_options;
SET ROLE regress_schemaver_options;
CREATE TABLE granted (a int, b int);
GRANT SELECT ON granted TO regress_schemaver_reader WITH GRANT OPTION;
GRANT UPDATE (a) ON granted TO regress_schemaver_reader;
SET ROLE regress_schemaver_reader;
GRANT SELECT ON granted TO PUBLIC;
RESET ROLE;
SELECT schemaver.capture('granted', 'c3', '{"owners": false}');
SELECT up, down FROM schemaver.show('c3') \g (format=unaligned tuples_only)
BEGIN;
ALTER TABLE granted OWNER TO CURRENT_USER;
SELECT kind, identity, change, differs FROM schemaver.drift(options => '{"owners": false}');
REVOKE SELECT ON granted FROM regress_schemaver_reader CASCADE;
SELECT kind, identity, change FROM schemaver.drift(options => '{"owners": false}');
SELECT count(*) FROM schemaver.revert_drift(options => '{"owners": false}');
SELECT replace(relacl::text, 'xtm', 'xt') AS relacl FROM pg_class WHERE relname = 'granted';  -- MAINTAIN came with 17
ROLLBACK;

\c contrib_regression
SET SESSION AUTHORIZATION regress_schemaver_super;
DROP DATABASE regress_schemaver_baseline_options;
DROP ROLE regress_schemaver_options, regress_schemaver_reader;
RESET SESSION AUTHORIZATION;
REASSIGN OWNED BY regress_schemaver_super TO CURRENT_USER;
DROP OWNED BY regress_schemaver_super;
DROP ROLE regress_schemaver_super;
