#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 200
# grantbench ab: verdicts of sides that say what this test lets them say, and of real ones; what it refuses; and that
# nothing is left of sides that die, hang or are interrupted.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

ab() { # ARG...
	catch "$B/grantbench" ab --no-progress --allow-untrusted "$@"
}
key() { # FILE PYTHON: of a verdict d
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); r = {x["cell"]: x for x in d["rows"]}; print(eval(sys.argv[2]))' "$@"
}

# A side that says what its options let it say: --set=side=KIND.
cat >"$tmp/fake" <<'PY'
#!/usr/bin/env python3
import json, random, signal, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
kind = [a[11:] for a in sys.argv if a.startswith("--set=side=")][-1]
lot = random.Random()
def say(o):
    print(json.dumps(o), flush=True)
if kind == "old":
    sys.exit(print("grantbench: unknown option --ab-side; grantbench --help lists them all", file=sys.stderr) or 2)
if kind == "option":
    sys.exit(print("grantbench: --set x: write --set KEY=VALUE", file=sys.stderr) or 2)
cells = {"same": 1.0, "slow": 1.03, "fast": 0.96, "edge": 1.01, "rate": 1.05}
cells = {k: v if kind == "other" else 1.0 for k, v in cells.items()}
if kind == "lacks":
    del cells["edge"]
say({"grantbench_ab": 2 if kind == "newer" else 1, "summary": {"machine": {"kernel": "1"}, "subject": {"variant": kind}},
     "exact": kind == "exact", "untrusted": None,
     "cells": [{"cell": c, "bench": "another" if kind == "bench" else "fake", "def_version": 3 if kind == "definition" else 1,
                "headline": True} for c in cells]})
# What the launch is off by, beside what rounds are: heavy tails, and now and then a round that is not to be trusted.
launch = 0.0
for line in sys.stdin:
    ask = json.loads(line)
    if ask["do"] == "open":
        at = ask["cell"]
        launch = lot.gauss(0, 0.001)
        row = {"version": "v1", "metric": "m", "unit": "MB/s" if at == "rate" else "ns/page",
               "better": "higher" if at == "rate" else "lower"}
        if kind == "unit":
            row["unit"] = "us/page"
        n = {"two": 2, "none": 0}.get(kind, 1)
        say({"skipped": "not here"} if kind == "skips" else {"rows": [row] * n})
    elif ask["do"] == "round":
        if kind == "hangs":
            time.sleep(60)
        if kind == "garbage":
            print("12 monkeys", flush=True)
        noise = lot.gauss(0, 0.01) / max(abs(lot.gauss(0, 1)), 0.05)
        say({"dropped": True} if lot.random() < 0.05 else {"values": [100 * cells[at] * (1 + launch) * max(0.1, 1 + noise / 10)]})
    elif kind == "leaks" and ask["do"] == "close":
        say({"error": "v1: left behind: 3 mappings were left"})
    else:
        say({})
PY
chmod +x "$tmp/fake"

fake() { # KIND ARG...
	ab --base="$tmp/fake" --other="$tmp/fake" --base-with=--set=side=base "--other-with=--set=side=$1" "${@:2}"
}

fake other --time=60 --launches=22 --json="$tmp/v.json" --junit="$tmp/v.xml" --markdown="$tmp/v.md"
[ "$code" = 3 ] && [ "$(key "$tmp/v.json" '[r[c]["verdict"] for c in ("same", "slow", "fast", "edge", "rate")]')" = \
	"['same', 'slower', 'faster', 'unclear', 'faster']" ]
ok $? "the same, 3 % slower, 4 % faster, 1 % that is the threshold, and a rate that is higher: exit code 3"
[ "$(key "$tmp/v.json" 'd["kind"], d["command"], d["exit"], d["failing"], d["family"], d["turns"]["alpha_each"]')" = \
	"('verdict', 'grantbench ab', 3, 1, 5, 0.002)" ] &&
	[ "$(key "$tmp/v.json" 'all(x["lo"] <= x["ratio"] <= x["hi"] and x["level"] == 0.998 for x in d["rows"] if x["lo"])')" = True ] &&
	[ "$(key "$tmp/v.json" 'all(len(x["each"]) == x["launches"][0] == x["launches"][1] for x in d["rows"])')" = True ] &&
	[ "$(key "$tmp/v.json" 'sorted(len(x["each"]) for x in d["rows"])[-1] <= d["turns"]["launches"] == 22')" = True ]
