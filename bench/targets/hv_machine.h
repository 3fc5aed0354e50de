/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine of the reference hypervisor: what hv_open.c makes, and the hooks of hv.c use. */
#ifndef GNB_HV_MACHINE_H
#define GNB_HV_MACHINE_H

#include <gnb/target.h>
#include <hv/hv.h>

struct gnb_machine {
	struct hv_host *host;
	struct hv_domain *dom[GNB_ROLES]; /* the same one twice for a self-grant machine */
	struct hv_domain *waits;	  /* the mapper that does, if there are two */
	struct gnb_machine_config cfg;
	size_t args_used[GNB_ROLES], waits_args_used;
	unsigned frames; /* grant frames set up */
	uint64_t *list;	 /* argument memory for frame lists */
	void *ctl; /* memory of the mapper for an operation on the granter, if its pages can be logged */
	void *small; /* and for operations of one structure */
};

/* Hooks of the target (gnb/target.h). */
int gnb_hv_supported(const struct gnb_machine_config *c, const char **why);
int gnb_hv_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why);
int gnb_hv_close(struct gnb_machine *m, char *why, size_t len);
void *gnb_hv_args_alloc(struct gnb_machine *m, enum gnb_role role, size_t bytes);
int gnb_hv_grow(struct gnb_machine *m, unsigned nr);

#ifdef HV_SLOW
/* Is the version slowed that the build can slow (hv/base/slow.h)? Yes, unless the option of the target says no. */
extern bool gnb_hv_slow;
#endif

/* A grant operation of one structure by the granter, with its arguments copied in and out. */
long gnb_hv_op(struct gnb_machine *m, unsigned cmd, const void *args, size_t size, void *out);

/* Status frames that so many frames of its table have. */
unsigned gnb_hv_status_frames(const struct gnb_machine *m, unsigned frames);

#endif
