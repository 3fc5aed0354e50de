// SPDX-License-Identifier: GPL-2.0-only
/* The versions of the grant table that are compared, a row each. */
#include <stdio.h>
#include <string.h>

#include <grant_v1_revoke.h>

#include <gnb/versions.h>

const struct gnb_version gnb_versions[] = {
	{ .name = "v1",
	  .entries = GNB_ENTRIES_V1,
	  .xen = true,
	  .words = "Version 1 of Xen's grant table, as in Xen 4.17.",
	  .colour = 0x0072b2 },
	{ .name = "v2",
	  .entries = GNB_ENTRIES_V2,
	  .xen = true,
	  .differs = GNB_WORK_ALL,
	  .words = "Version 2 of Xen's grant table, as in Xen 4.17.",
	  .colour = 0xd55e00 },
	{ .name = "v1-batch",
	  .entries = GNB_ENTRIES_V1,
	  .differs = GNB_WORK_UNMAP,
	  .words = "Version 1 with one flush per hypercall, outside the entry lock. Not in Xen: it "
		   "shows how much of any gain is batching that version 1 could have too.",
	  .colour = 0x009e73 },
	{ .name = "v1-args",
	  .entries = GNB_ENTRIES_V1,
	  .differs = GNB_WORK_MAP | GNB_WORK_UNMAP,
	  .words =
		  "Version 1 with the arguments of map and unmap copied 32 at a time. Not in Xen: it needs no change "
		  "of the interface.",
	  .colour = 0x56b4e9 },
	{ .name = "v1-range",
	  .entries = GNB_ENTRIES_V1,
	  .mapping = GNB_MAP_RANGE,
	  .large = GNB_LARGE_RUN,
	  .differs = GNB_WORK_MAP | GNB_WORK_UNMAP | GNB_WORK_LARGE,
	  .words =
		  "Version 1 with operations for a range or a list of references: one record, one flush, neighbouring "
		  "frames by larger entries. Not in Xen.",
	  .colour = 0xa65628 },
	{ .name = "v1-super",
	  .entries = GNB_ENTRIES_V1,
	  .mapping = GNB_MAP_SUPER,
	  .large = GNB_LARGE_ENTRY,
	  .differs = GNB_WORK_LARGE,
	  .words =
		  "Version 1 with entries that name 2 MiB or 1 GiB, as was proposed for Xen in 2022. Not in Xen.",
	  .colour = 0xb8a800 },
	{ .name = "v1-revoke",
	  .entries = GNB_ENTRIES_V1,
	  .revoking = GNB_REVOKE_V1,
	  .differs = GNB_WORK_MAP | GNB_WORK_UNMAP | GNB_WORK_TABLE | GNB_WORK_REVOKE,
	  .words =
		  "Version 1 with an operation by which a granter takes back what is mapped, found by a list that "
		  "each entry has of its mappings. Not in Xen: it shows what version 1 could have of revocation.",
	  .colour = 0xe69f00 },
	{ .name = "v3",
	  .entries = GNB_ENTRIES_TREE,
	  .mapping = GNB_MAP_TREE,
	  .large = GNB_LARGE_ENTRY | GNB_LARGE_RUN | GNB_LARGE_LADDER,
	  .revoking = GNB_REVOKE_TREE,
	  .differs = GNB_WORK_ALL,
	  .words =
		  "The proposed version 3: a tree of entries for each mapper, ranges and large pages, and "
		  "revocation (docs/grant-v3.md). Not in Xen.",
	  .colour = 0xcc79a7 },
	{ 0 }
};

_Static_assert(sizeof(gnb_versions) / sizeof(gnb_versions[0]) <= GNB_VERSIONS_MAX + 1,
	       "GNB_VERSIONS_MAX is too small");

unsigned gnb_version_count(void)
{
	return sizeof(gnb_versions) / sizeof(gnb_versions[0]) - 1;
}

const struct gnb_version *gnb_version_find(const char *name, size_t len)
{
	for (const struct gnb_version *v = gnb_versions; v->name; v++)
		if (strlen(v->name) == len && !strncmp(v->name, name, len))
			return v;
	return NULL;
}

const char *gnb_version_list(void)
{
	static char text[512];

	text[0] = '\0';
	for (const struct gnb_version *v = gnb_versions; v->name; v++) {
		size_t n = strlen(text);

		snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "", v->name);
	}
	return text;
}

const char *gnb_work_name(unsigned i)
{
	static const char *const names[] = { "grant", "table", "map",	"unmap",
					     "copy",  "large", "revoke" };

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}
