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

/* --- making and ending a domain: xen_domain.c --- */

struct gnb_domain_options {
	enum gnb_domain_type type;
	unsigned memory;	      /* MiB; 0: 16 */
	unsigned max_grant_frames;    /* 0: Xen's default */
	unsigned max_maptrack_frames; /* 0: Xen's default */
	unsigned version_limit;	      /* highest version of its grant table, 1 or 2; 0: 2 */
	unsigned headroom;	      /* pages that it may have beyond those it begins with */
};

/* Is the program there that makes domains? Whether it can make one, it says itself. */
bool gnb_domain_maker_is_here(void);

/*
 * Make a domain and attach to it, by the program grantbench-domain: $GNB_DOMAIN_MAKER or, without,
 * of that name in PATH. 0, or -errno with one line in why[len] (at least 200 bytes): -ENOENT no
 * such program, -EPERM not dom0, -EINVAL options that the program refuses, -EIO Xen refused.
 */
int gnb_domain_create(const struct gnb_domain_options *o, struct gnb_domain **d, char *why,
		      size_t len);

/*
 * From now on ask one process of that program for everything, instead of one for each: for those
 * who make many domains, from one thread. It ends with this process. 0, or as gnb_domain_create()
 * if it does not start.
 */
int gnb_domain_serve(char *why, size_t len);

/*
 * Detach, destroy, and see that it is gone. 0, or -EBUSY with the reason in why[len]; d is freed in
 * both cases. A domain of which another one maps grants stays until those are unmapped: unmap them
 * first.
 */
int gnb_domain_destroy(struct gnb_domain *d, char *why, size_t len);

/*
 * The same without waiting: one of which another maps grants stays, dying, until those are unmapped
 * or the other one ends. 0 or -EBUSY.
 */
int gnb_domain_kill(struct gnb_domain *d, char *why, size_t len);

/* Wait until a domain that was ended is gone. 0, or -EBUSY with the reason after a second. */
int gnb_domain_wait_gone(uint16_t domid, char *why, size_t len);

/*
 * What Xen says of the domain: "running", "crashed", "shutdown", "dying" or "gone", in word[len].
 * 0, or -EIO with the reason in word.
 */
int gnb_domain_state(uint16_t domid, char *word, size_t len);

/* --- attaching to one that somebody else made: xen_channel.c --- */

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

/* --- memory --- */

/* Pages of RAM that the client may use as it likes, numbered from 0. */
unsigned gnb_domain_pages(const struct gnb_domain *d);

/*
 * Frame number of page i as it belongs in a grant entry, a grant copy or an operation of the page
 * tables; and the linear address at which the domain sees it. i < gnb_domain_pages().
 */
uint64_t gnb_domain_frame(const struct gnb_domain *d, unsigned i);
uint64_t gnb_domain_address(const struct gnb_domain *d, unsigned i);

/*
 * Pages first..first+n-1 in this process, mapped until the domain is detached; asking again for the
 * same range costs a mapping each. NULL with errno: EINVAL out of range, ENOMEM, or as
 * gnb_privcmd_map().
 */
void *gnb_domain_map(struct gnb_domain *d, unsigned first, unsigned n);

/* Address to map a grant at (host_addr), slot i below GNB_DOMAIN_SLOTS; nothing is there at first.
 */
uint64_t gnb_domain_slot(const struct gnb_domain *d, unsigned i);

/* --- the domain's grant table --- */

/*
 * Map the first frames shared frames and, for version 2, the status frames that go with them
 * (status; ignored with false), in place of what was mapped before. Has to be done anew after the
 * table grew, and after a change of its version, before which it has to be undone (frames 0):
 * status frames that are in use keep their version. Grows a table that has less. 0 or as
 * gnb_privcmd_map_table().
 */
int gnb_domain_map_table(struct gnb_domain *d, unsigned frames, bool status);

/* Frame i of what is mapped, shared or status; NULL: not mapped. */
void *gnb_domain_table(const struct gnb_domain *d, unsigned i, bool status);

#endif
