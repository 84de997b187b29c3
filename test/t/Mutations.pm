# Texts that are changed at random places, the same in every run.
package Mutations;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(seed pick mutate copy_bytes);

my $state = 1;

sub seed { ($state) = @_; return; }

# A number below n.
sub pick
{
	my ($n) = @_;
	$state = ($state * 1103515245 + 12345) % 2147483648;
	return int($state / 65536) % $n;
}

# The text with up to "most" changes: something is cut out, one of the pieces or a part of the other text put in, a byte changed.
sub mutate
{
	my ($text, $other, $most, @pieces) = @_;
	for (1 .. 1 + pick($most))
	{
		my $at = pick(length($text) + 1);
		my $way = pick(5);
		if ($way == 0) { substr($text, $at, pick(40)) = ''; }
		elsif ($way <= 2) { substr($text, $at, 0) = $pieces[ pick(scalar @pieces) ]; }
		elsif ($way == 3) { substr($text, $at, 1) = chr(1 + pick(127)); }
		else { substr($text, $at, pick(20)) = substr($other, pick(length $other), pick(200)); }
	}
	return $text;
}

# A line of COPY that is the text as bytea.
sub copy_bytes { return '\\\\x' . unpack('H*', $_[0]) . "\n"; }

1;
