-- What of the session is as before after a revision: role, settings, temporary objects?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
\set code '\\echo :SQLSTATE'
CREATE ROLE regress_schemaver_r1;
CREATE SCHEMA s1;
GRANT CREATE ON SCHEMA s1 TO regress_schemaver_r1;

-- each of these would be wrong for the revision after it
SELECT schemaver.revision('search_path', $$SET search_path = s1; CREATE TABLE t1 (x int)$$, id => 'r1'),
	schemaver.revision('where am I', $$CREATE TABLE t2 AS SELECT current_schema() AS s, current_user::text AS u, current_setting('work_mem') AS w, current_setting('my.setting', true) AS m$$, id => 'r2'),
	schemaver.revision('set_config', $$SELECT set_config('search_path', '', false); SELECT set_config('my.setting', 'x', false); SET LOCAL work_mem = '77MB'$$, id => 'r3'),
	schemaver.revision('where am I', $$INSERT INTO t2 SELECT current_schema() AS s, current_user::text AS u, current_setting('work_mem') AS w, current_setting('my.setting', true)$$, id => 'r4'),
	schemaver.revision('role', 'SET ROLE regress_schemaver_r1; CREATE TABLE s1.t3 (x int)', id => 'r5'),
	schemaver.revision('where am I', $$INSERT INTO t2 SELECT current_schema() AS s, current_user::text AS u, current_setting('work_mem') AS w, current_setting('my.setting', true)$$, id => 'r6'),
	schemaver.revision('session', 'SET SESSION AUTHORIZATION regress_schemaver_r1', id => 'r7'),
	schemaver.revision('in a block', 'DO $x$ BEGIN SET search_path = nowhere; SET ROLE regress_schemaver_r1; END $x$', id => 'r8'),
	schemaver.revision('in a function', $$CREATE FUNCTION hidden() RETURNS text LANGUAGE sql AS $x$ SELECT set_config('search_path', 'nowhere', false) $x$; SELECT hidden()$$, id => 'r9'),
	schemaver.revision('limits', $$SET lock_timeout = '1h'; SET statement_timeout = '2h'; SET session_replication_role = replica; SET check_function_bodies = off; SET client_min_messages = error$$, id => 'r10'),
	schemaver.revision('RESET ALL', 'RESET ALL', id => 'r11'),
	schemaver.revision('where am I', $$INSERT INTO t2 SELECT current_schema() AS s, current_user::text AS u, current_setting('work_mem') AS w, current_setting('my.setting', true)$$, id => 'r12');
SET work_mem = '5MB';
SET my.setting = 'mine';
SELECT count(*) FROM schemaver.upgrade();
SELECT DISTINCT s, u = current_user AS u, w, m FROM t2;
SELECT count(*) FROM t2;
SELECT current_user = session_user AS user, current_setting('search_path') AS search_path, current_setting('work_mem') AS work_mem, current_setting('my.setting') AS my,
	current_setting('lock_timeout') AS lock_timeout, current_setting('session_replication_role') AS replication_role;
SELECT relname, relnamespace::regnamespace, relowner::regrole = 'regress_schemaver_r1'::regrole AS owned_by_r1 FROM pg_class WHERE relname IN ('t1', 't2', 't3') ORDER BY 1;
SELECT DISTINCT applied_by = session_user AS applied_by_me FROM schemaver.show('current');

-- also when the run fails, and when the caller is another role
SELECT schemaver.revision('fails', 'SET search_path = s1; SET ROLE regress_schemaver_r1; SELECT 1/0', id => 'r13');
SELECT count(*) FROM schemaver.upgrade();
:code
SELECT current_user = session_user AS user, current_setting('search_path') AS search_path;
SELECT schemaver.edit('r13', 'RESET ROLE; CREATE TABLE t4 AS SELECT current_user::text AS u');
GRANT EXECUTE ON FUNCTION schemaver.upgrade TO regress_schemaver_r1;
GRANT CREATE ON SCHEMA public TO regress_schemaver_r1;
SET ROLE regress_schemaver_r1;
SELECT count(*) FROM schemaver.upgrade();
SELECT current_user;
RESET ROLE;
SELECT u = session_user AS is_session_user FROM t4;
SELECT applied_by FROM schemaver.current();

-- SET LOCAL of the caller goes on
BEGIN;
SET LOCAL search_path = s1, public;
SELECT schemaver.revision('m', 'SET search_path = public', id => 'r14');
SELECT count(*) FROM schemaver.upgrade();
SHOW search_path;
COMMIT;
SHOW search_path;

-- temporary objects: each revision begins without those of the one before
SELECT schemaver.revision('temp', $$CREATE TEMP TABLE scratch (x int); CREATE TEMP VIEW v AS SELECT * FROM scratch; CREATE TEMP SEQUENCE q;
	CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TYPE pg_temp.e AS ENUM ('a')$$, id => 't1'),
	schemaver.revision('temp', 'CREATE TEMP TABLE scratch (y int); CREATE TEMP VIEW v AS SELECT * FROM scratch; CREATE TEMP TABLE scratch2 AS SELECT 1 AS x', id => 't2'),
	schemaver.revision('in a block', $$DO $x$ BEGIN CREATE TEMP TABLE scratch (z int); END $x$; SELECT 1 AS a INTO TEMP scratch3; CREATE TABLE pg_temp.scratch4 (x int) ON COMMIT DROP$$, id => 't3'),
	schemaver.revision('none is there', $$CREATE TABLE t5 AS SELECT to_regclass('scratch') AS a, to_regclass('scratch3') AS b, to_regclass('mine') AS mine$$, id => 't4');
CREATE TEMP TABLE mine (x int);
INSERT INTO mine VALUES (1);
SELECT revision FROM schemaver.upgrade();
SELECT a, b, mine IS NOT NULL AS mine FROM t5;
SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() ORDER BY 1;
SELECT * FROM mine;

DROP EXTENSION schemaver;
SET client_min_messages = warning;
DROP SCHEMA s1 CASCADE;
DROP TABLE t2, t4, t5, mine;
DROP FUNCTION hidden;
REVOKE ALL ON SCHEMA public FROM regress_schemaver_r1;
DROP ROLE regress_schemaver_r1;
