/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client's side of a grantbench domain (kernel-helpers/domain, docs/xen.md): from dom0, make
 * hypercalls and memory accesses in another domain, and see that domain's memory and grant table.
 *
 * A domain serves one batch of requests at a time: one thread may use a struct gnb_domain at a
 * time. Different domains are independent.
 *
 * Errors are -errno of the channel; what Xen said is a result. Those of a broken channel are -EPIPE
 * (the domain crashed, was destroyed, or was never reached) and -ETIMEDOUT (it lives and does not
 * answer). A channel that broke stays broken, and gnb_domain_why() says in one line what happened.
 * Destroy the domain then.
 */
#ifndef GNB_XEN_CHANNEL_H
#define GNB_XEN_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gnb_domain.h"

struct gnb_domain;

/* --- attaching to one that somebody else made (domains.h makes them) --- */

/*
 * control: the frame of the control page, as grantbench-domain prints it. -ENOENT or -EACCES: no
 * privcmd or evtchn device; -EPROTO: no control page there, or of another version; -ESRCH: no such
 * domain. One line in why[len].
 */
int gnb_domain_attach(uint16_t domid, uint64_t control, struct gnb_domain **d, char *why,
		      size_t len);

/* Unmap everything and let go of the event channel; the domain goes on waiting and can be attached
 * to again. */
void gnb_domain_detach(struct gnb_domain *d);

uint16_t gnb_domain_id(const struct gnb_domain *d);

/* The control page, to be read. */
const struct gnb_domain_control *gnb_domain_control(const struct gnb_domain *d);

/* Why the channel broke; "" if it did not. Valid as long as d. */
const char *gnb_domain_why(const struct gnb_domain *d);

/* How long to wait for the answer to a batch; 10 s at first. A request that is a long hypercall
 * needs more. */
void gnb_domain_set_timeout(struct gnb_domain *d, unsigned ms);

/* Mark the hypercalls of gnb_domain_op() and gnb_domain_hypercall() from now on
 * (GNB_DOMAIN_MARKED), or no more. */
void gnb_domain_set_marked(struct gnb_domain *d, bool marked);

/* --- requests --- */

/*
 * The requests of the next batch, GNB_DOMAIN_REQUESTS of them, in memory that the domain sees. Fill
 * in action, flags and arg; gnb_domain_run() does the first n in their order, and result, fault and
 * the time stamps are there. -EINVAL: n is 0 or too many; -EPIPE, -ETIMEDOUT.
 */
struct gnb_domain_request *gnb_domain_requests(struct gnb_domain *d);
int gnb_domain_run(struct gnb_domain *d, unsigned n);

/*
 * Memory for arguments, GNB_DOMAIN_ARG_PAGES, that the domain sees at the linear address
 * gnb_domain_args_address(). The calls below use it from its beginning.
 */
void *gnb_domain_args(struct gnb_domain *d);
uint64_t gnb_domain_args_address(const struct gnb_domain *d);

/*
 * One hypercall of the form nr(cmd, args, count) by the domain: bytes of args are copied to it and
 * back. *result is what Xen returned; *ticks (may be NULL) the time-stamp counter's difference
 * right around it, in the domain. Pointers inside of args have to be the domain's addresses.
 * -E2BIG: more than GNB_DOMAIN_ARG_PAGES; -EPIPE, -ETIMEDOUT.
 */
int gnb_domain_op(struct gnb_domain *d, unsigned nr, unsigned cmd, void *args, size_t bytes,
		  unsigned count, int64_t *result, uint64_t *ticks);

/* The same for any hypercall and its five arguments as they are. */
int gnb_domain_hypercall(struct gnb_domain *d, unsigned nr, const uint64_t arg[5], int64_t *result,
			 uint64_t *ticks);

/*
 * Read or write len bytes at a linear address of the domain, by its processor; at most a page.
 * flags: 0 or GNB_DOMAIN_UNCHECKED. -EFAULT: no mapping or no right, with the address in *fault
 * (may be NULL), 0 if the processor named none; -EINVAL: too long; -EPIPE, -ETIMEDOUT.
 */
int gnb_domain_read(struct gnb_domain *d, uint64_t address, void *buf, unsigned len, unsigned flags,
		    uint64_t *fault);
int gnb_domain_write(struct gnb_domain *d, uint64_t address, const void *buf, unsigned len,
		     unsigned flags, uint64_t *fault);

/*
 * Either of them, with what it took by the time-stamp counter in *ticks: right around the copy, in the domain, which has
 * used before what else a copy of its own needs. So of a page at which the hypervisor has to be asked, only that is in
 * it. flags: GNB_DOMAIN_MARKED, too.
 */
int gnb_domain_access(struct gnb_domain *d, uint64_t address, void *buf, unsigned len, bool write,
		      unsigned flags, uint64_t *ticks);

#endif
