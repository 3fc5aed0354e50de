#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The report's section of what was seen in dom0's kernel, out of files that one boot of the lab wrote (tests/data/dom0).
# TAP output.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

report() { "$B/grantbench-report" --no-plots "$tmp/run" 2>&1; }
section() { sed -n "/^## In dom0's kernel/,/^## [^I]/p" "$tmp/run/report.md" | sed 's/\xe2\x80\xaf//g'; }
# of NAME PYTHON: what an expression about a document comes to.
of() { python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$tmp/run/dom0/$1.json" "$2"; }
# change PYTHON: d is the document of gntdev.
change() {
	python3 -c 'import json, sys
d = json.load(open("tests/data/dom0/gntdev.json"))
exec(sys.argv[2])
json.dump(d, open(sys.argv[1] + "/dom0/gntdev.json", "w"))' "$tmp/run" "$1"
}

echo 1..12
out=$("$B/grantbench" --filter='^p2m_lock/' --set=threads=1 --set=think=200 --set=readers=0 --set=ranges=disjoint --set=cpus=8 \
	--set=lock=percpu --set=entry=none --quick --launches=0 --budget=1 --allow-untrusted --quiet --out="$tmp/run" 2>&1)
ok $? "a run"
out=$(report)
ok $? "a report"
out=$(section)
[ -z "$out" ]
ok $? "a run of hv has no such section"
# Of target xen, on metal: nothing was looked at but for --probe.
sed -i 's/"target": "hv"/"target": "xen"/' "$tmp/run/manifest.json"
cp tests/data/contention/contention.json "$tmp/run/"
out=$(report; section)
[[ $out == *"Of Xen's own locks"*"this run has no figure"* && $out != *"Multicalls"* ]]
ok $? "a probed run on Xen says that there is no figure of Xen's locks"
rm "$tmp/run/contention.json"

cp -r tests/data/dom0 "$tmp/run/dom0"
out=$(report; section)
[[ $out == *"Locks of dom0's kernel"* && $out == *"Multicalls"* && $out == *"gntdev; times in instructions"* &&
	$out == *"this run has no figure"* ]]
ok $? "locks of dom0's kernel, multicalls and gntdev are there, and what is not"
want=$(of gntdev '"| gntdev | gntdev_mmap | mmap() of granted pages: all of it | %d |" % d["xen"]["gntdev"][0]["calls"]')
[[ $out == *"$want"* ]]
ok $? "calls of gntdev are those of the file"
want=$(of gntdev 'd["xen"]["gntdev"][0]["least_ns"] / d["xen"]["ns_per_instruction"]')
[ "$(grep '| gntdev_mmap |' <<<"$out" | cut -d'|' -f6 | tr -d ' ')" = "$(printf %.0f "$want")" ]
ok $? "times are instructions where the emulator's clock is"
want=$(of gntdev '"| gntdev | %d | %d | %d | %d |" % tuple(d["xen"]["multicalls"][k] for k in ("batches", "calls", "flushes", "empty"))')
[[ $out == *"$want"*"mmu_update "* ]]
ok $? "multicalls are those of the file, with their hypercalls"

change 'd["xen"]["ns_per_instruction"] = None'
cp "$tmp/run/dom0/gntdev.json" "$tmp/run/dom0/grantbench.json"
out=$(report; section)
[[ $out == *"gntdev; times in ns"* ]]
ok $? "and ns where it is not"
change 'd["xen"].update(multicalls=None, gntdev=None, missing=[{"what": "gntdev", "reason": "modprobe <b>xen-gntdev"}]); d["kernel"]["locks"] = []'
rm "$tmp/run/dom0/grantbench.json"
echo 'kernel this kernel does not tell <i>who waits' >"$tmp/run/dom0/missing.txt"
out=$(report; section)
[[ $out == *"Not looked at here: kernel. this kernel does not tell"* && $out == *"Not looked at here: gntdev of gntdev. modprobe"* &&
	$out == *"nobody waited for one"* && $out != *"| gntdev |"* ]] && ! grep -q '<b>xen-gntdev\|<i>who' "$tmp/run/report.html"
ok $? "what could not be looked at is said with its reason, as text"
bad_files=
for text in '' '{' '[]' '{"xen": 1, "kernel": []}' '{"xen": {"multicalls": [], "gntdev": [1, {}, {"calls": 2}], "missing": {}}, "kernel": {"locks": [1, {}]}}'; do
	echo "$text" >"$tmp/run/dom0/gntdev.json"
	out=$(report) || bad_files+="$text; "
done
[ -z "$bad_files" ]
ok $? "a file with anything in it makes no report fail"
echo '{' >"$tmp/run/dom0/gntdev.json"
out=$(report; section)
[[ $out == *"dom0/gntdev.json of this run cannot be read"* ]]
ok $? "and one that cannot be read is told"
exit $bad
