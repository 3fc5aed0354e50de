#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where sys/sdt.h or libbpf is not: both are hidden, what is built works, and says what it lacks. tap-timeout: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

if ! unshare -m true 2>/dev/null; then
	echo "1..0 # skip needs the right to hide headers (unshare -m)"
	exit 0
fi

# hidden COMMAND...: where neither header is.
hidden() {
	unshare -m sh -c '
		for f in /usr/include/sys/sdt.h /usr/include/*/sys/sdt.h; do
			[ -f "$f" ] || continue
			d=${f%/*}
			rm -rf "$0/sys" && cp -r "$d" "$0/sys" && rm "$0/sys/sdt.h" && mount --bind "$0/sys" "$d" || exit 99
		done
		[ ! -d /usr/include/bpf ] || mount -t tmpfs none /usr/include/bpf || exit 99
		exec "$@"' "$tmp" "$@"
}

echo 1..6
out=$(hidden make --no-print-directory B="$tmp/b" WERROR=1 "$tmp/b/hv/base/probe.o" 2>&1)
[ $? = 0 ] && [[ $out == *"no probes in this build: sys/sdt.h is not here"* ]]
ok $? "without sys/sdt.h hv builds, and says that it has no probes"
out=$(gcc -pthread -o "$tmp/locks" "$B/tests/hv/locks_test.o" "$tmp/b/hv/base/probe.o" "$B/libhv.a" 2>&1 && "$tmp/locks") &&
	grep -q '^ok .* a build without probes keeps no sample' <<<"$out"
ok $? "its account of waits is as right"
out=$("$B/gnb-probe" "$tmp/locks" 2>&1)
[ $? = 6 ] && [[ $out == "gnb-probe: $tmp/locks has no probes: "* ]]
ok $? "and gnb-probe says so, too"
out=$(hidden make -j"$(nproc)" --no-print-directory B="$tmp/b" WERROR=1 "$tmp/b/gnb-probe" 2>&1)
ok $? "without libbpf gnb-probe builds"
out=$("$tmp/b/gnb-probe" "$B/tests/probe/load" 1 2>&1)
[ $? = 6 ] && [[ $out == "gnb-probe: built without libbpf or clang"* ]]
ok $? "and says that it is missing"
out=$("$tmp/b/gnb-probe" --help)
ok $? "and knows its options"
exit $bad
