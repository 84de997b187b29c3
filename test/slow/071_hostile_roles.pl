# Does code of one role ever run with the rights of another one?  Each function of schemaver is called by each kind of
# role while the schema is full of code of "mallory": the code may run as mallory, unable to become anybody else, or not
# at all.  What a written script does is the caller's, so the scripts here do nothing that fires by itself.
#
# Functions that execute what schemaver wrote are called in the states where they do so, by a superuser and one of the
# other roles, which take turns; the others once for each carrier.  HOSTILE=all calls all of them by all roles in all states.
use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../t";
use Calls;
use Carriers;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_line_prefix = ''\nlog_statement = none\nautovacuum = off\nfsync = off\nmax_prepared_transactions = 5\npostgres_fdw.application_name = '%a'\n");
$node->start;
my @roles = qw(postgres deployer dbo mallory);
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN; CREATE ROLE deployer LOGIN; GRANT mallory TO deployer; CREATE ROLE dbo LOGIN; CREATE ROLE schemer LOGIN');
my $port = $node->port;
my $host = $node->host;
$node->safe_psql('postgres', 'CREATE DATABASE empty OWNER dbo');
$node->safe_psql('empty', qq{
	CREATE EXTENSION schemaver;
	CREATE EXTENSION postgres_fdw;
	GRANT EXECUTE ON ALL ROUTINES IN SCHEMA schemaver TO deployer, dbo, mallory, schemer;
	CREATE SCHEMA app AUTHORIZATION mallory;
	GRANT ALL ON SCHEMA app TO deployer, dbo;
	CREATE SERVER loop FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'template');
	GRANT USAGE ON FOREIGN SERVER loop TO PUBLIC;
	CREATE USER MAPPING FOR postgres SERVER loop OPTIONS (user 'postgres', password_required 'false');
	CREATE USER MAPPING FOR mallory SERVER loop OPTIONS (user 'mallory', password_required 'false')});
my @connection = ('-X', '-q', '-h', $host, '-p', $port, '-o', '/dev/null');
note $node->safe_psql('empty', 'SELECT version()');

# where the defaults of a function do not reach what is to be tried
my %more = (
	'downgrade' => [ q{downgrade('0001')}, q{downgrade('base')} ],
	'online_downgrade' => [ q{online_downgrade('0001')} ],
	'redo' => [ q{redo(2)} ],
	'diff' => [ q{diff('CREATE SCHEMA app', schemas => '{app}', reverse => true)}, q{diff('SELECT 1', schemas => '{public}')} ],
	'plan' => [ q{plan('0001', 'downgrade')} ],
	'script' => [ q{script('current', '0001')} ],
	'squash' => [ q{squash('0002:head', 'm')} ],
	'autogenerate' => [ q{autogenerate('m', 'CREATE SCHEMA app', schemas => '{app}', options => '{"drop": "drop"}')} ],
	'test' => [ q{test('0002:head')} ],
	'revision' => [ q{revision('m', 'SELECT 1', id => '0009')} ],
	'managed_rows' => [ q{managed_rows('app.t', 'id', '(id, b) VALUES (1, 7), (5, 5)', "delete" => true, overwrite => true, run => 'always')} ],
	'load' => [ q{load('other.sql', '-- schemaver:up', 'native', prune => true)} ],
);
# what executes something that schemaver wrote, and the states in which it does
my %executes = (
	(map { $_ => 'there rows strayed' } qw(upgrade online_upgrade deploy)),
	(map { $_ => 'gone lost' } qw(downgrade online_downgrade redo undo)),
	'goto' => 'gone lost rows strayed',
	(map { $_ => 'there gone' } qw(test squash prove)),
	(map { $_ => 'there bare' } qw(diff autogenerate)),
	(map { $_ => 'rows strayed' } qw(plan status drift)),
	'revert_drift' => 'drifted strayed', 'capture' => 'drifted',
	'baseline' => 'bare', 'purge_kept' => 'gone',
);

my @functions = functions_of($node, 'empty', %more);
cmp_ok(scalar @functions, '>', 30, 'functions of schemaver');

# ---- states: where the code is when schemaver is called

