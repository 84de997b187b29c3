# What README.md and the pages of docs/ show is what happens.
#
# The blocks marked "sql" of a page are executed in their order, in one session of psql in a new
# database that has the extension.  A block without a mark is a part of the output of the "sql"
# block before it.  An error is expected where such a part shows one.  Times that progress reports
# stand for any others.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Blocks;
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

# Execute blocks in one session; sets the output of each.
sub execute
{
	my ($database, @blocks) = @_;
	my $input = Blocks::input(@blocks);
	my $out;

	IPC::Run::run([ 'psql', '-X', '-d', $node->connstr($database) ], '<', \$input, '>', \$out, '2>&1');
	Blocks::set_outputs($out, @blocks);
	return;
}

sub test_page
{
	my ($page, $database) = @_;
	my @before = $goes_on{$page} ? Blocks::of_page($goes_on{$page}, 'sql') : ();
	my @blocks = Blocks::of_page($page, 'sql');

	return if !@blocks;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, 'CREATE EXTENSION schemaver')
	  if !grep { $_->{text} =~ /^CREATE EXTENSION schemaver/m } @before, @blocks;
	execute($database, @before, @blocks);
	foreach my $block (@blocks)
	{
		ok(Blocks::runs($block), "$page, line $block->{line}: runs") or diag($block->{output});
		my @missing = Blocks::not_shown($block);
		is(scalar @missing, 0, "$page, line $block->{line}: shows what it says")
		  or diag(join '', map { "wanted:\n$_" } @missing, "got:\n$block->{output}");
	}
}

chdir $root or die;
my @pages = ('README.md', glob('docs/*.md'), glob('docs/*/*.md'));
test_page($pages[$_], "page_$_") foreach 0 .. $#pages;
done_testing();
