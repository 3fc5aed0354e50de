#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What grantbench-report says of version 3, out of synthetic folders. TAP output.
# The figures below are made up for this test. They are not results of anything.
# Usage: tests/plot/worth_test.sh [folder of the build]
cd "$(dirname "$0")/../.." || exit 1
report=$(realpath "${1:-${B:-build}}/grantbench-report")
scripts=$PWD/plot/figures
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

cat >"$tmp/make.py" <<-'EOF'
	"""make.py DIR WHAT...: a run of times with its instructions; WHAT leaves out or adds."""
	import json, os, sys
	to, what = sys.argv[1], set(sys.argv[2:])
	RIVALS = ["v2", "v1-batch", "v1-args", "v1-range", "v1-revoke"]
	versions = ["v1"] + RIVALS + ["v3"]
	if "variant" in what: versions.append("v3-extents")
	if "hostile" in what: versions = ["v1-<b>|`x`" if v == "v1-range" else v for v in versions]
	if "no-rival" in what: versions = ["v1", "v3"]
	if "no-revoke" in what: versions.remove("v1-revoke")
	if "no-v3" in what: versions.remove("v3")

	def manifest(path, exact, target="hv"):
	    os.makedirs(path)
	    clock = {"name": "instructions" if exact else "monotonic", "unit": "instructions" if exact else "ns",
	             "exact": exact, "trusted": True, "reason": None}
	    json.dump({"schema": 1, "suite": "TEST", "git": None, "started": "2000-01-01T00:00:00Z", "ended": None,
	               "status": "complete", "exit": 0, "command": ["grantbench"], "target": target, "budget_s": 1,
	               "measured_s": 1, "quick": False, "meta": {"TEST DATA": "made up"}, "plan": [], "counts": {},
	               "environment": {}, "fingerprint": "00", "fingerprint_keys": [], "noise": None, "clock": clock,
	               "versions": [{"name": v, "words": "TEST", "colour": "#%06x" % (0x101010 * (i + 1))}
	                            for i, v in enumerate(versions)]}, open(path + "/manifest.json", "w"))

	def cell(bench, params, metrics, exact, entry="none", launch=0, axis=None, status="ok", target="hv"):
	    """metrics: name: {version: value}"""
	    rows = []
	    for metric, values in metrics.items():
	        base = None
	        for v in versions:
	            value = values.get("v1-range" if v.startswith("v1-<") else v)
	            if value is None: continue
	            ratio = {"to": base[0], "value": value / base[1], "lo": value / base[1] * (1 if exact else 0.99),
	                     "hi": value / base[1] * (1 if exact else 1.01), "level": 0.99, "n": 9,
	                     "class": "C" if exact else "H"} if base else None
	            rows.append({"version": v, "metric": metric, "unit": "instructions/page" if exact else "ns/page",
	                         "better": "lower", "n": 9, "value": value, "lo": value, "hi": value, "min": value,
	                         "max": value, "class": "C" if exact else "X", "ratio": ratio, "self": None,
	                         "counts": {"flushes": 1 if v == "v1" else 0.25, "entries_written": 7}, "shares": None,
	                         "latency": None})
	            base = base or (v, value)
	    name = bench + "/" + "/".join("%s:%s" % x for x in params.items())
	    return {"cell": name, "bench": bench, "def_version": 1, "params": params, "axis": axis, "target": target,
	            "mapper": None, "iommu": "none", "flush": "count", "entry": entry, "host_cpus": 8, "launch": launch,
	            "status": status, "reason": None, "rounds": {"asked": 9, "done": 9, "dropped": 0}, "seconds": 0.1,
	            "rows": rows, "perf": {"available": False, "reason": "TEST", "events": {}}}

	def both(v1, v3, **rivals):
	    """The same for map and unmap."""
	    values = {"v1": v1, "v3": v3, **{k.replace("_", "-"): x for k, x in rivals.items()}}
	    return {"map": values, "unmap": values}

	def map_unmap(batch, values, mapper="translated", stride=1, entry="none", args="walked", **kw):
	    p = {"batch": str(batch), "mapper": mapper, "stride": str(stride), "entry": entry, "args": args}
	    if kw.get("target") == "xen": p.update(entry=None, args=None)
	    return cell("map_unmap", p, values, kw.pop("exact", True), entry=kw.pop("real", entry), **kw)

	WORSE = dict(v2=1010, v1_batch=1000)
	def counted(**kw):
	    pv = [map_unmap(1, both(500, 750, v1_args=490), "pv", **kw)]
	    if "pv-only" in what: return pv
	    out = pv + [map_unmap(64, both(1000, 300, **WORSE), **kw)]
	    one = both(1000, 1100, v1_args=900, **WORSE)
	    one["unmap"] = dict(one["unmap"], v3=1005)
	    out += [map_unmap(1, one, **kw), map_unmap(1, both(250, 400, v1_args=245), args="direct", **kw)]
	    many = both(1000, 200, v1_args=400, v1_range=250, **WORSE)
	    if "variant" in what:
	        for m in many.values(): m["v3-extents"] = 1
	    if "worse" in what: many = both(1000, 2000, **WORSE)
	    out += [map_unmap(256, many, **kw), map_unmap(256, both(250, 150, v1_range=100), args="direct", **kw)]
	    if "nulls" in what: out += [map_unmap(64, both(1000, None), stride=2, **kw)]
	    # A modelled entry costs no instruction: it is not what the column with entry is for.
	    out += [map_unmap(1, both(1000, 7), entry="syscall", **kw)]
	    p = {"pages": "512", "order": "0", "maps": "1", "outcome": "hole", "mapper": "translated", "threads": "1"}
	    out += [cell("revoke", dict(p, pages=n), {"revoke": {"v1-revoke": rival, "v3": ours}}, True)
	            for n, rival, ours in (("512", 5, 4), ("64", 100, 80))]
	    return out

	def timed():
	    out = []
	    for launch in range(8):
	        many = both(1000, 250 + launch, v1_args=500, v1_range=300)
	        out += [map_unmap(256, many, entry="syscall", exact=False, launch=launch),
	                map_unmap(1, both(1000, 1050), entry="syscall", exact=False, launch=launch)]
	    out += [map_unmap(64, both(1000, 300), exact=False)]
	    grown = {n: {v: 3 for v in versions if v == "v3" or n in ("64", "32768")} for n in ("64", "32768", "1048576")}
	    if "no-growth" not in what:
	        out += [cell("tree_growth", {"grants": n, "leaf": "4K", "max_frames": "64"}, {"grow": grown[n]}, False,
	                     axis=None if n == "32768" else "grants") for n in ("32768", "64", "1048576")]
	    return out

	def write(path, cells):
	    open(path + "/cells.jsonl", "w").write("".join(json.dumps(c) + "\n" for c in cells))

	if "xen" in what:
	    manifest(to, True, "xen")
	    write(to, [map_unmap(1, both(1000, 1100, v1_args=900), target="xen", real=None)])
	    sys.exit()
	manifest(to, "itself" in what)
	write(to, counted() if "itself" in what else timed())
	if not {"itself", "not-counted"} & what:
	    manifest(to + "/instructions", True)
	    write(to + "/instructions", counted())
