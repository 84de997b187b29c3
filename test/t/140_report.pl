# The report: one page that says what there is, whatever names there are, and that a browser shows as it should.

use strict;
use warnings;
use FindBin;
use lib $FindBin::RealBin;
use Browser;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "schemaver.journal_failures = off\n");
$node->append_conf('postgresql.conf', "fsync = off\nschemaver.progress = off\n");
$node->start;

# Fill a database with SQL, and return the file of its report.
sub report
{
	my ($database, $sql) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$database.html";

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "CREATE EXTENSION schemaver;\n$sql");
	my $page = $node->safe_psql($database, 'SELECT schemaver.report()');
	append_to_file($file, $page);
	return ($file, $page);
}

my %pages;
my $example = "$FindBin::RealBin/../example";

$pages{example} = [ report('example', qq{
	SELECT count(*) FROM schemaver.load_directory('$example');
	SELECT count(*) FROM schemaver.upgrade('9be3');
	ALTER TABLE shed.member ADD COLUMN made_by_hand text;
	CREATE OR REPLACE VIEW shed.account AS SELECT m.member_id, m.given_name AS name, 0::numeric AS owed FROM shed.member m;
	DROP INDEX shed.member_email_key;
}) ];
like($pages{example}[1], qr/<dd>9be3071d5fc4<\/dd>/, 'the version');
like($pages{example}[1], qr/<dt>pending<\/dt><dd>1</, 'the number of pending revisions');
like($pages{example}[1], qr/<dt>drifted objects<\/dt><dd>3</, 'the number of drifted objects');
like($pages{example}[1], qr/class="del">-     concat_ws.*class="ins">\+     m\.given_name AS name/s, 'drift line by line');
like($pages{example}[1], qr/class="card is-changed" id="t\d+">\s*<h3>shed\.member /, 'a table that the last revision changed');

# Names that want to be something else.
my $evil = q{</pre><script>document.title=1</script><img onerror=a()>"'&};
my $text = "'" . $evil =~ s/'/''/gr . "'";
my $name = '"' . $evil =~ s/"/""/gr . '"';
my $id = $text =~ s/ /_/gr;
$pages{hostile} = [ report('hostile', qq{
	SELECT schemaver.revision($text || E'\\n' || $text, \$up\$-- $evil
		CREATE SCHEMA $name;
		CREATE TYPE $name.e AS ENUM ($text);
		CREATE TABLE $name.$name ($name int PRIMARY KEY REFERENCES $name.$name, b $name.e DEFAULT $text);
		COMMENT ON TABLE $name.$name IS $text;\$up\$, id => $id, branch_labels => ARRAY['label' || $id]);
	SELECT count(*) FROM schemaver.upgrade(note => $text);
	CREATE TABLE $name ($name int);
	COMMENT ON TABLE $name.$name IS 'another';
	SELECT schemaver.revision($text, 'SELECT ' || quote_literal($text), \$down\$-- $evil\$down\$);
}) ];

# A long history, whose texts are large, too.
$pages{long} = [ report('long', q{
	DO $$
	DECLARE
		id text;
		before text;
	BEGIN
		FOR i IN 1..1000 LOOP
			before := CASE WHEN i % 7 = 0 THEN 'r' || i - 3 ELSE 'r' || i - 1 END;
			id := 'r' || i;
			IF i % 7 = 1 AND i > 1 THEN
				PERFORM schemaver.merge(ARRAY['r' || i - 1, 'r' || i - 2], id => id);
			ELSE
				PERFORM schemaver.revision('revision ' || i || repeat(' with a long message', 20),
					format('CREATE TABLE t%s (id bigint PRIMARY KEY, t text DEFAULT %L);', i, repeat('a "quoted" text ', 2000)),
					id => id, revises => CASE WHEN i = 1 THEN '{}' ELSE ARRAY[before] END, splice => true);
			END IF;
		END LOOP;
	END $$;
	SELECT count(*) FROM schemaver.upgrade('r600');
}) ];
$pages{empty} = [ report('empty', '') ];

# An online run that stopped in the middle.
$node->safe_psql('empty', q{
	CREATE TABLE t (i int);
	INSERT INTO t VALUES (1), (1);
	SELECT schemaver.revision('unique', 'ALTER TABLE t ADD j int; CREATE UNIQUE INDEX CONCURRENTLY i ON t (i)', id => 'u1');
	SELECT schemaver.revision('later', '', id => 'u2');
});
my ($status, $out, $err) = $node->psql('empty', 'CALL schemaver.online_upgrade()');
like($err, qr/could not create unique index/, 'an online run fails');
my $unfinished = $node->safe_psql('empty', 'SELECT schemaver.report()');
like($unfinished, qr/<dt>interrupted<\/dt><dd>1</, 'the number of interrupted revisions');
like($unfinished, qr/<path class="svm sv-interrupted" d="[^"]*"\/><text [^>]*><tspan class="svi">u1</, 'and its mark in the graph');
like($unfinished, qr/<span class="tag failed">failed<\/span> could not create unique index/, 'the run that failed, with its error');
like($unfinished, qr/CREATE INDEX<\/td>|CREATE INDEX <span class="tag changed">needs CALL online_upgrade\(\)</, 'what it would do');

foreach my $name (sort keys %pages)
{
	my ($file, $page) = @{ $pages{$name} };

	cmp_ok(length $page, '<', 2_000_000, "$name: less than 2 MB");
	unlike($page, qr/[^\x00-\x7F]/, "$name: ASCII");
	unlike($page, qr/<(?:script|img|iframe|object)\b|\bon\w+="|(?:src|href)="(?!#|data:,")/i, "$name: nothing that runs or is fetched");
	SKIP: {
		skip 'xmllint is not here', 1 if !-x '/usr/bin/xmllint';
		command_ok([ 'xmllint', '--noout', '--huge', $file ], "$name: well-formed");
	}
}

SKIP: {
	skip 'Chromium is not here', 1 if !Browser::program();
	my $browser = Browser->new;

	foreach my $name (sort keys %pages)
	{
		foreach my $width (390, 1440)
		{
			my $what = "$name, $width pixels";

			$browser->open_page("file://$pages{$name}[0]", $width, 900, $width == 390);
			is(join("\n", $browser->console), '', "$what: the console is empty");
			is(scalar(my @requests = $browser->requests), 1, "$what: nothing else is fetched");
			is($browser->value('document.documentElement.scrollWidth <= innerWidth'), JSON::PP::true, "$what: no overflow");
			is($browser->value('document.title'), "Schema of $name", "$what: the title");
			is($browser->value('document.querySelectorAll("main img, main script, main iframe").length'), 0,
				"$what: no element from a name");
			is($browser->value('[...document.querySelectorAll("a[href]")].filter(a => '
				  . '!document.getElementById(a.getAttribute("href").slice(1))).length'), 0, "$what: each link leads somewhere");
			$browser->screenshot("$PostgreSQL::Test::Utils::tmp_check/report_${name}_$width.png");
		}
	}
}

done_testing();
