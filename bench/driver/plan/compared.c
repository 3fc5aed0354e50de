// SPDX-License-Identifier: GPL-2.0-only
/* Which versions are compared, and to which. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compared.h"

static bool among(const struct gnb_version *const *list, unsigned n, const struct gnb_version *v)
{
	for (unsigned i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

int gnb_compared_parse(struct gnb_compared *c, const char *text, char *err, size_t len)
{
	c->n = 0;
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, ",");
		const struct gnb_version *v = gnb_version_find(p, n);

		if (!v) {
			snprintf(err, len, "--versions=%s: no version '%.*s'; there are %s", text,
				 (int)n, p, gnb_version_list());
			return -EINVAL;
		}
		if (!among(c->list, c->n, v))
			c->list[c->n++] = v;
		p += n + (p[n] == ',');
	}
	if (c->n)
		return 0;
	snprintf(err, len, "--versions: name one or more of %s", gnb_version_list());
	return -EINVAL;
}

int gnb_compared_parse_base(struct gnb_compared *c, const char *text, char *err, size_t len)
{
	c->base = gnb_version_find(text, strlen(text));
	if (c->base)
		return 0;
	snprintf(err, len, "--baseline=%s: no such version; there are %s", text,
		 gnb_version_list());
	return -EINVAL;
}

int gnb_compared_check(const struct gnb_compared *c, char *err, size_t len)
{
	struct gnb_compared asked = *c;
	char text[GNB_COMPARED_LEN];

	if (!c->base || !c->n || among(c->list, c->n, c->base))
		return 0;
	asked.base = NULL;
	gnb_compared_text(&asked, text);
	snprintf(err, len, "--baseline=%s is not among --versions=%s; add it there", c->base->name,
		 text);
	return -EINVAL;
}

/* The work that is in any of its metrics. */
static unsigned work_of(const struct gnb_bench *b)
{
	unsigned work = 0;

	for (const struct gnb_metric *m = b->metrics; m->name; m++)
		work |= m->work ? m->work : GNB_WORK_ALL;
	return work;
}

unsigned gnb_compared_in(const struct gnb_compared *c, const struct gnb_bench *b,
			 const struct gnb_version *out[GNB_VERSIONS_MAX])
{
	unsigned work = b ? work_of(b) : GNB_WORK_ALL, all = c->n ? c->n : gnb_version_count(),
		 n = 0;

	if (c->base && gnb_version_matters(c->base, work))
		out[n++] = c->base;
	for (unsigned i = 0; i < all; i++) {
		const struct gnb_version *v = c->n ? c->list[i] : &gnb_versions[i];

		if (v != c->base && gnb_version_matters(v, work))
			out[n++] = v;
	}
	return n;
}

void gnb_compared_text(const struct gnb_compared *c, char text[GNB_COMPARED_LEN])
{
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(c, NULL, v);

	text[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		size_t at = strlen(text);

		snprintf(text + at, GNB_COMPARED_LEN - at, "%s%s", i ? "," : "", v[i]->name);
	}
}
