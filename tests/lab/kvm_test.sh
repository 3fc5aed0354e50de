#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 1800
# The target kvm: what it refuses, and one boot of Linux with KVM inside, whose figures have the shape that KVM's have. The
# first run downloads 120 MB.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
echo 1..17

catch "$B/grantbench" --target=kvm:revoke=never --filter=^lend_revoke/ --dry-run
in_one_line 2 "madvise or mprotect"
ok $? "a way to revoke that there is not: one line, exit 2"
# Where there is a device, it is taken away.
no_device="no /dev/kvm: one line that says so, exit 6"
if unshare --mount --map-root-user mount -t tmpfs tmpfs /dev 2>/dev/null; then
	catch unshare --mount --map-root-user sh -c 'mount -t tmpfs tmpfs /dev && exec "$@"' sh "$B/grantbench" --target=kvm \
		--filter=^log_dirty/ --out="$tmp/none"
	in_one_line 6 "no /dev/kvm"
	ok $? "$no_device"
else
	ok 0 "$no_device # SKIP no name space of its own to hide it in"
fi

catch scripts/lab probe --machine=kvm
in_one_line 6 "no Xen"
ok $? "a machine without Xen has no probe of it: one line, exit 6"
catch scripts/lab boot --machine=kvm --xen=/nonexistent
in_one_line 2 "no Xen"
ok $? "nor a hypervisor to choose: one line, exit 2"
catch scripts/lab boot --machine=kvm --version=2
in_one_line 6 "grant tables"
ok $? "nor a version of grant tables: one line, exit 6"

# Only cells that are needed: each access enters the guest, which an emulator takes its time for.
CELLS='^(log_dirty/memory:(8|16)/dirty:(64|512)/density:512/leaf:4K|log_dirty/memory:16/dirty:512/density:512/leaf:2M|lend_revoke/pages:1/entries:4K|lend_revoke/pages:512/entries:2M)/'
SETS=(--set=log_dirty.memory=8,16 --set=log_dirty.density=512 --set=log_dirty.dirty=64,512 --set=log_dirty.leaf=4K,2M
	--set=log_dirty.way=get --set=lend_revoke.pages=1,512 --set=lend_revoke.entries=2M,4K)
start=$SECONDS
catch scripts/lab boot --machine=kvm --out="$tmp/boot" --timeout=300 -- --target=kvm "--filter=$CELLS" \
	"${SETS[@]}" --launches=0 --counts-only
dir=$tmp/boot
out+=$'\n'$(cat "$dir/log" 2>/dev/null)
ok $code "a boot of Linux with KVM inside"
echo "# $((SECONDS - start)) s with the build; the boot: $(cat "$dir/took" 2>/dev/null)"

# shape NAME EXPRESSION: of v(cell's words, metric, count).
shape() {
	out=$(python3 - "$dir" "$2" 2>&1 <<-'PY'
		import glob, json, sys
		cells = [json.loads(l) for p in glob.glob(sys.argv[1] + "/results/2*/cells.jsonl") for l in open(p)]
		def v(words, metric, count="instructions"):
		    found = [r["counts"][count] for c in cells for r in c["rows"]
		             if set(words.split()) <= set(c["cell"].split("/")) and r["metric"] == metric]
		    assert len(found) == 1, (words, metric, found, [c.get("reason") for c in cells])
		    return found[0]
		def near(a, b, part):
		    return abs(a - b) <= part * b
		print(eval(sys.argv[2]))
		sys.exit(0 if eval(sys.argv[2])[0] else 1)
	PY
	)
	ok $? "$1"
}
d4="log_dirty leaf:4K" d2="log_dirty leaf:2M" l="lend_revoke policy:retry"
shape "enabling takes so much a page: twice the memory, twice that" \
	"(lambda a, b: (near(b, 2 * a, .05), a, b))(v('$d4 memory:8 dirty:64', 'enable'), v('$d4 memory:16 dirty:64', 'enable'))"
shape "and splits all large entries" "(lambda n: (n == 8, n))(v('$d2', 'enable', 'large_gone'))"
shape "CLEAN takes so much a dirty page, whatever the memory" \
	"(lambda a, b, c, d: (near((b - a) / 448, (d - c) / 448, .05) and 100 < (b - a) / 448 < 300, a, b, c, d))(*[v('$d4 memory:%d dirty:%d' % x, 'clean') for x in ((8, 64), (8, 512), (16, 64), (16, 512))])"
# An interrupt of the Linux around it is an exit, too.
shape "a write after it is one fault, of the fast kind" \
	"(lambda a, b: (a == 1 and 1 <= b < 1.01, a, b))(v('$d4 memory:16 dirty:512', 'write_again', 'pf_fast'), v('$d4 memory:16 dirty:512', 'write_again', 'exits'))"
shape "the same by entries that were large" \
	"(lambda a, b: (near(a, b, .01), a, b))(v('$d2', 'write_again'), v('$d4 memory:16 dirty:512', 'write_again'))"
shape "a revoke of 2M costs several times one of 4K" \
	"(lambda a, b: (4 < a / b < 9, a, b, a / b))(v('$l entries:2M pages:512', 'revoke'), v('$l entries:4K pages:1', 'revoke'))"
shape "by one entry, and more than the same without a guest" \
	"(lambda n, a, b: (n == 1 and 0 < b < a, n, a, b))(v('$l pages:512', 'revoke', 'large_gone'), v('$l pages:512', 'revoke'), v('$l pages:512', 'revoke', 'control'))"
shape "as a page of 4K does" "(lambda a, b: (0 < b < a, a, b))(v('$l pages:1', 'revoke'), v('$l pages:1', 'revoke', 'control'))"
shape "and flushes once" "(lambda n: (n == 1, n))(v('$l pages:512', 'revoke', 'remote_tlb_flush_requests'))"
out=$(python3 - "$dir" 2>&1 <<-'PY'
	import glob, json, sys
	m = json.load(open(glob.glob(sys.argv[1] + "/results/2*/manifest.json")[0]))
	env = m["environment"]["before"]
	f = env["target_facts"]
	assert m["status"] == "complete" and m["target"] == "kvm" and f["kvm_module"] == "kvm_amd", (m["status"], f)
	assert f["nested_paging"] in ("Y", "1") and f["linux"].startswith("6.12"), f
	assert env["mitigations"] and not any("Mitigation" in t for t in env["mitigations"].values()), env["mitigations"]
	assert "mitigations=off" in m["meta"]["linux_command_line"] and m["meta"]["machine"] == "kvm", m["meta"]
	assert "gnttab_max_frames" not in m["meta"], m["meta"]
PY
)
ok $? "results say which KVM it was, and that nothing was mitigated"
empty "nothing in the kernel's log" < <(grep -E 'BUG|WARNING|Oops|Call Trace' "$dir/console")
exit $bad