my $first = q{SELECT schemaver.revision('first', 'SELECT 1', 'SELECT 1', id => '0001'); SELECT schemaver.upgrade();};
my $register = q{SELECT schemaver.revision('b goes', 'ALTER TABLE app.t DROP COLUMN b CASCADE', id => '0002', options => '{"keep": true}');
	SELECT schemaver.revision('all goes', 'DROP TABLE app.t CASCADE', id => '0003', options => '{"keep": true}');};
my $rows = q{SELECT schemaver.managed_rows('app.t', 'id', '(id, b) VALUES (1, 7), (2, 2), (4, 4)', "delete" => true, overwrite => true);};
# what mallory does behind: pending, gone by revisions, gone by hand, gone without kept data, no revision at all;
# rows that the table shall have, to be written, and changed since they were
my %states = (
	'there' => $register,
	'gone' => "$register SELECT schemaver.upgrade();",
	'lost' => ($register =~ s/"keep": true//gr) . ' SELECT schemaver.upgrade();',
	'drifted' => 'ALTER TABLE app.t DROP COLUMN b CASCADE; DROP TABLE app.t CASCADE;',
	'bare' => '',
	'rows' => $rows,
	'strayed' => "$rows SELECT schemaver.upgrade(); UPDATE app.t SET b = 3 WHERE id = 2; DELETE FROM app.t WHERE id = 4;",
);

sub as_role
{
	my ($role, $db, $sql) = @_;
	my ($in, $out, $err) = ($sql, '', '');
	IPC::Run::run([ 'psql', @connection, '-U', $role, '-d', $db ], '<', \$in, '>', \$out, '2>', \$err);
	return $err;
}

sub path { return $_[0][4]{path} ? "SET search_path = $_[0][4]{path};" : '' }

sub literal { return "'" . ($_[0] =~ s/'/''/gr) . "'" }

# The database for a state of a carrier; mallory makes all of it, and fires only her own code.
sub make
{
	my ($db, $carrier, $state) = @_;
	my ($name, $make, undef, $before, $of) = @$carrier;
	my $quiet = "SET application_name = 'setup'; SET client_min_messages = warning; SET schemaver.progress = off;";
	my $all = "$canary;" . ($before ? "$before;" : '') . "$table; $make;";
	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE empty OWNER dbo");
	$node->safe_psql($db, "ALTER SERVER loop OPTIONS (SET dbname '$db'); GRANT CREATE ON DATABASE $db TO deployer, mallory, schemer");
	my $err = $state eq 'drifted' ? '' : as_role('mallory', $db, "$quiet $all");
	$err .= as_role($_->[0], $db, "$quiet $_->[1]") for @{ $of->{also} // [] };
	$err .= as_role('postgres', $db, "$quiet $first") if $state ne 'bare';
	$err .= as_role('mallory', $db, "$quiet SELECT schemaver.revision('carrier', " . literal($all) . ", id => '0002'); SELECT schemaver.upgrade()")
	  if $state eq 'drifted';
	$err .= as_role('mallory', $db, "$quiet $states{$state}");
	return $err;
}

my ($number, @combinations) = (0);

my @states = sort keys %states;

sub is_called
{
	my ($f, $i, $r, $state) = @_;
	return 1 if $ENV{HOSTILE};
	my $wanted = $executes{ $f->{name} };
	return $wanted =~ /\b$state\b/ && ($r == 0 || ($i + $number) % (@roles - 1) == $r - 1) if defined $wanted;
	return ($i + $number) % @roles == $r && $states[ ($i + int($number / @states)) % @states ] eq $state;
}

# Call all functions in one database; what they do is rolled back, but for procedures, which have one of their own.
sub attack
{
	my ($db, $carrier, $state) = @_;
	my %sql;
	for my $i (0 .. $#functions)
	{
		my $f = $functions[$i];
		for my $r (0 .. $#roles)
		{
			next if !is_called($f, $i, $r, $state);
			for my $call (@{ $f->{calls} })
			{
				my $id = @combinations;
				push @combinations, { carrier => $carrier->[0], state => $state, role => $roles[$r], call => $call, id => $id,
					owner => $carrier->[4]{owner} // 'mallory' };
				my $settings = "SET application_name = 'c$id'; SET statement_timeout = '20s'; SET lock_timeout = '2s'; SET client_min_messages = error;" . path($carrier);
				if ($f->{kind} eq 'p')
				{
					next if $state !~ /^(there|gone|rows)$/;
					my $copy = "${db}_p";
					$node->safe_psql('postgres', "DROP DATABASE IF EXISTS $copy; CREATE DATABASE $copy TEMPLATE $db OWNER dbo");
					$combinations[-1]{error} = as_role($roles[$r], $copy, "$settings\n$call;");
				}
				else
				{
					$sql{ $roles[$r] } .= "$settings\n\\warn call $id\nBEGIN;\n$call;\nSET CONSTRAINTS ALL IMMEDIATE;\nROLLBACK;\n";
				}
			}
		}
	}
	for my $role (sort keys %sql)
	{
		my $errors = as_role($role, $db, $sql{$role});
		while ($errors =~ /^call (\d+)\n(.*?)(?=^call |\z)/msg) { $combinations[$1]{error} = $2; }
	}
	$number++;
}

my $only = $ENV{CARRIER};
my $without_rows = 0;
for my $carrier (@carriers)
{
	my ($name, undef, $plain) = @$carrier;
	next if defined $only && $name !~ /$only/;
	my $db = 'h' . $number . '_plain';
	my $err = make($db, $carrier, 'there');
	is($err, '', "$name: made");
	as_role('postgres', $db, "SET application_name = 'plain $name';" . path($carrier) . $plain);
	for my $state (@states)
	{
		my $attacked = "h$number$state";
		$err = make($attacked, $carrier, $state);
		# some carriers, such as a cast or a domain, take no such rows
		next if $err ne '' && $state eq 'strayed' && ++$without_rows;
		is($err, '', "$name, $state: made");
		attack($attacked, $carrier, $state);
		$node->safe_psql('postgres', "DROP DATABASE IF EXISTS ${attacked}_p");
	}
}
cmp_ok($without_rows, '<', @carriers / 2, 'most carriers take managed rows') if !defined $only;

# ---- what the canary has told

my $log = slurp_file($node->logfile);
my (%plain, %seen);
while ($log =~ /canary\|(\w+) ?([^|]*)\|(\w+)\|(\w+)\|(\w)\|/g)
{
	my ($kind, $rest, $user, $session, $free) = ($1, $2, $3, $4, $5);
	$plain{$rest} = 1 if $kind eq 'plain';
	next if $kind !~ /^c(\d+)$/;
	my $c = $combinations[$1];
	$c->{fired}++;
	my $owner = $c->{owner};
	next if $owner eq 'caller' && $c->{role} eq 'postgres';
	$owner = $c->{role} if $owner eq 'caller';
	$c->{escalation} = "as $user" . ($free eq 't' ? ', free to become the session\'s role' : '') . " in a session of $session"
	  if $user ne $owner || ($session ne $owner && $free eq 't');
}
my ($counted, $fired, $refused) = (0, 0, 0);
my %escalations;
for my $c (@combinations)
{
	next if !$plain{ $c->{carrier} };
	$counted++;
	$fired++ if $c->{fired};
	$refused++ if ($c->{error} // '') =~ /permission denied|must be/;
	push @{ $escalations{ $c->{carrier} } }, "$c->{role}, $c->{state}: $c->{call} runs it $c->{escalation}" if $c->{escalation};
}
for my $carrier (@carriers)
{
	next if defined $only && $carrier->[0] !~ /$only/;
	ok($plain{ $carrier->[0] }, "$carrier->[0]: fires when typed plainly");
	is(join("\n", @{ $escalations{ $carrier->[0] } // [] }), '', "$carrier->[0]: runs as its owner only");
}
note "$counted combinations, code has run in $fired of them, $refused refused for want of rights";
if ($ENV{VERBOSE_ERRORS})
{
	note "$_->{role} $_->{carrier} $_->{state} $_->{call}: $_->{error}" for grep { ($_->{error} // '') =~ /ERROR/ } @combinations;
}
cmp_ok($counted, '>=', defined $only ? 1 : 400, 'combinations');
done_testing();