ok $? "the total error is split by the rows, and each has its launches"
[ "$(key "$tmp/v.json" 'r["slow"]["launches"][0] < 22 and 1.02 < r["slow"]["lo"] < 1.03 < r["slow"]["hi"] < 1.04')" = True ]
ok $? "it stops as soon as it is clear"
grep -q '^  slow/v1/m/paired: [0-9.]* -> 10[0-9.]* ns/page, +[23]\.[0-9]* % (+[0-9.]* to +[0-9.]*, at 99.8 %) over [0-9]* launches$' <<<"$out" &&
	grep -q 'edge/.*at the 1 % from which on\|edge/.*it takes about [0-9]* launches, --time=[0-9]' <<<"$out" &&
	grep -q 'a difference is more than 1 %: both sides are one program' <<<"$out" && grep -q 'edge/v1/m/paired' "$tmp/v.md" &&
	grep -q 'name="grantbench ab"' "$tmp/v.xml"
ok $? "on the console with interval, level and what it would take; and for pull requests and JUnit"
fake other --time=25 --launches=2 --alpha=0.04 --format=json >/dev/null
echo "$out" >"$tmp/few.json"
[ "$code" = 0 ] && [ "$(key "$tmp/few.json" 'd["counts"]["unclear"], {x["lo"] for x in d["rows"]}, all(x["needs"] > 8 for x in d["rows"] if x["needs"])')" = \
	"(5, {None}, True)" ]
ok $? "two launches say nothing: unclear, without an interval, and with what it would take"
fake other --time=25 --launches=2 --fail-on=unclear
[ "$code" = 3 ]
ok $? "--fail-on=unclear"

while read -r kind want words; do
	fake "$kind" --time=5 --launches=1 --timeout=0.5
	in_one_line "$want" "$words"
	ok $? "refused: a side that $kind"
