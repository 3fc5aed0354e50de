// SPDX-License-Identifier: GPL-2.0-only
/* Requests to a domain of our own, and waiting for its answers. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <gnb/target.h>
#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "channel_inside.h"
#include "channel_memory.h"
#include "gnb_mark.h"
#include "maker.h"
#include "privcmd.h"

/* A domain that does not answer is asked after, which costs a process: soon, then less often. */
#define LOOK_FIRST_MS 30
#define LOOK_MS	      1000
#define DEFAULT_MS    10000

static int broken(struct gnb_domain *d, int err, const char *what)
{
	d->broken = true;
	snprintf(d->why, sizeof(d->why), "domain %u %s", d->domid, what);
	return err;
}

/* --- waiting --- */

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int crashed(struct gnb_domain *d)
{
	const struct gnb_domain_crash *c = &d->control->crash;
	char what[200];

	if (c->vector > 255)
		snprintf(what, sizeof(what), "crashed: %.80s", c->message);
	else
		snprintf(what, sizeof(what),
			 "crashed: exception %u, error %#llx, at %#llx, cr2 %#llx", c->vector,
			 (unsigned long long)c->error, (unsigned long long)c->rip,
			 (unsigned long long)c->cr2);
	return broken(d, -EPIPE, what);
}

/* It has not answered for a while: does it live? 0 or -EPIPE. */
static int look_after(struct gnb_domain *d)
{
	char word[200], what[240];

	if (gnb_domain_state(d->domid, word, sizeof(word)))
		return 0; /* not to be found out: the time limit decides */
	if (!strcmp(word, "running"))
		return 0;
	/* What it left behind says more than Xen does. */
	if (__atomic_load_n(&d->control->status, __ATOMIC_ACQUIRE) == GNB_DOMAIN_CRASHED)
		return crashed(d);
	snprintf(what, sizeof(what), "does not answer: it is %.100s", word);
	return broken(d, -EPIPE, what);
}

/* Take what has come, and allow the next. */
static void drain(struct gnb_domain *d)
{
	uint32_t ports[8];
	ssize_t n = read(d->evtchn, ports, sizeof(ports));

	if (n > 0)
		n = write(d->evtchn, ports, (size_t)n);
}

static int wait_for(struct gnb_domain *d, uint32_t submitted)
{
	uint64_t end = now_ms() + d->timeout_ms, pause = LOOK_FIRST_MS, look = now_ms() + pause;
	struct pollfd p = { .fd = d->evtchn, .events = POLLIN };
	int rc;

	for (;;) {
		uint64_t now;

		if (__atomic_load_n(&d->control->completed, __ATOMIC_ACQUIRE) == submitted)
			return 0;
		if (__atomic_load_n(&d->control->status, __ATOMIC_ACQUIRE) == GNB_DOMAIN_CRASHED)
			return crashed(d);
		now = now_ms();
		if (now >= end) {
			rc = look_after(d);
			return rc ? rc
				  : broken(d, -ETIMEDOUT, "lives, but has not answered in time");
		}
		if (now >= look) {
			rc = look_after(d);
			if (rc)
				return rc;
			pause = pause * 4 < LOOK_MS ? pause * 4 : LOOK_MS;
			look = now_ms() + pause;
		}
		if (poll(&p, 1, (int)((look < end ? look : end) - now)) > 0)
			drain(d);
	}
}

int gnb_domain_run(struct gnb_domain *d, unsigned n)
{
	struct ioctl_evtchn_notify notify = { .port = d->port };
	uint32_t submitted;
	int rc;

	if (d->broken)
		return -EPIPE;
	if (!n || n > GNB_DOMAIN_REQUESTS)
		return -EINVAL;
	d->control->count = n;
	submitted = d->control->submitted + 1;
	__atomic_store_n(&d->control->submitted, submitted, __ATOMIC_RELEASE);
	if (ioctl(d->evtchn, IOCTL_EVTCHN_NOTIFY, &notify)) {
		rc = look_after(d);
		return rc ? rc : broken(d, -EPIPE, "cannot be notified");
	}
	return wait_for(d, submitted);
}

/* --- requests --- */

struct gnb_domain_request *gnb_domain_requests(struct gnb_domain *d)
{
	return d->requests;
}

