# A call of every function of schemaver, from pg_proc, so that a new function has one from its first day.
package Calls;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(functions_of);

# What an argument gets by its name, by its type otherwise.
my %values = (
	'message' => q{'m'}, 'up' => q{'SELECT 1'}, 'content' => q{'SELECT 1'}, 'name' => q{'0009_x.sql'}, 'path' => q{'/nowhere'},
	'ref' => q{'head'}, 'range' => q{'0001:head'}, 'targets' => q{'{head}'}, 'from_ref' => q{'0001'}, 'to_ref' => q{'head'},
	'wanted' => q{'CREATE SCHEMA other; CREATE TABLE other.x ()'}, 'desired' => q{'CREATE SCHEMA other; CREATE TABLE other.x ()'},
	'from_snapshot' => q{schemaver.snapshot('{app}')}, 'to_snapshot' => q{schemaver.snapshot('{public}')},
	'direction' => q{'upgrade'}, 'target' => q{'head'}, 'expected' => q{'{0001}'}, 'revision' => q{'0001'}, 'checksum' => q{'x'},
	'statements' => '1', 'reason' => q{'because'}, 'tool' => q{'alembic'}, 'role' => 'current_user', 'sql' => q{'SELECT 1'},
	'at' => q{'before_run'}, 'schemas' => q{'{app}'}, 'objects' => q{'{app.x}'}, 'files' => q{'x'}, 'table' => q{'app.t'}, 'key' => q{'id'}, 'rows' => q{'(1)'},
);
my %of_type = ('text' => q{'head'}, 'text[]' => q{'{}'}, 'jsonb' => q{'{}'}, 'boolean' => 'true', 'integer' => '1', 'interval' => q{'0'}, 'regclass' => q{'app.t'});

# A list of {name, kind, calls}: the calls are statements.  More of them by name, without the name's schema.
sub functions_of
{
	my ($node, $db, %more) = @_;
	my %functions;
	for my $row (split /\n/, $node->safe_psql($db, q{
		SELECT p.oid, p.proname, p.prokind, a.n, a.name, format_type(a.type, NULL), a.n > p.pronargs - p.pronargdefaults
		FROM pg_proc p LEFT JOIN LATERAL unnest(p.proargtypes::oid[], p.proargnames[1:p.pronargs]) WITH ORDINALITY AS a (type, name, n) ON true
		WHERE p.pronamespace = 'schemaver'::regnamespace AND p.prorettype <> ALL ('{trigger, event_trigger}'::regtype[]) ORDER BY 1, 4}))
	{
		my ($oid, $name, $kind, undef, $argument, $type, $optional) = split /\|/, $row, -1;
		my $f = $functions{$oid} //= { oid => $oid, name => $name, kind => $kind, given => [] };
		next if $argument eq '';
		$f->{loss} = 1 if $argument eq 'allow_data_loss';
		push @{ $f->{given} }, "$argument => " . ($values{$argument} // $of_type{$type} // 'NULL') if $optional ne 't';
	}
	for my $f (values %functions)
	{
		my @calls = map { "schemaver.$_" } '"' . $f->{name} . '"(' . join(', ', @{ $f->{given} }) . ')', @{ $more{ $f->{name} } // [] };
		@calls = map { s/\(\)$/(allow_data_loss => true)/r =~ s/(?<!true)\)$/, allow_data_loss => true)/r } @calls if $f->{loss};
		$f->{calls} = [ map { ($f->{kind} eq 'p' ? 'CALL ' : 'SELECT * FROM ') . $_ } @calls ];
	}
	return sort { $a->{name} cmp $b->{name} || $a->{oid} <=> $b->{oid} } values %functions;
}

1;
