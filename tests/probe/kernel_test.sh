#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# gnb-probe: locks of the kernel and futexes that were waited for on purpose, beside perf's count; and the pair of
# probes, which tells by how much it disturbs. tap-timeout: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

probe=$PWD/$B/gnb-probe
load=$PWD/$B/tests/probe/kernel_load
json=$tmp/c.json

"$probe" --what=kernel --out="$json" /bin/true >"$tmp/out" 2>"$tmp/err"
case $?$(cat "$tmp/err") in
6*"no right to load"* | 6*"the kernel loads no program"* | 6*"does not load its programs"* | 6*"built without libbpf"* | \
	6*"lock:contention_begin"*)
	echo "1..0 # skip $(cat "$tmp/err")"
	exit 0
	;;
esac

# sees WHAT: what it wrote, held against what the load and perf say.
sees() { python3 tests/probe/kernel_same.py "$json" "$tmp/out" "$1" "$tmp/perf" 2>&1; }
echo 1..12
out=$(tests/probe/beside_perf.sh "$probe" "$load" "$tmp" 2>&1)
code=$?
if [ $code = 9 ]; then
	echo "ok 1 - as many waits for locks of the kernel as perf counts, within 1 % # skip needs perf, and tracefs"
	n=1
	(sleep 1; echo go) | "$probe" --what=kernel --out="$json" "$load" 400 >"$tmp/out" 2>"$tmp/err"
else
	[ $code = 0 ] && out=$(sees perf)
	ok $? "as many waits for locks of the kernel as perf counts, within 1 %"
fi
code=
[ -s "$json" ]
ok $? "it looks at a process that waits for locks of the kernel"
out=$(sees names)
ok $? "who asked for them is named, and what they are"
out=$(sees times)
ok $? "each wait has an end, and is in the histogram"
out=$(sees futex)
ok $? "waits for a futex are counted one by one, by its address"
out=$(sees quick)
ok $? "attached in less than 200 ms, detached in less than 1 s"
nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
cp "$probe" "$tmp/gnb-probe"
mkdir "$tmp/nobody" && chown 65534 "$tmp/nobody"
err=$($nobody "$tmp/gnb-probe" --what=kernel /bin/true 2>&1)
[ $? = 6 ] && [[ $err == "gnb-probe: no right to load programs into the kernel"* ]]
ok $? "a user without rights is told so"
paranoid=$(cat /proc/sys/kernel/perf_event_paranoid)
out=$(echo go | $nobody --inh-caps=+sys_admin --ambient-caps=+sys_admin "$tmp/gnb-probe" --what=kernel \
	--out="$tmp/nobody/c.json" /bin/true 2>&1)
if [ $? != 0 ]; then
	false
elif [ "$paranoid" -le 1 ]; then
	true
else
	[ "$(wc -l <<<"$out")" = 1 ] && [[ $out == *"/proc/kallsyms does not say where the kernel's functions are"* ]]
fi
ok $? "where the kernel hides its functions, one line says so and the rest is there"
out=$(unshare -m sh -c 'for d in /sys/kernel/tracing /sys/kernel/debug /sys/kernel/btf; do
	[ ! -d $d ] || mount -t tmpfs none $d || exit 9; done; exec "$@"' sh "$probe" --what=kernel --out="$json" /bin/true 2>&1)
[ $? = 0 ] && [ -z "$out" ]
ok $? "it needs neither tracefs nor the kernel's types (BTF)"

# The pair.
pair=$("$probe" --what=pair --out="$json" "$PWD/$B/tests/probe/load" pair 2>&1 >"$tmp/out")
ok $? "the pair is attached and taken away, again and again"
[ "$(wc -l <<<"$pair")" = 1 ] && [[ $pair == "gnb-probe: the pair disturbs: with it "*" times as many locks "* ||
	$pair == "gnb-probe: nothing can be said of the pair"* ]]
ok $? "and one line says by how much it disturbs"
out=$(sees pair)
ok $? "both ways are in contention.json, from the accounts themselves"
exit $bad
