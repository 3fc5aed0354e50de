/* SPDX-License-Identifier: GPL-2.0-only */
/* The RAM of a machine on the reference hypervisor, and a guest's that comes to lie in pieces. */
#ifndef GNB_HV_RAM_H
#define GNB_HV_RAM_H

#include <gnb/target.h>
#include <hv/hv.h>

#define GNB_HV_ARGS_PAGES 96 /* memory for arguments that each domain has always */

/* RAM that a host needs for such a machine. */
unsigned gnb_hv_ram_pages(const struct gnb_machine_config *c);

/*
 * Have the first pages of a translated domain lie as ram says, by hypercalls of its own: all that is free at the top of
 * the host's RAM has to be enough for them. list: argument memory for 512 frame numbers, op: for one operation. 0, or
 * -ENOMEM.
 */
int gnb_hv_break_up(struct hv_domain *d, unsigned pages, enum gnb_ram ram, uint64_t *list,
		    void *op);

#endif
