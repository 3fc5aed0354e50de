// SPDX-License-Identifier: GPL-2.0-only
/* One sub-stream: made or replayed. */
#include "run.h"

#include <errno.h>
#include <string.h>

static int finish(struct diff_exec *x, FILE *f)
{
	char why[256] = "", gone[256] = "";
	int rc, end;

	diff_exec_finish(x, f);
	/* With a mapping lost, a frame may have a pin and no owner: the guest's own doing. */
	rc = x->b->check && !x->lost ? x->b->check(x->b, why, sizeof(why)) : 0;
	end = x->b->close(x->b, gone, sizeof(gone));
	if (f && rc)
		fprintf(f, "= broken: %s\n", why);
	if (f && end)
		fprintf(f, "= broken at the end: %s\n", gone);
	return rc || end ? -EUCLEAN : 0;
}

static void head(const struct diff_list *l, FILE *f)
{
	char s[256];

	diff_head_print(s, sizeof(s), l);
	if (f)
		fprintf(f, "%s\n", s);
}

int diff_generate(struct diff_backend *b, struct diff_list *l, unsigned ops, uint32_t without,
		  FILE *f, struct diff_cover *c)
{
	static char line[DIFF_LINE];
	static struct diff_exec x;
	static struct gen g;
	int rc = diff_exec_open(&x, b, l, line);

	if (rc)
		return rc;
	gen_start(&g, &x, l, without);
	head(l, f);
	for (unsigned i = 0; i < ops; i++) {
		struct diff_op *op = gen_next(&g, ops - i);

		diff_exec_op(&x, op);
		gen_observe(&g, op);
		if (f)
			fprintf(f, "%s\n", line);
		if (c)
			diff_cover_count(c, op);
	}
	return finish(&x, f);
}

int diff_replay(struct diff_backend *b, struct diff_list *l, FILE *f, struct diff_cover *c)
{
	static char line[DIFF_LINE];
	static struct diff_exec x;
	unsigned n = l->n;
	int rc = diff_exec_open(&x, b, l, line);

	if (rc)
		return rc;
	head(l, f);
	for (unsigned i = 0; i < n; i++) {
		diff_exec_op(&x, &l->op[i]);
		if (f)
			fprintf(f, "%s\n", line);
		if (c)
			diff_cover_count(c, &l->op[i]);
	}
	return finish(&x, f);
}

int diff_read(FILE *f, struct diff_list *l, unsigned *line)
{
	static char s[DIFF_LINE];
	bool begun = false;
	long at;

	for (at = ftell(f); fgets(s, sizeof(s), f); at = ftell(f)) {
		++*line;
		if (s[0] == '#') {
			if (begun) {
				--*line;
				fseek(f, at, SEEK_SET);
				return 1;
			}
			if (diff_head_parse(l, s))
				return -EINVAL;
			begun = true;
		} else if (s[0] != '=' && s[0] != '\n') {
			if (!begun || diff_op_parse(l, s))
				return -EINVAL;
		}
	}
	return begun;
}
