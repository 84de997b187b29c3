# Rows of schemaver's own tables, edited by hand: each column of each table gets values that schemaver never writes, and
# every function is called.  An error has to say what is wrong; nothing crashes.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Calls;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\nrestart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION schemaver;
	SET schemaver.progress = off;
	CREATE SCHEMA app;
	SELECT schemaver.revision('one', 'CREATE TABLE app.t (id int PRIMARY KEY, b int); INSERT INTO app.t VALUES (1, 2)', id => '0001', branch_labels => '{l}');
	SELECT schemaver.revision('two', 'ALTER TABLE app.t DROP COLUMN b', id => '0002', options => '{"keep": true}');
	SELECT schemaver.revision('three', 'CREATE TABLE app.u ()', 'DROP TABLE app.u', id => '0003', depends_on => '{l}');
	SELECT schemaver.upgrade('0002');
	SELECT schemaver.tag('now', '0002');
	SELECT schemaver.watch();
	CREATE TABLE app.by_hand ();
	SELECT schemaver.unwatch();
	INSERT INTO schemaver.replaced VALUES ('0000', '0001');
	INSERT INTO schemaver.part (revision, direction, statement, statements, line, kind, checksum, run, started_at)
	SELECT '0003', 'upgrade', 1, 1, 1, 'transaction', checksum, 1, now() FROM schemaver.revision WHERE revision = '0003';
	CREATE TABLE public.met (statement text, call text, state text, message text);
});
# a hand that edits may have dropped what stood in the way
$node->safe_psql('postgres', q{
	DO $$
	DECLARE
		r record;
	BEGIN
		FOR r IN SELECT conrelid::regclass AS t, conname FROM pg_constraint
			WHERE connamespace = 'schemaver'::regnamespace AND contype <> 'n' ORDER BY contype = 'p' LOOP
			EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', r.t, r.conname);
		END LOOP;
		FOR r IN SELECT attrelid::regclass AS t, attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
			WHERE relnamespace = 'schemaver'::regnamespace AND relkind = 'r' AND attnum > 0 AND attnotnull LOOP
			EXECUTE format('ALTER TABLE %s ALTER %I DROP NOT NULL', r.t, r.attname);
		END LOOP;
	END $$});

my @numbers = ('NULL', '-1', '0', '77', '2147483647');
my %wrong = (
	'text' => [ 'NULL', q{''}, q{'nothing'}, q{E'a\nb\\\\'}, q{repeat('x', 70000)}, q{'heads'} ],
	'text[]' => [ 'NULL', q{'{}'}, q{'{NULL}'}, q{'{{a,b},{c,d}}'}, q{'{nothing}'}, q{'{0001,0001}'}, q{'{0003}'} ],
	'jsonb' => [ 'NULL', q{'null'}, q{'[]'}, q{'"x"'}, q{'{"keep": 1, "replaces": {}}'}, q{(repeat('[', 3000) || repeat(']', 3000))::jsonb}, q{'{"class": 1, "name": []}'} ],
	'boolean' => [ 'NULL', 'true', 'false' ],
	'bigint' => [ @numbers, '9223372036854775807' ], 'integer' => \@numbers, 'smallint' => [ @numbers[ 0 .. 3 ] ], 'oid' => [ 'NULL', '0', '77' ],
	'timestamp with time zone' => [ 'NULL', q{'infinity'}, q{'-infinity'} ],
	'interval' => [ 'NULL', q{'-1 year'} ], 'inet' => ['NULL'],
);
my @edits;
for my $row (split /\n/, $node->safe_psql('postgres', q{
	SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
	WHERE c.relnamespace = 'schemaver'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum}))
{
	my ($table, $column, $type) = split /\|/, $row;
	push @edits, map { qq{UPDATE schemaver."$table" SET "$column" = $_} } @{ $wrong{$type} // ['NULL'] };
}
push @edits, map { "DELETE FROM schemaver.$_" } qw(revision script revision_child branch_label applied run step state object_version derived state_origin part loaded replaced);

my @functions = functions_of($node, 'postgres', 'downgrade' => [ q{downgrade('base')} ], 'plan' => [ q{plan('base', 'downgrade')} ],
	'upgrade' => [ q{upgrade('heads')} ], 'resolve' => [ q{resolve('0000')}, q{resolve('tag:now')}, q{resolve('l@head')} ], 'graph' => [ q{graph('dot')}, q{graph('text')} ],
	'script' => [ q{script('current', 'base')} ], 'redo' => [ q{redo(2)} ]);
my @calls = map { $_->{kind} eq 'p' ? () : @{ $_->{calls} } } @functions;
push @calls, map { "SELECT * FROM schemaver.$_" } qw(journal progress);
note scalar(@edits) . ' edits, ' . scalar(@calls) . ' calls';

# All in the server: each edit in a subtransaction that is rolled back, each call in one of its own.
sub literal { return "'" . ($_[0] =~ s/'/''/gr) . "'" }
my $crashed = '';
my @slow = grep { /diff|autogenerate|baseline|snapshot|fingerprint|test|squash|drift|capture|grade|redo|check/ } @calls;
my @quick = grep { my $call = $_; !grep { $_ eq $call } @slow } @calls;
my $number = 0;
for my $edit (@edits)
{
	# the calls take turns, unless there is time
	my @now = $ENV{EDITS} || $edit =~ /"(down|options|column_name|kept_table|types|checksum)" = (NULL|'\{\}')$/ ? @calls : ((map { $quick[ ($number * 4 + $_) % @quick ] } 0 .. 3), $slow[ $number % @slow ]);
	my $calls = join(', ', map { literal($_) } @now);
	$number++;
	my ($rc, $out, $err) = $node->psql('postgres', q{
		SET client_min_messages = error; SET schemaver.progress = off; SET lock_timeout = '2s'; SET statement_timeout = '20s';
		DO $do$
		DECLARE
			call text;
			met text[] := '{}';
		BEGIN
			BEGIN
				} . $edit . q{;
				FOREACH call IN ARRAY ARRAY[} . $calls . q{] LOOP
					BEGIN
						IF current_setting('my.trace', true) = 'on' THEN RAISE LOG 'call %', call; END IF;
						EXECUTE call;
						RAISE EXCEPTION SQLSTATE 'ZZ002';
					EXCEPTION
						WHEN SQLSTATE 'ZZ002' THEN NULL;
						WHEN OTHERS THEN
							IF SQLSTATE ~ '^(XX|53)' OR SQLERRM ~ 'unexpected|cache lookup|could not open relation|null value|must not contain null|unrecognized (node|object)' THEN
								met := met || (SQLSTATE || ' ' || left(SQLERRM, 200) || ' <- ' || call);
							END IF;
					END;
				END LOOP;
				RAISE EXCEPTION SQLSTATE 'ZZ001';
			EXCEPTION WHEN SQLSTATE 'ZZ001' THEN NULL;
			END;
			INSERT INTO met (statement, message) SELECT } . literal($edit) . q{, unnest(met);
		END $do$});
	if ($rc == 2)
	{
		$crashed .= "$edit\n";
		last if !$node->poll_query_until('postgres', 'SELECT true');
	}
	elsif ($rc != 0) { fail("$edit: $err"); }
}
is($crashed, '', 'nothing crashes');
is($node->safe_psql('postgres', q{SELECT message || ' <- ' || string_agg(statement, '; ') FROM met GROUP BY message ORDER BY 1}), '', 'errors are clear');
done_testing();