void *gnb_domain_args(struct gnb_domain *d)
{
	return d->args;
}

uint64_t gnb_domain_args_address(const struct gnb_domain *d)
{
	return (uint64_t)d->control->arg_pfn << GNB_PAGE_SHIFT;
}

int gnb_domain_hypercall(struct gnb_domain *d, unsigned nr, const uint64_t arg[5], int64_t *result,
			 uint64_t *ticks)
{
	struct gnb_domain_request *r = d->requests;
	int rc;

	*r = (struct gnb_domain_request){ .action = GNB_DOMAIN_HYPERCALL,
					  .flags = d->marked ? GNB_DOMAIN_MARKED : 0,
					  .arg[0] = nr };
	memcpy(r->arg + 1, arg, 5 * sizeof(*arg));
	rc = gnb_domain_run(d, 1);
	if (rc)
		return rc;
	*result = r->result;
	if (ticks)
		*ticks = r->tsc_after - r->tsc_before;
	return 0;
}

int gnb_domain_op(struct gnb_domain *d, unsigned nr, unsigned cmd, void *args, size_t bytes,
		  unsigned count, int64_t *result, uint64_t *ticks)
{
	const uint64_t arg[5] = { cmd, gnb_domain_args_address(d), count };
	int rc;

	if (bytes > (size_t)d->control->arg_pages * GNB_PAGE_SIZE)
		return -E2BIG;
	memcpy(d->args, args, bytes);
	rc = gnb_domain_hypercall(d, nr, arg, result, ticks);
	if (!rc)
		memcpy(args, d->args, bytes);
	return rc;
}

/* to and from are addresses of the domain. */
static int copy(struct gnb_domain *d, uint64_t to, uint64_t from, unsigned len, unsigned flags,
		uint64_t *fault)
{
	struct gnb_domain_request *r = d->requests;
	int rc;

	*r = (struct gnb_domain_request){ .action = GNB_DOMAIN_COPY,
					  .flags = flags,
					  .arg = { to, from, len } };
	rc = gnb_domain_run(d, 1);
	if (rc)
		return rc;
	if (fault)
		*fault = r->fault;
	return (int)r->result;
}

int gnb_domain_read(struct gnb_domain *d, uint64_t address, void *buf, unsigned len, unsigned flags,
		    uint64_t *fault)
{
	int rc = copy(d, gnb_domain_args_address(d), address, len, flags, fault);

	if (!rc)
		memcpy(buf, d->args, len);
	return rc;
}

int gnb_domain_write(struct gnb_domain *d, uint64_t address, const void *buf, unsigned len,
		     unsigned flags, uint64_t *fault)
{
	if (len > GNB_PAGE_SIZE)
		return -EINVAL;
	memcpy(d->args, buf, len);
	return copy(d, address, gnb_domain_args_address(d), len, flags, fault);
}

int gnb_domain_access(struct gnb_domain *d, uint64_t address, void *buf, unsigned len, bool write,
		      unsigned flags, uint64_t *ticks)
{
	uint64_t args = gnb_domain_args_address(d);
	struct gnb_domain_request *r = d->requests;
	int rc;

	if (len > GNB_PAGE_SIZE)
		return -EINVAL;
	if (write)
		memcpy(d->args, buf, len);
	/* The first copies the arguments to where they are. */
	r[0] = (struct gnb_domain_request){ .action = GNB_DOMAIN_COPY,
					    .flags = GNB_DOMAIN_UNCHECKED,
					    .arg = { args, args, len } };
	r[1] = (struct gnb_domain_request){ .action = GNB_DOMAIN_COPY,
					    .flags = flags,
					    .arg = { write ? address : args, write ? args : address,
						     len,
						     write ? GNB_MARK_WRITE : GNB_MARK_READ } };
	rc = gnb_domain_run(d, 2);
	if (rc)
		return rc;
	*ticks = r[1].tsc_after - r[1].tsc_before;
	if (!r[1].result && !write)
		memcpy(buf, d->args, len);
	return (int)r[1].result;
}

/* --- attaching --- */

