// SPDX-License-Identifier: GPL-2.0-only
/* Counts are compared everywhere, instructions with one compiler, times and their ratios on one kind of machine. */
#include "identity.h"
#include "setting.h"

static void add(struct gnb_buf *b, const char *name, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_string))
		return;
	gnb_buf_fmt(b, "%s%s=", b->len ? "; " : "", name);
	for (const char *p = json_object_get_string(value); *p; p++)
		gnb_buf_addn(b, (unsigned char)*p < ' ' ? " " : p, 1);
}

void gnb_setting(const struct gnb_rec_run *r, const struct gnb_series *s, struct gnb_buf *b)
{
	struct json_object *at = gnb_identity_where(r->manifest, gnb_rec_main(r, s->cell)->json);
	struct json_object *machine = gnb_identity_machine(at), *value = NULL;
	enum gnb_identity_of of = s->kind == GNB_SERIES_COUNT ? GNB_IDENTITY_COUNTS
				  : s->class == 'C'	      ? GNB_IDENTITY_INSTRUCTIONS
							      : GNB_IDENTITY_RATIOS;

	json_object_object_get_ex(at, "target", &value);
	add(b, "target", value);
	for (const char *const *k = gnb_identity_keys(of); *k; k++) {
		value = NULL;
		json_object_object_get_ex(machine, *k, &value);
		add(b, *k, value);
	}
	b->failed |= !machine;
	json_object_put(machine);
	json_object_put(at);
}
