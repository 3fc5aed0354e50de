#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# grantbench --perf: counters by version, thread and mode, and why one is missing. Where the processor has none, those of
# the kernel are real; to see all of them, a preloaded call opens the kernel's clock in place of the processor's counters,
# or says no.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
cat >"$tmp/fake.c" <<-'EOC'
	#define _GNU_SOURCE
	#include <dlfcn.h>
	#include <errno.h>
	#include <linux/perf_event.h>
	#include <stdarg.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/syscall.h>

	/* FAKE: clock, or numbers of errors for user, kernel and hypervisor of the processor's, and for the kernel's own. */
	long syscall(long n, ...)
	{
		static long (*real)(long, ...);
		const char *fake = getenv("FAKE");
		long a[6];
		va_list ap;

		if (!real)
			*(void **)&real = dlsym(RTLD_NEXT, "syscall");
		va_start(ap, n);
		for (int i = 0; i < 6; i++)
			a[i] = va_arg(ap, long);
		va_end(ap);
		if (n == SYS_perf_event_open && fake) {
			struct perf_event_attr *at = (void *)a[0];
			int mode = at->type == PERF_TYPE_SOFTWARE ? 3 : at->exclude_user && at->exclude_kernel ? 2 :
				   at->exclude_user ? 1 : 0;
			int error = 0;

			for (const char *p = fake; strcmp(fake, "clock") && p; p = strchr(p, ','), p += p != NULL)
				if (!mode--)
					error = atoi(p);
			if (error) {
				errno = error;
				return -1;
			}
			if (at->type != PERF_TYPE_SOFTWARE) {
				at->type = PERF_TYPE_SOFTWARE;
				at->config = PERF_COUNT_SW_TASK_CLOCK;
				at->exclude_user = at->exclude_kernel = at->exclude_hv = 0;
			}
		}
		return real(n, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
EOC
gcc -std=c11 -O1 -shared -fPIC -o "$tmp/fake.so" "$tmp/fake.c" -ldl
ok $? "the preloaded call builds"
pre=$(ldd "$B/grantbench" | grep -o '/[^ ]*lib[at]san[^ ]*' | tr '\n' ':')

# run NAME FAKE ARGUMENT...: into $tmp/NAME
run() {
	local name=$1 fake=$2
	shift 2
	out=$(FAKE=$fake LD_PRELOAD="$pre$tmp/fake.so" "$B/grantbench" --launches=0 --budget=0.6 --quiet --no-progress --allow-untrusted \
		--out="$tmp/$name" "$@" 2>&1)
}
# ask NAME EXPRESSION: of the first cell's perf object p, and v, what it has of v1.
ask() {
	python3 - "$tmp/$1/cells.jsonl" "$2" <<'PY'
import json
import sys

with open(sys.argv[1], encoding="utf-8") as f:
    p = json.loads(f.readline())["perf"]
v = {x["version"]: x for x in p.get("versions", [])}.get("v1", {})
print(eval(sys.argv[2]))
PY
}
is() {
	out=$(ask "$1" "$2" 2>&1)
	[ "$out" = "$3" ]
	ok $? "$4"
}
two=(--filter=^p2m_lock/ --set=p2m_lock.threads=2 --set=p2m_lock.lock=percpu --set=p2m_lock.cpus=8)
one=(--filter=^copy/ --set=copy.batch=16 --set=copy.mapper=pv --set=copy.bytes=64 --set=copy.entry=none)

run bare '' "${one[@]}"
is bare '"versions" in p or "missing" in p' False "without --perf: as it was"
run all clock --perf "${two[@]}" --versions=v1
is all 'sorted(v["events"]["cycles"])' "['hypervisor', 'kernel', 'user']" "the processor's counters by mode"
is all 'sorted(v["events"]["page-faults"])' "['all']" "the kernel's own together"
is all 'p["available"], p["missing"]' '(True, {})' "nothing is missing"
is all 'len(v["threads"])' 2 "two threads, two sets of counters"
is all 'all(t["task-clock"]["all"]["per_op"] > 0 for t in v["threads"])' True "each of them worked"
is all 'abs(sum(t["task-clock"]["all"]["per_op"] for t in v["threads"]) / v["events"]["task-clock"]["all"]["per_op"] - 1) < 1e-9' \
	True "and they are the whole"
is all 'max(abs(t[e][m]["per_op"] / t["task-clock"]["all"]["per_op"] - 1) for t in v["threads"] for e in ("instructions", "itlb-misses") for m in t[e]) < 0.05' \
	True "what is the same clock counts the same in every group"
is all '0 < v["events"]["task-clock"]["all"]["per_op"] * v["ops"] / 1e9 <= 2.1 * json.loads(open(sys.argv[1]).readline())["seconds"]' \
	True "for no longer than the cell was measured"
run several clock --perf "${one[@]}" --versions=v1,v2
is several '[x["version"] for x in p["versions"]]' "['v1', 'v2']" "versions apart"
is several '"threads" in v' False "one thread has no list of threads"
run some 0,13,22,0 --perf "${one[@]}" --versions=v1
is some 'sorted(v["events"]["cycles"])' "['user']" "what is not allowed is left out"
is some 'p["missing"]["cycles"]["kernel"].split(":")[0], p["missing"]["dtlb-misses"]["hypervisor"]' \
	"('not allowed', 'this processor does not tell it apart')" "with the reason of each mode"
run none 2,2,2,24 --perf "${one[@]}" --versions=v1
is none 'v["events"], p["available"], len(p["missing"])' "({}, False, 10)" "nothing at all: the run goes on"
is none '"virtual machine" in p["reason"], p["missing"]["page-faults"]["all"]' "(True, 'too many open files: ulimit -n')" "and says why"
for name in all several some none; do
	"$B/grantbench-report" --no-plots "$tmp/$name" >/dev/null 2>"$tmp/err" || cat "$tmp/err"
done
grep -q '| centre | v1, thread 1 | cycles | [0-9]' "$tmp/all/report.md" && grep -q '| v2 | cycles | [0-9]' "$tmp/several/report.md"
ok $? "the report has versions and threads"
grep -q '^Missing: instructions (kernel): not allowed' "$tmp/some/report.md" && grep -q '^Missing: instructions, cycles, .*itlb-misses: no such' "$tmp/none/report.md"
ok $? "and what is missing"
echo "1..$n"
exit $bad