EOF

run() { # NAME WHAT...: make that run and its report; its first section is in NAME.md
	python3 "$tmp/make.py" "$tmp/$1" "${@:2}" && "$report" --no-plots "$tmp/$1" >/dev/null &&
		sed -n '/^## Is version 3/,/^## Each\|^## The other/p' "$tmp/$1/report.md" >"$tmp/$1.md"
}

try() { # NAME COMMAND...: a test that passed if the command did
	local name=$1
	shift
	out=$("$@" 2>&1)
	ok $? "$name"
}
has() { grep -qF -- "$2" "$1" || { echo "$1 lacks: $2"; cat "$1"; return 1; }; }
lacks() { ! grep -nE -- "$2" "$1"; }
thin=$(printf '\342\200\257') # between thousands
line() { grep -F "| $2, per page |" "$tmp/$1.md" | sed "s/^| $2, per page | //"; } # RUN WORK: what the table says of it, first

try "a run: 0" run all
a=$tmp/all.md
try "the first sentence: what it gains, exactly, and without arguments" has "$a" \
	"In 2 of the 6 lines that both have, v3 needs fewer of the hypervisor's instructions than v1, as exact shares of v1's: a range of 256 pages (translated 1/5.0, without arguments 0.60)."
try "the second: how much of it the best of the others has, and what is left" has "$a" \
	"How much of these savings the best of v2, v1-batch, v1-args, v1-range and v1-revoke has, which have no tree, and what share of its instructions v3 then needs: a range of 256 pages (translated v1-range 94 %, v3 / v1-range 0.80)."
