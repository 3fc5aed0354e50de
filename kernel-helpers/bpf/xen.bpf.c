// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in a kernel on Xen where a thread of the process asks something of the hypervisor: at multicalls, and in the
 * functions by which Linux maps grants of other domains for a process. Raw tracepoints, and probes of functions by their
 * names: the kernel's types (BTF) are not needed.
 */
#include <linux/types.h>
#include <linux/ptrace.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "gnb_probe.h"
#include "times.h"
#include "whose.h"

/* GPL by the words that the kernel knows. */
char gnb_license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gnb_multicalls);
} multicalls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GNB_NR_XEN_FUNCTIONS);
	__type(key, __u32);
	__type(value, struct gnb_xen_times);
} functions SEC(".maps");

/* A function that a thread is in. None of them calls itself. */
struct in {
	__u32 tid, function;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct in);
	__type(value, __u64);
} since SEC(".maps");

static struct gnb_multicalls *mine(void)
{
	__u32 zero = 0;

	return ours() ? bpf_map_lookup_elem(&multicalls, &zero) : NULL;
}

SEC("raw_tp/xen_mc_batch")
int on_batch(void *ctx)
{
	struct gnb_multicalls *m = mine();

	if (m)
		__sync_fetch_and_add(&m->batches, 1);
	return 0;
}

SEC("raw_tp/xen_mc_issue")
int on_issue(void *ctx)
{
	struct gnb_multicalls *m = mine();

	if (m)
		__sync_fetch_and_add(&m->issues, 1);
	return 0;
}

/* One more call, with its arguments; the first word is the hypercall's number (struct multicall_entry of xen.h). */
SEC("raw_tp/xen_mc_entry")
int on_entry(struct bpf_raw_tracepoint_args *ctx)
{
	struct gnb_multicalls *m = mine();
	__u64 op;

	if (!m)
		return 0;
	__sync_fetch_and_add(&m->calls, 1);
	if (bpf_probe_read_kernel(&op, sizeof(op), (const void *)ctx->args[0]) || op >= GNB_XEN_OPS)
		op = GNB_XEN_OPS - 1;
	__sync_fetch_and_add(&m->op[op], 1);
	return 0;
}

/* More arguments for the call that is there already, or not: the last word says so, 0 if it could be done. */
SEC("raw_tp/xen_mc_extend_args")
int on_extend(struct bpf_raw_tracepoint_args *ctx)
{
	struct gnb_multicalls *m = mine();

	if (m && !ctx->args[2])
		__sync_fetch_and_add(&m->extended, 1);
	return 0;
}

SEC("raw_tp/xen_mc_callback")
int on_callback(void *ctx)
{
	struct gnb_multicalls *m = mine();

	if (m)
		__sync_fetch_and_add(&m->callbacks, 1);
	return 0;
}

SEC("raw_tp/xen_mc_flush_reason")
int on_full(void *ctx)
{
	struct gnb_multicalls *m = mine();

	if (m)
		__sync_fetch_and_add(&m->full, 1);
	return 0;
}

SEC("raw_tp/xen_mc_flush")
int on_flush(struct bpf_raw_tracepoint_args *ctx)
{
	struct gnb_multicalls *m = mine();
	__u64 n = ctx->args[0];

	if (n >= GNB_XEN_SIZES)
		n = GNB_XEN_SIZES - 1;
	if (m)
		__sync_fetch_and_add(&m->flushes[n], 1);
	return 0;
}

SEC("kprobe")
int on_enter(void *ctx)
{
	struct in in = { (__u32)bpf_get_current_pid_tgid(), (__u32)bpf_get_attach_cookie(ctx) };
	struct gnb_xen_times *t;
	__u64 now;

	if (!ours())
		return 0;
	t = bpf_map_lookup_elem(&functions, &in.function);
	if (!t)
		return 0;
	__sync_fetch_and_add(&t->times.n, 1);
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&since, &in, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe")
int on_return(void *ctx)
{
	__u64 now = bpf_ktime_get_ns(), *begun, ns;
	struct in in = { (__u32)bpf_get_current_pid_tgid(), (__u32)bpf_get_attach_cookie(ctx) };
	struct gnb_xen_times *t;

	if (!ours())
		return 0;
	begun = bpf_map_lookup_elem(&since, &in);
	t = bpf_map_lookup_elem(&functions, &in.function);
	if (!begun || !t)
		return 0;
	ns = now - *begun;
	bpf_map_delete_elem(&since, &in);
	times_over(&t->times, ns);
	if (!t->least || ns < t->least)
		t->least = ns;
	return 0;
}
