/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of lab_domain that ask for version 1's rivals: a mapper and a granter of 2 MiB. */
#ifndef LAB_DOMAIN_RIVALS_H
#define LAB_DOMAIN_RIVALS_H

#include "domain.h"
#include "grant_rivals.h"

#define RIVAL_PAGES  512u
#define RIVAL_REF    8u
#define RIVAL_ROUNDS 8u

/* page: the granter's pages first.., the first of which is aligned to 2 MiB, and granted by RIVAL_REF... */
struct rival_pair {
	struct gnb_domain *mapper, *granter;
	unsigned first;
	char *page;
};

/* The least of some rounds, in ticks, two of which are an instruction. */
struct rival_cost {
	uint64_t up, down;
};

void rival_pair(struct rival_pair *p, enum gnb_domain_type type);
void rival_end(struct rival_pair *p);

/* Publish all pages anew, and write their numbers into them. */
void rival_grant_all(struct rival_pair *p, unsigned flags);

/* Of entries from..to-1, how many have other flags; how many the mapper does not see, or sees, at the slot of its number. */
unsigned rival_flags_not(struct rival_pair *p, unsigned from, unsigned to, unsigned flags);
unsigned rival_not_seen(struct rival_pair *p, unsigned from, unsigned to);
unsigned rival_still_seen(struct rival_pair *p, unsigned from, unsigned to);

void rival_cost(struct rival_cost *c, const struct rival_pair *p, const char *what);

/* The parts. there: it was asked for at boot. */
void check_range(struct rival_pair *p, bool there);
void check_super(struct rival_pair *p, bool there);
void check_revoke(struct rival_pair *p, bool there);

#endif
