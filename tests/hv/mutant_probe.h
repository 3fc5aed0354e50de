/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the probe for deliberate defects share. */
#ifndef HV_MUTANT_PROBE_H
#define HV_MUTANT_PROBE_H

#include <stdint.h>

/* A guest's word, or words, that change after they were read once. */
struct hv_probe_watch {
	const void *at;
	unsigned size;	    /* bytes from there on */
	uint64_t then;	    /* what the second read gives */
	unsigned reads;	    /* so far */
	void (*hook)(void); /* called at the first read, if there is one */
};
extern struct hv_probe_watch hv_probe_watch;

/* A number below n. */
unsigned hv_probe_draw(unsigned n);

/* Something is wrong: says what, and ends the program. */
void hv_probe_caught(const char *what) __attribute__((noreturn));

#define want(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond))                                                                       \
			hv_probe_caught(#cond);                                                    \
	} while (0)

/* hv_check() finds nothing, and no promise was broken. */
struct fx;
void hv_probe_sane(const struct fx *f);
void hv_probe_kept(const struct fx *f);

/* Both, and the machine is closed. */
void hv_probe_close(struct fx *f);

/* The defects of grants, versions 1 and 2, and of what stands below them. */
void hv_probe_grants(void);

/* The defects of version 3: of all of it, of copies, large entries, PV mappers, status and notice pages. */
void hv_probe_v3(void);
void hv_probe_v3_copy(void);
void hv_probe_v3_large(void);
void hv_probe_v3_pv(void);
void hv_probe_v3_notify(void);

/* Those of v1-range and v1-super. */
void hv_probe_rivals(void);

/* Those of version 1 with revoke. */
void hv_probe_v1_revoke(void);

/* Those of contexts of devices. */
void hv_probe_context(void);

/* Those of a virtio-iommu. */
void hv_probe_virtio(void);

/* Those of PV-IOMMU. */
void hv_probe_pviommu(void);

/* Those of log-dirty, and of all below. */
void hv_probe_dirty(void);

/* Those of pages moved, and mapped by a toolstack, and of what is below. */
void hv_probe_physmap(void);
/* Log-dirty as KVM has it. */
void hv_probe_ways(void);

/* Those of memory lent. */
void hv_probe_lend(void);

#endif
