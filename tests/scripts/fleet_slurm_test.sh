#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 240
# scripts/grantbench-fleet with a Slurm of the test's own: one run of parts; a job that is killed, a part that fails for good, and
# going on after that; machines of the lab, with a stand-in for the lab.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
# shellcheck source=tests/tools/within.sh
. tests/tools/within.sh
within with-slurm SLURM_CONF
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# A grantbench that does what a file asks for, once for each line of it, and is the real one otherwise.
mkdir "$tmp/b"
ln -s "$PWD/$B/grantbench-report" "$tmp/b"
cat >"$tmp/b/grantbench" <<SH
#!/bin/bash
for a; do
	case \$a in --part=2/*)
		# What it is asked for the n-th time is in line n.
		echo >>"$tmp/times"
		ask=\$(sed -n "\$(wc -l <"$tmp/times")p" "$tmp/ask")
		case \$ask in
		hang) echo \$\$ >"$tmp/hangs" && exec sleep 300 ;;
		slow) exec "$PWD/$B/grantbench" "\$@" --timeout=0.000001 ;;
		fail) echo "grantbench: this machine is on fire" >&2 && exit 1 ;;
		esac
		;;
	esac
done
exec "$PWD/$B/grantbench" "\$@"
SH
chmod +x "$tmp/b/grantbench"
ask() {
	printf '%s\n' "$@" >"$tmp/ask"
	: >"$tmp/times"
}
fleet() { B=$tmp/b catch scripts/grantbench-fleet --results="$tmp/r" "$@"; }
plan=(-- '--filter=^table_growth/' --budget=0.3 --launches=0 --allow-untrusted --pin=none)

# The first try is killed as the kernel kills what takes too much memory, or an operator.
ask hang
{
	until [ -s "$tmp/hangs" ]; do sleep 0.1; done
	kill -9 "$(<"$tmp/hangs")"
} &
fleet --parts=2 "${plan[@]}"
wait $!
[ $code = 0 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == "grantbench-fleet: part 2 of 2, try 1 of 3 on bench1: "*Killed* ]]
ok $? "a job that is killed is told, with its node, and tried again"
[ "$(grep -c '^part [12] of 2: .* cells and re-launches$' <<<"$out")" = 2 ] && [ "$(tail -n 1 <<<"$out")" = "$(realpath "$tmp/r/latest")" ] &&
	[ "$(python3 -c 'import json, sys; m = json.load(open(sys.argv[1])); print(len(m["plan"]), m["status"], [x["name"] for x in m["machines"]])' "$tmp/r/latest/manifest.json")" = "3 complete ['bench1']" ]
ok $? "and its part is in the one run: which machine measured what, and the folder"
"$B/grantbench" compare "$tmp/r/latest" "$tmp/r/latest" >/dev/null
ok $? "which other programs read"

ask fail fail
fleet --parts=2 --tries=2 "${plan[@]}"
work=$(sed -n 's/^parts in //p' <<<"$out")
[ $code = 1 ] && [ "$(grep -c '^grantbench-fleet: part 2 of 2, try [12] of 2 on bench1: .*on fire$' <<<"$err")" = 2 ] &&
	[ "$(tail -n 1 <<<"$err")" = "grantbench-fleet: part 2 of 2 failed for good, the others are kept; go on with scripts/grantbench-fleet --resume=$work" ] && [ "$(wc -l <<<"$err")" = 3 ]
ok $? "a part that fails for good: exit code 1, what it said, and how to go on"
[ -f "$work/part-1/summary.json" ] && [ ! -e "$work/part-2" ] && [ "$(find "$tmp/r" -maxdepth 1 -name '*-fleet*' | wc -l)" = 1 ]
ok $? "the part that is measured is kept, and no run is made of it alone"
before=$(stat -c %Y.%i "$work/part-1/manifest.json")
ask
fleet --resume="$work"
[ $code = 0 ] && [ -z "$err" ] && [ "$(wc -l <"$tmp/times")" = 1 ] && [ "$before" = "$(stat -c %Y.%i "$work/part-1/manifest.json")" ] &&
	[ "$(find "$tmp/r" -maxdepth 1 -name '*-fleet*' | wc -l)" = 2 ]
ok $? "--resume measures what is left, and nothing again"

# What every try cannot measure is no reason to lose the rest.
ask slow slow
fleet --parts=2 --tries=2 "${plan[@]}"
[ $code = 1 ] && [ "$(tail -n 1 <<<"$err")" = "grantbench-fleet: part 2 of 2: 1 cell failed in every try; the others are in the run" ] &&
	[ "$(python3 -c 'import json, sys; m = json.load(open(sys.argv[1])); print(m["status"], m["exit"], m["counts"]["error"], m["counts"]["ok"] + m["counts"]["unstable"])' "$tmp/r/latest/manifest.json")" = "failed 1 1 2" ]
ok $? "a cell that fails in every try: exit code 1, and the run has all others"

# Somebody interrupts it.
ask hang
rm -f "$tmp/hangs"
B=$tmp/b env --default-signal=INT scripts/grantbench-fleet --results="$tmp/r" --parts=2 "${plan[@]}" >"$tmp/said" 2>"$tmp/err" &
fleet=$!
until [ -s "$tmp/hangs" ]; do sleep 0.1; done
kill -INT $fleet
wait $fleet
code=$? out=$(<"$tmp/said") err=$(<"$tmp/err")
for _ in $(seq 100); do [ -z "$(squeue -h)" ] && break; sleep 0.1; done
[ $code = 130 ] && [[ $err == *"--resume="* ]] && [ -z "$(squeue -h)" ] && ! kill -0 "$(<"$tmp/hangs")" 2>/dev/null
ok $? "interrupted: exit code 130, and no job goes on"
catch scripts/grantbench-fleet --results="$tmp/r" --parts=2 --sbatch=--partition=nowhere "${plan[@]}"
[ $code = 1 ] && [ "$(wc -l <<<"$err")" = 1 ] && [[ $err == "grantbench-fleet: sbatch: "*nvalid*partition* ]]
ok $? "what Slurm refuses is told in its words"

# The lab boots an emulator: here something else in its place.
mkdir -p "$tmp/tree/scripts"
cp -a scripts/grantbench-fleet scripts/fleet_merge.py scripts/ending.py scripts/lab.d "$tmp/tree/scripts"
cat >"$tmp/tree/scripts/lab-all" <<'SH'
#!/bin/bash
for a; do case $a in --out=*) mkdir -p "${a#*=}" && echo "$@" >"${a#*=}/report.md" ;; esac; done
SH
chmod +x "$tmp/tree/scripts/lab-all"
catch "$tmp/tree/scripts/grantbench-fleet" --results="$tmp/lab" --lab=pvh,pv -- --target=xen
work=$(sed -n 's/^parts in //p' <<<"$out")
[ $code = 0 ] && [ -z "$err" ] && grep -qx "pvh on bench1: $work/part-1" <<<"$out" && grep -qx "pv on bench1: $work/part-2" <<<"$out" &&
	grep -q -- '^--machine=pv --out=.* -- --target=xen$' "$work/part-2/report.md"
ok $? "machines of the lab: one a node, each with its folder"
echo "1..$n"
exit $bad
