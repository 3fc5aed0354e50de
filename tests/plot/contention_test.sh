#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The report's section of who waited for which lock, out of a contention.json that was measured once
# (tests/data/contention): by how much it was disturbed stands under every figure and table. TAP output.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

report() { "$B/grantbench-report" --no-plots "$tmp/run" 2>&1; }
# change PYTHON: d is the document.
change() {
	python3 -c 'import json, sys
d = json.load(open("tests/data/contention/contention.json"))
exec(sys.argv[2])
json.dump(d, open(sys.argv[1] + "/contention.json", "w"))' "$tmp/run" "$1"
}
section() { sed -n '/^## Who waited/,/^## [^W]/p' "$tmp/run/report.md"; }

echo 1..12
out=$("$B/grantbench" --filter='^p2m_lock/' --set=threads=1 --set=think=200 --set=readers=0 --set=ranges=disjoint --set=cpus=8 \
	--set=lock=percpu --set=entry=none --quick --launches=0 --budget=1 --allow-untrusted --quiet --out="$tmp/run" 2>&1)
ok $? "a run"
out=$(report)
[ -z "$(section)" ] && [[ $out != *contention* ]]
ok $? "without --probe, or of before, it has no such section"

change ''
out=$(python3 tests/tools/schema.py contention "$tmp/run")
ok $? "the data is as docs/results.md has it"
out=$(report)
ok $? "a report"
out=$(section)
for t in "Time in which somebody waits for p2m_write" "Waits for locks of the hypervisor" "Who asked for the lock" \
	"Who waits for whom" "Each thread's share of the waits" "Locks of the kernel" "Futexes" "By how much the probes disturb"; do
	[[ $out == *"$t"* ]] || { echo "# without: $t"; false; break; }
done
ok $? "locks, callers, who waits for whom, threads, kernel locks and futexes"
out=$(section | awk '/^\*Figure\.\*/ { n++; said += /Measured in the same minutes/ }
	/^\*Table\.\*/ { if (open) print "nothing under: " open; open = /By how much/ ? "" : $0; n++ }
	/^Measured in the same minutes/ { open = "" }
	/^\*Figure\.\*/ && !/Measured in the same minutes/ { print "nothing under: " $0 }
	END { if (open) print "nothing under: " open; if (n < 8) print n " figures and tables" }')
[ -z "$out" ]
ok $? "by how much that was disturbed stands under every figure and table"
out=$(section | grep -A3 '^| Cell | Version | Lock | Waits')
want=$(python3 -c 'import json
l = json.load(open("tests/data/contention/contention.json"))["cells"][0]["waits"]["locks"][0]
print(l["lock"], l["contended"])')
[[ $(sed 's/\xe2\x80\xaf//g' <<<"$out") == *"| ${want% *} | ${want#* } |"* ]]
ok $? "figures are those of the file"

change 'c = d["cells"][0]; c["waits"]["callers"][0]["stack"] = ["<script>alert(1)</script>", "a|b"]; c["waits"]["locks"][0]["lock"] = "<b>x"
c["cell"] = "<i>odd"'
out=$(report)
! grep -q '<script>alert\|<b>x\|<i>odd' "$tmp/run/report.html"
ok $? "what is in it is text"
change 'd["missing"] = [{"what": "kernel", "reason": "no right to load programs"}]; d["probed"] = ["lock"]
for c in d["cells"]: c["waits"]["kernel_locks"] = c["waits"]["futexes"] = None'
out=$(report; section)
[[ $out == *"Not looked at here: kernel. no right to load programs"* && $out != *"Locks of the kernel"* ]]
ok $? "what could not be had is said, with how to get it"
change 'd["probed"] = []
for c in d["cells"]: c.update(status="skipped", reason="nothing of --probe can be had: see missing", waits=None, perturbation=None, pairs=[])'
out=$(report; section)
[[ $out == *"v1: skipped: nothing of --probe can be had"* && $out != *"Time in which"* ]]
ok $? "and a row without figures says why"
bad_files=
for text in '' '{' '[]' '{"cells": 1}' '{"cells": [1, null, {}, {"status": "ok"}, {"status": "ok", "waits": {"locks": [1, {"lock": 7}], "callers": {}}}]}'; do
	echo "$text" >"$tmp/run/contention.json"
	out=$(report) || bad_files+="$text; "
done
[ -z "$bad_files" ]
ok $? "a file with anything in it makes no report fail"
echo '{' >"$tmp/run/contention.json"
out=$(report; section)
[[ $out == *"contention.json of this run cannot be read"* ]]
ok $? "and one that cannot be read is told"
exit $bad
