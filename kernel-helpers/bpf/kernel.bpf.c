// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in the kernel where a thread of the process waits for a lock of the kernel itself, or for a futex. Raw
 * tracepoints: they need neither tracefs nor the kernel's types (BTF).
 */
#include <linux/types.h>
#include <linux/ptrace.h>
#include <linux/bpf.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <asm/unistd.h>
#include <bpf/bpf_helpers.h>

#include "gnb_probe.h"
#include "times.h"
#include "whose.h"

/* GPL by the words that the kernel knows. */
char gnb_license[] SEC("license") = "GPL";

struct stack {
	__u64 at[GNB_KERNEL_FRAMES];
};

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct stack);
} kernel_stacks SEC(".maps"), user_stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct gnb_kernel_key);
	__type(value, struct gnb_kernel_times);
} kernel_locks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct gnb_futex_key);
	__type(value, struct gnb_kernel_times);
} futexes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GNB_NR_KERNEL);
	__type(key, __u32);
	__type(value, __u64);
} events SEC(".maps");

/* A wait that goes on. In an interrupt a thread may wait for another lock meanwhile, so it is known by both. */
struct who {
	__u64 lock;
	__u32 tid, unused;
};

struct wait {
	__u64 since;
	struct gnb_kernel_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct who);
	__type(value, struct wait);
} waits SEC(".maps");

struct futex_wait {
	__u64 since;
	struct gnb_futex_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct futex_wait);
} futex_waits SEC(".maps");

/* A value of the size that maps have, too large for a program's stack. */
static const struct gnb_kernel_times none;

static void event(__u32 which)
{
	__u64 *n = bpf_map_lookup_elem(&events, &which);

	if (n)
		__sync_fetch_and_add(n, 1);
}

static struct gnb_kernel_times *times_of(void *map, const void *key)
{
	struct gnb_kernel_times *t = bpf_map_lookup_elem(map, key);

	if (t)
		return t;
	/* Another processor may have put it there since. */
	bpf_map_update_elem(map, key, &none, BPF_NOEXIST);
	t = bpf_map_lookup_elem(map, key);
	if (!t)
		event(GNB_KERNEL_LOST);
	return t;
}

static void over(void *map, const void *key, __u64 ns)
{
	struct gnb_kernel_times *t = bpf_map_lookup_elem(map, key);

	if (t)
		times_over(t, ns);
}

SEC("raw_tp/contention_begin")
int on_contention_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct who who = { .lock = ctx->args[0], .tid = (__u32)bpf_get_current_pid_tgid() };
	struct wait w = { .key.flags = (__u32)ctx->args[1] };
	struct gnb_kernel_times *t;

	if (!ours())
		return 0;
	event(GNB_KERNEL_BEGIN);
	/* A mutex that was spun for, and now is slept for: one wait. */
	if (bpf_map_lookup_elem(&waits, &who))
		return 0;
	w.key.stack = (__s32)bpf_get_stackid(ctx, &kernel_stacks, BPF_F_FAST_STACK_CMP);
	t = times_of(&kernel_locks, &w.key);
	if (!t)
		return 0;
	__sync_fetch_and_add(&t->n, 1);
	w.since = bpf_ktime_get_ns();
	bpf_map_update_elem(&waits, &who, &w, BPF_ANY);
	return 0;
}

SEC("raw_tp/contention_end")
int on_contention_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct who who = { .lock = ctx->args[0], .tid = (__u32)bpf_get_current_pid_tgid() };
	struct wait *w;

	if (!ours())
		return 0;
	event(GNB_KERNEL_END);
	w = bpf_map_lookup_elem(&waits, &who);
	if (!w)
		return 0;
	over(&kernel_locks, &w->key, bpf_ktime_get_ns() - w->since);
	bpf_map_delete_elem(&waits, &who);
	return 0;
}

static bool waits_in(__u32 op)
{
	return op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI ||
	       op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2;
}

SEC("raw_tp/sys_enter")
int on_sys_enter(struct bpf_raw_tracepoint_args *ctx)
{
	const struct pt_regs *regs = (const struct pt_regs *)ctx->args[0];
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct futex_wait w = { 0 };
	struct gnb_kernel_times *t;
	unsigned long op;

	if (ctx->args[1] != __NR_futex || !ours())
		return 0;
	if (bpf_probe_read_kernel(&w.key.at, sizeof(w.key.at), &regs->rdi) ||
	    bpf_probe_read_kernel(&op, sizeof(op), &regs->rsi)) {
		event(GNB_KERNEL_LOST);
		return 0;
	}
	w.key.op = (__u32)op & FUTEX_CMD_MASK;
	if (!waits_in(w.key.op))
		return 0;
	w.key.stack =
		(__s32)bpf_get_stackid(ctx, &user_stacks, BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP);
	t = times_of(&futexes, &w.key);
	if (!t)
		return 0;
	__sync_fetch_and_add(&t->n, 1);
	w.since = bpf_ktime_get_ns();
	bpf_map_update_elem(&futex_waits, &tid, &w, BPF_ANY);
	return 0;
}

SEC("raw_tp/sys_exit")
int on_sys_exit(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct futex_wait *w = bpf_map_lookup_elem(&futex_waits, &tid);

	if (!w)
		return 0;
	over(&futexes, &w->key, bpf_ktime_get_ns() - w->since);
	bpf_map_delete_elem(&futex_waits, &tid);
	return 0;
}
