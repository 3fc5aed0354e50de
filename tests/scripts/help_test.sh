#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `make help` against the Makefile and against what README and docs tell a reader to write.
set -u
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# The targets that the Makefile has by name; `all` is what make alone does.
make -pn help 2>/dev/null | sed -n 's/^\.PHONY: *//p' | tr ' ' '\n' | grep -vxE 'FORCE|all' | sort -u >"$tmp/targets"
make help | sed -nE 's/^make ([a-z0-9-]+)(, ([a-z0-9-]+))? .*/\1 \3/p' | tr ' ' '\n' | sed '/^$/d' | sort -u >"$tmp/help"
# named FILE...: targets of commands, which are indented by four or in backticks; another tree's make is not ours.
named() {
	{
		sed -n 's/^    \(.*\)/\1/p' "$@"
		grep -ohE '`[^`]*`' "$@" | tr -d '`'
	} | sed 's/[;&|]/\n/g' | sed -nE 's/^ *make( .*)?$/\1/p' | grep -v -- ' -C ' |
		sed -E 's/  .*//; s/ #.*//' | tr ' ' '\n' | grep -xE '[a-z][a-z0-9-]*' | sort -u
}
named README.md docs/*.md results/README.md >"$tmp/named"
# What a page could say.
printf '%s\n' 'Text: make a guess, `make check TEST=x`, `make -j2 WERROR=1 all tests`, `make -C xen dist-xen`.' '' \
	'    make run RUN_ARGS=--quick    make a run' '    cd x && make lab-pv; make nothing' >"$tmp/page.md"

echo 1..5
out=$(named "$tmp/page.md" | xargs)
[ "$out" = "all check lab-pv nothing run tests" ]
ok $? "commands are found in a page, and prose is none"
out=$(cat "$tmp/named")
[ "$(wc -l <"$tmp/named")" -ge 10 ] && grep -qx lab-profile "$tmp/named" && [ "$(wc -l <"$tmp/targets")" -ge 20 ]
ok $? "README and docs name targets"
empty "all that README and docs name are targets" < <(grep -vx all "$tmp/named" | comm -13 "$tmp/targets" -)
empty "make help has every target" < <(comm -23 "$tmp/targets" "$tmp/help")
empty "and nothing that is none" < <(comm -13 "$tmp/targets" "$tmp/help")
exit $bad
