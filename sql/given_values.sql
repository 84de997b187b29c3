-- Can the caller of a downgrade give what a NOT NULL column needs that comes back without its values?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = error;
CREATE TABLE last (a int, b int NOT NULL);
CREATE TABLE first (a int NOT NULL, "B b" int);
CREATE TABLE child (c int) INHERITS (first);
CREATE TABLE nulls (a int, n text NOT NULL);
CREATE TABLE domains (a int);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
ALTER TABLE domains ADD d positive NOT NULL;
CREATE TABLE other (a int NOT NULL DEFAULT 3, b int);
INSERT INTO last VALUES (1, 1), (2, 2);
INSERT INTO first VALUES (1, 1);
INSERT INTO child VALUES (2, 2, 2);
INSERT INTO nulls VALUES (1, 'one');
INSERT INTO domains VALUES (1, 1);
INSERT INTO other VALUES (1, 1);
SELECT schemaver.revision('less', 'ALTER TABLE last DROP b; ALTER TABLE first DROP a; ALTER TABLE nulls ALTER n DROP NOT NULL; ALTER TABLE domains DROP d; ALTER TABLE other DROP a', id => 'v1');
SELECT revision FROM schemaver.upgrade();
INSERT INTO nulls VALUES (2, NULL);
SELECT unnest(needs) AS needs FROM schemaver.plan('-1', 'downgrade');
SELECT revision FROM schemaver.downgrade(allow_data_loss => true);

\set values '{"values": {"public.last.b": 7, "public.first.a": 8, "public.nulls.n": "it''s", "public.domains.d": 9}}'
BEGIN;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true, options => :'values');
SELECT 'last', l::text FROM last l UNION ALL SELECT tableoid::regclass::text, f::text FROM first f UNION ALL
    SELECT 'nulls', n::text FROM nulls n UNION ALL SELECT 'domains', d::text FROM domains d UNION ALL SELECT 'other', o::text FROM other o;
SELECT count(*) AS defaults FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid WHERE relnamespace = 'public'::regnamespace;
SELECT kind, identity FROM schemaver.drift();
ROLLBACK;
-- columns that come last instead
SET schemaver.reorder_limit = 0;
BEGIN;
SELECT direction FROM schemaver.redo(allow_data_loss => true, options => :'values');
ROLLBACK;
BEGIN;
SELECT revision FROM schemaver.goto('base', allow_data_loss => true, options => :'values');
SELECT tableoid::regclass, * FROM first;
ROLLBACK;
-- what an online run has no use for is a warning: it has committed
SET client_min_messages = warning;
CALL schemaver.online_downgrade(allow_data_loss => true, options => '{"values": {"public.last.b": 7, "public.first.a": 8, "public.nulls.n": "it''s", "public.domains.d": 9, "public.last.x": 1}}');
SET client_min_messages = error;
SELECT * FROM last ORDER BY a;
SELECT count(*) AS defaults FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid WHERE relnamespace = 'public'::regnamespace;

-- what was kept stays, rows that are new get the value
SET schemaver.keep_data = on;
CREATE TABLE keyed (id int PRIMARY KEY, v text NOT NULL);
INSERT INTO keyed VALUES (1, 'kept');
SELECT schemaver.revision('keyed', 'ALTER TABLE keyed DROP v', id => 'v2');
SELECT revision FROM schemaver.upgrade();
INSERT INTO keyed VALUES (2);
SELECT revision FROM schemaver.downgrade(options => '{"values": {"public.keyed.v": "given"}}');
SELECT * FROM keyed ORDER BY id;
SELECT count(*) AS defaults FROM pg_attrdef WHERE adrelid = 'keyed'::regclass;
RESET schemaver.keep_data;

-- what is refused: values that the type does not take, for no column, of no kind, for a down that somebody has written
SELECT revision FROM schemaver.upgrade('v1');
SELECT revision FROM schemaver.downgrade(allow_data_loss => true, options => '{"values": {"public.last.b": 7, "public.first.a": 8, "public.nulls.n": "", "public.domains.d": -1}}');
SELECT revision FROM schemaver.downgrade(allow_data_loss => true, options => '{"values": {"public.last.b": 7, "public.first.a": 8, "public.nulls.n": "", "public.domains.d": 1, "public.last.x": 1}}');
SELECT revision FROM schemaver.downgrade(options => '{"values": {"public.last.b": null}}');
SELECT revision FROM schemaver.downgrade(options => '{"values": {"last.b": 7}}');
SELECT revision FROM schemaver.downgrade(options => '{"values": 1}');
SELECT revision FROM schemaver.upgrade(options => '{"values": {"public.last.b": 1}}');
SELECT schemaver.remove('v2');
SELECT schemaver.revision('written', 'ALTER TABLE other DROP b', 'ALTER TABLE other ADD b int NOT NULL', id => 'v2');
SELECT revision FROM schemaver.upgrade();
SELECT revision FROM schemaver.downgrade(allow_data_loss => true, options => '{"values": {"public.other.b": 7}}');

-- it runs with the rights of whose object it is about
CREATE ROLE regress_schemaver_given;
CREATE TABLE seen (as_role name);
GRANT INSERT ON seen TO PUBLIC;
CREATE SCHEMA AUTHORIZATION regress_schemaver_given;
SET ROLE regress_schemaver_given;
CREATE FUNCTION regress_schemaver_given.f(int) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN true; END $$;
CREATE DOMAIN regress_schemaver_given.d AS int CHECK (regress_schemaver_given.f(VALUE));
CREATE TABLE regress_schemaver_given.t (a int, b regress_schemaver_given.d NOT NULL);
INSERT INTO regress_schemaver_given.t VALUES (1, 1);
RESET ROLE;
SELECT schemaver.revision('less', 'ALTER TABLE regress_schemaver_given.t DROP b', id => 'v3');
SELECT revision FROM schemaver.upgrade();
TRUNCATE seen;
SELECT revision FROM schemaver.downgrade(allow_data_loss => true, options => '{"values": {"regress_schemaver_given.t.b": 7}}');
SELECT * FROM regress_schemaver_given.t;
SELECT DISTINCT as_role FROM seen;
DROP EXTENSION schemaver;
DROP SCHEMA regress_schemaver_given CASCADE;
DROP TABLE seen, last, child, first, nulls, domains, other, keyed;
DROP DOMAIN positive;
DROP ROLE regress_schemaver_given;
