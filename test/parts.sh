# shellcheck shell=bash
#
# parts.sh
#		What .ci/run and test/long share: parts that count their tests.
#
# To be sourced by bash in the root of the tree.

export DEBIAN_FRONTEND=noninteractive
majors="15 17 18"
passed=0
failed=0
here=
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

heading() { printf '\n######## %s (%s s)\n' "$1" "$SECONDS"; }

# add NAME STATUS LOG: count a part by the last line of what it printed
add() {
	local name=$1 status=$2 last good bad

	last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$3" | tail -n 1)
	read -r good _ bad _ <<<"${last:-0 passed, 0 failed}"
	# a part that broke down without saying what failed
	if [ -z "$last" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
		echo "$name: exit status $status"
		bad=$((bad + 1))
	fi
	passed=$((passed + good))
	failed=$((failed + bad))
}

# part NAME COMMAND...: run one part and count it
part() {
	local name=$1 status=0

	shift
	heading "$name"
	"$@" </dev/null 2>&1 | tee "$logs/part" || status=$?
	add "$name" $status "$logs/part"
	here=${here:-$(sed -n 's/^# PostgreSQL \([0-9]*\).*/\1/p' "$logs/part" | head -n 1)}
}

# Install the packages that are not here yet.
install() {
	dpkg -s "$@" >/dev/null 2>&1 && return
	{ apt-get -qq update && apt-get -qq -y --no-install-recommends install "$@"; } >"$logs/apt" 2>&1 </dev/null ||
		{ cat "$logs/apt"; return 1; }
}

# other_majors COMMAND...: run it on each major but that of the parts before, where they can be had
other_majors() {
	local major

	[ -e ../shared/tools/pg-matrix ] || return 0
	install iproute2 util-linux
	for major in $majors; do
		[ "$major" = "$here" ] || part "PostgreSQL $major" bash ../shared/tools/pg-matrix "$major" -- "$@"
	done
}

# corpus NAME CHECK...: checks of test/corpus, where there are histories
corpus() {
	local name=$1

	shift
	[ -d ../shared/corpus ] || return 0
	install python3 python3-alembic python3-psycopg2
	part "$name" env SHARED="$(cd ../shared && pwd)" bash test/corpus/run "$@"
}

# Print the sum and end.
finish() {
	heading "all"
	echo "$passed passed, $failed failed"
	[ $failed -eq 0 ]
	exit
}
