# Is the file of script(), read by psql, what schemaver has parsed?  Texts that are hard to read, with a client
# command wherever psql could take one for its own: upgrade() and the file leave the same rows, and nothing else runs.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
my $canary = "$PostgreSQL::Test::Utils::tmp_check/canary";
my $file = "$PostgreSQL::Test::Utils::tmp_check/run.sql";
my $seed = $ENV{SEED} || 10;
srand($seed);

my @pieces = ("'", "''", "\\'", "\\", "\\\\", '$', '$$', '$a$', '"', ':x', ":'x'", ':"x"', ':{?x}', '::', ';', '--', '/*', '*/',
	"\n", "\r\n", "\r", "\t", ' ', 'E', "\x{e9}", "\x{3042}", "\x{8868}", '`touch ' . $canary . '`', "\n\\! touch $canary\n",
	"\\! touch $canary\n", "\n\\.\n", '\\;', '\\gexec', '(', ')', 'BEGIN', 'CASE', 'END', 'U&', '$1');

sub draw { return $_[int(rand(@_))] }

sub garbage { return join('', map { draw(@pieces) } 1 .. 1 + int(rand(6))) }

# A value written in one of the ways of SQL.
sub literal
{
	my $text = garbage();
	my $kind = int(rand(4));
	return "'" . ($text =~ s/'/''/gr) . "'" if $kind == 0;
	return "E'" . ($text =~ s/([\\'])/\\$1/gr) . "'" if $kind == 1;
	return "U&'" . ($text =~ s/\\/\\\\/gr =~ s/'/''/gr) . "'" if $kind == 2;
	return "\$q\$$text\$q\$";
}

# The garbage stands alone, too: most of that does not parse, and what does must be read alike.
sub statement
{
	my $kind = int(rand(8));
	return 'INSERT INTO said (t) VALUES (' . literal() . ')' if $kind < 3;
	return 'INSERT INTO said (t) SELECT (ARRAY[1,2,3])[1:x]::text FROM (SELECT 2 AS x) AS v' if $kind == 3;
	return 'INSERT INTO said (t) VALUES (' . literal() . ') /* ' . garbage() . " */ -- " . garbage() if $kind == 4;
	return 'INSERT INTO said (t) SELECT ' . literal() . ' AS ' . draw('"end"', '"case;"', 'x') if $kind == 5;
	return 'CREATE FUNCTION f' . int(rand(1e9)) . '() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN (CASE WHEN true THEN 1 END) END'
	  . draw('', ' AS "end"', ' AS e', ' AS end') . '; SELECT 2; END' if $kind == 6;
	return 'INSERT INTO said (t) VALUES (' . literal() . ') ' . garbage();
}

# Alone it changes how psql reads what stands behind it; schemaver cannot see it.
my %hides = (
	"SELECT set_config('standard_conforming_' || 'strings', 'off', false)" => 1,
	"SELECT set_config('client_' || 'encoding', 'SJIS', false)" => 1,
	"DO \$h\$ BEGIN PERFORM set_config('client_' || 'encoding', 'BIG5', false); END \$h\$" => 1);

for my $db ('here', 'there')
{
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, 'CREATE EXTENSION schemaver; CREATE TABLE said (n serial, t text)');
}

# registered in one session; what does not parse is left out.  What hides a setting stands in the file only: upgrade() refuses it.
my %sql = (here => '', there => '');
for my $i (1 .. 150)
{
	my ($message, $up, $hider) = (quoted('m ' . garbage()), join(";\n", map { statement() } 1 .. 3), draw(sort keys %hides));
	for my $db ('here', 'there')
	{
		my $text = quoted(($db eq 'there' ? $hider : 'SELECT 1') . ";\n$up");
		$sql{$db} .= "DO \$do\$ BEGIN PERFORM schemaver.revision($message, $text, '', id => 'r$i');"
		  . " EXCEPTION WHEN SQLSTATE 'SV007' THEN NULL; END \$do\$;\n";
	}
}
$node->safe_psql($_, $sql{$_}) for 'here', 'there';
cmp_ok($node->safe_psql('here', 'SELECT count(*) FROM schemaver.revision'), '>', 40, 'enough scripts are registered');

sub quoted
{
	my $text = shift;
	utf8::encode($text);
	my $hex = unpack('H*', $text);
	return "convert_from('\\x$hex', 'UTF8')";
}

# one revision after the other: psql cannot read some of them, and then the file is not made
my ($ran, $unreadable) = (0, 0);
for my $id (split /\n/, $node->safe_psql('here', "SELECT revision FROM schemaver.status(true)"))
{
	my ($rc, $out, $err) = $node->psql('there', "\\o $file\nSELECT schemaver.script('current', '$id')",
		extra_params => [ '-q', '-v', 'VERBOSITY=verbose' ]);
	if ($rc != 0)
	{
		$unreadable++;
		is($err =~ /SV007: .*psql would not read/s ? '' : $err, '', "$id: why no file is made");
		$node->safe_psql($_, "SELECT schemaver.stamp('{$id}')") for 'here', 'there';
		next;
	}
	$node->safe_psql('here', "SELECT schemaver.upgrade('$id')");
	my $result = run_log([ 'psql', '-X', '-q', '-v', 'x=5', '-d', $node->connstr('there'), '-f', $file, '-o', '/dev/null' ]);
	$ran++ if $result;
	last if !ok($result, "the file of $id runs");
}
note "$ran files ran, $unreadable refused";
cmp_ok($ran, '>', 40, 'enough files ran');
my $query = "SELECT count(*), md5(string_agg(n || ' ' || t, ',' ORDER BY n)) FROM said";
is($node->safe_psql('there', $query), $node->safe_psql('here', $query), 'the file leaves what upgrade() leaves');
ok(!-e $canary, 'psql has executed nothing of its own');

# a run refuses what is hidden
my (undef, undef, $err) = $node->psql('postgres', q{CREATE EXTENSION schemaver;
	SELECT schemaver.revision('hides', 'SELECT set_config(''standard_conforming_'' || ''strings'', ''off'', false); SELECT 1', '', id => 'a1');
	SELECT schemaver.upgrade()}, extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($err, qr/SV007: .*standard_conforming_strings/, 'upgrade() refuses a change that the text does not show');
(undef, undef, $err) = $node->psql('postgres', 'CALL schemaver.online_upgrade()', extra_params => [ '-v', 'VERBOSITY=verbose' ]);
like($err, qr/SV007: .*standard_conforming_strings/, 'and so does online_upgrade()');

done_testing();
