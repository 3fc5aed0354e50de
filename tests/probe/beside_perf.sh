#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# beside_perf.sh PROBE LOAD DIR: perf and gnb-probe look at kernel_load from before it begins. DIR gets what each of them
# wrote: out, perf, c.json. Exit: 9 without perf, or where tracefs, by which perf finds tracepoints, cannot be had.
command -v perf >/dev/null || exit 9
[ -n "${BESIDE-}" ] || { unshare -m true 2>/dev/null && BESIDE=1 exec unshare -m "$0" "$@"; exit 9; }
[ -d /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing 2>/dev/null || exit 9
cd "$3" && mkfifo go && exec 9<>go || exit 1
"$2" 400 <&9 >out &
load=$!
# eventually COMMAND...: true within ten seconds.
eventually() { for _ in $(seq 200); do "$@" && return; sleep 0.05; done; return 1; }
has() { ls -l "/proc/$1/fd" 2>/dev/null | grep -c "$2"; }
eventually grep -q ready out || exit 1
perf stat -x, -e lock:contention_begin -p $load -o perf &
perf=$!
"$1" --what=kernel --pid=$load --out=c.json &
probe=$!
perf_is_there() { [ "$(has $perf perf_event)" -ge 1 ]; }
probe_is_there() { [ "$(has $probe bpf_link)" -ge 4 ] || [ "$(has $probe raw_tracepoint)" -ge 4 ]; }
eventually perf_is_there && eventually probe_is_there || exit 1
# Open is not yet enabled.
sleep 0.5
echo go >&9
wait $load && wait $probe && wait $perf
