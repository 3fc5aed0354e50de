#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The manual page has every option of the program, and no other.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
page=docs/grantbench.1
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# "--name" of each option line of the help, and "-x --name" for those with a letter.
help_options() {
	"$B/grantbench" --help | sed -nE 's/^ +(-([a-zA-Z]), )?(--[a-z][a-z_*-]*).*/\2 \3/p'
}

# The same from the tags (.TP) of the page's OPTIONS.
page_options() {
	sed -n '/^\.SH OPTIONS/,/^\.SH [^O]/p' $page | sed 's/\\-/-/g; s/\\f.//g' |
		awk 'tag { print } { tag = /^\.TP/ }' |
		sed -nE 's/^\.BR? (-([a-zA-Z]) ", " )?(--[a-z][a-z_*-]*).*/\2 \3/p'
}

# The same of a command with options of its own, and of its section.
own_help() {
	"$B/grantbench" "$1" --help | sed -nE 's/^ +(-([a-zA-Z]), )?(--[a-z][a-z_*-]*).*/\2 \3/p' | sort
}

own_page() {
	sed -n "/^\.SH ${1^^}$/,/^\.SH [^${1:0:1}]/p" $page | sed 's/\\-/-/g; s/\\f.//g' |
		awk 'tag { print } { tag = /^\.TP/ }' |
		sed -nE 's/^\.BR? (-([a-zA-Z]) ", " )?(--[a-z][a-z_*-]*).*/\2 \3/p' | sort
}

# Long options anywhere else in the page; another program's are named here.
page_mentions() {
	sed 's/\\-/-/g; s/\\f.//g' $page | grep -oE -- '--[a-z][a-z_*-]*' | grep -vx -- '--write_iolog' | sort -u
}

exit_codes() {
	grep -oE '\b(0|[1-8]|130|143)\b' | sort -nu
}

# "target:key" of each option of a target.
target_options() {
	"$B/grantbench" --list=json | python3 -c '
import json, sys
for t in json.load(sys.stdin)["targets"]:
    for o in t["options"]:
        print("%s:%s" % (t["name"], o["key"]))' | sort
}

echo 1..12
help=$(help_options | sort)
man=$(page_options | sort)
empty "the program has options" < <([ "$(wc -l <<<"$help")" -gt 10 ] || echo "found only: $help")
empty "the page has every option of the program" < <(comm -23 <(echo "$help") <(echo "$man"))
empty "the program has every option of the page" < <(comm -13 <(echo "$help") <(echo "$man"))
owns=
for c in compare ab; do
	own=$(own_help $c)
	owns+=$own$'\n'
	empty "$c has options" < <([ "$(wc -l <<<"$own")" -gt 10 ] || echo "found only: $own")
	empty "the page has every option of $c, and no other" < <(diff <(echo "$own") <(own_page $c))
done
empty "options that the page mentions exist" < <(
	comm -13 <(sed 's/.* //' <<<"$help
$owns" | sort -u) <(page_mentions)
)
empty "targets have options" < <([ -n "$(target_options)" ] || echo "none found")
empty "the page has every option of a target, and no other" < <(
	diff <(target_options) <(sed -nE 's/^\.B ([a-z]+:[a-z_]+)=.*/\1/p' $page | sort)
)
empty "exit codes are those of the help" < <(
	diff <("$B/grantbench" --help | sed -n '/^Exit codes/,$p' | exit_codes) \
		<(sed -n '/^\.SH EXIT STATUS/,/^\.SH EXAMPLES/p' $page | grep -E '^\.BR? [0-9]' | exit_codes)
)
empty "the page is set without a warning" < <(groff -man -Tutf8 -ww -rLL=100n $page 2>&1 >/dev/null)
exit $bad
