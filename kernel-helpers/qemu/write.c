// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tree.h"

static void write_block(FILE *f, const struct gnb_block *b)
{
	fprintf(f, "block %" PRIu32 " %" PRIx64 " ", b->id, b->pc);
	for (unsigned i = 0, at = 0; i < b->n; i++) {
		for (unsigned k = 0; k < b->len[i]; k++)
			fprintf(f, "%02x", b->bytes[at++]);
		fputc(i + 1u < b->n ? '.' : '\n', f);
	}
}

/* Nodes are listed newest first, and a parent is older than its children. */
static void write_nodes(FILE *f, const struct gnb_node *n)
{
	static const char *const kinds[] = { "top", "entry", "interrupt", "call" };
	const struct gnb_node **list;
	uint32_t count = n ? n->id : 0;

	list = gnb_grab((count + 1) * sizeof(*list));
	for (; n; n = n->all)
		list[n->id] = n;
	for (uint32_t i = 1; i <= count; i++)
		fprintf(f, "node %" PRIu32 " %" PRIu32 " %s %" PRIx64 "\n", i, list[i]->parent->id, kinds[list[i]->kind],
			list[i]->addr);
	free(list);
}

static bool counts(const struct gnb_counter *c)
{
	return c->all && c->epoch == c->op->epoch;
}

static bool used(const struct gnb_block *b)
{
	for (const struct gnb_counter *c = b->counters; c; c = c->next)
		if (counts(c))
			return true;
	return false;
}

static void write_tree(FILE *f, const struct gnb_tree *t)
{
	for (const struct gnb_op *o = t->ops; o; o = o->next)
		fprintf(f,
			"op %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
			o->id, o->cmd, o->count, o->windows, o->skipped, o->cut, o->least, o->least_windows, o->most, o->sum,
			o->interrupts, o->interrupt_sum, o->cell);
	write_nodes(f, t->nodes);
	for (uint32_t i = 0; i < t->nblocks; i++)
		if (used(t->block[i]))
			write_block(f, t->block[i]);
	for (uint32_t i = 0; i < t->nblocks; i++)
		for (const struct gnb_counter *c = t->block[i]->counters; c; c = c->next)
			if (counts(c))
				fprintf(f, "count %" PRIu32 " %" PRIu32 " %" PRIu32 " %u %" PRIu64 " %" PRIu64 "\n", c->op->id,
					c->node->id, i, c->done, c->all, c->generation == c->op->generation ? c->least : 0);
}

int gnb_tree_write(const struct gnb_tree *t, const char *path, const char *head)
{
	char *tmp = gnb_grab(strlen(path) + 5);
	int rc = 0;
	FILE *f;

	sprintf(tmp, "%s.tmp", path);
	f = fopen(tmp, "we");
	if (!f) {
		rc = -errno;
		free(tmp);
		return rc;
	}
	fputs(head, f);
	write_tree(f, t);
	/* What has no last line is not all of it. */
	fputs("end\n", f);
	if (ferror(f) || fflush(f) || fsync(fileno(f)))
		rc = errno ? -errno : -EIO;
	if (fclose(f) && !rc)
		rc = -errno;
	if (!rc && rename(tmp, path))
		rc = -errno;
	if (rc)
		unlink(tmp);
	free(tmp);
	return rc;
}
