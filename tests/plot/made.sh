# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Sourced by tests of the report: small folders of results, made up for them and results of nothing, and what is looked
# for in what comes of them.

try() { # NAME COMMAND...: a test that passed if the command did
	local name=$1
	shift
	out=$("$@" 2>&1)
	ok $? "$name"
}

manifest() { # DIR [STATUS]
	mkdir -p "$1/histograms"
	cat >"$1/manifest.json" <<-EOF
	{"schema":1,"suite":"0.0.0-test","git":null,"started":"2000-01-01T00:00:00Z","ended":null,
	 "status":"${2:-complete}","exit":0,"command":["grantbench"],"target":"hv","budget_s":1,"measured_s":1,
	 "quick":false,"meta":{"TEST DATA":"made up, not results","note":"<script>alert(1)</script> \`x\` a|b",
	 "link":"http://example.org/\"onload='x'"},"plan":["map_unmap/planned:only"],"counts":{},
	 "environment":{"before":{"host":null,"kernel":"test","governor":"a","turbo":"on","loadavg1":0,
	 "mitigations":{"m":"<b>"}},"after":{"host":null,"kernel":"test","governor":"b","turbo":null,"loadavg1":1,
	 "mitigations":{"m":"<b>"}}},"fingerprint":"00","fingerprint_keys":[],"noise":{"steal_ticks":0}}
	EOF
}

row() { # VERSION METRIC UNIT VALUE RATIO [LATENCY-FILE] [SHARES]
	local ratio=null self=null latency=null lo hi
	lo=$(($4 - $4 / 20)) hi=$(($4 + $4 / 20))
	if [ "$5" = self ]; then
		self='{"value":1.0,"lo":0.999,"hi":1.001,"level":0.99,"n":9}'
	else
		ratio="{\"to\":\"v1\",\"value\":$5,\"lo\":$5,\"hi\":$5,\"level\":0.99,\"n\":9,\"class\":\"H\"}"
	fi
	[ -n "$6" ] && latency="{\"n\":4,\"min\":10,\"p50\":20,\"p90\":40,\"p99\":40,\"p99_9\":40,\"max\":40,\"file\":\"$6\"}"
	printf '{"version":"%s","metric":"%s","unit":"%s","better":"lower","n":9,"value":%s,"lo":%s,"hi":%s,"min":1,"max":9999,"class":"X","ratio":%s,"self":%s,"counts":{"flushes":0.5,"iotlb_invalidations":2,"qi_waits":1,"never":0},"ops_counted":8,"shares":%s,"latency":%s}' \
		"$1" "$2" "$3" "$4" "$lo" "$hi" "$ratio" "$self" "${7:-null}" "$latency"
}

cell() { # BENCH AXIS LAUNCH ENTRY STATUS PARAMS ROWS
	printf '{"cell":"%s/%s","bench":"%s","def_version":1,"params":{%s},"axis":%s,"target":"hv","mapper":"pv","iommu":"none","flush":"count","entry":"%s","host_cpus":8,"launch":%s,"status":"%s","reason":%s,"rounds":{"asked":9,"done":9,"dropped":1},"seconds":0.1,"rows":[%s],"perf":{"available":false,"reason":"test","events":{}}}\n' \
		"$1" "$(tr -d '" ' <<<"$6" | tr , /)" "$1" "$6" "$2" "$4" "$3" "$5" \
		"$([ "$5" = ok ] && echo null || echo '"no <i>reason</i>"')" "$7"
}

pair() { # METRIC UNIT VALUE [LATENCY] [SHARES]: v1 and v2
	row v1 "$1" "$2" "$3" self "$4" "$5"
	printf ,
	row v2 "$1" "$2" "$(($3 * 3))" 3.01 "$4" "$5"
}

full() { # DIR: every kind of figure
	local b l e
	manifest "$1"
	printf '# value share count\n10 0.25 1\n20 0.5 1\n40 1 2\n' >"$1/histograms/a.txt"
	{
		for b in 1 8 64; do
			for l in 0 1; do
				[ $l = 1 ] && [ $b != 8 ] && continue
				cell map_unmap "$([ $b = 8 ] && echo null || echo '"batch"')" $l none ok \
					"\"batch\":\"$b\",\"entry\":\"none\",\"mapper\":\"pv\"" "$(pair map ns/page $((900 / b)))"
			done
		done
		for b in 1 8 64; do
			cell map_unmap '"mapper"' 0 none ok "\"batch\":\"$b\",\"entry\":\"none\",\"mapper\":\"translated\"" "$(pair map ns/page 700)"
		done
		cell map_unmap '"entry"' 0 syscall ok '"batch":"8","entry":"syscall","mapper":"pv"' "$(pair map ns/page 200)"
		cell map_unmap '"entry"' 0 none skipped '"batch":"9","entry":"none","mapper":"pv"' ""
		for e in range page domain; do
			for b in 64 1 512; do # one version; the scope decides, but not what mapping costs
				cell iotlb_flush "$([ $e$b = range64 ] && echo null || echo '"pages"')" 0 none ok "\"scope\":\"$e\",\"pages\":\"$b\"" \
					"$(row v1 map ns/range $((b * 10)) self),$(row v1 flush ns/range $([ $e = page ] && echo $((b * 30)) || echo 60) self)"
			done
		done
		cell p2m_lock null 0 none ok '"threads":"2"' "$(pair change ns/op 90 "" '[0.75,0.25]')"
		cell table_growth null 0 none ok '"mapper":"pv"' "$(pair grow ns/grant 30)"
		cell block_replay null 0 none ok '"grants":"persistent"' "$(pair request ns 20 histograms/a.txt)"
		cell newcomer null 0 none ok '"x":"1"' "$(pair thing ns/op 11)"
	} >"$1/cells.jsonl"
}

exits() { # CODE COMMAND...
	local want=$1 got
	shift
	"$@"
	got=$?
	[ $got = "$want" ] || { echo "exit code $got, not $want"; return 1; }
}

has() { grep -qF -- "$2" "$1" || { echo "$1 lacks: $2"; return 1; }; }

lacks() { ! grep -nE "${@:3}" -- "$2" "$1"; }

says() { # CODE TEXT COMMAND...: ends with the code, and stderr has the text
	local want=$1 text=$2 err
	shift 2
	err=$("$@" 2>&1 >/dev/null)
	[ $? = "$want" ] && [[ $err == *"$text"* ]] || { echo "$err"; return 1; }
}

well_formed() { # FILE...
	if command -v xmllint >/dev/null; then
		xmllint --noout --nonet "$@"
	else
		python3 -c 'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' "$@"
	fi
}
