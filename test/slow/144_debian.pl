# debian/ builds packages that have what they should, and of which lintian has no complaint.

use strict;
use warnings;
use File::Spec;
use FindBin;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::RealBin/../..";

foreach my $program (qw(dpkg-buildpackage dh pg_buildext dh_pgxs_test lintian))
{
	plan skip_all => "$program is not here" if system("command -v $program >/dev/null") != 0;
}

my ($version) = slurp_file("$root/debian/changelog") =~ /^schemaver \((.*)\)/;
my ($upstream) = $version =~ /^(.*)-/;
my $folder = File::Spec->rel2abs(PostgreSQL::Test::Utils::tempdir());
my $source = "$folder/schemaver-$upstream";

# A copy of the sources without what builds and tests left there.
sub sh { my ($command) = @_; return system('sh', '-c', "cd $folder && { $command; } >>build.log 2>&1") == 0 }

ok(sh(qq{mkdir $source && cd $root && tar c --exclude=.git --exclude='*.o' --exclude='*.bc' --exclude='*.so'
	--exclude=tmp_check --exclude=results --exclude='schemaver--*.sql' --exclude='schemaver-*.zip' . | tar x -C $source &&
	cd $folder && tar czf schemaver_$upstream.orig.tar.gz --exclude=debian schemaver-$upstream} =~ s/\n\s*/ /gr), 'copy the sources');
ok(sh("cd $source && pg_buildext updatecontrol && DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc"), 'build')
  or diag(scalar `tail -n 40 $folder/build.log`);

my @packages = grep { !/-dbgsym_/ } glob("$folder/postgresql-*-schemaver_${version}_*.deb");
cmp_ok(scalar @packages, '>=', 1, 'a package for each major that is here');
foreach my $package (@packages)
{
	my ($major) = $package =~ /postgresql-(\d+)-schemaver/;
	my ($list) = run_command([ 'dpkg-deb', '-c', $package ]);

	like($list, qr{\./\Q$_\E$}m, "$major has $_")
	  foreach "usr/lib/postgresql/$major/lib/schemaver.so", "usr/share/postgresql/$major/extension/schemaver.control",
	  "usr/share/postgresql/$major/extension/schemaver--$upstream.sql";
}
my ($client) = run_command([ 'dpkg-deb', '-c', "$folder/schemaver_${version}_all.deb" ]);
like($client, qr{ \./\Q$_\E$}m, "the client has $_") foreach 'usr/bin/schemaver', 'usr/share/man/man1/schemaver.1.gz';
my ($complaints) = run_command([ 'lintian', glob("$folder/*.changes") ]);
is($complaints, '', 'lintian is content');

done_testing();