static bool is_ours(const struct gnb_domain_control *c)
{
	return c->magic == GNB_DOMAIN_MAGIC && c->abi == GNB_DOMAIN_ABI &&
	       (c->type == GNB_DOMAIN_PVH || c->type == GNB_DOMAIN_PV) &&
	       c->pages <= GNB_DOMAIN_MAX_PAGES &&
	       c->p2m_pages == (c->type == GNB_DOMAIN_PV
					? (c->pages + GNB_P2M_ENTRIES - 1) / GNB_P2M_ENTRIES
					: 0) &&
	       c->request_pages ==
		       GNB_DOMAIN_REQUESTS * sizeof(struct gnb_domain_request) / GNB_PAGE_SIZE &&
	       c->request_pfn < c->pages && c->request_pages <= c->pages - c->request_pfn &&
	       c->arg_pfn < c->pages && c->arg_pages <= c->pages - c->arg_pfn &&
	       c->pool_pfn < c->pages && c->pool_pages <= c->pages - c->pool_pfn;
}

static int bind(struct gnb_domain *d)
{
	struct ioctl_evtchn_bind_interdomain b = { .remote_domain = d->domid,
						   .remote_port = d->control->port };
	int port = ioctl(d->evtchn, IOCTL_EVTCHN_BIND_INTERDOMAIN, &b);

	if (port < 0)
		return -errno;
	d->port = (uint32_t)port;
	return 0;
}

/* In order; *what is what failed. */
static int attach(struct gnb_domain *d, uint64_t control, const char **what)
{
	void *p;
	int rc;

	*what = "/dev/xen/privcmd cannot be opened (root in dom0, module xen-privcmd)";
	d->privcmd = gnb_privcmd_open();
	if (d->privcmd < 0)
		return d->privcmd;
	*what = "/dev/xen/evtchn cannot be opened (root in dom0, module xen-evtchn)";
	d->evtchn = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (d->evtchn < 0)
		return -errno;
	*what = "its control page cannot be mapped";
	rc = gnb_privcmd_map(d->privcmd, d->domid, &control, 1, true, &p);
	if (rc)
		return rc;
	d->control = p;
	*what = "its control page is not there, or of another version";
	if (!is_ours(d->control))
		return -EPROTO;
	*what = "its list of frames cannot be read";
	rc = gnb_domain_find_frames(d);
	if (rc)
		return rc;
	*what = "its requests or arguments cannot be mapped";
	d->requests =
		gnb_domain_map_pages(d, d->control->request_pfn, d->control->request_pages, &rc);
	if (d->requests)
		d->args = gnb_domain_map_pages(d, d->control->arg_pfn, d->control->arg_pages, &rc);
	if (rc)
		return rc;
	*what = "its event channel cannot be bound: perhaps another client has it";
	return bind(d);
}

int gnb_domain_attach(uint16_t domid, uint64_t control, struct gnb_domain **out, char *why,
		      size_t len)
{
	struct gnb_domain *d = calloc(1, sizeof(*d));
	const char *what;
	int rc;

	*out = NULL;
	if (!d) {
		snprintf(why, len, "not enough memory");
		return -ENOMEM;
	}
	d->domid = domid;
	d->privcmd = d->evtchn = -1;
	d->timeout_ms = DEFAULT_MS;
	rc = attach(d, control, &what);
	if (rc) {
		snprintf(why, len, "domain %u: %s: %s", domid, what, strerror(-rc));
		gnb_domain_detach(d);
		return rc;
	}
	*out = d;
	return 0;
}

void gnb_domain_detach(struct gnb_domain *d)
{
	gnb_domain_unmap_all(d);
	gnb_privcmd_unmap(d->control, 1);
	/* Closing it unbinds the port. */
	if (d->evtchn >= 0)
		close(d->evtchn);
	if (d->privcmd >= 0)
		close(d->privcmd);
	free(d->frames);
	free(d);
}

uint16_t gnb_domain_id(const struct gnb_domain *d)
{
	return d->domid;
}

const struct gnb_domain_control *gnb_domain_control(const struct gnb_domain *d)
{
	return d->control;
}

const char *gnb_domain_why(const struct gnb_domain *d)
{
	return d->why;
}

void gnb_domain_set_timeout(struct gnb_domain *d, unsigned ms)
{
	d->timeout_ms = ms;
}

void gnb_domain_set_marked(struct gnb_domain *d, bool marked)
{
	d->marked = marked;
}
