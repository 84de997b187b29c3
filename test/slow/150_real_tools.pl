# A database that another migration tool has made is taken over, upgraded by schemaver and given back: the tool
# itself then says that nothing is to be done, and applies its next migration.  A tool that is not there is skipped.
#
# Debian: sqitch libdbd-pg-perl, sql-migrate, alembic, python3-django python3-psycopg2, ruby-activerecord ruby-pg.  Those
# of npm (dbmate, node-pg-migrate pg, knex, typeorm, drizzle-orm, graphile-migrate, supabase, liquibase with a java) are
# looked for in the folder node_modules of SCHEMAVER_NPM.  REAL_TOOLS="sqitch knex" tries these alone.  Not
# tried with the program itself: Flyway, golang-migrate, goose, tern, diesel, sqlx, refinery, Atlas; Prisma by its files and table.
use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $npm = ($ENV{SCHEMAVER_NPM} // '') . '/node_modules';
my $node = PostgreSQL::Test::Cluster->new('real_tools');
$node->init(extra => [ '--encoding', 'UTF8' ]);
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off");
$node->{_host} = '127.0.0.1';
$node->start;
my $port = $node->port;
my $user = $node->safe_psql('postgres', 'SELECT current_user');
@ENV{qw(PGHOST PGPORT PGUSER)} = ('127.0.0.1', $port, $user);
my $output = '';

sub has_command { return run [ 'sh', '-c', 'command -v "$0"', $_[0] ], '>', '/dev/null', '2>', '/dev/null'; }

sub has_module { return run [ 'python3', '-c', "import $_[0]" ], '>', '/dev/null', '2>', '/dev/null'; }

sub in_npm { return -e "$npm/$_[0]"; }

# The tool's command, in its folder; its output is in $output.
sub tool
{
	my ($dir, @command) = @_;
	my $done = run([ 'sh', '-c', 'cd "$0" && exec "$@"', $dir, @command ], '<', '/dev/null', '>', \my $out, '2>', \my $err);
	$output = "$out$err";
	note($output) if !$done;
	return $done;
}

sub put
{
	my ($dir, %files) = @_;
	for my $name (keys %files)
	{
		(my $folder = "$dir/$name") =~ s{/[^/]*$}{};
		make_path($folder);
		open my $file, '>', "$dir/$name" or die "$dir/$name: $!";
		print $file $files{$name};
		close $file;
	}
	return;
}

sub sql
{
	my ($database, $sql) = @_;
	my ($code, $out, $err) = $node->psql($database, "SET client_min_messages = error;\n$sql");
	note($err) if $code != 0;
	return $code == 0 ? $out : "failed: $err";
}

# The files of what the tool does not have, as it wants them.
sub exported
{
	my ($database, $format) = @_;
	my %files;
	for my $line (split /\n/, sql($database, "SELECT name || ' ' || encode(convert_to(content, 'UTF8'), 'hex') FROM schemaver.export(':', '$format')"))
	{
		$files{$1} = pack('H*', $2) if $line =~ /^(.*) ([0-9a-f]*)$/;
	}
	return %files;
}

# Take over, go on and give back.  %t: tool; files: folder with SQL that is loaded, or none for code; source; format;
# first: applies what is there; write: gets the exported files; pending: true if something is to be done; next: writes
# and applies one more, which makes the table "next"; all: applies all files, if "first" does not.
sub there_and_back
{
	my ($name, %t) = @_;
	my $database = "db_$name";
	my $tool = $t{tool} // $name;
	return if ($ENV{REAL_TOOLS} // $name) !~ /\b\Q$name\E\b/;
	my $source = defined $t{source} ? ", source => '$t{source}'" : '';

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	ok($t{first}->($database), "$name: the tool makes a database") or return;
	sql($database, 'CREATE EXTENSION schemaver');
	if ($t{files})
	{
		unlike(sql($database, "SELECT * FROM schemaver.load_directory('$t{files}'$source)"), qr/^failed/, "$name: its files are loaded");
		is(sql($database, "SELECT DISTINCT state FROM schemaver.adopt('$tool'$source)"), 'matched', "$name: each row is matched");
		unlike(sql($database, "SELECT count(*) FROM schemaver.adopt('$tool'$source, dry_run => false, verify => true)"), qr/^failed/,
			"$name: taken over and proven");
	}
	else
	{
		unlike(sql($database, "SELECT count(*) FROM schemaver.adopt('$tool'$source, dry_run => false, accept => '{unknown}');
			SELECT schemaver.baseline('as it was', id => 'start')"), qr/^failed/, "$name: taken over, and a baseline made");
	}
	is(sql($database, 'SELECT count(*) FROM schemaver.drift()'), '0', "$name: no drift");
	is(sql($database, "SELECT count(*) FROM schemaver.upgrade()"), $t{again} // '0', "$name: nothing is to be done but what runs again");
	my $id = $t{id} ? ", id => '$t{id}'" : '';
	unlike(sql($database, "SELECT schemaver.revision('three', 'CREATE TABLE three (id int)', 'DROP TABLE three'$id);
		SELECT count(*) FROM schemaver.upgrade()"), qr/^failed/, "$name: schemaver goes on");
	$t{write}->(exported($database, $t{format} // $tool));
	unlike(sql($database, "SELECT * FROM schemaver.release('$tool'$source)"), qr/^failed/, "$name: given back");
	ok(!$t{pending}->($database), "$name: the tool says that nothing is to be done") or diag($output);
	ok($t{next}->($database), "$name: the tool applies its next migration") or diag($output);
	is(sql($database, "SELECT to_regclass('next') IS NOT NULL"), 't', "$name: it is there");
	# what schemaver wrote for the tool is executed by the tool
	$node->safe_psql('postgres', "CREATE DATABASE ${database}_new");
	ok(($t{all} // $t{first})->("${database}_new"), "$name: the tool makes a new database of all files") or diag($output);
	is(sql("${database}_new", "SELECT to_regclass('three') IS NOT NULL AND to_regclass('next') IS NOT NULL"), 't', "$name: it has all of it");
	return;
}

# ---------- tools with files of SQL ----------

my $dir = tempdir(CLEANUP => 1);

SKIP:
{
	skip 'sqitch is not there', 1 if !has_command('sqitch');
	my $d = "$dir/sqitch";
	my $three = '';
	my $uri = sub { "db:pg://$user\@127.0.0.1:$port/$_[0]" };
	make_path($d);
	@ENV{qw(SQITCH_FULLNAME SQITCH_EMAIL)} = ('Ann Lee', 'ann@example.com');
	tool($d, qw(sqitch init demo --engine pg --uri https://example.com/demo));
	my $add = sub {
		my ($name, @needs) = @_;
		tool($d, 'sqitch', 'add', $name, '-n', "Adds $name.", map { ('-r', $_) } @needs);
		put($d, "deploy/$name.sql" => "BEGIN;\nCREATE TABLE $name (id int);\nCOMMIT;\n", "revert/$name.sql" => "BEGIN;\nDROP TABLE $name;\nCOMMIT;\n",
			"verify/$name.sql" => "BEGIN;\nSELECT id FROM $name WHERE false;\nROLLBACK;\n");
	};
	there_and_back('sqitch', files => $d,
		first => sub { $add->('one'); tool($d, qw(sqitch tag v1 -n tag)); $add->('two', 'one'); return tool($d, 'sqitch', 'deploy', '--verify', $uri->($_[0])) },
		write => sub {
			my %files = @_;
			for my $name (keys %files)
			{
				if ($name =~ /sqitch\.plan/) { put($d, 'sqitch.plan' => slurp_file("$d/sqitch.plan") . $files{$name}); ($three) = $files{$name} =~ /^(\S+)/; }
				elsif (!-e "$d/$name") { put($d, $name => $files{$name}); }
			}
		},
		pending => sub { my $done = tool($d, 'sqitch', 'status', $uri->($_[0])); return !$done || $output !~ /Nothing to deploy/ || !tool($d, 'sqitch', 'verify', $uri->($_[0])) },
		all => sub { return tool($d, 'sqitch', 'deploy', '--verify', $uri->($_[0])) },
		next => sub { $add->('next', $three); return tool($d, 'sqitch', 'deploy', '--verify', $uri->($_[0])) });
}

SKIP:
{
	skip 'dbmate is not there', 1 if !in_npm('.bin/dbmate');
	my $d = "$dir/dbmate";
	my $dbmate = sub { my ($database, @command) = @_; return tool($d, "$npm/.bin/dbmate", '--url', "postgres://$user\@127.0.0.1:$port/$database?sslmode=disable", '--no-dump-schema', '-d', "$d/m", @command) };
	my $add = sub { put("$d/m", "$_[0]_$_[1].sql" => "-- migrate:up\nCREATE TABLE $_[1] (id int);\n\n-- migrate:down\nDROP TABLE $_[1];\n") };
	$add->('20240101000001', 'one');
	$add->('20240101000002', 'two');
	there_and_back('dbmate', files => "$d/m",
		first => sub { return $dbmate->($_[0], 'up') },
		write => sub { my %f = @_; put("$d/m", map { (m{([^/]*)$}, $f{$_}) } grep { !-e "$d/m/$_" } keys %f) },
		pending => sub { $dbmate->($_[0], 'status'); return $output !~ /Pending: 0/ },
		next => sub { $add->('29990101000001', 'next'); return $dbmate->($_[0], 'up') });
}

SKIP:
{
	skip 'node-pg-migrate is not there', 1 if !in_npm('.bin/node-pg-migrate');
	my $d = "$dir/node_pg_migrate";
	my $run = sub { my ($database, @command) = @_; local $ENV{DATABASE_URL} = "postgres://$user\@127.0.0.1:$port/$database"; return tool($d, "$npm/.bin/node-pg-migrate", '-m', "$d/m", @command) };
	my $add = sub { put("$d/m", "$_[0]_$_[1].sql" => "-- Up Migration\nCREATE TABLE $_[1] (id int);\n\n-- Down Migration\nDROP TABLE $_[1];\n") };
	$add->('1700000000001', 'one');
	$add->('1700000000002', 'two');
	there_and_back('node_pg_migrate', tool => 'node-pg-migrate', files => "$d/m",
		first => sub { return $run->($_[0], 'up') },
		write => sub { my %f = @_; put("$d/m", map { (m{([^/]*)$}, $f{$_}) } grep { !-e "$d/m/$_" } keys %f) },
		pending => sub { my $done = $run->($_[0], 'up'); return !$done || $output !~ /No migrations to run/ },
		next => sub { $add->('9000000000000', 'next'); return $run->($_[0], 'up') });
}

SKIP:
{
	skip 'drizzle-orm is not there', 1 if !in_npm('drizzle-orm') || !in_npm('pg');
	my $d = "$dir/drizzle";
	my @entries;
	put($d, 'run.mjs' => "import pg from '$npm/pg/lib/index.js';\nimport { drizzle } from '$npm/drizzle-orm/node-postgres/index.js';\n"
		  . "import { migrate } from '$npm/drizzle-orm/node-postgres/migrator.js';\n"
		  . "const pool = new pg.Pool({ connectionString: process.argv[2] });\nawait migrate(drizzle(pool), { migrationsFolder: process.argv[3] });\nawait pool.end();\n");
	my $journal = sub { put("$d/m", 'meta/_journal.json' => '{"version": "7", "dialect": "postgresql", "entries": [' . join(', ', @entries) . ']}') };
	my $add = sub {
		my ($when, $name) = @_;
		my $tag = sprintf '%04d_%s', scalar @entries, $name;
		push @entries, '{"idx": ' . scalar(@entries) . ", \"version\": \"7\", \"when\": $when, \"tag\": \"$tag\", \"breakpoints\": true}";
		put("$d/m", "$tag.sql" => "CREATE TABLE $name (id int);\n--> statement-breakpoint\nCOMMENT ON TABLE $name IS 'x'");
		$journal->();
	};
	my $run = sub { return tool($d, 'node', "$d/run.mjs", "postgres://$user\@127.0.0.1:$port/$_[0]", "$d/m") };
	$add->('1700000000001', 'one');
	$add->('1700000000002', 'two');
	there_and_back('drizzle', files => "$d/m",
		first => sub { return $run->($_[0]) },
		write => sub {
			my %f = @_;
			for my $name (keys %f)
			{
				if ($name =~ /_journal\.json\.entry/) { push @entries, $f{$name} if $f{$name} =~ /three/; }
				elsif (!-e "$d/m/$name" && $name =~ /\.sql$/) { put("$d/m", $name => $f{$name}); }
			}
			$journal->();
		},
		pending => sub { my $rows = sql($_[0], 'SELECT count(*) FROM drizzle.__drizzle_migrations'); my $done = $run->($_[0]); return !$done || $rows != 3 || sql($_[0], 'SELECT count(*) FROM drizzle.__drizzle_migrations') != 3 },
		next => sub { $add->('9000000000000', 'next'); return $run->($_[0]) });
}

SKIP:
{
	my $jars = "$npm/liquibase/dist/liquibase/internal/lib";
	skip 'liquibase is not there', 1 if !-d $jars || !has_command('java');
	my $d = "$dir/liquibase";
	my $run = sub { my ($database, @command) = @_; return tool($d, 'java', '-XX:TieredStopAtLevel=1', '-cp', "$jars/*", 'liquibase.integration.commandline.LiquibaseCommandLine', "--url=jdbc:postgresql://127.0.0.1:$port/$database",
		"--username=$user", '--password=x', '--changelog-file=root.yaml', "--search-path=$d", @command) };
	put($d, 'root.yaml' => "databaseChangeLog:\n  - property:\n      name: t\n      value: two\n  - includeAll:\n      path: m\n",
		'm/001.sql' => "--liquibase formatted sql\n--changeset ann:1\n--comment: first\nCREATE TABLE one (id int);\n--rollback DROP TABLE one;\n"
		  . "--changeset bob:1 endDelimiter:/ stripComments:false\n-- a comment\nCREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS \$\$ BEGIN RETURN 1; END \$\$\n/\n"
		  . "--changeset ann:v runOnChange:true\nCREATE OR REPLACE VIEW v AS SELECT id FROM one;\n",
		'm/002.sql' => "--liquibase formatted sql\n--changeset ann:2\nCREATE TABLE \${t} (id int);\n", 'm/003.sql' => "SELECT '\${t}';\n");
	there_and_back('liquibase', files => $d, again => 1,
		first => sub { return $run->($_[0], 'update') },
		write => sub { my %f = @_; put($d, map { ($_, $f{$_}) } grep { $f{$_} =~ /CREATE TABLE three/ } keys %f) },
		pending => sub { my $done = $run->($_[0], 'status'); return !$done || $output !~ /is up to date/ },
		next => sub { put("$d/m", '999.sql' => "CREATE TABLE next (id int);\n"); return $run->($_[0], 'update') });
}

SKIP:
{
	skip 'sql-migrate is not there', 1 if !has_command('sql-migrate');
	my $d = "$dir/sql_migrate";
	my $run = sub {
		my ($database, @command) = @_;
		put($d, 'dbconfig.yml' => "test:\n  dialect: postgres\n  datasource: host=127.0.0.1 port=$port user=$user dbname=$database sslmode=disable\n  dir: m\n");
		return tool($d, 'sql-migrate', @command, '-config=dbconfig.yml', '-env=test');
	};
	my $add = sub { put("$d/m", "$_[0]-$_[1].sql" => "-- +migrate Up\nCREATE TABLE $_[1] (id int);\n\n-- +migrate Down\nDROP TABLE $_[1];\n") };
	$add->('20240101000001', 'one');
	$add->('20240101000002', 'two');
	there_and_back('sql_migrate', tool => 'sql-migrate', files => "$d/m",
		first => sub { return $run->($_[0], 'up') },
		write => sub { my %f = @_; put("$d/m", map { (m{([^/]*)$}, $f{$_}) } grep { !-e "$d/m/$_" } keys %f) },
		pending => sub { my $done = $run->($_[0], 'up'); return !$done || $output !~ /Applied 0 migrations/ },
		next => sub { $add->('29990101000001', 'next'); return $run->($_[0], 'up') });
}

SKIP:
{
	skip 'graphile-migrate is not there', 1 if !in_npm('.bin/graphile-migrate');
	my $d = "$dir/graphile";
	my $run = sub {
		my ($database, @command) = @_;
		local $ENV{DATABASE_URL} = "postgres://$user\@127.0.0.1:$port/$database";
		local $ENV{SHADOW_DATABASE_URL} = "postgres://$user\@127.0.0.1:$port/graphile_shadow";
		local $ENV{ROOT_DATABASE_URL} = "postgres://$user\@127.0.0.1:$port/postgres";
		return tool($d, "$npm/.bin/graphile-migrate", @command);
	};
	put($d, '.gmrc' => "{}\n", 'migrations/current.sql' => "-- nothing\n");
	make_path("$d/migrations/committed");
	$node->safe_psql('postgres', 'CREATE DATABASE graphile_shadow');
	my $commit = sub { put("$d/migrations", 'current.sql' => "CREATE TABLE $_[1] (id int);\n"); return $run->($_[0], 'commit', '--message', $_[1]) };
	my $made = 0;
	there_and_back('graphile', tool => 'graphile-migrate', files => "$d/migrations", format => 'graphile-migrate',
		first => sub { return $made++ ? $run->($_[0], 'migrate') : $commit->($_[0], 'one') && $commit->($_[0], 'two') },
		write => sub { my %f = @_; put("$d/migrations/committed", map { (m{([^/]*)$}, $f{$_}) } grep { $f{$_} =~ /CREATE TABLE three/ } keys %f) },
		pending => sub { my $done = $run->($_[0], 'status', '--skipDatabase'); $done &&= $run->($_[0], 'migrate'); return !$done || $output !~ /Already up to date/ },
		next => sub { return $commit->($_[0], 'next') });
}

SKIP:
{
	skip 'supabase is not there', 1 if !in_npm('.bin/supabase');
	my $d = "$dir/supabase";
	my $run = sub {
		my ($database, @command) = @_;
		local @ENV{qw(SUPABASE_ACCESS_TOKEN DO_NOT_TRACK)} = ('', '1');
		return tool($d, "$npm/.bin/supabase", @command, '--db-url', "postgres://$user:x\@127.0.0.1:$port/$database?sslmode=disable");
	};
	my $add = sub { put("$d/supabase/migrations", "$_[0]_$_[1].sql" => "CREATE TABLE $_[1] (id int);\nCOMMENT ON TABLE $_[1] IS 'x';\n") };
	put("$d/supabase", 'config.toml' => "project_id = \"x\"\n");
	$add->('20240101000001', 'one');
	$add->('20240101000002', 'two');
	my $push = sub { return $run->($_[0], 'db', 'push', '--yes') };
	there_and_back('supabase', files => "$d/supabase/migrations",
		first => $push,
		write => sub { my %f = @_; put("$d/supabase/migrations", map { (m{([^/]*)$}, $f{$_}) } grep { $f{$_} =~ /CREATE TABLE three/ } keys %f) },
		pending => sub { my $done = $push->($_[0]); return !$done || $output !~ /up to date/ },
		next => sub { $add->('29990101000001', 'next'); return $push->($_[0]) });
}

# Prisma fetches the program that applies migrations from elsewhere: what that leaves and looks at is written here.
{
	my $d = "$dir/prisma";
	my $add = sub { put("$d/$_[0]_$_[1]", 'migration.sql' => "-- CreateTable\nCREATE TABLE $_[1] (id int);\n") };
	my $names = sub { return map { m{([^/]+)/migration\.sql$} } sort glob "$d/*/migration.sql" };
	# the names that are not applied; an applied one with another file is an error
	my $left = sub {
		my ($database) = @_;
		my %applied = map { split /\|/ } split /\n/, sql($database, 'SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL');
		for my $name (keys %applied)
		{
			return (0, "changed: $name") if !-e "$d/$name/migration.sql" || $applied{$name} ne sha256_hex(slurp_file("$d/$name/migration.sql"));
		}
		return (1, grep { !exists $applied{$_} } $names->());
	};
	my $deploy = sub {
		my ($database) = @_;
		sql($database, 'CREATE TABLE IF NOT EXISTS _prisma_migrations (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz,
			migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)');
		my ($good, @names) = $left->($database);
		for my $name (@names)
		{
			my $hash = $good ? sha256_hex(slurp_file("$d/$name/migration.sql")) : '';
			return 0 if !$good || sql($database, slurp_file("$d/$name/migration.sql") . ";\nINSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
				VALUES (gen_random_uuid()::text, '$hash', clock_timestamp(), '$name', 1)") ne '';
		}
		return $good;
	};
	put($d, 'migration_lock.toml' => "provider = \"postgresql\"\n");
	$add->('20240101000001', 'one');
	$add->('20240101000002', 'two');
	there_and_back('prisma', files => $d,
		first => $deploy,
		write => sub { my %f = @_; put($d, map { (m{([^/]+/migration\.sql)$}, $f{$_}) } grep { $f{$_} =~ /CREATE TABLE three/ } keys %f) },
		pending => sub { my ($good, @names) = $left->($_[0]); return !$good || @names },
		next => sub { $add->('29990101000001', 'next'); return $deploy->($_[0]) });
}

# ---------- tools whose migrations are code ----------

SKIP:
{
	skip 'typeorm is not there', 1 if !in_npm('typeorm') || !in_npm('pg');
	my $d = "$dir/typeorm";
	my $run = sub { local $ENV{NODE_PATH} = $npm; return tool($d, 'node', 'run.cjs', @_) };
	my $add = sub {
		my $class = ucfirst($_[1]) . $_[0];
		put("$d/m", "$_[0]-$_[1].js" => "module.exports = class $class {\n  name = '$class';\n  async up(q) { await q.query('CREATE TABLE $_[1] (id int)'); }\n"
			  . "  async down(q) { await q.query('DROP TABLE $_[1]'); }\n};\n");
	};
	put($d, 'run.cjs' => "const { DataSource } = require('typeorm');\nconst source = new DataSource({ type: 'postgres', url: 'postgres://$user\@127.0.0.1:$port/' + process.argv[2], migrations: ['$d/m/*.js'] });\n"
		  . "(async () => {\n  await source.initialize();\n  if (process.argv[3] === 'pending') process.exitCode = (await source.showMigrations()) ? 1 : 0;\n"
		  . "  else await source.runMigrations();\n  await source.destroy();\n})().catch(e => { console.error(e); process.exit(2); });\n");
	$add->('1700000000001', 'one');
	$add->('1700000000002', 'two');
	there_and_back('typeorm',
		first => sub { return $run->($_[0], 'up') },
		write => sub { my %f = @_; put("$d/m", map { (m{([^/]*)$}, $f{$_}) } grep { $f{$_} =~ /three/ } keys %f) },
		pending => sub { return !$run->($_[0], 'pending') },
		next => sub { $add->('9000000000000', 'next'); return $run->($_[0], 'up') });
}

SKIP:
{
	skip 'alembic is not there', 1 if !has_command('alembic') || !has_module('psycopg2');
	my $d = "$dir/alembic";
	my $run = sub { my ($database, @command) = @_; local $ENV{DB} = $database; return tool($d, 'alembic', @command) };
	my $add = sub { put("$d/versions", "$_[0]_$_[2].py" => "from alembic import op\nimport sqlalchemy as sa\nrevision = '$_[0]'\ndown_revision = " . (defined $_[1] ? "'$_[1]'" : 'None')
		  . "\nbranch_labels = None\ndepends_on = None\ndef upgrade():\n    op.create_table('$_[2]', sa.Column('id', sa.Integer))\ndef downgrade():\n    op.drop_table('$_[2]')\n") };
	put($d, 'alembic.ini' => "[alembic]\nscript_location = .\n", 'env.py' => "import os\nfrom alembic import context\nfrom sqlalchemy import create_engine\n"
		  . "engine = create_engine('postgresql+psycopg2://$user\@127.0.0.1:$port/' + os.environ['DB'])\nwith engine.connect() as c:\n    context.configure(connection=c)\n"
		  . "    with context.begin_transaction():\n        context.run_migrations()\n");
	$add->('a1', undef, 'one');
	$add->('b2', 'a1', 'two');
	my $last = 'b2';
	there_and_back('alembic', id => 'c3',
		first => sub { return $run->($_[0], 'upgrade', 'head') },
		write => sub { my %f = @_; for my $name (grep { $f{$_} =~ /three/ } keys %f) { put("$d/versions", $name =~ m{([^/]*)$}, $f{$name}); $last = $1 if $f{$name} =~ /^revision\b.*= ['"](\w+)/m; } },
		pending => sub { my $done = $run->($_[0], 'current'); return !$done || $output !~ /\(head\)/ },
		next => sub { $add->('d4', $last, 'next'); return $run->($_[0], 'upgrade', 'head') });
}

SKIP:
{
	skip 'django is not there', 1 if !has_module('django') || !has_module('psycopg2');
	my $d = "$dir/django";
	my $run = sub { my ($database, @command) = @_; local $ENV{DB} = $database; return tool($d, 'python3', 'manage.py', @command) };
	my $add = sub { put("$d/app/migrations", "$_[0].py" => "from django.db import migrations\nclass Migration(migrations.Migration):\n    dependencies = [" . (defined $_[1] ? "('app', '$_[1]')" : '')
		  . "]\n    operations = [migrations.RunSQL('CREATE TABLE $_[2] (id int)', 'DROP TABLE $_[2]')]\n") };
	put($d, 'app/__init__.py' => '', 'app/migrations/__init__.py' => '', 'settings.py' => "import os\nSECRET_KEY = 'x'\nINSTALLED_APPS = ['app']\nUSE_TZ = True\n"
		  . "DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': os.environ['DB'], 'USER': '$user', 'HOST': '127.0.0.1', 'PORT': '$port'}}\n",
		'manage.py' => "import os, sys\nos.environ['DJANGO_SETTINGS_MODULE'] = 'settings'\nfrom django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n");
	$add->('0001_one', undef, 'one');
	$add->('0002_two', '0001_one', 'two');
	my $last = '0002_two';
	there_and_back('django', source => 'app',
		first => sub { return $run->($_[0], 'migrate') },
		write => sub { my %f = @_; for my $name (grep { $f{$_} =~ /three/ } keys %f) { $name =~ m{([^/]*)\.py$} and $last = $1; put("$d/app/migrations", "$last.py" => $f{$name}); } },
		pending => sub { return !$run->($_[0], 'migrate', '--check') },
		next => sub { $add->('0009_next', $last, 'next'); return $run->($_[0], 'migrate') });
}

SKIP:
{
	skip 'active_record is not there', 1 if !has_command('ruby') || !run([ 'ruby', '-e', 'require "active_record"; require "pg"' ], '2>', '/dev/null');
	my $d = "$dir/rails";
	my $run = sub { return tool($d, 'ruby', 'run.rb', @_) };
	my $add = sub { put("$d/m", "$_[0]_$_[1].rb" => 'class ' . ucfirst($_[1]) . " < ActiveRecord::Migration[6.1]\n  def up\n    execute 'CREATE TABLE $_[1] (id int)'\n  end\n  def down\n    execute 'DROP TABLE $_[1]'\n  end\nend\n") };
	put($d, 'run.rb' => "require 'active_record'\nActiveRecord::Base.establish_connection(adapter: 'postgresql', host: '127.0.0.1', port: $port, username: '$user', database: ARGV[0])\n"
		  . "c = ActiveRecord::MigrationContext.new('$d/m', ActiveRecord::SchemaMigration)\nARGV[1] == 'pending' ? (exit(c.needs_migration? ? 1 : 0)) : c.migrate\n");
	$add->('20240101000001', 'one');
	$add->('20240101000002', 'two');
	there_and_back('rails',
		first => sub { return $run->($_[0], 'up') },
		write => sub { my %f = @_; put("$d/m", map { (m{([^/]*)$}, $f{$_}) } grep { $f{$_} =~ /three/ } keys %f) },
		pending => sub { return !$run->($_[0], 'pending') },
		next => sub { $add->('29990101000001', 'next'); return $run->($_[0], 'up') });
}

SKIP:
{
	skip 'knex is not there', 1 if !in_npm('knex') || !in_npm('pg');
	my $d = "$dir/knex";
	my $run = sub { return tool($d, 'node', 'run.cjs', @_) };
	my $add = sub { put("$d/m", "$_[0]_$_[1].js" => "exports.up = knex => knex.raw('CREATE TABLE $_[1] (id int)');\nexports.down = knex => knex.raw('DROP TABLE $_[1]');\n") };
	put($d, 'run.cjs' => "const knex = require('$npm/knex')({ client: require('$npm/knex/lib/dialects/postgres'), connection: 'postgres://$user\@127.0.0.1:$port/' + process.argv[2], migrations: { directory: '$d/m' } });\n"
		  . "(async () => {\n  if (process.argv[3] === 'pending') { const [, left] = await knex.migrate.list(); console.log(left.length + ' left'); process.exitCode = left.length ? 1 : 0; }\n"
		  . "  else await knex.migrate.latest();\n  await knex.destroy();\n})().catch(e => { console.error(e); process.exit(2); });\n");
	$add->('20240101000001', 'one');
	$add->('20240101000002', 'two');
	there_and_back('knex',
		first => sub { local $ENV{NODE_PATH} = $npm; return $run->($_[0], 'up') },
		write => sub { my %f = @_; put("$d/m", map { (m{([^/]*)$}, $f{$_}) } grep { $f{$_} =~ /three/ } keys %f) },
		pending => sub { return !$run->($_[0], 'pending') },
		next => sub { $add->('29990101000001', 'next'); return $run->($_[0], 'up') });
}

$node->stop;
ok(1, 'the tools that are there were tried');
done_testing();
