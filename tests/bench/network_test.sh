#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# tap-timeout: 120
# network: what is copied and mapped of a capture is what its packets' lengths say, by each way; every format of libpcap's
# gives the same; and what is no capture is refused in one line.
set -u
cd "$(dirname "$0")/../.." || exit 1
gb=$(realpath "${B:-build}/grantbench")
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh
cd "$tmp" || exit 1

# Packets by bytes, from the first sender (+) or to it; the last one is of as many slots as there can be.
python3 - <<'PY' || exit 1
import struct
PACKETS = [(+60, 60), (+128, 60), (+129, 60), (-60, 60), (+4096, 60), (+4097, 60), (-1514, 60), (-9000, 60), (+73728, 60)]
A, B = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


def data(n, cap):
    return ((B + A if n > 0 else A + B) + b"\x08\0" + bytes(60))[:cap]


def classic(name, magic, link=1, packets=PACKETS, cut=0, order="<"):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)
    for i, (n, cap) in enumerate(packets):
        out += struct.pack(order + "IIII", 1000 + i, 1, cap, abs(n)) + data(n, cap)
    with open(name, "wb") as f:
        f.write(out[:len(out) - cut])


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


classic("micro.pcap", 0xa1b2c3d4)
classic("nano.pcap", 0xa1b23c4d)
classic("big.pcap", 0xa1b2c3d4, order=">")
with open("ng.pcapng", "wb") as f:
    f.write(block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack("<HHI", 1, 0, 262144)))
    for n, cap in PACKETS:
        f.write(block(6, struct.pack("<IIIII", 0, 0, 1, cap, abs(n)) + data(n, cap)))
classic("raw.pcap", 0xa1b2c3d4, link=101)
classic("cut.pcap", 0xa1b2c3d4, cut=5)
classic("none.pcap", 0xa1b2c3d4, packets=[])
classic("long.pcap", 0xa1b2c3d4, packets=[(60, 60), (73729, 60)])
classic("short.pcap", 0xa1b2c3d4, packets=[(60, 60), (60, 11)])
classic("many.pcap", 0xa1b2c3d4, packets=[(60, 60)] * 700)
open("text.pcap", "w").write("no capture\n")
PY

run() {
	out=$("$gb" --quiet --allow-untrusted --launches=0 --budget=0.4 --results=r --filter='^network/' "$@" 2>&1 </dev/null)
	code=$?
}
# has DIR PYTHON: n(count, version) of the only cell is per packet, c are the cells.
has() {
	python3 -c 'import json, sys
c = [json.loads(x) for x in open(sys.argv[1] + "/cells.jsonl")]
def n(name, version="v1", cell=0):
    return round(next(r for r in c[cell]["rows"] if r["version"] == version)["counts"][name] * 9, 3)
sys.exit(not eval("(%s)" % sys.argv[2]))' "$1" "$2"
}
refused() { # NAME TEXT ARGS...
	local name=$1 text=$2
	shift 2
	run "$@"
	[ $code = 2 ] && [ "$(wc -l <<<"$out")" = 1 ] && [[ $out == "grantbench: "*"$text"* ]]
	ok $? "$name: exit code 2"
}
same() { python3 -c 'import json, sys
a, b = ([(r["version"], r["counts"]) for x in open(p + "/cells.jsonl") for r in json.loads(x)["rows"]] for p in sys.argv[1:])
sys.exit(not a or a != b)' "$@"; }

run --set capture=./micro.pcap --out=linux
if [ $code = 4 ] && [[ $out == *libpcap* || $(cat linux/cells.jsonl) == *libpcap* ]]; then
	echo "1..0 # SKIP no libpcap"
	exit 0
fi
echo 1..18
# Sent: 60, 128, 129, 4096, 4097, 73728; received: 60, 1514, 9000.
RX='(60 + 1514 + 9000)' TX='(60 + 128 + 129 + 4096 + 4097 + 73728)' MAPPED='(1 + 1 + 2 + 18)'
[ $code = 0 ] && has linux "n('bytes_copied') == 60 + 128 * 5 + $RX and n('maptrack_gets') == $MAPPED and n('hypercalls') == 4"
ok $? "linux: heads and what is received are copied, the rest of what is longer is mapped; four hypercalls"
has linux "all(n('bytes_copied', r['version']) == 60 + 128 * 5 + $RX for r in c[0]['rows'])"
ok $? "of every version as many bytes"
run --set capture=./micro.pcap --set way=copy --out=copy
[ $code = 0 ] && has copy "n('bytes_copied') == $TX + $RX and n('maptrack_gets') == 0 and n('hypercalls') == 2"
ok $? "copy: all of it, and nothing is mapped"
run --set capture=./micro.pcap --set way=map --out=map
[ $code = 0 ] && has map "n('bytes_copied') == 0 and n('maptrack_gets') == 2 + $MAPPED + 1 + 1 + 3 and n('hypercalls') == 2"
ok $? "map: every slot, and nothing is copied"
run --set capture=./micro.pcap --set way=persistent --out=persistent
[ $code = 0 ] && has persistent "n('hypercalls') == 0 and n('bytes_copied') == 0"
ok $? "persistent: once all is mapped there is no hypercall"
run --set capture=./micro.pcap --set direction=rx --out=rx
[ $code = 0 ] && has rx "n('bytes_copied') == $TX + $RX and n('hypercalls') == 1"
ok $? "direction=rx: all is received"
run --set capture=./micro.pcap --set direction=tx --set batch=1 --out=tx
[ $code = 0 ] && has tx "n('bytes_copied') == 2 * 60 + 128 * 7 and n('hypercalls') == 9 + 2 * 6"
ok $? "direction=tx, batch=1: a call for each head, two for each packet that is longer"
for f in nano.pcap big.pcap ng.pcapng; do
	run --set capture=./$f --out="as-$f"
	[ $code = 0 ] && same linux "as-$f"
	ok $? "$f has the same packets"
done
run --set capture=./raw.pcap --set direction=tx --out=raw
[ $code = 0 ] && same raw raw
ok $? "a capture without addresses goes one way"
run --set capture=./raw.pcap --out=both
[ $code = 1 ] && grep -q 'no addresses of Ethernet: write direction=tx' both/cells.jsonl
ok $? "and not both"
run --set capture=./many.pcap --out=many
[ $code = 0 ] && has many "c[0]['input']['parts'] == 3"
ok $? "a long one has parts"
refused "one that is cut off" "ends within packet 9" --set capture=./cut.pcap
refused "an empty one" "has no packet" --set capture=./none.pcap
refused "a packet that is too long" "packet 2 has 73729 bytes" --set capture=./long.pcap
refused "one of which too little was captured" "packet 2 has 11 bytes and no addresses" --set capture=./short.pcap
refused "text" "is no capture that libpcap reads" --set capture=./text.pcap
exit $bad