done <<-'END'
	old 2 does not know ab: build one that does
	option 2 other (
	newer 2 it speaks version 2 of the protocol of ab, not 1
	lacks 5 lacks the cell edge
	bench 5 are cells of two benchmarks
	definition 5 definition 1 on the base, 3 on the other
	unit 5 unit 'ns/page' on the base, 'us/page' on the other
	two 5 1 figures on the base, 2 on the other
	exact 5 use grantbench compare
	skips 5 cannot be measured on the other: not here
	hangs 1 no answer within 2.5 s
	garbage 1 is no answer: 12 monkeys
	leaks 1 3 mappings were left
END
ab --base="$tmp/fake" --other="$tmp/fake" --with=--set=side=skips
in_one_line 4 "every cell was skipped: same: not here"
ok $? "neither side can: exit code 4"
ab --base="$tmp/fake" --other="$tmp/fake" --with=--set=side=none
in_one_line 4 "every cell was skipped: same: it has no figure of time"
ok $? "there is nothing to compare: likewise"

printf '#!/bin/sh\nexit 0\n' >"$tmp/mute"
printf '#!/bin/sh\nyes\n' >"$tmp/chatty"
chmod +x "$tmp/mute" "$tmp/chatty"
while read -r want words; do
	read -ra args <<<"${words%%|*}"
	ab "${args[@]}"
	in_one_line "$want" "${words##*|}"
	ok $? "refused: ${words%%|*}"
done <<-END
	2 --other=$tmp/none|other: cannot run $tmp/none: No such file
	2 --base=README.md|base: cannot run README.md: Permission denied
	2 --base=$tmp|base: $tmp is no program
	2 --other=$tmp/mute|no grantbench that ab can speak to: it ended with exit code 0
	2 --other=$tmp/chatty|no grantbench that ab can speak to: it says y
	2 --with=--set=batch=9999|--set batch=9999
	2 nosuchcell|no cell matches --filter=nosuchcell
	2 --other-with=--nosuch=1|unknown option --nosuch
	6 --with=--target=nosuch|nosuch: not in this build
	2 --base-with=batch|write --with=OPTION
	2 --time=0|write --time=SECONDS
	2 --alpha=0|write --alpha=P
	2 --min-effect=0|write --min-effect=PERCENT
	2 --fail-on=missing|write --fail-on=LIST of slower, faster, unclear
	2 --launches=0|write --launches=N
	2 --format=xml|write --format=
	2 one two|one FILTER at most
	2 --pin=x|--pin=x: write core
	2 .|ab is for a few, at most 64
	5 --other-with=--set=batch=1,64 --base-with=--set=batch=1|lacks the cell
	5 --base-with=--set=map_unmap.batch=1 --other-with=--set=copy.bytes=64|are cells of two benchmarks
END

C='^map_unmap/batch:64/access:rw/mapper:translated/iommu:none/vcpu:same/pin:first/stride:1/flush:count/entry:none/cpus:8/args:walked$'
ab "$C" --time=6 --json="$tmp/aa.json" --seed=7
[ "$code" = 0 ] && [ "$(key "$tmp/aa.json" 'd["counts"]["slower"], d["counts"]["faster"], len(d["rows"]), d["turns"]["seed"]')" = "(0, 0, 2, 7)" ]
ok $? "a program against itself is neither slower nor faster"
ab --time=120 --base-with=--set=entry=none --other-with=--set=entry=syscall --with=--filter='^map_unmap/batch:1/.*args:walked$' \
	--with=--set=map_unmap.batch=1 --with=--set=mapper=translated --json="$tmp/entry.json"
[ "$code" = 3 ] && [ "$(key "$tmp/entry.json" '{x["verdict"] for x in d["rows"]}, {"entry:none" in x["to"] and "entry:syscall" in x["cell"] for x in d["rows"]}')" = \
	"({'slower'}, {True})" ]
ok $? "two settings, of which one enters by a system call: slower, in the least launches"

# What a side was, while it measures: $1 is sent to its process or, as "ab", to the one that compares.
during() { # WHOM SIGNAL
	local pid i p sides=
	"$B/grantbench" ab --no-progress --allow-untrusted --time=60 --pin=none >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	for ((i = 0; i < 200; i++)); do
		sides=$(pgrep -P $pid | xargs)
		# Both are there, and have measured for a while.
		[ "$(wc -w <<<"$sides")" = 2 ] && [ "$(awk '{ print $14 }' "/proc/${sides##* }/stat" 2>/dev/null || echo 0)" -ge 20 ] && break
		sleep 0.05
	done
	case $1 in
	side) kill "-$2" "${sides##* }" ;;
	ab) kill "-$2" $pid ;;
	esac
	wait $pid 2>"$tmp/wait"
	code=$?
	out=$(<"$tmp/out")
	err=$(<"$tmp/err")
	# What nobody waits for may stay as a zombie.
	for ((i = 0; i < 40; i++)); do
		left=
		for p in $sides; do
			[ "$(awk '{ print $3 }' "/proc/$p/stat" 2>/dev/null || echo Z)" = Z ] || left+=" $p"
		done
		[ -z "$left" ] && break
		sleep 0.05
	done
	[ -n "$sides" ] && [ -z "$left" ]
}

during side KILL && in_one_line 1 "was ended by signal 9 in the middle of measuring"
ok $? "a side that is killed: one line, exit code 1, and the other one is gone, too"
during ab INT && in_one_line 130 "interrupted after"
ok $? "interrupted: exit code 130, and no side is left"
during ab KILL
ok $? "killed: no side is left"
empty "nor a file" < <(find "$tmp" -newer "$tmp/entry.json" ! -name out ! -name err ! -name wait ! -path "$tmp")
echo "1..$n"
exit $bad
