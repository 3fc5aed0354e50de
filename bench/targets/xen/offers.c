// SPDX-License-Identifier: GPL-2.0-only
/* Which versions a Xen offers, of what it answers and says. */
#include "offers.h"

#include <stdio.h>
#include <string.h>

#include <grant_rivals.h>
#include <grant_v1_revoke.h>
#include <grant_v3.h>

const struct gnb_xen_question gnb_xen_questions[] = {
	{ GNTTABOP_v3_map, GNB_XEN_V3 },
	{ GNTTABOP_range_map, GNB_XEN_RANGE },
	{ GNTTABOP_v1_revoke, GNB_XEN_REVOKE },
	{ 0 },
};

static const struct {
	const char *name;
	unsigned bit;
} rivals[] = {
	{ "args", GNB_XEN_ARGS },   { "batch", GNB_XEN_BATCH },	  { "range", GNB_XEN_RANGE },
	{ "super", GNB_XEN_SUPER }, { "revoke", GNB_XEN_REVOKE },
};

#define N_RIVALS (sizeof(rivals) / sizeof(rivals[0]))

/* With one of these version 1's own operations do something else. */
#define CHANGES_V1 (GNB_XEN_ARGS | GNB_XEN_BATCH | GNB_XEN_SUPER | GNB_XEN_REVOKE)

/* What a version is, beside Xen's own: that it needs, and what of CHANGES_V1 may be there. */
static const struct {
	const char *version;
	unsigned needs;
} rows[] = {
	{ "v1", 0 },
	{ "v2", 0 },
	{ "v1-batch", GNB_XEN_BATCH },
	{ "v1-args", GNB_XEN_ARGS },
	{ "v1-range", GNB_XEN_RANGE },
	{ "v1-super", GNB_XEN_SUPER },
	{ "v1-revoke", GNB_XEN_REVOKE },
	{ "v3", GNB_XEN_V3 },
};

unsigned gnb_xen_rivals(const char *list)
{
	unsigned said = 0;

	while (*list) {
		size_t len = strcspn(list, " ");

		for (size_t i = 0; i < N_RIVALS; i++)
			if (strlen(rivals[i].name) == len && !strncmp(list, rivals[i].name, len))
				said |= rivals[i].bit;
		list += len;
		list += *list == ' ';
	}
	return said;
}

unsigned gnb_xen_offered(unsigned answered, unsigned said)
{
	unsigned asked = 0;

	for (const struct gnb_xen_question *q = gnb_xen_questions; q->cmd; q++)
		asked |= q->offer;
	return (answered & GNB_XEN_V3) | (said & answered & asked) | (said & ~asked);
}

/* The rival of a bit, or NULL. */
static const char *rival(unsigned bit)
{
	for (size_t i = 0; i < N_RIVALS; i++)
		if (rivals[i].bit == bit)
			return rivals[i].name;
	return NULL;
}

const char *gnb_xen_offer_refused(const struct gnb_version *v, unsigned offered)
{
	static char why[160];
	unsigned needs = 0, other;
	size_t i = 0;

	while (i < sizeof(rows) / sizeof(rows[0]) && strcmp(rows[i].version, v->name))
		i++;
	if (i == sizeof(rows) / sizeof(rows[0])) {
		snprintf(why, sizeof(why), "nothing is known of %s in a Xen", v->name);
		return why;
	}
	needs = rows[i].needs;
	if (needs & ~offered) {
		if (needs == GNB_XEN_V3)
			snprintf(why, sizeof(why), "this Xen does not know version 3's operations");
		else
			snprintf(why, sizeof(why),
				 "this Xen does not say that it was booted with gnttab-rival=%s",
				 rival(needs));
		return why;
	}
	/* Version 3 does not go through version 1's operations; all else does. */
	other = offered & CHANGES_V1 & ~needs;
	if (!other || needs == GNB_XEN_V3)
		return NULL;
	snprintf(why, sizeof(why),
		 "this Xen was booted with gnttab-rival=%s, which changes version 1",
		 rival(other & -other));
	return why;
}

const char *gnb_xen_offer_list(unsigned offered)
{
	static char list[200];
	size_t n = 0;

	list[0] = '\0';
	for (const struct gnb_version *v = gnb_versions; v->name; v++)
		if (!gnb_xen_offer_refused(v, offered))
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? "," : "",
					      v->name);
	return list;
}

bool gnb_xen_offer_maps_anew(const struct gnb_version *v)
{
	return v->mapping != GNB_MAP_PAGES || v->revoking == GNB_REVOKE_V1;
}
