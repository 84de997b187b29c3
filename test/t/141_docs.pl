# What README.md and the pages of docs/ show is what happens.
#
# The blocks marked "sql" of a page are executed in their order, in one session of psql in a new
# database that has the extension.  A block without a mark is a part of the output of the "sql"
# block before it.  An error is expected where such a part shows one.  Times that progress reports
# stand for any others.

use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";

# Pages that go on where another one ends.
my %goes_on = ('docs/guide.md' => 'README.md');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "fsync = off\nmax_prepared_transactions = 5\n");
$node->start;

# The blocks of a page: { line, sql, shows => [ text ] }
sub blocks
{
	my ($page) = @_;
	my (@blocks, $text, $mark, $indent, $start);

	open my $file, '<', "$root/$page" or die "$page: $!";
	while (my $line = <$file>)
	{
		if (!defined $mark)
		{
			next if $line !~ /^(\s*)```(\w*)\s*$/;
			($indent, $mark, $text, $start) = ($1, $2, '', $. + 1);
		}
		elsif ($line =~ /^\s*```\s*$/)
		{
			push @blocks, { line => $start, sql => $text, shows => [] } if $mark eq 'sql';
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

# An output without what differs from run to run.
sub plain
{
	my ($text) = @_;

	$text =~ s/\d+(\.\d+)? ms\b/N ms/g;
	$text =~ s/[ \t]+$//mg;
	return $text;
}

# Execute blocks in one session; sets the output of each.
sub execute
{
	my ($database, @blocks) = @_;
	my $input = "\\set QUIET on\n";
	my ($out, $err);

	$input .= "\\echo -=- $_\n$blocks[$_]{sql}\n;\n" for 0 .. $#blocks;
	IPC::Run::run([ 'psql', '-X', '-d', $node->connstr($database) ], '<', \$input, '>', \$out, '2>&1');
	for my $part (split /^-=- /m, $out)
	{
		$blocks[$1]{output} = $part if $part =~ s/^(\d+)\n//;
	}
}

sub test_page
{
	my ($page, $database) = @_;
	my @before = $goes_on{$page} ? blocks($goes_on{$page}) : ();
	my @blocks = blocks($page);

	return if !@blocks;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION schemaver')
	  if !grep { $_->{sql} =~ /^CREATE EXTENSION schemaver/m } @before, @blocks;
	execute($database, @before, @blocks);
	foreach my $block (@blocks)
	{
		my $output = plain($block->{output} // '');
		my $wants_error = grep { /^ERROR: /m } @{ $block->{shows} };

		ok($wants_error || $output !~ /^(ERROR|FATAL): |^invalid command/m, "$page, line $block->{line}: runs")
		  or diag($output);
		ok(index($output, plain($_)) >= 0, "$page, line $block->{line}: shows what it says")
		  or diag("wanted:\n" . plain($_) . "got:\n$output")
		  foreach @{ $block->{shows} };
	}
}

chdir $root or die;
my @pages = ('README.md', glob('docs/*.md'), glob('docs/*/*.md'));
test_page($pages[$_], "page_$_") foreach 0 .. $#pages;
done_testing();
