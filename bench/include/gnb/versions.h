/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is compared: versions of the grant table, one row each in bench/side/versions.c. A new version is a row
 * there and what the reference hypervisor does for it (bench/targets/hv.c). Benchmarks name none of them: they say
 * what work is in their metrics, and a version says in what work it differs.
 */
#ifndef GNB_VERSIONS_H
#define GNB_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is done with grants, cut where versions may differ. */
enum gnb_work {
	GNB_WORK_GRANT = 1 << 0,     /* the granter's entries, in its own memory */
	GNB_WORK_TABLE = 1 << 1,     /* the table: growing it, and what it costs */
	GNB_WORK_MAP = 1 << 2,	     /* the map hypercall */
	GNB_WORK_UNMAP = 1 << 3,     /* the unmap hypercall */
	GNB_WORK_COPY = 1 << 4,	     /* the copy hypercall */
	GNB_WORK_LARGE = 1 << 5,     /* what is said once of more than a page: larger entries */
	GNB_WORK_REVOKE = 1 << 6,    /* the granter takes back what is mapped */
	GNB_WORK_ALL = (1 << 7) - 1, /* all of these */
	GNB_WORK_NO_GRANTS = 1 << 7, /* none: the grant table plays no part */
};

/*
 * How entries lie in the granter's memory: in a flat table, as Xen's public header has them, or in a tree of nodes, as
 * docs/grant-v3.md has them.
 */
enum gnb_entries { GNB_ENTRIES_V1, GNB_ENTRIES_V2, GNB_ENTRIES_TREE };

/* By which operations a mapper maps. */
enum gnb_mapping {
	GNB_MAP_PAGES, /* GNTTABOP_map_grant_ref: an operation a page */
	GNB_MAP_RANGE, /* GNTTABOP_range_map: an operation for references of a table, one after the other or listed */
	GNB_MAP_SUPER, /* as PAGES, and also for 2M or 1G that one entry grants, which its mapper has to know */
	GNB_MAP_TREE, /* GNTTABOP_v3_map: an operation for a range of references of a tree */
};

/* What it has larger than entries of 4K. */
enum gnb_large {
	GNB_LARGE_ENTRY = 1 << 0, /* one entry of its own grants 2M or 1G */
	GNB_LARGE_RUN =
		1
		<< 1, /* 512 neighbours that name a run of frames become one of 2M when they are mapped */
	GNB_LARGE_LADDER =
		1 << 2, /* an entry whose frames are not in one piece is mapped by smaller ones */
};

/* By which operation a granter takes back what is mapped. */
enum gnb_revoking {
	GNB_REVOKE_NEVER,
	GNB_REVOKE_TREE, /* GNTTABOP_v3_revoke */
	GNB_REVOKE_V1, /* GNTTABOP_v1_revoke: also a flag of a mapping says what the mapper survives */
};

struct gnb_version {
	const char *name; /* in options and results; stable */
	enum gnb_entries entries;
	enum gnb_mapping mapping;
	unsigned large; /* enum gnb_large */
	enum gnb_revoking revoking;
	bool xen; /* every Xen has it; else the reference hypervisor, and a Xen that was built with it */
	/*
	 * enum gnb_work in which it is not exactly the first version of the table; 0: it is the first. In all other
	 * work it does the same, so a ratio there tells how far ratios can be trusted.
	 */
	unsigned differs;
	const char *words; /* for readers of reports: what it is */
	uint32_t colour;   /* 0xrrggbb, in drawings; unlike that of any other */
};

/* At most so many rows. */
#define GNB_VERSIONS_MAX 16

/* The rows, the default baseline first; the last has no name. */
extern const struct gnb_version gnb_versions[];

/* Rows with a name. */
unsigned gnb_version_count(void);

/* The version of that name, which need not end with a zero; NULL if there is none. */
const struct gnb_version *gnb_version_find(const char *name, size_t len);

/* All names, "v1, v2" and so on, in the order of the table: for messages. */
const char *gnb_version_list(void);

/* A part of enum gnb_work by name ("map"); NULL: there are no more. i counts from 0. */
const char *gnb_work_name(unsigned i);

/* Does it matter to such work (enum gnb_work) which version does it? The first version always stands for it. */
static inline bool gnb_version_matters(const struct gnb_version *v, unsigned work)
{
	return !v->differs || (v->differs & work);
}

#endif
