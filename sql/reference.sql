-- What does each form of a reference mean, and which are errors?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
CREATE FUNCTION pg_temp.meaning(ref text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN coalesce((SELECT string_agg(revision, ' ' ORDER BY n) FROM schemaver.resolve(ref) WITH ORDINALITY r(revision, m, a, n)), '(base)');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN format('%s %s %s', sqlstate, sqlerrm, detail);
END$$;

-- nothing is registered
SELECT ref, pg_temp.meaning(ref) FROM unnest(ARRAY['head', 'heads', 'base', 'current', 'aaaa', '+1', '-1', 'web@head', 'tag:x']) ref;

--	aaaa1 - aaaa2 - aaaa3 - aaaa4 [web]
--				 \- bbbb3 - bbbb4 - bbbb5 [api]
--	cccc1 - cccc2 (depends on aaaa2)
SELECT schemaver.revision('m', '', '', id => 'aaaa1'), schemaver.revision('m', '', '', id => 'aaaa2'),
	schemaver.revision('m', '', '', id => 'aaaa3'), schemaver.revision('m', '', '', id => 'aaaa4', branch_labels => '{web}'),
	schemaver.revision('m', '', '', id => 'bbbb3', revises => '{aaaa2}', splice => true),
	schemaver.revision('m', '', '', id => 'bbbb4', revises => '{bbbb3}'),
	schemaver.revision('m', '', '', id => 'bbbb5', revises => '{bbbb4}', branch_labels => '{api}'),
	schemaver.revision('m', '', '', id => 'cccc1', revises => '{}'),
	schemaver.revision('m', '', '', id => 'cccc2', revises => '{cccc1}', depends_on => '{aaaa2}');
SELECT schemaver.tag('v1', 'aaaa3');
SELECT revision FROM schemaver.upgrade('bbbb3');

SELECT ref, pg_temp.meaning(ref) FROM unnest(ARRAY[
	'aaaa1', 'aaaa', 'bbbb', 'cccc2', 'aaa', 'a', 'web', 'we', 'api', 'nowhere', 'AAAA1', 'aaaa1 ',
	'head', 'heads', 'base', 'current', 'HEAD', 'tag:v1', 'tag:v2', 'tag:',
	'+1', '+2', '+3', '-1', '-2', '-3', '-4', '+0', '-0', '+99999999999999999999', '+', '-', '+x', '-1x', '+-1', '1+1',
	'aaaa1+1', 'aaaa1+2', 'aaaa2+1', 'aaaa2+0', 'aaaa4-1', 'aaaa4-3', 'aaaa4-4', 'aaaa4-5', 'aaaa4+1', 'tag:v1-1', 'head-1', 'base+1', 'current+1', 'current-1',
	'web@head', 'web@heads', 'web@base', 'web@aaaa', 'web@bbbb5', 'web@aaaa2+1', 'api@head', 'api@+1', 'api@-1', 'web@+1', 'web@-1',
	'api@aaaa2+1', 'aaaa1@head', 'aaaa2@heads', 'cccc1@head', 'tag:v1@head', 'nowhere@head', 'we@head',
	'@', '@head', 'web@', 'a@b@c', 'web@@head', '', ' ', 'web@current', 'cccc1@-1', 'cccc1@+1', 'cccc1@+2', 'cccc1@+3']) ref;

-- an exact id wins over any other reading
SELECT schemaver.revision('m', '', id => 'abcd', revises => '{}'), schemaver.revision('m', '', id => 'abcde', revises => '{}');
SELECT ref, pg_temp.meaning(ref) FROM unnest(ARRAY['abcd', 'abc']) ref;

-- long and multibyte
SELECT pg_temp.meaning(repeat('x', 10000));
SELECT pg_temp.meaning(repeat('漢', 4000));
SELECT pg_temp.meaning(repeat('x', 10000) || '@head');
SELECT pg_temp.meaning('head@' || repeat('ü', 5000));
SELECT pg_temp.meaning('tag:' || repeat('ü', 5000));
SELECT pg_temp.meaning(repeat('+1', 5000));
SELECT pg_temp.meaning(E'new\nline');
SELECT pg_temp.meaning($$'; DROP TABLE schemaver.revision; --$$);
SELECT pg_temp.meaning(NULL);

-- the same grammar where a run or a listing takes a reference
CREATE FUNCTION pg_temp.planned(target text, direction text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	RETURN coalesce((SELECT string_agg(revision, ' ' ORDER BY position) FROM schemaver.plan(target, direction)), '(nothing)');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN format('%s %s %s', sqlstate, sqlerrm, detail);
END$$;
SELECT ref AS target, pg_temp.planned(ref, 'upgrade') AS upgrade, pg_temp.planned(ref, 'downgrade') AS downgrade
FROM unnest(ARRAY['head', 'heads', 'base', 'current', '+1', '-1', '-3', '-4', 'web@head', 'api@head', 'api@+1', 'api@-1', 'cccc1@head', 'cccc1@+1', 'aaaa1', 'aaaa4', 'aaaa2-1', 'bbbb3+1', 'tag:v1']) ref;

CREATE FUNCTION pg_temp.listed(f text, t text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN coalesce((SELECT string_agg(revision, ' ') FROM schemaver.history(f, t)), '(nothing)');
EXCEPTION WHEN OTHERS THEN
	RETURN format('%s %s', sqlstate, sqlerrm);
END$$;
SELECT f, t, pg_temp.listed(f, t) FROM (VALUES (NULL, 'aaaa4'), ('aaaa2', 'aaaa4'), ('aaaa2', 'heads'), ('aaaa4', 'aaaa2'), ('-2', 'current'),
	('current', '+1'), ('current', 'api@+1'), ('base', 'cccc2'), ('aaaa3', 'bbbb5'), ('web@base', 'web@head'), ('', 'head'), ('nowhere', NULL)) v (f, t);

-- a range in the manner of Alembic gets the way to say it here
SELECT schemaver.script('base:head');

DROP EXTENSION schemaver;
