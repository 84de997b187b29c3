# Sessions beside the one of the test: psql at work, which the test follows.
package Sessions;
use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Utils;
use Time::HiRes;

our @EXPORT = qw(begin_sql begin_sql_in open_session open_session_in say_to wait_for wait_until finish close_session);

# Have psql execute the statements; returns the session at once.  Its members out and
# err are what psql has printed so far.
sub begin_sql
{
	my ($node, @sql) = @_;
	return begin_sql_in($node, 'postgres', @sql);
}

# The same in another database.
sub begin_sql_in
{
	my ($node, $database, @sql) = @_;
	return begin($node, $database, '-qv', 'VERBOSITY=verbose', map { ('-c', $_) } @sql);
}

# A session that has executed the statements and waits for more.
sub open_session
{
	my ($node, @sql) = @_;
	return open_session_in($node, 'postgres', @sql);
}

# The same in another database.
sub open_session_in
{
	my ($node, $database, @sql) = @_;
	my $s = begin($node, $database, '-q');
	say_to($s, @sql);
	return $s;
}

sub begin
{
	my ($node, $database, @options) = @_;
	my %s = (in => '', out => '', err => '');
	my @given = grep { $_ eq '-c' } @options;
	$s{timer} = IPC::Run::timer($PostgreSQL::Test::Utils::timeout_default);
	$s{h} = IPC::Run::start([ 'psql', '-XAt', '-d', $node->connstr($database), @options ],
		'<', @given ? \undef : \$s{in}, '>', \$s{out}, '2>', \$s{err}, $s{timer});
	return \%s;
}

# Have an open session execute the statements and wait until it has; returns what
# err holds then.
sub say_to
{
	my ($s, @sql) = @_;
	$s->{out} = '';
	$s->{in} .= join('', map { "$_;\n" } @sql) . "\\echo said\n\\warn said\n";
	$s->{h}->pump until $s->{out} =~ /^said$/m && $s->{err} =~ s/^said\n//m;
	return $s->{err};
}

# Wait until the session has printed a message that matches.
sub wait_for
{
	my ($s, $pattern) = @_;
	while ($s->{err} !~ $pattern)
	{
		$s->{h}->pumpable or return 0;
		$s->{h}->pump;
	}
	return 1;
}

# Wait until the function returns true; returns whether it did in time.
sub wait_until
{
	my ($is_so) = @_;
	for (1 .. 20 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if $is_so->();
		Time::HiRes::usleep(50_000);
	}
	return 0;
}

# Wait for its end.
sub finish
{
	my ($s) = @_;
	eval { $s->{h}->finish };
	return $s;
}

# End an open session; a transaction that it has open is committed.
sub close_session
{
	my ($s) = @_;
	$s->{in} .= "COMMIT;\n\\q\n";
	return finish($s);
}

1;
