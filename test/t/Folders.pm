# A small folder of each format, as the text that load() takes.
package Folders;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(folders);

# A folder as one text, of pairs of name and content.
sub folder
{
	my $text = '';
	while (my ($name, $content) = splice @_, 0, 2) { $text .= "-- schemaver:file $name\n$content\n"; }
	return $text;
}

my $plan = "%syntax-version=1.0.0\n%project=demo\n%uri=https://example.com/\n\n"
  . "a 2026-01-02T03:04:05Z A <a\@example.com> # note\\n two\n\@v1 2026-01-02T03:04:05Z A <a\@example.com>\n"
  . "b [a !c a\@v1] 2026-01-02T03:04:06Z A <a\@example.com>\na [a\@v1] 2026-01-02T03:04:07Z A <a\@example.com>\n";
my @all = (
	folder('V1__a.sql' => 'CREATE TABLE a ();', 'V2.1__b.sql' => "SELECT '\${x}';", 'U1__a.sql' => 'DROP TABLE a;',
		'R__v.sql' => 'CREATE OR REPLACE VIEW v AS SELECT 1;', 'B2__all.sql' => 'SELECT 1;',
		'V2.1__b.sql.conf' => "executeInTransaction=false\n# x\nplaceholderReplacement=false"),
	folder('root.yaml' => "databaseChangeLog:\n  - property:\n      name: t\n      value: a\n  - include:\n      file: a.sql\n"
		  . "  - includeAll:\n      path: d\n      maxDepth: 1\n",
		'a.sql' => "--liquibase formatted sql logicalFilePath:x\n--property name:p value:\"q r\" dbms:postgresql\n"
		  . "--changeset ann:1 context:\"a and !b\" labels:x endDelimiter:/ runOnChange:true\n--comment: c\n"
		  . "--preconditions onFail:MARK_RAN\n--precondition-sql-check expectedResult:0 SELECT 0\nSELECT 1\n/\n"
		  . "--rollback SELECT 2\n--changeset ann:2\nSELECT '\${p}';\n/* liquibase rollback\nSELECT 3;\n*/\n"
		  . "--changeset ann:3\n--ignoreLines:1\nx\nSELECT 3;\n--rollback changesetId:2 changesetAuthor:ann\n",
		'd/raw.sql' => 'SELECT 4;'),
	folder('root.xml' => "<?xml version=\"1.0\"?>\n<databaseChangeLog xmlns='x'>\n<!-- c -->\n<preConditions><dbms type=\"postgresql\"/>"
		  . "</preConditions><include file=\"a.sql\" relativeToChangelogFile=\"true\"/>\n</databaseChangeLog>",
		'a.sql' => 'SELECT 1;'),
	folder('root.json' => '{"databaseChangeLog": [{"include": {"file": "a.sql"}}, {"property": {"name": "a", "value": "b"}}]}',
		'a.sql' => 'SELECT 1;'),
	folder('sqitch.plan' => $plan, 'sqitch.conf' => "[core]\n\ttop_dir = .\n\textension = sql\n",
		map({ ("deploy/$_.sql" => "BEGIN;\nSELECT :'x';\nCOMMIT;", "revert/$_.sql" => 'SELECT 1;', "verify/$_.sql" => 'ROLLBACK;') }
			'a', 'b', 'a@v1')),
	folder('sqitch.conf' => "[core]\n\ttop_dir = db\n\tdeploy_dir = up\n\treworked_dir = \"old\" # x\n[engine \"pg\"]\n\tverify_dir = v\n",
		'db/sqitch.plan' => "%project=x\n\na 2026-01-02T03:04:05Z A <a\@example.com>\n",
		'up/a.sql' => "\\set n 'it''s \\n' :x\n\\set m :n 5\nSELECT :n, :'m', :\"n\", ':n';\n\\i lib/a.sql\n\\ir ../lib/b.sql\n",
		'lib/a.sql' => "\\ir b.sql\nSELECT 1;", 'lib/b.sql' => "SELECT \$\$:n\$\$, 1::int;"),
	folder('root.yml' => "databaseChangeLog:\n  - property: {name: \"t\\n\", value: 'it''s'} # c\n  - include: {file: a.sql, labels: \"x, y\"}\n",
		'a.sql' => "--liquibase formatted sql\n--changeset a:1\n--preconditions onFail:WARN\n--precondition-table-exists table:\"a B\" schema:S\nSELECT 1;"),
	folder('root.xml' => "<databaseChangeLog><property name='a' value='&lt;&#228;&amp; > x'/><include file='a.sql' context='x'/></databaseChangeLog>", 'a.sql' => 'SELECT 1;'),
	folder('tern.conf' => "[database]\nhost = x\n[data]\nq = a b\n", '001_a.sql' => "SELECT '{{.q}}{{.p}}';\n---- create above / drop below ----\n"),
	folder('1_a.up.sql' => 'CREATE TABLE a ();', '1_a.down.sql' => 'DROP TABLE a;', '2_b.postgres.up.sql' => 'SELECT {{ index .Options "N" }};',
		'2_b.mysql.up.sql' => 'x'),
	folder('2026-01-02-000000_a/up.sql' => 'SELECT 1;', '2026-01-02-000000_a/down.sql' => 'SELECT 2;',
		'2026-01-02-000000_a/metadata.toml' => 'run_in_transaction = false'),
	folder('00001_a.sql' => "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\nSELECT 1\n-- +goose StatementEnd\n"
		  . "-- +goose ENVSUB ON\nSELECT '\${A:-b}';\n-- +goose ENVSUB OFF\n-- +goose Down\nSELECT 2;"),
	folder('1.sql' => "-- +migrate Up notransaction\nSELECT 1;\n-- +migrate Down\nSELECT 2;"),
	folder('1_a.sql' => "-- migrate:up transaction:false\nSELECT 1;\n-- migrate:down\nSELECT 2;"),
	folder('001_a.sql' => "---- tern: disable-tx ----\n{{ template \"s/x.sql\" . }}\n---- create above / drop below ----\nSELECT {{.p}};",
		's/x.sql' => 'SELECT 1;'),
	folder('1_a.sql' => "-- Up Migration\nSELECT 1;\n-- Down Migration\nSELECT 2;"),
	folder('1_a.sql' => "-- rambler up\nSELECT 1;\n-- rambler down\nSELECT 2;"),
	folder('1_a.sql' => "SELECT 1;\n-- //\@UNDO\nSELECT 2;"),
	folder('1.sql' => "# --- !Ups\nSELECT 1;\n# --- !Downs\nSELECT 2;"),
	folder('20260101_a/migration.sql' => "SELECT 1;\nCOMMIT;", '20260101_a/down.sql' => 'SELECT 2;',
		'migration_lock.toml' => 'provider = "postgresql"'),
	folder('0000_a.sql' => "SELECT 1\n--> statement-breakpoint\nSELECT 2", 'meta/_journal.json' =>
		'{"dialect": "postgresql", "entries": [{"idx": 0, "when": 1700000000000, "tag": "0000_a"}]}'),
	folder('committed/000001-a.sql' => "--! Previous: -\n--! Hash: sha1:7ac85ab82e7d535d6fd133aaf820289af70516e7\n\ncreate table t(a int);\n",
		'current.sql' => 'x'),
	folder('v1.2/a.sql' => 'SELECT 1;', 'v1.2/b.sql' => 'SELECT 2;', 'v1.2/manifest.json' => '{"Files": ["b.sql", "a.sql"]}'),
	folder('up.sql' => "BEGIN;\n\n-- Running upgrade  -> a1\n\nSELECT 1;\n\nCOMMIT;\n\nSELECT 2;\n\nBEGIN;\n\n-- Running upgrade a1 -> b2, x\n\n"
		  . "SELECT 3;\n\nCOMMIT;\n", 'down.sql' => "-- Running downgrade b2 -> a1\n\nSELECT 4;"),
	folder('structure.sql' => "SELECT 1;\nINSERT INTO \"schema_migrations\" (version) VALUES\n('20260101000000'),\n('20250101000000');"),
	folder('1_a.sql' => "-- atlas:delimiter \\n\\n\n\nSELECT 1\n\nSELECT 2\n", '2_b.sql' => "-- atlas:checkpoint\n\nSELECT 3;",
		'3_c.sql' => "-- atlas:txtar\n\n-- checks.sql --\nSELECT true;\n-- migration.sql --\nSELECT 4;\n-- down.sql --\nSELECT 5;"),
	folder('1_a.sql' => 'SELECT 1;', 'atlas.sum' => "h1:x\n1_a.sql h1:y"),
	folder('a.sql' => "-- schemaver:revision a\n-- schemaver:up\nSELECT 1;\n-- schemaver:down\nSELECT 2;"),
	folder('20260102-a-up.sql' => 'SELECT 1;', '20260102-a-down.sql' => "-- Down migration for a\nSELECT 2;"),
	folder('config.toml' => 'x', 'migrations/20260102_b.sql' => 'SELECT 1;', 'migrations/20260101120000_a.sql' => 'SELECT 2;'),
	folder('001_a.sql' => "{{ template \"d/s/x.sql\" \"a\" }}", 's/x.sql' => 'SELECT {{.}};'));

sub folders { return @all; }

1;
