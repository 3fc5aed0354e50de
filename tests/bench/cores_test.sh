#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The plan of a machine with other numbers of cores than this one: the program is told of them by a preloaded call.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
cat >"$tmp/cores.c" <<-'EOC'
	#define _GNU_SOURCE
	#include <sched.h>
	#include <stdlib.h>
	int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
	{
		CPU_ZERO_S(size, set);
		for (int i = 0; i < atoi(getenv("CORES")); i++)
			CPU_SET_S(i, size, set);
		return pid && 0;
	}
EOC
pre=$(ldd "$B/grantbench" | grep -o '/[^ ]*lib[at]san[^ ]*' | tr '\n' ':')
gcc -std=c11 -O1 -shared -fPIC -o "$tmp/cores.so" "$tmp/cores.c"
ok $? "the preloaded call builds"

plan() { # CORES: names of p2m_lock's cells
	CORES=$1 LD_PRELOAD="$pre$tmp/cores.so" "$B/grantbench" --dry-run --filter='^p2m_lock/' 2>"$tmp/err"
}
threads() { sed 's/.*threads:\([0-9]*\).*/\1/' | sort -nu | paste -sd,; }

[ "$(plan 2 | threads)" = 1,2 ]
ok $? "2 cores: no cell has more threads"
out=$(plan 6)
[ "$(threads <<<"$out")" = 1,2,4 ] && ! grep -q "threads:4.*cpus:64" <<<"$out"
ok $? "6: 4 threads, and no centre of 8"
out=$(plan 64)
[ "$(threads <<<"$out")" = 1,2,4,8,16 ]
ok $? "64: at most 16"
for wanted in threads:8/readers:0/think:200/ranges:disjoint/cpus:64/ threads:16/readers:0/think:200/ranges:disjoint/cpus:64/ \
	threads:8/readers:1/think:200/ranges:disjoint/cpus:64/ threads:8/readers:0/think:200/ranges:overlap/cpus:64/; do
	grep -q "^p2m_lock/$wanted" <<<"$out"
	ok $? "64: $wanted, on a host that has CPUs for them"
done
echo "1..$n"
exit $bad
