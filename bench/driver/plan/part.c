// SPDX-License-Identifier: GPL-2.0-only
/* A part of a plan, for several machines or processes that share it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sha256.h>

#include "part.h"

static void digest(struct gnb_plan *p)
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	for (size_t i = 0; i < p->n; i++) {
		SHA256Update(&sha, (const uint8_t *)p->cells[i].cell.name,
			     strlen(p->cells[i].cell.name));
		SHA256Update(&sha, (const uint8_t *)"\n", 1);
	}
	SHA256End(&sha, p->part.whole);
}

int gnb_part_take(struct gnb_plan *p, const char *text, char *err, size_t len)
{
	unsigned long k, of;
	size_t n = 0;
	char end;

	if (sscanf(text, "%lu/%lu%c", &k, &of, &end) != 2 || !k || k > of || of > p->n) {
		snprintf(err, len,
			 "--part=%s: write K/N, K from 1 to N, and N at most the %zu cells", text,
			 p->n);
		return -EINVAL;
	}
	p->part.number = k;
	p->part.of = of;
	digest(p);
	for (size_t i = k - 1; i < p->n; i += of)
		p->cells[n++] = p->cells[i];
	p->n = n;
	return 0;
}

struct json_object *gnb_part_object(const struct gnb_plan *p)
{
	struct json_object *o = p->part.of ? json_object_new_object() : NULL;

	if (!o)
		return NULL;
	json_object_object_add(o, "number", json_object_new_uint64(p->part.number));
	json_object_object_add(o, "of", json_object_new_uint64(p->part.of));
	json_object_object_add(o, "whole", gnb_json_string(p->part.whole));
	return o;
}
