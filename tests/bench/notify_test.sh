#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# unmap_notify: as many polls are made as a rate comes to, and none waited for; and what a granter is told by events, how
# often, and without a hypercall. All of it is exact.
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

# cell NAME OPTION...: a run whose times are not looked at.
cell() {
	local name=$1
	shift
	out=$("$B/grantbench" --quiet --pin=none --launches=0 --repetitions=1 --budget=0.001 \
		--allow-untrusted --filter=^unmap_notify/ --versions=v1,v2,v3 --results="$tmp/all" --out="$tmp/$name" "$@" 2>&1)
	ok $? "$name: the effect is the right one"
}

# figures NAME VERSION: looks, events and wait_most; hypercalls of the granter a page; and events and groups told in unmaps.
figures() {
	python3 - "$tmp/$1" "$2" <<-'PY'
		import json, sys
		folder, version = sys.argv[1:]
		rows = {r["metric"]: r for line in open(folder + "/cells.jsonl", encoding="utf-8") for r in json.loads(line)["rows"]
		        if r["version"] == version}
		def value(metric):
		    v = rows.get(metric, {}).get("value")
		    v = v["value"] if isinstance(v, dict) else v
		    return "-" if v is None else "%g" % round(v, 6)
		def count(metric, name):
		    return "%g" % round((rows.get(metric, {}).get("counts") or {}).get(name, 0), 6)
		print(value("looks"), value("events"), value("wait_most"), count("learn", "hypercalls"), count("unmap", "events"))
	PY
}

is() { # NAME WANTED GOT
	out="want: $2"$'\n'"got:  $3"
	[ "$2" = "$3" ]
	ok $? "$1"
}

# 64 pages are looked at once, then 10 or 10,000 polls find nothing, and 64 find each.
cell notice --set pages=64
is "version 1 polls 10 pages a second" "2.15625 0 6400 0 0" "$(figures notice v1)"
is "version 2, too" "2.15625 0 6400 0 0" "$(figures notice v2)"
is "version 3 is told of 64 pages by one event, and does not ask" "2 0.015625 - 0 0.015625" "$(figures notice v3)"
cell fast --set rate=10000
is "10,000 polls a second are 10,000 polls" "158.25 0 6.4 0 0" "$(figures fast v1)"
cell held --set rate=1000 --set held=64
is "for 64 ms 64 polls, and a page waits 64 ms at most" "3 0 64 0 0" "$(figures held v1)"
cell one --set batch=1
is "an event for each page that is let go of by itself" "2 1 - 0 1" "$(figures one v3)"
cell status --set learn=status
is "a status page is polled" "2.15625 0 6400 0 0" "$(figures status v3)"
cell query --set learn=query
is "without it each look is a hypercall" "2.15625 0 6400 2.15625 0" "$(figures query v3)"
cell many --set pages=4096 --set batch=512
is "a word of 64 pages is an event, and one is taken by call" "2 0.001953 - 0 0.015625" "$(figures many v3)"
echo "1..$n"
exit $bad
