// SPDX-License-Identifier: GPL-2.0-only
/*
 * The domain's only work: to make the hypercalls and copies that its client asks for. It decides nothing, keeps no
 * state of them, and sleeps in between without a timer, so that it disturbs no measurement of another domain.
 */
#include "gnb_mark.h"
#include "inside.h"

#include <xen/event_channel.h>
#include <xen/sched.h>

#define EFAULT 14
#define EINVAL 22
#define ENOSYS 38
#define GP     13 /* exceptions */
#define PF     14

struct gnb_domain_control control __attribute__((section(".control"), aligned(4096)));

static struct gnb_domain_request requests[GNB_DOMAIN_REQUESTS] __attribute__((aligned(4096)));
static uint64_t guarded_vector; /* of the last exception in a guarded copy */
static char args[GNB_DOMAIN_ARG_PAGES * PAGE] __attribute__((aligned(4096)));

/* The compiler asks for these two by name. */
void *memset(void *to, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);

void *memset(void *to, int c, size_t n)
{
	void *p = to;

	__asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(c) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
	void *p = to;

	__asm__ volatile("rep movsb" : "+D"(p), "+S"(from), "+c"(n) : : "memory");
	return to;
}

static void notify(void)
{
	struct evtchn_send s = { .port = control.port };

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)&s, 0, 0, 0);
}

_Noreturn void crash(const char *message)
{
	struct sched_shutdown s = { .reason = SHUTDOWN_crash };
	unsigned i;

	for (i = 0; message[i] && i < sizeof(control.crash.message) - 1; i++)
		control.crash.message[i] = message[i];
	control.crash.message[i] = '\0';
	__atomic_store_n(&control.status, GNB_DOMAIN_CRASHED, __ATOMIC_RELEASE);
	debug_line(control.crash.message);
	if (control.port)
		notify();
	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uint64_t)&s, 0, 0, 0);
}

/* From the entry code, for every exception. Returns for those of a guarded copy. */
void trap(struct trap_frame *f)
{
	bool guarded = f->rip == (uint64_t)guard_insn;

	if (guarded && (f->vector == GP || f->vector == PF)) {
		guarded_vector = f->vector;
		return;
	}
	control.crash.vector = (uint32_t)f->vector;
	control.crash.error = f->error;
	control.crash.rip = f->rip;
	control.crash.rsp = f->rsp;
	control.crash.cr2 = fault_address();
	crash("an exception that nobody expected");
}

/* What the loads read is the control page: they write nothing. */
static void mark(uint64_t cmd, uint64_t count)
{
	GNB_MARK_NUMBER(&control, GNB_MARK_CMD, cmd % PAGE);
	GNB_MARK_NUMBER(&control, GNB_MARK_COUNT, count % PAGE);
	GNB_MARK_HERE(GNB_MARK_BEGIN);
}

static int64_t timed_hypercall(struct gnb_domain_request *r)
{
	bool marked = r->flags & GNB_DOMAIN_MARKED;
	int64_t rc;

	/* The page has 64 entries; that of iret is of another kind, and there is nowhere to return to. */
	if (r->arg[0] >= 64 || r->arg[0] == __HYPERVISOR_iret)
		return -ENOSYS;
	if (marked)
		mark(r->arg[1], r->arg[3]);
	r->tsc_before = tsc();
	rc = hypercall(r->arg[0], r->arg[1], r->arg[2], r->arg[3], r->arg[4], r->arg[5]);
	r->tsc_after = tsc();
	if (marked)
		GNB_MARK_HERE(GNB_MARK_END);
	return rc;
}

static bool checked(struct gnb_domain_request *r, uint64_t at, bool write)
{
	uint64_t last = at + r->arg[2] - 1;

	if (r->flags & GNB_DOMAIN_UNCHECKED)
		return true;
	r->fault = at;
	if (!may_access(at, write))
		return false;
	r->fault = last & -PAGE;
	return may_access(last, write);
}

