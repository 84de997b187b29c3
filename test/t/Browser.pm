# A headless Chromium, spoken to over a pair of pipes.
package Browser;

use strict;
use warnings;
use Fcntl;
use File::Temp;
use IO::Handle;
use IO::Select;
use JSON::PP;
use MIME::Base64;
use POSIX ();

# The browser, or undef.
sub program
{
	my ($program) = grep { -x } map { ("/usr/bin/$_", "/snap/bin/$_") } qw(chromium chromium-browser google-chrome);
	return $program;
}

sub new
{
	my ($class) = @_;
	my ($program, $home) = (program(), File::Temp->newdir);
	my $self = bless { home => $home, id => 0, buffer => '', events => [] }, $class;

	pipe(my $their_in, my $our_out) or die "pipe: $!";
	pipe(my $our_in, my $their_out) or die "pipe: $!";
	my $pid = fork() // die "fork: $!";
	if (!$pid)
	{
		# it reads commands from 3 and answers on 4; move both out of the way first
		my $in = fcntl($their_in, F_DUPFD, 10);
		my $out = fcntl($their_out, F_DUPFD, 10);
		POSIX::dup2($in, 3);
		POSIX::dup2($out, 4);
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		$ENV{HOME} = "$home";
		exec($program, qw(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --remote-debugging-pipe),
			"--user-data-dir=$home/profile", 'about:blank') or POSIX::_exit(127);
	}
	close $their_in;
	close $their_out;
	$our_out->autoflush(1);
	@$self{qw(pid in out)} = ($pid, $our_in, $our_out);
	my $target = $self->call('Target.createTarget', { url => 'about:blank' })->{targetId};
	$self->{session} =
	  $self->call('Target.attachToTarget', { targetId => $target, flatten => JSON::PP::true })->{sessionId};
	$self->call($_) for qw(Page.enable Runtime.enable Log.enable Network.enable);
	return $self;
}

# The next message; dies after 60 seconds without one.
sub message
{
	my ($self) = @_;

	my $end;

	while (($end = index $self->{buffer}, "\0") < 0)
	{
		IO::Select->new($self->{in})->can_read(60) or die "the browser does not answer\n";
		sysread($self->{in}, $self->{buffer}, 65536, length $self->{buffer}) or die "the browser has gone\n";
	}
	my $message = substr $self->{buffer}, 0, $end + 1, '';
	chop $message;
	return decode_json($message);
}

# Call a method of the protocol, and return its result.
sub call
{
	my ($self, $method, $params) = @_;
	my $id = ++$self->{id};

	print { $self->{out} } encode_json({ id => $id, method => $method, params => $params // {},
			$self->{session} ? (sessionId => $self->{session}) : () }), "\0";
	while (1)
	{
		my $message = $self->message;
		push(@{ $self->{events} }, $message), next if !defined $message->{id};
		die "$method: $message->{error}{message}\n" if $message->{error};
		return $message->{result};
	}
}

# Show a page in a window of this size, "dark" or not.
sub open_page
{
	my ($self, $url, $width, $height, $dark) = @_;

	$self->{events} = [];
	$self->call('Emulation.setDeviceMetricsOverride',
		{ width => $width, height => $height, deviceScaleFactor => 1, mobile => JSON::PP::false });
	$self->call('Emulation.setEmulatedMedia',
		{ features => [ { name => 'prefers-color-scheme', value => $dark ? 'dark' : 'light' } ] });
	$self->call('Page.navigate', { url => $url });
	push @{ $self->{events} }, $self->message
	  until grep { $_->{method} eq 'Page.loadEventFired' } @{ $self->{events} };
}

# The value of an expression of JavaScript.
sub value
{
	my ($self, $expression) = @_;
	my $result = $self->call('Runtime.evaluate',
		{ expression => $expression, returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true });
	die "$expression: $result->{exceptionDetails}{exception}{description}\n" if $result->{exceptionDetails};
	return $result->{result}{value};
}

# What the console said since the page was opened.
sub console
{
	my ($self) = @_;

	$self->value('1');
	return map { encode_json($_->{params}) }
	  grep { $_->{method} =~ /^(Log\.entryAdded|Runtime\.consoleAPICalled|Runtime\.exceptionThrown)$/ }
	  @{ $self->{events} };
}

# The addresses that the page asked for.
sub requests
{
	my ($self) = @_;

	return map { $_->{params}{request}{url} }
	  grep { $_->{method} eq 'Network.requestWillBeSent' } @{ $self->{events} };
}

sub screenshot
{
	my ($self, $file, $full) = @_;
	my $picture = $self->call('Page.captureScreenshot',
		{ format => 'png', captureBeyondViewport => $full ? JSON::PP::true : JSON::PP::false });

	open my $out, '>:raw', $file or die "$file: $!";
	print $out decode_base64($picture->{data});
	close $out;
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $@);

	return if !$self->{pid};
	eval { $self->{session} = undef; $self->call('Browser.close') };
	kill 'KILL', $self->{pid} if $@;
	waitpid $self->{pid}, 0;
}

1;
