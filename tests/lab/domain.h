/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of lab_domain: domains that end the program with a reason when the channel
 * breaks. */
#ifndef LAB_DOMAIN_H
#define LAB_DOMAIN_H

#include <stdint.h>

#include <gnb/target.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "channel.h"
#include "channel_memory.h"
#include "domains.h"
#include "maker.h"

#define OK GNTST_okay

/* One line of TAP; cond. */
int check(int cond, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Make one; end it and say so if it does not go. */
struct gnb_domain *make(enum gnb_domain_type type);
void end(struct gnb_domain *d);
const char *type_name(const struct gnb_domain *d);

/* A channel error ends the program. */
void must(struct gnb_domain *d, int rc, const char *what);

/* What Xen returned for GNTTABOP cmd; ticks may be NULL. */
int64_t grant_op(struct gnb_domain *d, unsigned cmd, void *args, size_t bytes, unsigned count,
		 uint64_t *ticks);

/* Publish page i of d for domid by reference ref; and the word that says whether it is in use.
 * Version 1. */
void grant(struct gnb_domain *d, unsigned ref, unsigned page, uint16_t domid, unsigned flags);
uint16_t entry_flags(struct gnb_domain *d, unsigned ref);

/* Map and unmap one page at a slot. The status; the handle in *handle. */
int map_one(struct gnb_domain *d, unsigned slot, uint16_t dom, unsigned ref, unsigned flags,
	    uint32_t *handle);
int unmap_one(struct gnb_domain *d, unsigned slot, uint32_t handle);

/* The parts. */
void check_table(struct gnb_domain *d);
void check_access(struct gnb_domain *d);
void check_pair(struct gnb_domain *mapper, struct gnb_domain *granter);
void check_v2(struct gnb_domain *mapper, struct gnb_domain *granter);
void check_pte(struct gnb_domain *mapper, struct gnb_domain *granter);
void check_self(struct gnb_domain *d);
void check_options(enum gnb_domain_type type);
void check_death(enum gnb_domain_type type);
void check_cycles(enum gnb_domain_type type);
void measure(struct gnb_domain *mapper, struct gnb_domain *granter, unsigned batch);
void measure_channel(enum gnb_domain_type type);
void profile_pairs(void);
void profile_p2m(void);
void check_rivals(int argc, char **argv);
void rivals_dom0(void);

#endif