static int64_t timed_copy(struct gnb_domain_request *r)
{
	uint64_t to = r->arg[0], from = r->arg[1], len = r->arg[2];
	bool marked = r->flags & GNB_DOMAIN_MARKED;
	int64_t rc;

	r->fault = 0;
	if (len > PAGE)
		return -EINVAL;
	if (!len)
		return 0;
	if (!checked(r, to, true) || !checked(r, from, false))
		return -EFAULT;
	r->fault = 0;
	if (marked)
		mark(r->arg[3], 1);
	r->tsc_before = tsc();
	rc = guarded_copy((void *)to, (const void *)from, len);
	r->tsc_after = tsc();
	if (marked)
		GNB_MARK_HERE(GNB_MARK_END);
	if (rc && guarded_vector == PF)
		r->fault = fault_address();
	return rc;
}

static void answer(struct gnb_domain_request *r)
{
	r->tsc_before = r->tsc_after = 0;
	switch (r->action) {
	case GNB_DOMAIN_HYPERCALL:
		r->result = timed_hypercall(r);
		break;
	case GNB_DOMAIN_COPY:
		r->result = timed_copy(r);
		break;
	case GNB_DOMAIN_DIE:
		__builtin_trap();
	default:
		r->result = -ENOSYS;
	}
}

/* Until there is something to do. Events are masked: they end the poll, and nothing else. */
static void wait(uint32_t done)
{
	evtchn_port_t port = control.port;
	struct sched_poll poll = { .nr_ports = 1 };
	xen_ulong_t *word = &shared->evtchn_pending[port / 64];

	poll.ports.p = &port;
	for (;;) {
		__atomic_and_fetch(word, ~(1ul << port % 64), __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&control.submitted, __ATOMIC_ACQUIRE) != done)
			return;
		if (hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uint64_t)&poll, 0, 0, 0))
			crash("SCHEDOP_poll failed");
	}
}

/* The number after peer=, or 0. */
static uint32_t peer_of(const char *s)
{
	static const char key[] = "peer=";
	uint32_t n = 0;

	for (; *s; s++) {
		unsigned i = 0;

		while (key[i] && s[i] == key[i])
			i++;
		if (key[i])
			continue;
		for (s += i; *s >= '0' && *s <= '9'; s++)
			n = n * 10 + (uint32_t)(*s - '0');
		return n;
	}
	return 0;
}

static void open_channel(uint32_t peer)
{
	struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = (domid_t)peer };
	struct evtchn_bind_ipi own = { .vcpu = 0 };

	for (unsigned i = 0; i < sizeof(shared->evtchn_mask) / sizeof(shared->evtchn_mask[0]); i++)
		shared->evtchn_mask[i] = ~0ul;
	if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, (uint64_t)&own, 0, 0, 0) ||
	    own.port != GNB_DOMAIN_FREE_PORT)
		crash("no event channel of its own");
	if (hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, (uint64_t)&a, 0, 0, 0))
		crash("no event channel");
	control.port = a.port;
	control.peer = peer;
}

_Noreturn void serve(const char *cmdline)
{
	uint32_t done = 0;

	control.request_pfn = (uint32_t)((uint64_t)requests / PAGE);
	control.request_pages = sizeof(requests) / PAGE;
	control.arg_pfn = (uint32_t)((uint64_t)args / PAGE);
	control.arg_pages = sizeof(args) / PAGE;
	control.slot_pfn = GNB_DOMAIN_SLOT_PFN;
	control.slots = GNB_DOMAIN_SLOTS;
	control.shared_address = (uint64_t)shared;
	control.abi = GNB_DOMAIN_ABI;
	control.crash.vector = 256;
	open_channel(peer_of(cmdline));
	control.magic = GNB_DOMAIN_MAGIC;
	__atomic_store_n(&control.status, GNB_DOMAIN_READY, __ATOMIC_RELEASE);
	for (;;) {
		uint32_t count;

		wait(done);
		done = __atomic_load_n(&control.submitted, __ATOMIC_ACQUIRE);
		count = control.count;
		if (count > GNB_DOMAIN_REQUESTS)
			count = GNB_DOMAIN_REQUESTS;
		for (uint32_t i = 0; i < count; i++)
			answer(&requests[i]);
		__atomic_store_n(&control.completed, done, __ATOMIC_RELEASE);
		notify();
	}
}
