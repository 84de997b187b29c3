# Snapshots that somebody edited, or made up, are compared or refused; they never crash the server.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Changes;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{SNAPSHOT_SEED} // 1;
my $rounds = $ENV{SNAPSHOT_ROUNDS} // 400;
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "wal_level = logical\nmax_prepared_transactions = 5");
$node->start;
$node->safe_psql('postgres', "CREATE ROLE alice; CREATE EXTENSION schemaver; $schema");

my $json = JSON::PP->new->utf8->canonical;
my $base = $node->safe_psql('postgres', 'SELECT schemaver.snapshot()');

sub any { my $list = shift; return $list->[ int rand @$list ] }

# another text that is something like it
sub spoilt
{
	my $text = shift // '';
	my ($n, $m) = sort { $a <=> $b } map { int rand(1 + length $text) } 1, 2;
	my $how = int rand 6;
	return
	    $how == 0 ? substr($text, 0, $n)
	  : $how == 1 ? substr($text, $n)
	  : $how == 2 ? substr($text, 0, $n) . substr($text, $m)
	  : $how == 3 ? $text =~ s/ //gr
	  : $how == 4 ? ''
	  :             $text . $text;
}

# with some things changed that only an editor would change
sub edited
{
	my $snapshot = $json->decode($base);
	my $objects = $snapshot->{objects};
	for (1 .. any([ 1, 1, 2, 5, 20 ]))
	{
		my $o = any($objects);
		my $other = any($objects);
		my $properties = $o->{properties} // {};
		my @names = sort keys %$properties;
		my $name = @names ? any(\@names) : undef;
		my $how = int rand 100;
		if ($how < 30 && defined $name) { delete $properties->{$name} }
		elsif ($how < 65 && defined $name)
		{
			my $value = $properties->{$name};
			$properties->{$name} = ref $value ? [ map { spoilt($_) } @$value ] : spoilt($value);
		}
		elsif ($how < 70 && defined $name)
		{
			my $value = $properties->{$name};
			$properties->{$name} = ref $value ? spoilt($value->[0]) : [ spoilt($value) ];
		}
		elsif ($how < 80) { push @{ $o->{needs} }, "$other->{class}:$other->{identity}" }
		elsif ($how < 85) { delete $o->{needs} }
		elsif ($how < 90) { $o->{ any([ 'name', 'schema', 'identity' ]) } = spoilt($o->{name}) }
		elsif ($how < 92) { $o->{parent} = "$other->{class}:$other->{identity}" }
		elsif ($how < 94) { delete $o->{ any([ 'parent', 'name', 'schema', 'class', 'identity' ]) } }
		elsif ($how < 97) { @$objects = grep { $_ != $o } @$objects }
		elsif (my @more = sort keys %{ $other->{properties} // {} })
		{
			my $more = any(\@more);
			$o->{properties}{$more} = $other->{properties}{$more};
		}
	}
	return $json->encode($snapshot);
}

my $empty = '{"schemaver": 1, "objects": []}';
my ($compared, $refused) = (0, 0);
my $sql = "SET statement_timeout = '60s';\n";
for my $round (1 .. $rounds)
{
	my @pair = (edited(), any([ $base, $empty, edited() ]));
	@pair = reverse @pair if rand() < 0.5;
	my @quoted = map { "'" . s/'/''/gr . "'" } @pair;
	$sql .= "SELECT 'compared' FROM (SELECT count(*) FROM schemaver.diff($quoted[0]::jsonb, $quoted[1]::jsonb)) x;\n";
}
$node->psql('postgres', $sql, on_error_stop => 0, stdout => \my $out, stderr => \my $err);
$compared = () = $out =~ /^compared$/mg;
$refused = () = $err =~ /ERROR:/g;
is($compared + $refused, $rounds, "seed $seed: each pair was compared or refused");
cmp_ok($compared, '>', $rounds / 10, "$compared were compared");
is($node->safe_psql('postgres', 'SELECT schemaver.snapshot()'), $base, 'the server is there');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC/, 'no process of it crashed');

done_testing();
