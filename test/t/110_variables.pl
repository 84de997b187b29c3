# 2,000 hostile values of variables: none changes what a statement is.  A secret is in no log.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nlog_statement = none\nschemaver.keep_snapshots = off\nschemaver.derive_downs = off");
$node->start;
$node->safe_psql('postgres', <<'SQL');
	CREATE EXTENSION schemaver;
	CREATE TABLE victim (a int);
	CREATE TABLE one (a int);
	INSERT INTO one VALUES (1);
	CREATE TABLE got (place text, value text);
	CREATE SCHEMA w;
	SELECT schemaver.revision('quoted', $s$INSERT INTO got VALUES ('s', '${v}'), ('e', E'${v}'), ('c', 'x${v}y' /* ${v} */) -- ${v}
		; CREATE TABLE w."a${v}" ()$s$, '', id => 'flyway', options => '{"variables": "flyway"}', revises => '{}');
	SELECT schemaver.revision('psql', $s$INSERT INTO got VALUES ('l', :'v'), ('n',:'v'); CREATE TABLE w.:"v" ()$s$, '', id => 'psql', options => '{"variables": "psql"}', revises => '{}');
	SELECT schemaver.revision('bare', $s$INSERT INTO got SELECT 'b', ${v}::text FROM one AS t_${n} WHERE a = 1$s$, '', id => 'bare', options => '{"variables": "flyway"}', revises => '{}');
	SELECT schemaver.revision('plain', $s$INSERT INTO got SELECT 'p', :v FROM one WHERE a = 1$s$, '', id => 'plain', options => '{"variables": "psql"}', revises => '{}');
	CREATE FUNCTION hostile(n int) RETURNS SETOF text LANGUAGE sql AS $f$
		SELECT setseed(0.5)::text WHERE false UNION ALL
		SELECT left(string_agg((ARRAY['''', '"', '\\', '$$', '$a$', ';', '--', '/*', '*/', E'\n', E'\r', E'\t', ' ', '(', ')', ',', ':', '::', '||', '${v}', ':v', ':''v''',
			'DROP TABLE victim', 'COMMIT', 'union', 'select', 'distinct', 'all', 'null', 'E', 'U&', 'N', 'x', '1', '-1', '.', 'a', 'é', '%', '''; DROP TABLE victim; --',
			'" (); DROP TABLE victim; --', 'victim', '\.', E'\u200b', '\u0027', '\\''', 'from', 'or', 'true', '=', '@', '`', '[', ']', '{', '}', '}'])[1 + floor(random() * 57)::int], ''), 40)
		FROM generate_series(1, n) i, generate_series(1, 1 + i % 6) j GROUP BY i $f$;
	CREATE PROCEDURE try_all(n int) LANGUAGE plpgsql AS $f$
	DECLARE v text; r text; wrong int := 0; refused int := 0; done int := 0; i int := 0;
	BEGIN
		PERFORM set_config('client_min_messages', 'error', false), set_config('schemaver.progress', 'off', false);
		FOR v IN SELECT hostile(n) LOOP
			i := i + 1;
			FOREACH r IN ARRAY (ARRAY['{flyway,bare}', '{psql,plain}'])[1 + i % 2]::text[] LOOP
				BEGIN
					PERFORM schemaver.upgrade(r, variables => jsonb_build_object('v', v, 'n', v));
					IF r IN ('flyway', 'psql') AND (
						EXISTS (SELECT FROM got WHERE place IN ('s', 'e', 'l', 'n') AND value <> v) OR EXISTS (SELECT FROM got WHERE place = 'c' AND value <> 'x' || v || 'y')
						OR (SELECT count(*) FROM pg_class WHERE relnamespace = 'w'::regnamespace) <> 1
						OR NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'w'::regnamespace AND relname = (CASE r WHEN 'flyway' THEN 'a' ELSE '' END || v)::name)) THEN
						wrong := wrong + 1;
						RAISE WARNING 'wrong: % %', r, v;
					END IF;
					IF (SELECT count(*) FROM got) <> (CASE r WHEN 'flyway' THEN 3 WHEN 'psql' THEN 2 ELSE 1 END) THEN
						wrong := wrong + 1;
						RAISE WARNING 'rows: % %', r, v;
					END IF;
					done := done + 1;
					RAISE EXCEPTION SQLSTATE 'ZZZZZ';
				EXCEPTION
					WHEN SQLSTATE 'ZZZZZ' THEN NULL;
					WHEN SQLSTATE 'SV007' OR undefined_column OR syntax_error THEN refused := refused + 1;
					WHEN others THEN
						IF r IN ('flyway', 'psql') THEN
							wrong := wrong + 1;
						END IF;
						RAISE WARNING 'error: % % %', r, v, SQLERRM;
				END;
				IF to_regclass('victim') IS NULL OR (SELECT count(*) FROM got) > 0 THEN
					RAISE EXCEPTION 'injected: % %', r, v;
				END IF;
			END LOOP;
			COMMIT;
		END LOOP;
		RAISE EXCEPTION 'wrong %, done %, refused %', wrong, done, refused;
	END $f$;
SQL
my ($rc, $out, $err) = $node->psql('postgres', 'CALL try_all(2000)');
like($err, qr/ERROR:  wrong 0, done \d+, refused \d+/, 'no value changes a statement');
my ($done, $refused) = $err =~ /done (\d+), refused (\d+)/;
cmp_ok($done // 0, '>', 1500, "done $done, refused $refused");

# secrets and the log
my $offset = -s $node->logfile;
my $call = q{variables => '{"v": {"value": "open sesame it''s 9", "secret": true}}'};
$node->safe_psql('postgres', q{SELECT schemaver.revision('fails', $s$SELECT '${v}'::int$s$, '', id => 'fails', options => '{"variables": "flyway"}', revises => '{}');
	SELECT schemaver.revision('warns', $s$DO $d$BEGIN RAISE WARNING 'it is %', current_setting('my.secret'); END$d$; SELECT 1/0$s$, '', id => 'warns', revises => '{fails}');
	SELECT schemaver.revision('syntax', $s$SELECT ${v} FROM$s$ || ' one', '', id => 'syntax', options => '{"variables": "flyway"}', revises => '{}')});
for my $sql ("SELECT schemaver.upgrade('fails', $call)", "CALL schemaver.online_upgrade('fails', $call)", "SELECT schemaver.plan('syntax', $call)",
	"SELECT schemaver.upgrade('syntax', $call)", "SELECT schemaver.test('fails', $call)", "SELECT schemaver.script('base', 'fails', $call)")
{
	my ($rc, $out, $err) = $node->psql('postgres', $sql);
	unlike("$out$err", qr/sesame/, "no secret in the answer to " . substr($sql, 0, 40));
}
unlike(slurp_file($node->logfile, $offset), qr/sesame/, 'no secret in the log');
is($node->safe_psql('postgres', q{SELECT count(*) FROM schemaver.step WHERE error ~ 'sesame'}), '0', 'no secret in the journal');
$node->stop;
done_testing();
