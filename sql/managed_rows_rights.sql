-- The owner of a table with managed rows, or of a type in it, gains nothing from those
-- who write the rows or look at them; and who looks sees no more than before.
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SET client_min_messages = warning;
CREATE ROLE managed_owner;
CREATE ROLE managed_third;
CREATE ROLE managed_reader;
CREATE TABLE public.seen_as (what text, who text, session text);
GRANT INSERT ON seen_as TO PUBLIC;
GRANT CREATE ON SCHEMA public TO managed_owner, managed_third;
GRANT USAGE ON SCHEMA schemaver TO managed_reader;
GRANT EXECUTE ON FUNCTION schemaver.drift(schemaver.names, jsonb), schemaver.plan TO managed_reader;

SET ROLE managed_owner;
CREATE FUNCTION note(what text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.seen_as VALUES (what, current_user, session_user);
	RETURN true;
EXCEPTION WHEN read_only_sql_transaction THEN RETURN true;
END $$;
CREATE FUNCTION note_and_rise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM public.note(tg_name);
	BEGIN
		SET ROLE postgres;
		INSERT INTO public.seen_as VALUES ('rose', current_user, session_user);
	EXCEPTION WHEN OTHERS THEN
		INSERT INTO public.seen_as VALUES (sqlerrm, current_user, session_user);
	END;
	RETURN new;
END $$;
CREATE DOMAIN trap AS text CHECK (public.note('domain'));
CREATE TABLE trapped (id int PRIMARY KEY, a trap, b text DEFAULT public.note('default')::text, CHECK (public.note('check')));
CREATE INDEX ON trapped ((a || 'x'));
CREATE TRIGGER before_row BEFORE INSERT ON trapped FOR EACH ROW EXECUTE FUNCTION note_and_rise();
CREATE CONSTRAINT TRIGGER deferred AFTER INSERT ON trapped DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION note_and_rise();
RESET ROLE;
SELECT schemaver.managed_rows('trapped', 'id', $$(id, a) VALUES (1, 'x')$$);
BEGIN;
SELECT revision, message FROM schemaver.plan();
SELECT revision, message FROM schemaver.upgrade();
COMMIT;
SELECT DISTINCT what, who FROM seen_as ORDER BY 1, 2;
TRUNCATE seen_as;
SELECT kind FROM schemaver.drift();
UPDATE trapped SET id = 2;
TRUNCATE seen_as;

-- who may not read the table sees how many rows differ, and no keys
SET ROLE managed_reader;
SELECT kind, identity, change, differs, sql_revert FROM schemaver.drift();
RESET ROLE;
GRANT SELECT (id, a) ON trapped TO managed_reader;
SET ROLE managed_reader;
SELECT kind, identity, change, differs FROM schemaver.drift();
RESET ROLE;
SELECT DISTINCT what, who FROM seen_as ORDER BY 1, 2;
TRUNCATE seen_as;

-- a table of a superuser with a type, a trigger of others
CREATE TABLE mine (id int PRIMARY KEY, a trap);
GRANT TRIGGER ON mine TO managed_third;
SET ROLE managed_third;
CREATE FUNCTION third() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO public.seen_as VALUES ('third', current_user, session_user);
	RETURN new;
END $$;
CREATE TRIGGER third BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION third();
RESET ROLE;
SELECT schemaver.managed_rows('mine', 'id', $$(id, a) VALUES (1, 'x')$$);
SELECT revision, message FROM schemaver.upgrade();
SELECT kind, change, differs FROM schemaver.drift();
SELECT DISTINCT what, who FROM seen_as ORDER BY 1, 2;
SELECT schemaver.remove('public.mine');
TRUNCATE seen_as;

-- row security hides no row from what is compared
CREATE TABLE hidden (id int PRIMARY KEY);
INSERT INTO hidden VALUES (1);
ALTER TABLE hidden OWNER TO managed_owner;
ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
ALTER TABLE hidden FORCE ROW LEVEL SECURITY;
SELECT schemaver.managed_rows('hidden', 'id', $$(id) VALUES (1)$$);
SELECT revision, message FROM schemaver.upgrade();
SET ROLE managed_owner;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN new; END $$;
CREATE TRIGGER touch BEFORE INSERT ON hidden FOR EACH ROW EXECUTE FUNCTION touch();
RESET ROLE;
SELECT schemaver.managed_rows('hidden', 'id', $$(id) VALUES (2)$$);
SELECT revision, message FROM schemaver.upgrade();

-- who may neither write the table nor become its owner writes nothing
GRANT EXECUTE ON FUNCTION schemaver.upgrade TO managed_reader;
SELECT schemaver.remove('public.hidden');
SELECT schemaver.managed_rows('trapped', 'id', $$(id, a) VALUES (3, 'x')$$);
SET ROLE managed_reader;
SELECT revision, message FROM schemaver.upgrade();
RESET ROLE;
SELECT id FROM trapped;

SET client_min_messages = error;
DROP EXTENSION schemaver;
DROP OWNED BY managed_owner, managed_third, managed_reader CASCADE;
DROP TABLE mine, seen_as;
DROP ROLE managed_owner, managed_third, managed_reader;
