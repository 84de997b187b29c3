#!/bin/bash
#
# check.sh: build with warnings as errors and run every test.
#
#   bash test/check.sh             everything
#   bash test/check.sh quick       without the TAP tests
#   bash test/check.sh faults      of the TAP tests those of crashes and cancels
#   bash test/check.sh slow        with the tests of test/slow, twenty minutes, in place of the others
#
# Does all set-up by itself on a bare Debian or Ubuntu, as root or with sudo:
# packages, build, install, a throw-away server.  Uses the newest PostgreSQL of
# 15 to 18 that is installed with its headers, or that of PG_CONFIG.  KEEP=1
# keeps the folder with the build and the results.
#
# The last line is "N passed, N failed"; exit status 0 means that none failed.

# shellcheck disable=SC1091,SC2119,SC2154,SC2086
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

passed=0
failed=0
way=${1:-all}
faults="003_crash 004_cancel 008_mutation 020_online_stop 022_online_kill 025_online_leftovers"

case $way in all | quick | faults | slow) ;; *) die "not one of all, quick, faults, slow: $way" ;; esac

pass() { passed=$((passed + 1)); echo "ok - $1"; }
fail() { failed=$((failed + 1)); echo "not ok - $1"; }

# check NAME COMMAND...: one test; what the command prints is shown if it fails
check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1 </dev/null); then
		pass "$name"
	else
		fail "$name"
		# shellcheck disable=SC2001
		sed 's/^/    /' <<<"$out"
	fi
}

# The library may export what PostgreSQL needs and names of its own, no others.
only_own_symbols() {
	! nm -D --defined-only schemaver.so | awk '{ print $3 }' |
		grep -Ev '^(sv_|pg_finfo_sv_|Pg_magic_func$|_PG_init$|_init$|_fini$)'
}

# Each expected output has its test, and each test its output.  (foo_1.out is
# another output of foo.)
no_orphans() {
	local folder=$1 suffix=$2 out=$3 file name status=0

	for file in "$out"/*.out; do
		[ -e "$file" ] || continue
		name=$(basename "$file" .out)
		if [ ! -e "$folder/$name.$suffix" ] && [ ! -e "$folder/${name%_[0-9]}.$suffix" ]; then
			echo "$file has no test"
			status=1
		fi
	done
	for file in "$folder"/*."$suffix"; do
		[ -e "$file" ] || continue
		if [ ! -e "$out/$(basename "$file" ".$suffix").out" ]; then
			echo "$file has no expected output"
			status=1
		fi
	done
	return $status
}

# The version stands in the control file; META.json must follow it.
meta_fits() {
	local version

	version=$(sed -n "s/^default_version *= *'\([^']*\)'.*/\1/p" schemaver.control)
	[ "$(grep -c "^ *\"version\": \"$version\"" META.json)" -eq 2 ] || {
		echo "META.json has not version $version twice"
		return 1
	}
}

# Count the tests in the output of pg_regress (both of its styles) or prove -v.
count() { grep -Ec "$1" "$2" || true; }

# installcheck NAME VARIABLE...: one part of "make installcheck"
installcheck() {
	local name=$1 log=$work/installcheck.log status=0 good bad

	shift
	echo "# $name"
	as_user make installcheck PG_CONFIG="$pg_config" PROVE_FLAGS="-v -j$(nproc)" "$@" >"$log" 2>&1 </dev/null || status=$?
	good=$(count '^ok +[0-9]+|^(test)? +[^ ].* \.\.\. ok ' "$log")
	bad=$(count '^not ok +[0-9]+|^(test)? +[^ ].* \.\.\. FAILED' "$log")
	# a part that broke down without naming a test
	if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi
	passed=$((passed + good))
	failed=$((failed + bad))
	if [ "$bad" -eq 0 ]; then
		echo "ok - $name: $good tests"
		return
	fi
	echo "not ok - $name: $bad of $((good + bad)) tests"
	show_failure "$log"
}

show_failure() {
	local file

	for file in regression.diffs output_iso/regression.diffs test/isolation/output/regression.diffs; do
		if [ -s "$file" ]; then
			echo "# $file"
			head -n 400 "$file"
		fi
	done
	rm -f regression.diffs output_iso/regression.diffs test/isolation/output/regression.diffs
	echo "# what failed"
	# prove's own output has what a test said far from the test that failed
	grep -hE -A 60 '^\[[^]]*\]\([^)]*\) not ok ' tmp_check/log/regress_log_* 2>/dev/null | head -n 120 || true
	grep -nE -A 12 '^not ok +[0-9]+|^(test)? +[^ ].* \.\.\. FAILED|^Test Summary' "$1" | head -n 200 || true
	grep -nE -A 12 '^# +Failed test|^error running SQL|^Bail out|^Died| at [^ ]+\.p[lm] line [0-9]+\.$' "$1" | head -n 200 || true
	echo "# the end of its output"
	tail -n 60 "$1"
	if grep -q 'server closed the connection\|terminated by signal' "$1" "$work/server.log"; then
		echo "# the server's log"
		tail -n 40 "$work/server.log"
	fi
}

# A build in another folder (VPATH) can be installed, too.
built_elsewhere() {
	mkdir "$work/elsewhere" && chown "$user" "$work/elsewhere" &&
		quietly as_user make -s -j"$(nproc)" -C "$work/elsewhere" -f "$work/src/Makefile" PG_CONFIG="$pg_config" with_llvm=no &&
		quietly as_user make -s -C "$work/elsewhere" -f "$work/src/Makefile" PG_CONFIG="$pg_config" with_llvm=no \
			install DESTDIR="$work/elsewhere/dest" &&
		[ "$(find "$work/elsewhere/dest" -name 'schemaver.so' -o -name 'schemaver.control' -o -name 'schemaver--*.sql' | wc -l)" -eq 3 ]
}

begin_work
require prove=perl IPC::Run=libipc-run-perl
copy_source
echo "# $("$pg_config" --version)"
# while the source tree is clean: make takes what it finds there
if [ "$way" != quick ]; then check "build outside of the source tree" built_elsewhere; fi
# the quick way compiles in a third of the time, without the warnings that the optimizer
# finds; the other ones as it is shipped
if [ "$way" = quick ]; then
	export MAKEFLAGS=with_llvm=no
	check "build without warnings" build COPT="-Werror -O0 -U_FORTIFY_SOURCE"
else
	check "build without warnings" build COPT=-Werror
fi
[ $failed -eq 0 ] || { echo "$passed passed, $failed failed"; exit 1; }
check "exported symbols" only_own_symbols
check "layers" test/layers .
check "layers: planted faults are found" test/layers --self-test
check "META.json" meta_fits
check "expected/ fits sql/" no_orphans sql sql expected
check "test/isolation/expected fits specs" no_orphans test/isolation/specs spec test/isolation/expected
check "install" install_extension
start_server

if compgen -G 'sql/*.sql' >/dev/null; then
	installcheck regress ISOLATION= TAP_TESTS=
fi
if compgen -G 'test/isolation/specs/*.spec' >/dev/null; then
	installcheck isolation REGRESS= TAP_TESTS=
fi
if [ "$way" = all ]; then
	installcheck tap REGRESS= ISOLATION=
elif [ "$way" = faults ]; then
	installcheck "tap: $faults" REGRESS= ISOLATION= PROVE_TESTS="$(printf 'test/t/%s.pl ' $faults)"
elif [ "$way" = slow ]; then
	installcheck slow REGRESS= ISOLATION= PROVE_TESTS='test/slow/*.pl'
fi

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
