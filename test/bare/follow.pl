# follow.pl MODE PORT FILE: follow a page as a reader does, by copy and paste, on a bare Debian.
#
#   sql PORT PAGE     the blocks of SQL, in the database that the page names
#   all PORT PAGE     before them the blocks of the shell, in /src
#   unit PORT FILE    what a systemd unit starts, as its user, on the revisions of test/example
#   serve PORT PAGE   a server with a role "deploy" that has the rights that the page gives, and the
#                     databases "github" and "gitlab", until there is a file /tmp/end
#
# Dies with what went wrong.  Uses nothing but what a bare Debian has of Perl.

use strict;
use warnings;
use File::Basename;
use lib dirname(__FILE__) . '/../t';
use Blocks;

my ($mode, $port, $page) = @ARGV;
my $root = dirname(__FILE__) . '/../..';
my $version;
$ENV{PGPORT} = $port;

sub spill
{
	my ($file, $text) = @_;

	open my $handle, '>', $file or die "$file: $!";
	print $handle $text;
	close $handle or die "$file: $!";
	chmod 0644, $file;
	return $file;
}

sub slurp { my ($file) = @_; local $/; open my $handle, '<', $file or die "$file: $!"; return <$handle> // '' }

# Run a command; its output, or the end.
sub run
{
	my ($command) = @_;

	print "+ $command\n";
	system("{ $command\n} >/tmp/out 2>&1 </dev/null");
	my $status = $?;
	my $out = slurp('/tmp/out');
	print $out;
	die "exit status $status\n" if $status;
	return $out;
}

sub as_postgres { my ($command) = @_; return run("runuser -u postgres -- $command") }

# SQL in a database, as the superuser.
sub sql
{
	my ($database, $text) = @_;
	my $file = spill('/tmp/input.sql', $text);

	return as_postgres("psql -XAtq -v ON_ERROR_STOP=1 -d $database -f $file");
}

# The cluster that the package made; it is started where its processes can be ended.
sub start_server
{
	($version) = map { basename($_) } grep { -d } glob('/etc/postgresql/*');
	my $folder = "/etc/postgresql/$version/main";

	system("pg_ctlcluster $version main stop -m immediate >/dev/null 2>&1");
	spill("$folder/conf.d/bare.conf", "port = $port\nfsync = off\n");
	spill("$folder/pg_hba.conf", "local all all trust\nhost all all 127.0.0.1/32 trust\n");
	run("pg_ctlcluster $version main start");
	return;
}

sub follow_shell
{
	run("cd $root && set -e\n$_->{text}") foreach Blocks::of_page($page, 'sh');
	return;
}

# The page says in which database, and how that is made.
sub follow_sql
{
	my ($create, $psql) = slurp($page) =~ /`(createdb \w+) && (psql \w+)`/ or die "the page names no database\n";
	my @blocks = Blocks::of_page($page, 'sql');
	my $input = spill('/tmp/page.sql', Blocks::input(@blocks));
	my $wrong = '';

	as_postgres($create);
	Blocks::set_outputs(as_postgres("$psql -X -f $input 2>&1") =~ s/^psql:\S+: //mgr, @blocks);
	foreach my $block (@blocks)
	{
		$wrong .= "line $block->{line} fails\n" if !Blocks::runs($block);
		$wrong .= "line $block->{line} does not show:\n$_" foreach Blocks::not_shown($block);
	}
	die "no blocks\n" if !@blocks;
	die $wrong if $wrong;
	return;
}

sub follow_unit
{
	my $unit = slurp($page);
	my ($start) = $unit =~ /^ExecStart=(.*)$/m;
	my ($user) = $unit =~ /^User=(.*)$/m;
	my ($environment) = $unit =~ /^EnvironmentFile=(.*)$/m;
	my ($folder) = $start =~ /(\S+)$/;

	run("useradd --system $user && mkdir -p " . dirname($environment) . ' ' . dirname($folder) . " && cp -a $root/test/example $folder");
	spill($environment, "PGHOST=/var/run/postgresql\nPGPORT=$port\nPGDATABASE=unit\nPGUSER=$user\n");
	sql('postgres', "CREATE ROLE $user LOGIN; CREATE DATABASE unit");
	sql('unit', "CREATE EXTENSION schemaver; GRANT CREATE ON DATABASE unit TO $user; SELECT schemaver.grant_set('deployer', '$user')");
	run("runuser -u $user -- env -i PATH=/usr/sbin:/usr/bin sh -c 'set -a && . $environment && exec $start'");
	die "not at the head\n" if sql('unit', 'SELECT revision FROM schemaver.current()') ne "4e60a8d7b312\n";
	return;
}

sub serve
{
	my ($functions) = slurp($page) =~ /^(GRANT EXECUTE ON FUNCTION .*? TO deploy;)$/ms;
	my ($procedures) = slurp($page) =~ /^(GRANT EXECUTE ON PROCEDURE .* TO deploy;)$/m;

	sql('postgres', "CREATE ROLE deploy LOGIN;\nCREATE DATABASE github;\nCREATE DATABASE gitlab;\n");
	sql($_, "CREATE EXTENSION schemaver; GRANT CREATE ON DATABASE $_ TO deploy;
		GRANT EXECUTE ON FUNCTION schemaver.test, schemaver.report TO deploy; $functions $procedures")
	  foreach qw(github gitlab);
	select(undef, undef, undef, 0.2) until -e '/tmp/end';
	foreach my $database (qw(github gitlab))
	{
		die "$database is not at the head\n"
		  if sql($database, 'SELECT revision FROM schemaver.current()') ne "4e60a8d7b312\n";
	}
	return;
}

follow_shell() if $mode eq 'all';
start_server();
follow_sql() if $mode eq 'sql' || $mode eq 'all';
follow_unit() if $mode eq 'unit';
serve() if $mode eq 'serve';

# It must not change the exit status.
END
{
	local $?;
	system("pg_ctlcluster $version main stop -m immediate >/dev/null 2>&1") if $version;
}
