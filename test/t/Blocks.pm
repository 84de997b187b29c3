# The code blocks of a page of Markdown, what psql makes of them, and what the page says of that.
#
# Uses nothing but what a bare Debian has of Perl, for test/bare.
package Blocks;

use strict;
use warnings;

# The blocks with one of the marks: { line, mark, text, shows => [ the blocks without a mark that follow ] }
sub of_page
{
	my ($page, @marks) = @_;
	my (@blocks, $text, $mark, $indent, $start);

	open my $file, '<', $page or die "$page: $!";
	while (my $line = <$file>)
	{
		if (!defined $mark)
		{
			next if $line !~ /^(\s*)```(\w*)\s*$/;
			($indent, $mark, $text, $start) = ($1, $2, '', $. + 1);
		}
		elsif ($line =~ /^\s*```\s*$/)
		{
			push @blocks, { line => $start, mark => $mark, text => $text, shows => [] } if grep { $mark eq $_ } @marks;
			push @{ $blocks[-1]{shows} }, $text if $mark eq '' && @blocks;
			undef $mark;
		}
		else
		{
			$text .= $line =~ s/^$indent//r;
		}
	}
	close $file;
	return @blocks;
}

# What psql reads for blocks of SQL.
sub input
{
	my (@blocks) = @_;

	return join '', "\\set QUIET on\n", map { "\\echo -=- $_\n$blocks[$_]{text}\n;\n" } 0 .. $#blocks;
}

# Sets the output of each block, from all that psql printed.
sub set_outputs
{
	my ($out, @blocks) = @_;

	for my $part (split /^-=- /m, $out)
	{
		$blocks[$1]{output} = plain($part) if $part =~ s/^(\d+)\n//;
	}
	return;
}

# An output without what differs from run to run.
sub plain
{
	my ($text) = @_;

	$text =~ s/\d+(\.\d+)? ms\b/N ms/g;
	$text =~ s/[ \t]+$//mg;
	return $text;
}

# Did it do without an error that the page does not show?
sub runs
{
	my ($block) = @_;
	my $output = $block->{output} // 'ERROR: not reached';

	return 1 if grep { /^ERROR: /m } @{ $block->{shows} };
	return $output !~ /^(ERROR|FATAL): |^invalid command/m;
}

# The parts that the page shows of it and that are not there.
sub not_shown
{
	my ($block) = @_;

	return grep { index($block->{output} // '', $_) < 0 } map { plain($_) } @{ $block->{shows} };
}

1;
