// SPDX-License-Identifier: GPL-2.0-only
/* The profile as a file. */
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

/* Numbers of nodes and operations are of one tree; in the file those of the first CPU come first. */
struct base {
	uint32_t node, op;
};

/* Nodes are listed newest first, and a parent is older than its children. */
static void write_nodes(FILE *f, const struct gnb_node *n, uint32_t base)
{
	static const char *const kinds[] = { "top", "entry", "interrupt", "call" };
	const struct gnb_node **list;
	uint32_t count = n ? n->id : 0;

	list = gnb_grab((count + 1) * sizeof(*list));
	for (; n; n = n->all)
		list[n->id] = n;
	for (uint32_t i = 1; i <= count; i++)
		fprintf(f, "node %" PRIu32 " %" PRIu32 " %s %" PRIx64 "\n", base + i,
			list[i]->parent->id ? base + list[i]->parent->id : 0, kinds[list[i]->kind],
			list[i]->addr);
	free(list);
}

static void write_ops(FILE *f, const struct gnb_op *o, uint32_t base)
{
	for (; o; o = o->next)
		fprintf(f,
			"op %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %s\n",
			base + o->id, o->cmd, o->count, o->windows, o->skipped, o->cut, o->least,
			o->least_windows, o->most, o->sum, o->interrupts, o->interrupt_sum,
			o->cell);
}

static bool counts(const struct gnb_counter *c)
{
	return c->all && c->epoch == c->op->epoch;
}

static bool used(const struct gnb_block *b)
{
	for (unsigned i = 0; i < GNB_CPUS; i++)
		for (const struct gnb_counter *c = b->counters[i]; c; c = c->next)
			if (counts(c))
				return true;
	return false;
}

static void write_counts(FILE *f, const struct gnb_block *b, unsigned cpu, const struct base *base)
{
	for (const struct gnb_counter *c = b->counters[cpu]; c; c = c->next) {
		if (!counts(c))
			continue;
		fprintf(f, "count %" PRIu32 " %" PRIu32 " %" PRIu32 " %u %" PRIu64 " %" PRIu64 "\n",
			base->op + c->op->id, c->node->id ? base->node + c->node->id : 0, b->id,
			c->done, c->all, c->generation == c->op->generation ? c->least : 0);
		if (c->waits)
			fprintf(f, "wait %" PRIu32 " %" PRIu32 " %" PRIu32 " %" PRIu64 "\n",
				base->op + c->op->id, c->node->id ? base->node + c->node->id : 0,
				b->id, c->waits);
	}
}

static void write_trees(FILE *f, const struct gnb_code *c, struct gnb_tree *const *t, unsigned cpus)
{
	struct base base[GNB_CPUS] = { { 0, 0 } };

	for (unsigned i = 0; i + 1 < cpus; i++)
		base[i + 1] = (struct base){ base[i].node + t[i]->nnodes, base[i].op + t[i]->nops };
	for (unsigned i = 0; i < cpus; i++) {
		write_ops(f, t[i]->ops, base[i].op);
		for (const struct gnb_op *o = t[i]->ops; i && o; o = o->next)
			fprintf(f, "cpu %" PRIu32 " %u\n", base[i].op + o->id, i);
	}
	for (unsigned i = 0; i < cpus; i++)
		write_nodes(f, t[i]->nodes, base[i].node);
	for (uint32_t i = 0; i < c->nblocks; i++)
		if (used(c->block[i]))
			write_block(f, c->block[i]);
	for (uint32_t i = 0; i < c->nblocks; i++)
		for (unsigned k = 0; k < cpus; k++)
			write_counts(f, c->block[i], k, &base[k]);
}

int gnb_tree_write(const struct gnb_code *c, struct gnb_tree *const *trees, unsigned cpus,
		   const char *path, const char *head)
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
	write_trees(f, c, trees, cpus);
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
