-- Since 18 a NOT NULL is a constraint: does its comment come back?
CREATE EXTENSION schemaver;
SET schemaver.progress = off;
SELECT current_setting('server_version_num')::int >= 180000 AS since_18 \gset
SELECT schemaver.revision('made', id => '1', up => 'CREATE TABLE t (a int NOT NULL, b int NOT NULL, c int)');
SELECT schemaver.revision('said', id => '2', up => CASE WHEN :'since_18' THEN
	'COMMENT ON CONSTRAINT t_a_not_null ON t IS ''of t''; ALTER TABLE t RENAME CONSTRAINT t_b_not_null TO bn; '
	'COMMENT ON CONSTRAINT bn ON t IS ''of b'''
	ELSE 'COMMENT ON TABLE t IS ''of t''' END);
SELECT schemaver.revision('gone', id => '3', up => 'ALTER TABLE t DROP a; ALTER TABLE t ALTER b DROP NOT NULL');
CREATE TABLE state (step text, names text, fingerprint text);
CREATE FUNCTION note(step text) RETURNS void LANGUAGE sql AS $$
	INSERT INTO public.state SELECT step, (SELECT string_agg(conname || ':' || coalesce(obj_description(oid, 'pg_constraint'), ''), ' ' ORDER BY conname)
		FROM pg_constraint WHERE contype = 'n' AND conrelid = to_regclass('t')),
		schemaver.fingerprint() $$;
SELECT count(*) FROM schemaver.upgrade('1');
SELECT note('1');
SELECT count(*) FROM schemaver.upgrade('2');
SELECT note('2');
SELECT count(*) FROM schemaver.upgrade('3');
SELECT count(*) FROM schemaver.downgrade('2', allow_data_loss => true);
SELECT note('2');
SELECT count(*) FROM schemaver.downgrade('1');
SELECT note('1');
SELECT step, count(DISTINCT coalesce(names, '')) AS names, count(DISTINCT fingerprint) AS fingerprints FROM state GROUP BY step ORDER BY step;
SELECT count(DISTINCT names) = 2 AS comments_seen FROM state WHERE :'since_18' UNION SELECT true WHERE NOT :'since_18' ORDER BY 1 DESC LIMIT 1;
SELECT count(*) AS drift FROM schemaver.drift() WHERE identity !~ 'state|note';
DROP EXTENSION schemaver CASCADE;
DROP TABLE t, state;
DROP FUNCTION note(text);
