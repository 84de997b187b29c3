#!/bin/bash
#
# demo.sh: schemaver at work on the revisions of test/example.
#
#   bash test/demo.sh
#
# Does all set-up by itself on a bare Debian or Ubuntu, as root or with sudo:
# packages, build, install, a throw-away server.  Exit status 0 means that
# everything on the screen really happened.

# shellcheck disable=SC1091,SC2119,SC2154
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

begin_work
require
copy_source
note "building and installing for $("$pg_config" --version)"
build
install_extension
start_server
note "running test/demo.sql"

# psql says the name of the file before every message: leave that out
as_user "$bindir/psql" -X -q -v ON_ERROR_STOP=1 -v example="$work/src/test/example" -v scratch="$work/run" \
	-f "$work/src/test/demo.sql" 2>&1 </dev/null |
	sed -u -e 's/^psql:[^ ]*: //'

# What the script ends with, seen by another session
state=$(as_user "$bindir/psql" -XAt -d shed -c "
	SELECT count(*) FILTER (WHERE state = 'applied') || ' of ' || count(*) || ' applied'
	FROM schemaver.status(true)")
[ "$state" = "12 of 12 applied" ] || die "the demo ends with $state"
echo
note "done: $state"
