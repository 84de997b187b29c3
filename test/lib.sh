# shellcheck shell=bash
#
# lib.sh
#		What demo.sh and check.sh share: packages, a private copy of the tree, a
#		build, a throw-away server.  To be sourced by bash.
#
# Nothing is written into the source tree.  All that is made lies in $work, a
# new folder of /tmp, and goes away with the script, unless KEEP is set.  What
# stays is what was installed: packages, and the extension itself.
#
# Called by root, everything that can be is done by an unprivileged user, for
# PostgreSQL refuses to run as root.  Called by anyone else, sudo is used for
# packages and for "make install" where that needs it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
majors="18 17 16 15"

die() { echo "${0##*/}: $*" >&2; exit 1; }
note() { printf '%s\n' "-- $*"; }

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root or sudo for: $*"
	fi
}

# Run as the user who builds, owns the server and runs the tests.
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		runuser -u "$user" -- "$@"
	else
		"$@"
	fi
}

# ---------- PostgreSQL and tools ----------

# Can one build for and run the server of this pg_config?
is_usable() {
	local version

	[ -n "$1" ] && version=$("$1" --version 2>/dev/null) || return 1
	version=${version#PostgreSQL }
	case " $majors " in *" ${version%%[!0-9]*} "*) ;; *) return 1 ;; esac
	[ -e "$("$1" --pgxs)" ] && [ -e "$("$1" --includedir-server)/postgres.h" ] &&
		[ -x "$("$1" --bindir)/initdb" ] && [ -x "$("$1" --bindir)/postgres" ]
}

# Set pg_config to the one of the environment, else to that of the newest server.
find_postgres() {
	local candidate

	if [ -n "${PG_CONFIG:-}" ]; then
		is_usable "$PG_CONFIG" || die "PG_CONFIG=$PG_CONFIG is not a server of a major of $majors with its headers"
		pg_config=$PG_CONFIG
		return
	fi
	# shellcheck disable=SC2086
	for candidate in $(printf '/usr/lib/postgresql/%s/bin/pg_config ' $majors) "$(command -v pg_config)"; do
		if is_usable "$candidate"; then
			pg_config=$candidate
			return
		fi
	done
	return 1
}

# Is the tool, Perl module or header here?
has() {
	case $1 in
		*::*) perl -M"$1" -e 1 2>/dev/null ;;
		*.h) echo "#include <$1>" | gcc -E - >/dev/null 2>&1 ;;
		*) command -v "$1" >/dev/null ;;
	esac
}

# The major to install: one whose server is here already, else the newest to be had.
choose_major() {
	local major

	for major in $majors; do
		if [ -x "/usr/lib/postgresql/$major/bin/postgres" ]; then
			echo "$major"
			return
		fi
	done
	for major in $majors; do
		if [[ $(apt-cache policy "postgresql-server-dev-$major") == *"Candidate: "[0-9]* ]]; then
			echo "$major"
			return
		fi
	done
	die "apt knows no package postgresql-server-dev-NN of a major of $majors; see https://wiki.postgresql.org/wiki/Apt"
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 "$@" \
		>>"$work/apt.log" 2>&1 </dev/null || { cat "$work/apt.log" >&2; die "apt-get $1 failed"; }
}

# Install packages; one of a server would else make a cluster and start it.
install_packages() {
	local conf=/etc/postgresql-common/createcluster.d/schemaver-test.conf

	as_root mkdir -p "${conf%/*}"
	echo "create_main_cluster = false" | as_root tee "$conf" >/dev/null
	apt install -y --no-install-recommends "$@"
	as_root rm -f "$conf"
}

# See that PostgreSQL, a compiler and the given tools and modules are here.
# Each argument is WHAT=PACKAGE.  apt is not called if nothing is missing.
require() {
	local need packages="" major

	for need in make=make gcc=gcc stdio.h=libc6-dev runuser=util-linux "$@"; do
		has "${need%=*}" || packages+=" ${need#*=}"
	done
	find_postgres || packages+=" postgresql"
	[ -n "$packages" ] || return 0

	command -v apt-get >/dev/null || die "please install:$packages (with the server's headers)"
	note "installing:$packages"
	apt update
	if [ "${packages%postgresql}" != "$packages" ]; then
		major=$(choose_major)
		packages="${packages%postgresql}postgresql-$major postgresql-server-dev-$major"
	fi
	# shellcheck disable=SC2086
	install_packages $packages
	find_postgres || die "PostgreSQL $major was installed, but it is not usable"
}

# ---------- work folder, build, server ----------

# Make the work folder; see to its end.
begin_work() {
	umask 022
	work=$(mktemp -d /tmp/schemaver.XXXXXX)
	chmod 755 "$work"
	trap end_work EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

end_work() {
	local status=$?

	cd /
	if [ -e "$work/data/postmaster.pid" ]; then
		as_user "$bindir/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1
	fi
	if [ -n "${KEEP:-}" ]; then
		note "kept: $work"
	else
		rm -rf "$work"
	fi
	exit $status
}

# Copy the source tree, without what was built in it, to $work/src.
copy_source() {
	user=$(id -un)
	if [ "$(id -u)" -eq 0 ]; then
		user=nobody
		if id postgres >/dev/null 2>&1; then user=postgres; fi
	fi
	mkdir "$work/src" "$work/run"
	tar -C "$root" --anchored --exclude=./.git --exclude='./schemaver--*.sql' --exclude=./results \
		--exclude=./tmp_check --exclude=./log --no-anchored --exclude='*.o' --exclude='*.d' --exclude='*.bc' \
		--exclude='*.so' -cf - . | tar -C "$work/src" -xf -
	if [ "$(id -u)" -eq 0 ]; then
		chown -R "$user" "$work"
	fi
	bindir=$("$pg_config" --bindir)
	cd "$work/src" || exit
}

# Run a command whose output is of interest only when it fails.
quietly() {
	"$@" >"$work/quiet.log" 2>&1 </dev/null || { cat "$work/quiet.log" >&2; return 1; }
}

# Build in $work/src.  Arguments go to make.
build() {
	quietly as_user make -s -j"$(nproc)" PG_CONFIG="$pg_config" "$@"
}

# Install what was built, as root only if the server's folders ask for it.
install_extension() {
	local run=as_root

	if [ "$(id -u)" -ne 0 ] && [ -w "$("$pg_config" --pkglibdir)" ] &&
		[ -w "$("$pg_config" --sharedir)/extension" ]; then
		run=
	fi
	quietly $run make -s install PG_CONFIG="$pg_config"
}

# Start a new server that only its own socket leads to, and point libpq there.
start_server() {
	unset PGSERVICE PGHOSTADDR PGOPTIONS PGPASSWORD PGDATA
	export PGHOST=$work/run PGPORT=5432 PGUSER=postgres PGDATABASE=postgres
	export PATH=$bindir:$PATH
	quietly as_user "$bindir/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N
	quietly as_user "$bindir/pg_ctl" -D "$work/data" -l "$work/server.log" -w \
		-o "-c port=$PGPORT -c listen_addresses= -c unix_socket_directories=$work/run -c fsync=off" start
}
