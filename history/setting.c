// SPDX-License-Identifier: GPL-2.0-only
/* Counts are compared everywhere, instructions with one compiler, times and their ratios on one kind of machine. */
#include <string.h>

#include "identity.h"
#include "setting.h"

enum { ALWAYS, CODE, MACHINE };

static const struct key {
	const char *name;
	int from; /* what figures it is for: these, and those after them */
	const char *path[4];
} keys[] = {
	{ "target", ALWAYS, { "target" } },
	/* Machines of a target, under whose names there may be the same cells. */
	{ "guest_type", ALWAYS, { "environment", "before", "target_facts", "guest_type" } },
	{ "granter", ALWAYS, { "environment", "before", "target_facts", "granter" } },
	{ "iommu", ALWAYS, { "environment", "before", "target_facts", "iommu" } },
	{ "clock", CODE, { "clock", "name" } },
	{ "compiler", CODE, { "environment", "before", "compiler" } },
	{ "cflags", CODE, { "environment", "before", "cflags" } },
	{ "build", CODE, { "environment", "before", "build_type" } },
	{ "cpu", MACHINE, { "environment", "before", "cpu_model" } },
	{ "microcode", MACHINE, { "environment", "before", "microcode" } },
	{ "hypervisor", MACHINE, { "environment", "before", "hypervisor" } },
};

void gnb_setting(const struct gnb_rec_run *r, const struct gnb_series *s, struct gnb_buf *b)
{
	struct json_object *at = gnb_identity_where(r->manifest, gnb_rec_main(r, s->cell)->json);
	int of = s->kind == GNB_SERIES_COUNT ? ALWAYS : s->class == 'C' ? CODE : MACHINE;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct json_object *o = at, *next;

		for (int k = 0; k < 4 && keys[i].path[k]; k++) {
			next = NULL;
			json_object_object_get_ex(o, keys[i].path[k], &next);
			o = next;
		}
		if (keys[i].from > of || !json_object_is_type(o, json_type_string))
			continue;
		gnb_buf_fmt(b, "%s%s=", b->len ? "; " : "", keys[i].name);
		for (const char *p = json_object_get_string(o); *p; p++)
			gnb_buf_addn(b, (unsigned char)*p < ' ' ? " " : p, 1);
	}
	json_object_put(at);
}
