# What everybody may call can be called by an enemy: huge, deep and odd arguments end with a result or a clear error, a
# cancel ends each call, and the server stays.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', q{
	CREATE ROLE anybody LOGIN;
	CREATE EXTENSION schemaver;
	SET schemaver.progress = off;
	CREATE SCHEMA app;
	DO $$ BEGIN FOR i IN 1..50 LOOP EXECUTE format('CREATE TABLE app.%s (a int PRIMARY KEY)', repeat('a', i)); END LOOP; END $$;
	SELECT schemaver.revision('m' || i, 'SELECT 1', '', id => 'r' || i) FROM generate_series(1, 200) i;
	SELECT schemaver.upgrade()});

my $all = q{schemaver.snapshot('{app}')};
my %of = (
	'text' => [
		(map { "repeat('$_', 9000 / " . length($_) . ')' } '+1', '-1', 'a@', ':', ',', '(', '*', '~', 'r1:'),
		q{repeat('x', 20000000)}, q{'head' || repeat('-1', 4000)}, q{'tag:' || repeat('x', 9000)}, q{repeat(E'\n', 9000)}, q{'-' || repeat('9', 9000)}, q{''}, 'NULL' ],
	'text[]' => [
		q{(SELECT array_agg('s' || i) FROM generate_series(1, 200000) i)}, q{array_fill('app'::text, ARRAY[9000])}, q{array_fill(NULL::text, ARRAY[10])},
		q{array_fill('a'::text, ARRAY[50, 50])}, q{ARRAY[repeat('x', 5000000)]}, q{'{}'} ],
	'jsonb' => [
		q{(repeat('[', 3000) || repeat(']', 3000))::jsonb}, q{(repeat('{"objects":', 3000) || '1' || repeat('}', 3000))::jsonb},
		q{(SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 50000) i)}, q{'null'}, q{'1e9000'},
		q{jsonb_build_object('exclude', (SELECT jsonb_agg('*' || i) FROM generate_series(1, 50000) i))},
		q{jsonb_build_object('exclude', (SELECT jsonb_agg(repeat('*a', 400) || i) FROM generate_series(1, 900) i))},
		q{jsonb_build_object('exclude', jsonb_build_array(repeat('*', 16) || '!'))}, q{jsonb_build_object('exclude', jsonb_build_array(repeat('*', 1000000)))},
		q{jsonb_build_object(repeat('k', 5000000), 1)}, q{jsonb_build_object('exclude', (repeat('[', 3000) || repeat(']', 3000))::jsonb)},
		"jsonb_set($all, '{objects}', (repeat('[', 3000) || repeat(']', 3000))::jsonb)", "jsonb_set($all, '{objects,0}', 'null')", $all ],
);
# of every function that PUBLIC may call, each argument in turn
my @calls;
my %given = ('text' => q{'head'}, 'text[]' => q{'{app}'}, 'jsonb' => $all);
for my $row (split /\n/, $node->safe_psql('postgres', q{
	SELECT p.proname, p.proargtypes::regtype[] FROM pg_proc p
	WHERE p.pronamespace = 'schemaver'::regnamespace AND has_function_privilege('anybody', p.oid, 'EXECUTE') AND p.pronargs > 0 ORDER BY 1, 2}))
{
	my ($name, $types) = split /\|/, $row;
	my @types = map { s/"//gr } split /,/, $types =~ s/[{}]//gr =~ s/^\[.*?\]=//r;
	for my $i (0 .. $#types)
	{
		for my $value (@{ $of{ $types[$i] } // [] })
		{
			my @arguments = map { $_ == $i ? $value : $types[$_] eq 'jsonb' && $_ == 2 ? q{'{}'} : $types[$_] eq 'jsonb' && $#types == 1 ? q{'{}'} : $given{ $types[$_] } // 'NULL' } 0 .. $#types;
			push @calls, qq{schemaver."$name"(} . join(', ', @arguments) . ')';
		}
	}
}
cmp_ok(scalar @calls, '>', 100, 'calls');

my (@slow, @unclear);
for my $call (@calls)
{
	my $start = time;
	my ($rc, $out, $err) = $node->psql('postgres', "SET statement_timeout = '1s'; SELECT left(x::text, 10) FROM $call AS x LIMIT 1",
		extra_params => [ '-U', 'anybody', '-v', 'VERBOSITY=verbose' ]);
	my $shown = substr($call, 0, 100);
	push @slow, sprintf('%s: %.1f s', $shown, time - $start) if time - $start > 8;
	push @unclear, "$shown: " . substr($err, 0, 300) if $rc == 2 || $err =~ /ERROR:  (XX|53)/ || length($err) > 20000;
}
is(join("\n", @slow), '', 'all calls end');
is(join("\n", @unclear), '', 'errors are clear');
is($node->safe_psql('postgres', 'SELECT count(*) FROM schemaver.revision'), '200', 'the server is there');
unlike(slurp_file($node->logfile), qr/terminated by signal/, 'nothing crashed');
done_testing();
