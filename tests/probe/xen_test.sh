#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# gnb-probe --what=xen where there is no Xen: one line that says so. And where a kernel says that there is one, but has
# neither multicalls nor gntdev: its programs load, and one line has both reasons. What it sees in a real dom0 is a test
# of the lab (tests/lab/lab_test.sh). tap-timeout: 120
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
probe=$PWD/$B/gnb-probe

catch "$probe" --what=xen,kernels true
[ $code = 2 ] && in_one_line 2 "there are waits, callers, state, kernel, pair, xen"
refused=$?
catch "$probe" --what=kernel --out="$tmp/c.json" true
case $code$err in
6*"no right to load"* | 6*"the kernel loads no program"* | 6*"does not load its programs"* | 6*"built without libbpf"*)
	echo "1..0 # skip $err"
	exit 0
	;;
esac

# as_domain TYPE COMMAND...: /sys says that this is a domain of Xen's of that kind.
as_domain() {
	unshare -m --propagation private sh -c '
		mkdir "$0/sys" && mount --rbind /sys "$0/sys" && mount -t tmpfs none /sys || exit 99
		for d in "$0"/sys/*; do
			[ -d "$d" ] && [ "${d##*/}" != hypervisor ] || continue
			mkdir "/sys/${d##*/}" && mount --rbind "$d" "/sys/${d##*/}" || exit 99
		done
		mkdir /sys/hypervisor && echo xen >/sys/hypervisor/type && echo "$1" >/sys/hypervisor/guest_type || exit 99
		shift
		exec "$@"' "$tmp/$1" "$@"
}
mkdir "$tmp/PV" "$tmp/PVH"

echo 1..5
(exit $refused)
ok $? "a word that is none is refused with those that there are"
catch "$probe" --what=xen --out="$tmp/c.json" true
in_one_line 6 "no Xen beneath this kernel"
ok $? "where there is no Xen one line says so, exit 6"
catch "$probe" --what=kernel,xen --out="$tmp/c.json" true
in_one_line 6 "leave out xen"
ok $? "beside what could be had, too, with the way out"
# It has Xen's parts, or it has not: then both reasons are told. That its programs load is seen in either case.
said() {
	if [ $code = 0 ]; then
		out=$(python3 - "$tmp/c.json" "$1" <<'PY'
import json, sys
x = json.load(open(sys.argv[1]))["xen"]
want = sys.argv[2]
assert x["guest_type"] == want and x["ns_per_instruction"] is None, x
missing = {m["what"]: m["reason"] for m in x["missing"]}
assert (x["multicalls"] is None) == ("multicalls" in missing) and (x["gntdev"] is None) == ("gntdev" in missing), x
PY
		) && [ -z "$out" ]
	else
		in_one_line 6 "of Xen nothing can be seen: multicalls: $2" && [[ $err == *"; gntdev: "* ]]
	fi
}
catch as_domain PV "$probe" --what=xen --out="$tmp/c.json" true
said PV "this kernel does not tell of them (tracepoint xen_mc_"
ok $? "the programs load; where the kernel has nothing of Xen's, a line has the reasons"
catch as_domain PVH "$probe" --what=xen --out="$tmp/c.json" true
said PVH "the kernel of a PVH domain makes none"
ok $? "a PVH domain has no multicalls, and that is the reason"
exit $bad
