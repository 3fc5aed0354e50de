#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# gnb-probe: what it gathers is what the process itself has; what is missing is one line. tap-timeout: 240
set -u
cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
# shellcheck source=tests/tools/tap.sh
. tests/tools/tap.sh

probe=$PWD/$B/gnb-probe
load=$PWD/$B/tests/probe/load
cp "$probe" "$tmp/gnb-probe"
cp "$load" "$tmp/load"
json=$tmp/c.json

# fails CODE TEXT COMMAND...: it ends with the code, and one line, which has the text.
fails() {
	local want=$1 text=$2
	shift 2
	out=$(cd "$tmp" && "$@" 2>"$tmp/err")
	code=$?
	err=$(cat "$tmp/err")
	[ "$code" = "$want" ] && [ "$(wc -l <"$tmp/err")" = 1 ] && [[ $err == "gnb-probe: "*"$text"* ]]
}
# sees: what it writes of the load, compared with what the load says.
sees() { python3 tests/probe/same.py "$json" "$tmp/out" "$1" 2>&1; }

# The child is the load, and no copy of this shell any more.
started() { for _ in $(seq 200); do [ "/proc/$pid/exe" -ef "$load" ] && break; sleep 0.05; done; }

# Can anybody here load a program into the kernel? Whatever else it says is a failure.
"$probe" --out="$json" "$load" 1 >"$tmp/out" 2>"$tmp/err"
case $?$(cat "$tmp/err") in
6*"no right to load"* | 6*"the kernel loads no program"* | 6*"does not load its programs"* | 6*"built without libbpf"*)
	echo "1..0 # skip $(cat "$tmp/err")"
	exit 0
	;;
esac

echo 1..29
out=$("$probe" --out="$json" "$load" 300 2>&1 >"$tmp/out")
ok $? "it looks at a program that it runs"
[ -z "$out" ]
ok $? "and has nothing to say"
out=$(sees waits)
ok $? "each histogram is the process's own, to the last wait"
out=$(sees callers)
ok $? "callers have names, and are those of the locks"
out=$(sees state)
ok $? "who waits is seen waiting, and for whom"
out=$(sees times)
ok $? "attached in less than 200 ms, detached in less than 1 s"

"$load" 500 late >"$tmp/out" &
pid=$!
started
"$probe" --pid=$pid --out="$json" 2>"$tmp/err"
ok $? "it looks at one that runs"
wait $pid
out=$(sees waits)
ok $? "which is the same, from its begin"
out=$("$probe" --what=waits --out="$json" sh -c true 2>&1)
[ $? = 6 ]
ok $? "a program is found by PATH, and has to have probes"
"$probe" --out="$json" "$load" 2>/dev/null
[ $? = 1 ]
ok $? "the program's exit code is its own"

# As the claims probes.* look at it: two threads that are never interrupted, each on its core.
rate() { "$probe" --what="$1" --out="$json" "$PWD/$B/tests/probe/rate" p2m 300 100 2>"$tmp/err" | tail -n +2 >"$tmp/out"; }
if [ "$(nproc)" -ge 2 ] && chrt -f 50 true 2>/dev/null; then
	rate waits
	out=$(sees waits)
	ok $? "and of two real-time threads that do nothing else, by waits alone"
	rate waits,callers,state
	out=$(sees waits)
	ok $? "and with all that there is"
else
	for i in "and of two real-time threads that do nothing else, by waits alone" "and with all that there is"; do
		n=$((n + 1))
		echo "ok $n - $i # skip needs two cores, and real-time threads"
	done
fi

# Killed: nothing stays behind, and what it looked at goes on.
"$load" watch >"$tmp/watch" &
pid=$!
started
"$probe" --pid=$pid --out="$json" 2>"$tmp/err" &
killed=$!
for _ in $(seq 200); do grep -q attached "$tmp/watch" && break; sleep 0.1; done
sleep 0.5
kill -9 $killed
wait $killed 2>/dev/null
wait $pid
[ $? = 0 ] && [ "$(cat "$tmp/watch")" = attached$'\n'gone ]
ok $? "killed, it leaves no probe behind, and the process goes on"

# What is missing. Of a user, of rights, of the kernel's files.
drop() { setpriv --bounding-set="$1" "${@:2}"; }
nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
fails 6 "no right to load programs into the kernel" $nobody "$tmp/gnb-probe" "$tmp/load" 1
ok $? "a user without rights is told so"
fails 6 "no right to load programs into the kernel" drop -sys_admin,-bpf,-perfmon "$tmp/gnb-probe" "$tmp/load" 1
ok $? "and root without them"
fails 6 "no right to load programs into the kernel" drop -sys_admin,-perfmon "$tmp/gnb-probe" "$tmp/load" 1
ok $? "with CAP_BPF only, too"
fails 6 "no right to load programs into the kernel" drop -sys_admin,-bpf "$tmp/gnb-probe" "$tmp/load" 1
ok $? "with CAP_PERFMON only, too"
fails 6 "to place probes takes CAP_SYS_ADMIN" drop -sys_admin "$tmp/gnb-probe" "$tmp/load" 1
ok $? "with both, which is not enough to place probes"
mkdir "$tmp/nobody" && chown 65534 "$tmp/nobody"
out=$($nobody --inh-caps=+sys_admin --ambient-caps=+sys_admin "$tmp/gnb-probe" --out="$tmp/nobody/c.json" "$tmp/load" 1 2>&1)
ok $? "CAP_SYS_ADMIN alone is enough"
hidden() {
	unshare -m sh -c 'for d in '"$1"'; do [ ! -d $d ] || mount -t tmpfs none $d || exit 9; done; shift; exec "$@"' sh "$@"
}
out=$(hidden "/sys/kernel/tracing /sys/kernel/debug" "$probe" --out="$json" "$load" 1 2>&1)
ok $? "without tracefs it works"
out=$(hidden /sys/kernel/btf "$probe" --out="$json" "$load" 1 2>&1)
ok $? "without the kernel's types (BTF) it works"
fails 6 "No such file or directory" "$probe" ./none
ok $? "a program that is not there"
fails 6 "has no probes: build it where sys/sdt.h is" "$probe" /bin/true
ok $? "a program without probes"
sed 's/lock_waits\x00/lock_wails\x00/g' "$load" >"$tmp/other" && chmod +x "$tmp/other"
fails 6 "has probes, but none hv:lock_waits" "$probe" ./other 1
ok $? "a program with others"
sed 's/8@%rdi/8@%qqq/g' "$load" >"$tmp/args" && chmod +x "$tmp/args"
fails 6 "cannot be read by libbpf" "$probe" ./args 1
ok $? "a program with arguments that libbpf cannot read"
fails 6 "no process 4194000" "$probe" --pid=4194000
ok $? "a process that is gone"
printf '#!/bin/sh\n' >"$tmp/script" && chmod +x "$tmp/script"
fails 6 "is no program (ELF)" "$probe" ./script
ok $? "a script is no program"
fails 2 "a number from 1 to 10000" "$probe" --hz=0 ./load 1
ok $? "a number out of range"
fails 1 "No such file or directory" "$probe" --out="$tmp/none/c.json" ./load 1
ok $? "a place where nothing can be written"
exit $bad
