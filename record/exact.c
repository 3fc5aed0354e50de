// SPDX-License-Identifier: GPL-2.0-only
/* The instructions beside a run's times: loading them, and identical work. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exact.h"
#include "file.h"
#include "load.h"

/* What has to be the same for two runs to be of one program. */
static const struct {
	const char *words;
	const char *path[3]; /* in the manifest */
} same_program[] = {
	{ "target", { "target" } },
	{ "source", { "git", "sha" } },
	{ "source", { "git", "dirty" } },
	{ "version", { "suite" } },
	{ "compiler", { "environment", "before", "compiler" } },
	{ "compiler's options", { "environment", "before", "cflags" } },
	{ "variant", { "environment", "before", "variant" } },
	{ "build", { "environment", "before", "build_type" } },
};

static struct json_object *at(const struct gnb_rec_run *r, const char *const path[3])
{
	struct json_object *o = r->manifest;

	for (int i = 0; i < 3 && path[i]; i++) {
		struct json_object *next = NULL;

		json_object_object_get_ex(o, path[i], &next);
		o = next;
	}
	return o;
}

/* What differs, in words, or NULL. */
static const char *differs(const struct gnb_rec_run *a, const struct gnb_rec_run *b)
{
	for (size_t i = 0; i < sizeof(same_program) / sizeof(*same_program); i++)
		if (!json_object_equal(at(a, same_program[i].path), at(b, same_program[i].path)))
			return same_program[i].words;
	return NULL;
}

/* The reason that scripts/hv-instructions left in the place of figures. */
static bool reason(const char *dir, char *why, size_t len)
{
	char *path, *text = NULL;
	size_t n;

	if (asprintf(&path, "%s/reason.txt", dir) >= 0) {
		text = gnb_file_read(path, &n);
		free(path);
	}
	if (text)
		snprintf(why, len, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return text;
}

int gnb_exact_load(const struct gnb_rec_run *r, struct gnb_rec_run *exact, char *why, size_t len)
{
	const char *other;
	char *dir;

	*exact = (struct gnb_rec_run){ 0 };
	*why = '\0';
	if (asprintf(&dir, "%s/instructions", r->dir) < 0) {
		snprintf(why, len, "out of memory");
		return -ENOENT;
	}
	if (access(dir, F_OK) || reason(dir, why, len) || gnb_rec_load(exact, dir, why, len)) {
		free(dir);
		return -ENOENT;
	}
	other = differs(r, exact);
	if (exact->exact && !other)
		return 0;
	snprintf(why, len, "%s is %s%s", dir,
		 exact->exact ? "of another " : "no run of scripts/hv-instructions",
		 exact->exact ? other : "");
	gnb_exact_free(exact);
	return -ENOENT;
}

void gnb_exact_free(struct gnb_rec_run *exact)
{
	char *dir = (char *)exact->dir;

	gnb_rec_free(exact);
	free(dir);
}

const struct gnb_rec_cell *gnb_exact_cell(const struct gnb_rec_run *exact,
					  const struct gnb_rec_cell *cell)
{
	for (size_t i = 0; exact && cell && i < exact->nr_cells; i++)
		if (!strcmp(exact->cell[i]->name, cell->name))
			return exact->cell[i];
	return NULL;
}

/* Have both versions the same counts, in every launch? */
static bool same_counts(const struct gnb_rec_cell *cell, const char *version, const char *other,
			const char *metric)
{
	struct json_object *first = gnb_rec_counts(cell, version, metric);

	for (size_t i = 0; first && i < cell->nr_launches; i++) {
		const struct gnb_rec_row *a = gnb_rec_row(cell->launch[i], version, metric),
					 *b = gnb_rec_row(cell->launch[i], other, metric);

		if (!a || !b || !json_object_equal(first, a->counts) ||
		    !json_object_equal(first, b->counts))
			return false;
	}
	return first;
}

bool gnb_exact_same(const struct gnb_rec_run *exact, const struct gnb_rec_cell *cell,
		    const char *version, const char *other, const char *metric)
{
	const struct gnb_rec_cell *c = gnb_exact_cell(exact, cell);
	const struct gnb_rec_row *a, *b;

	if (!c || !c->nr_launches || gnb_counts_contend(gnb_rec_param(cell, "threads")) ||
	    !same_counts(cell, version, other, metric) || !same_counts(c, version, other, metric))
		return false;
	a = gnb_rec_row(c->launch[0], version, metric);
	b = gnb_rec_row(c->launch[0], other, metric);
	return a->class == 'C' && b->class == 'C' && a->value.value == b->value.value;
}