try "the third: where it costs more, than version 1 and than what is better than that, and what is not version 1's" has "$a" \
	"v3 costs more than v1 in 3 of the 6 lines: one page of 4 KiB (translated map 1.10, in time with the entry 1.05; PV 1.50); more than a version that is better than v1 in 4: one page of 4 KiB (translated v3 / v1-args 1.12 to 1.22; PV v3 / v1-args 1.53); it alone can do: 1${thin}048${thin}576 grants at once (the others at most 32${thin}768, by 64 frames); it and another, but not v1, can do: taking back 64 pages (translated v3 / v1-revoke 0.80)."
try "the table: instructions, both ratios, without arguments, with entry" test "$(line all "a range of 256 pages, translated map")" = \
	'1000 | 200.0 | 0.200 | 0.800 of v1-range | 0.600 | 1.500 of v1-range | 0.254 \[0.250, 0.257\] | 0.845 \[0.833, 0.857\] of v1-range |'
try "where no other version is better, it says so" test "$(line all "one page of 4 KiB, translated map" | cut -d'|' -f3,4)" = \
	" 1.100 | 1.222 of v1-args "
try "no time of a PV mapper was measured: a dash; and its arguments are none, which words say" \
	test "$(line all "one page of 4 KiB, PV map")" = "500.0 | 750.0 | 1.500 | 1.531 of v1-args | none to find | - | - | - |"
try "of revoking there is no version 1; and what its benchmark cannot vary, words say" \
	test "$(line all "taking back 64 pages, translated revoke")" = \
	"- | 80.00 | - | 0.800 of v1-revoke | no such choice | - | no such choice | - |"
try "what is not in the run is named" has "$a" \
	"Not in this run, so nothing is said of it: 64 pages, each named by itself (map_unmap); 2 MiB by one entry (large_page); one page from publishing to end of access (full_cycle); taking back one page (revoke)."
try "counts that differ, to version 1" has "$a" "| a range of 256 pages, translated map: v3 / v1 | flushes 0.25 instead of 1 |"
try "the figure's data: both marks, in the colours of the versions, and the line between" \
	test "$(grep -cE '^4.00 0.2\S* 1052688 7 ""$|^4.00 0.8\S* 5263440 13 "v1-range"$|^4.00 0.2\S* 0.8\S*$' "$tmp/all/plots/worth.dat")" = 3
try "and without arguments: hollow" grep -qE '^4.30 1.5 5263440 12 ""$' "$tmp/all/plots/worth.dat"
try "the answer of version 3 is not told twice" lacks "$tmp/all/report.md" "^v3 against v1"
try "Xen's other version has its sentences, rivals are short" lacks "$tmp/all/report.md" "^v1-[a-z]* against v1"

try "no rival in the run: 0" run no-rival no-rival
try "it says that it cannot say" has "$tmp/no-rival.md" \
	"No version but v1 and v3 was counted, so this run cannot say how much of these 2 savings v1 could have"
try "and names no share" lacks "$tmp/no-rival.md" "How much of these savings"
try "without v1-revoke only version 3 takes back: 0" run no-revoke no-revoke
try "and says what it takes" has "$tmp/no-revoke.md" \
	"it alone can do: taking back 64 pages (translated revoke, 80.00 instructions/page), 1${thin}048${thin}576 grants at once"
