#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each manual page of a program beside grantbench has the options of its --help and no other, its exit codes, and is set
# without a warning.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# "x --name" of each option line of the help, "- --name" without a letter.
help_options() { "$1" --help | sed -nE 's/^ +(-([a-zA-Z]), )?(--[a-z][a-z_-]*).*/\2- \3/p' | sort; }

# The same from the tags (.TP) of the page's OPTIONS.
page_options() {
	sed -n '/^\.SH OPTIONS/,/^\.SH EXIT STATUS/p' "$1" | sed 's/\\-/-/g; s/\\f.//g' |
		awk 'tag { print } { tag = /^\.TP/ }' |
		sed -nE 's/^\.BR? (-([a-zA-Z]) ", " )?(--[a-z][a-z_-]*).*/\2- \3/p' | sort
}

for page in docs/*-*.1; do
	program=$(basename "$page" .1) from=$B
	[ ! -x "scripts/$program" ] || from=scripts
	if [ ! -x "$from/$program" ]; then
		ok 0 "$program # SKIP not built: see its room.mk"
		continue
	fi
	empty "$program: the options of the help" < <(
		diff <(help_options "$from/$program") <(page_options "$page")
		[ -n "$(page_options "$page")" ] || echo "none found"
	)
	empty "$program: the exit codes of the help" < <(
		diff <("$from/$program" --help | sed -n '/^Exit codes/,$p' | grep -oE '\b[0-8]\b' | sort -u) \
			<(sed -n '/^\.SH EXIT STATUS/,/^\.SH EXAMPLES/p' "$page" | sed -nE 's/^\.B ([0-9])$/\1/p' | sort -u)
	)
	empty "$program: set without a warning" < <(groff -man -Tutf8 -ww -rLL=100n "$page" 2>&1 >/dev/null)
done
[ "$n" -ge 4 ]
ok $? "there were pages"
empty "each program that is installed has a page" < <(
	for program in $(make -s help | sed -n 's/^make  .*run: //p') "$B"/grantbench-lab "$B"/grantbench-domain $(sed -n "s,^script_programs := ,,p" Makefile); do
		[ -s "docs/${program##*/}.1" ] || echo "$program"
	done
)
echo "1..$n"
exit $bad
