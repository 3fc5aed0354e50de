// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in the kernel where a process comes by the probes of hv, and when the clock ticks while it runs. Nothing
 * here depends on types of the kernel, so it loads without their description (BTF).
 */
#include <linux/types.h>
#include <linux/ptrace.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

#include "gnb_probe.h"
#include "whose.h"

/* GPL by the words that the kernel knows. */
char gnb_license[] SEC("license") = "GPL";

/* Room for what two vCPUs that wait all the time say in half a second, in which a collector may get no core. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} records SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GNB_NR_LOST);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

/* By thread, as the kernel numbers it: the account of the vCPU that it runs. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct gnb_account);
} accounts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct gnb_seen_key);
	__type(value, __u64);
} seen SEC(".maps");

/* By thread: since when it waits, as the pair of probes around a wait has it; and what they have seen. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} since SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gnb_pair);
} pair SEC(".maps");

static void lose(__u32 what)
{
	__u64 *n = bpf_map_lookup_elem(&lost, &what);

	if (n)
		__sync_fetch_and_add(n, 1);
}

SEC("usdt")
int BPF_USDT(on_waits, const struct hv_lock_account *a, unsigned kind,
	     const struct hv_lock_times *t, unsigned final)
{
	struct gnb_record_waits *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);
	__u64 thread;

	if (!r) {
		lose(GNB_LOST_ROOM);
		return 0;
	}
	r->type = GNB_RECORD_WAITS;
	r->kind = kind;
	r->final = final;
	if (bpf_probe_read_user(&r->serial, sizeof(r->serial), &a->serial) ||
	    bpf_probe_read_user(&r->domain, sizeof(r->domain), &a->domain) ||
	    bpf_probe_read_user(&r->cpu, sizeof(r->cpu), &a->cpu) ||
	    bpf_probe_read_user(&thread, sizeof(thread), &a->thread) ||
	    bpf_probe_read_user(&r->times, sizeof(r->times), t)) {
		lose(GNB_LOST_READ);
		bpf_ringbuf_discard(r, 0);
		return 0;
	}
	/* Another one may end the vCPU. */
	r->tid = (__u32)thread;
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_samples, const struct hv_lock_account *a, const struct hv_lock_sample *s,
	     unsigned n)
{
	struct gnb_record_samples *r = bpf_ringbuf_reserve(&records, sizeof(*r), 0);

	if (!r) {
		lose(GNB_LOST_ROOM);
		return 0;
	}
	r->type = GNB_RECORD_SAMPLES;
	r->tid = (__u32)bpf_get_current_pid_tgid();
	r->n = n;
	if (bpf_probe_read_user(&r->serial, sizeof(r->serial), &a->serial) ||
	    bpf_probe_read_user(r->sample, sizeof(r->sample), s)) {
		lose(GNB_LOST_READ);
		bpf_ringbuf_discard(r, 0);
		return 0;
	}
	bpf_ringbuf_submit(r, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("usdt")
int BPF_USDT(on_state, const struct hv_lock_account *a)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct gnb_account at = { .at = (__u64)a };

	if (bpf_probe_read_user(&at.serial, sizeof(at.serial), &a->serial)) {
		lose(GNB_LOST_READ);
		return 0;
	}
	bpf_map_update_elem(&accounts, &tid, &at, BPF_ANY);
	return 0;
}

/* The processor's clock ticked in a thread: of the process, and then what its vCPU waits for. */
SEC("perf_event")
int on_clock(void *ctx)
{
	struct gnb_seen_key key = { .kind = GNB_SEEN_NO_WAIT };
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	struct hv_lock_state state = { 0 };
	const struct gnb_account *at;
	__u64 *n, one = 1;

	if (!ours())
		return 0;
	at = bpf_map_lookup_elem(&accounts, &tid);
	if (at) {
		const struct hv_lock_account *a = (const struct hv_lock_account *)at->at;

		/* The memory of a vCPU that ended may be gone, or anything. */
		if (bpf_probe_read_user(&state, sizeof(state), &a->state) ||
		    bpf_probe_read_user(&key.serial, sizeof(key.serial), &a->serial) ||
		    key.serial != at->serial) {
			key.serial = 0;
			key.kind = GNB_SEEN_UNREAD;
		} else if (state.lock && state.kind < HV_NR_LOCKS) {
			key.kind = state.kind;
			key.holder = state.holder;
		}
	}
	n = bpf_map_lookup_elem(&seen, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else if (bpf_map_update_elem(&seen, &key, &one, BPF_NOEXIST))
		lose(GNB_LOST_ROOM);
	return 0;
}

/* The pair: one before each wait, one after it, when the lock is held. */
SEC("usdt")
int on_begin(void *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&since, &tid, &now, BPF_ANY);
	return 0;
}

SEC("usdt")
int on_end(void *ctx)
{
	__u32 zero = 0, tid = (__u32)bpf_get_current_pid_tgid();
	__u64 *begun = bpf_map_lookup_elem(&since, &tid);
	struct gnb_pair *p = bpf_map_lookup_elem(&pair, &zero);

	if (!begun || !p)
		return 0;
	__sync_fetch_and_add(&p->n, 1);
	__sync_fetch_and_add(&p->ns, bpf_ktime_get_ns() - *begun);
	bpf_map_delete_elem(&since, &tid);
	return 0;
}
