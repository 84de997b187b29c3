# 2,000 hostile values of variables: none changes what a statement is.  A secret is in no log.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
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

# 2,000 hostile secrets, each with a mark of its own: in a run and its down, in an error of the server, in a message, in a name
# that does not exist, in what the schema would keep.  None is in a table of schemaver, an error or the log.
my $before = -s $node->logfile;
$node->safe_psql('postgres', 'CREATE DATABASE secrets');
$node->safe_psql('secrets', <<'SQL');
	ALTER DATABASE secrets SET schemaver.keep_snapshots = on;
	ALTER DATABASE secrets SET schemaver.derive_downs = on;
	CREATE EXTENSION schemaver;
	CREATE TABLE got (value text);
	CREATE TABLE victim (a int);
	SELECT schemaver.revision('s' || n, CASE n
		WHEN 1 THEN $s$INSERT INTO got VALUES ('${v}'); CREATE TABLE one (a int)$s$
		WHEN 2 THEN $s$SELECT '${v}'::int$s$
		WHEN 3 THEN $s$DO $d$BEGIN RAISE 'no % %', current_setting('my.secret'), 'x' USING DETAIL = current_setting('my.secret'), HINT = current_setting('my.secret'); END$d$; SELECT '${v}'$s$
		WHEN 4 THEN $s$SELECT "${v}"$s$
		WHEN 5 THEN $s$CREATE TABLE kept (a text DEFAULT '${v}')$s$
		WHEN 6 THEN $s$SELECT set_config('my.other', '${v}', true); DO $d$BEGIN RAISE WARNING '%', current_setting('my.other'); END$d$; SELECT 1 / 0$s$ END,
		CASE n WHEN 1 THEN 'DELETE FROM got; DROP TABLE one' ELSE '' END, id => 'x' || n, revises => '{}', options => '{"variables": "flyway"}')
		FROM generate_series(1, 6) n;
	CREATE PROCEDURE try_secrets(n int) LANGUAGE plpgsql AS $f$
	DECLARE v text; given jsonb; message text; detail text; hint text; context text; wrong int := 0; done int := 0; failed int := 0;
	BEGIN
		PERFORM set_config('client_min_messages', 'error', false), set_config('schemaver.progress', 'off', false), setseed(0.7);
		FOR i IN 1 .. n LOOP
			v := (SELECT string_agg((ARRAY['''', '"', '\', '$$', ';', '--', '/*', E'\n', E'\t', '${v}', '%', '''; DROP TABLE victim; --', '\''', 'é', 'x'])[1 + floor(random() * 15)::int], '')
				FROM generate_series(1, 1 + i % 4)) || 'Zq' || substr(md5(i::text), 1, 12) || (ARRAY['', '''', '" ', '\'])[1 + i % 4];
			given := jsonb_build_object('v', jsonb_build_object('value', v, 'secret', true));
			PERFORM set_config('my.secret', v, false);
			BEGIN
				PERFORM schemaver.upgrade('x' || 1 + i % 6, variables => given);
				IF i % 6 = 0 THEN
					IF (SELECT value FROM got) <> v THEN wrong := wrong + 1; END IF;
					PERFORM schemaver.downgrade('base', variables => given, allow_data_loss => true);
				END IF;
				done := done + 1;
			EXCEPTION WHEN others THEN
				GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
				failed := failed + 1;
				IF concat(message, detail, hint, context) ~ 'Zq[0-9a-f]{4}' THEN
					wrong := wrong + 1;
					RAISE WARNING 'shown by x%', 1 + i % 6;
				END IF;
			END;
			IF to_regclass('victim') IS NULL THEN wrong := wrong + 1; END IF;
			COMMIT;
		END LOOP;
		RAISE EXCEPTION 'wrong %, done %, failed %', wrong, done, failed;
	END $f$;
	CREATE FUNCTION holding(pattern text) RETURNS text LANGUAGE plpgsql AS $f$
	DECLARE t regclass; n bigint; found text := '';
	BEGIN
		FOR t IN SELECT c.oid FROM pg_class c WHERE c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname ~ '^schemaver') AND c.relkind = 'r' LOOP
			EXECUTE format('SELECT count(*) FROM %s x WHERE x::text ~ %L', t, pattern) INTO n;
			IF n > 0 THEN found := found || ' ' || t; END IF;
		END LOOP;
		RETURN found;
	END $f$;
SQL
my (undef, undef, $summary) = $node->psql('secrets', 'CALL try_secrets(2000)');
like($summary, qr/ERROR:  wrong 0, done 333, failed 1667/, '2,000 secrets, none in an error');
# in statements of a client, which commit: failures of online runs are recorded
my @tails = ("''", '\\\\', '%', ';');
my $calls = '';
for my $i (1 .. 120)
{
	my $value = sprintf('Zq%08x%s', 1e9 + $i, $tails[ $i % 4 ]);
	$calls .= ($i % 2 ? 'SELECT schemaver.upgrade' : 'CALL schemaver.online_upgrade')
	  . "('x" . (1 + $i % 6) . qq{', variables => '{"v": {"value": "$value", "secret": true}}');\n};
}
my ($said, $heard) = ('', '');
IPC::Run::run([ 'psql', '-X', '-q', '-d', $node->connstr('secrets') ], '<', \$calls, '>', \$said, '2>', \$heard);
unlike("$said$heard", qr/Zq[0-9a-f]{4}/, 'nor in what a client sees');
like($heard, qr/ERROR/, 'which is errors');
is($node->safe_psql('secrets', q{SELECT holding('Zq[0-9a-f]{4}')}), '', 'nor in a table of schemaver');
unlike(slurp_file($node->logfile, $before), qr/Zq[0-9a-f]{4}/, 'nor in the log');

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