try "no growth in the run: 0" run no-growth no-growth
try "then nothing is said of it" lacks "$tmp/no-growth.md" "grants at once"

try "instructions not counted: 0" run not-counted not-counted
try "it says what to run" has "$tmp/not-counted.md" "then scripts/hv-instructions --of=$tmp/not-counted, has them"
try "and has neither table, nor figure" lacks "$tmp/not-counted.md" '^\||worth\.svg'
try "version 3 has its ordinary sentences then" has "$tmp/not-counted/report.md" "v3 against v1, in"
try "PV only: 0" run pv pv-only
try "a PV mapper's figure stands for no other" has "$tmp/pv.md" "v3 costs more than v1 in 2 of the 2 lines: one page of 4 KiB (PV 1.50)"
try "and the first sentence says that nothing is gained" has "$tmp/pv.md" \
	"v3 gains nothing over v1: in none of the 2 lines that both have it needs fewer of the hypervisor's instructions."
try "and no share of nothing is told" lacks "$tmp/pv.md" "savings"
try "no translated mapper is in it" lacks "$tmp/pv.md" "^\|.*translated (map|unmap|revoke)"
try "worse everywhere: 0" run worse worse
try "it says so" has "$tmp/worse.md" "v3 gains nothing over v1: in none of the 6 lines"

try "a variant: 0" run variant variant
try "is labelled in the table" has "$tmp/variant.md" "| a range of 256 pages, translated map, per page; a variant: v3-extents | 1000 | 1.000 | 0.00100 |"
variant_apart() { diff <(grep -E '^(In [0-9]|How|v3 costs) ' "$a") <(grep -E '^(In [0-9]|How|v3 costs) ' "$tmp/variant.md"); }
try "and in no sentence" variant_apart
try "nor in the figure" cmp "$tmp/all/plots/worth.dat" <(sed 's/TEST//' "$tmp/variant/plots/worth.dat")

try "no version 3: 0" run no-v3 no-v3
try "then nothing of it is said" lacks "$tmp/no-v3/report.md" "Is version 3 worth it|The other versions"
try "figures that do not exist: 0" run nulls nulls
try "neither nan nor inf" lacks "$tmp/nulls.md" '\b(nan|inf)\b'

try "a run that is of instructions itself: 0" run itself itself no-growth
try "says the same" has "$tmp/itself.md" "a range of 256 pages (translated 1/5.0, without arguments 0.60)."
try "and has no times: a modelled entry costs no instructions" test "$(line itself "one page of 4 KiB, translated map" | cut -d'|' -f7,8)" = " - | - "
try "a target that counts its own entry: 0" run xen xen
try "it is what the answer rests on" has "$tmp/xen.md" "v3 costs more than v1 in 2 of the 2 lines: one page of 4 KiB (translated 1.10)"
try "and stands in the column with entry" test "$(line xen "one page of 4 KiB, translated map" | cut -d'|' -f3-8)" = \
	" - | - | - | - | 1.100 | 1.222 of v1-args "

try "a hostile name: 0" run hostile hostile
for f in html md; do
	try "$f: is escaped" lacks "$tmp/hostile/report.$f" '<b>'
done
try "md: and does not break the table" test "$(line hostile "a range of 256 pages, translated map" | sed 's/\\|//g' | tr -dc '|' | wc -c)" = 8

if command -v gnuplot >/dev/null; then
	drawn() { "$report" --scripts="$scripts" "$1" && python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1/plots/worth.svg"; }
	for f in all no-rival pv xen hostile no-revoke; do
		try "$f: is drawn, well-formed" drawn "$tmp/$f"
	done
	try "the rival is named in it" has "$tmp/all/plots/worth.svg" "v1-range"
	try "and what hollow marks are" has "$tmp/all/plots/worth.svg" "hollow: without arguments"
	try "where there are none, nothing is said of them" lacks "$tmp/pv/plots/worth.svg" "hollow"
fi
echo "1..$n"
exit $bad
