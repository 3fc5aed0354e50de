/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain whose pages are logged, written to and asked for (gnb/dirty.h). */
#include <gnb/dirty.h>

enum gnb_log_way gnb_way_of(const struct gnb_side *s)
{
	const char *w = gnb_s(s, "way");

	return !strcmp(w, "marks")     ? GNB_WAY_MARKS
	       : !strcmp(w, "get")     ? GNB_WAY_GET
	       : !strcmp(w, "manual")  ? GNB_WAY_MANUAL
	       : !strcmp(w, "all_set") ? GNB_WAY_ALL_SET
				       : GNB_WAY_RING;
}

enum gnb_writer gnb_writer_of(const struct gnb_side *s)
{
	const char *w = gnb_s(s, "writer");

	return !strcmp(w, "cpu")     ? GNB_WRITER_CPU
	       : !strcmp(w, "grant") ? GNB_WRITER_GRANT
	       : !strcmp(w, "copy")  ? GNB_WRITER_COPY
				     : GNB_WRITER_DEVICE;
}

bool gnb_way_has(enum gnb_log_way way, enum gnb_log_op op)
{
	switch (op) {
	case GNB_LOG_PEEK:
		return way == GNB_WAY_MARKS || way == GNB_WAY_MANUAL || way == GNB_WAY_ALL_SET;
	case GNB_LOG_CLEAN:
		return way == GNB_WAY_MARKS || way == GNB_WAY_GET;
	case GNB_LOG_COLLECT:
		return way == GNB_WAY_RING;
	case GNB_LOG_CLEAR:
		return way == GNB_WAY_MANUAL || way == GNB_WAY_ALL_SET || way == GNB_WAY_RING;
	default:
		return true;
	}
}

/* Whether the target has such a writer, or NULL: it does. */
static const char *lacks_writer(const struct gnb_side *s, enum gnb_writer writer)
{
	const char *tables = gnb_s(s, "tables");

	if (writer == GNB_WRITER_GRANT || writer == GNB_WRITER_COPY)
		return s->t->hypercall ? NULL : "this target has no grants";
	if (writer == GNB_WRITER_CPU)
		return NULL;
	if (!strcmp(tables, "none"))
		return "without tables the domain has no device";
	if (!strcmp(tables, "shared"))
		return "a device whose tables are the p2m faults where it may not write, and nothing resumes "
		       "it";
	return gnb_target_lacks(s->t, GNB_OP_DEVICE, GNB_DEVICE_WRITE);
}

int gnb_dirty_config(struct gnb_side *s, struct gnb_machine_config *cfg, unsigned long pages,
		     unsigned long n, enum gnb_writer writer, const char **why)
{
	cfg->log_way = gnb_way_of(s);
	*why = gnb_target_lacks(s->t, GNB_OP_LOG_DIRTY, GNB_LOG_ENABLE);
	if (!*why)
		*why = gnb_target_lacks(s->t, GNB_OP_LOG_WAY, cfg->log_way);
	if (!*why)
		*why = lacks_writer(s, writer);
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->logged = true;
	cfg->log_bits = gnb_is(s, "tables", "bits");
	cfg->log_iommu = gnb_tables_of(s);
	cfg->granter_pages = (unsigned)pages;
	cfg->map_slots = (unsigned)n;
	cfg->args_pages = (unsigned)(pages / 8 / GNB_PAGE_SIZE + n / 64 + 2);
	return gnb_refs_room(cfg, (unsigned)n, GNB_TREE_LEVELS, why);
}

int gnb_dirty_init(struct gnb_dirty *d, struct gnb_side *s, unsigned pages, const unsigned *page,
		   unsigned n, enum gnb_writer writer)
{
	int rc;

	d->s = s;
	d->way = gnb_way_of(s);
	d->writer = writer;
	d->unseen = d->writer == GNB_WRITER_DEVICE && !gnb_is(s, "tables", "bits");
	d->guest = s->t->vcpu(s->m, GNB_GRANTER, 0);
	d->tools = s->t->vcpu(s->m, GNB_MAPPER, 0);
	d->pages = pages;
	d->page = page;
	d->n = n;
	d->log.others = d->writer != GNB_WRITER_CPU;
	d->base = s->t->frame(s->m, 0);
	d->log.bitmap = s->t->args_alloc(s->m, GNB_MAPPER, (d->base + pages + 7) / 8);
	if (!d->log.bitmap)
		return gnb_fail(s, -ENOMEM, "no memory for the bitmap");
	if (d->writer != GNB_WRITER_GRANT && d->writer != GNB_WRITER_COPY)
		return 0;
	rc = gnb_gtab_init(&d->gtab, s, n, GNB_TREE_LEVELS);
	if (!rc)
		rc = d->writer == GNB_WRITER_COPY ? gnb_copies_init(&d->copies, s, n)
						  : gnb_maps_init(&d->maps, s, n);
	for (unsigned k = 0; k < n && !rc; k++) {
		gnb_grant_publish(&d->gtab, GNB_FIRST_REF + k, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, page[k]), false);
		if (d->writer == GNB_WRITER_COPY)
			gnb_copy_set_into(&d->copies, k, 0, GNB_FIRST_REF + k, 8);
		else
			gnb_map_set(&d->maps, k, s->t->map_addr(s->m, k), GNB_FIRST_REF + k, false);
	}
	if (rc)
		gnb_gtab_fini(&d->gtab);
	return rc;
}

void gnb_dirty_fini(struct gnb_dirty *d)
{
	if (d->s && (d->writer == GNB_WRITER_GRANT || d->writer == GNB_WRITER_COPY))
		gnb_gtab_fini(&d->gtab);
}

/* By its own CPU or its device. */
static int write_page(struct gnb_dirty *d, unsigned k)
{
	struct gnb_side *s = d->s;
	uint64_t word = k, gfn = d->base + d->page[k];
	struct gnb_dma dma = { .dfn = gfn, .len = sizeof(word), .buf = &word };

	if (d->writer == GNB_WRITER_CPU)
		return s->t->touch(d->guest, gfn << GNB_PAGE_SHIFT, 0, &word, sizeof(word), true);
	return (int)s->t->operation(s->m, d->guest, GNB_OP_DEVICE, GNB_DEVICE_WRITE, &dma);
}

static int write_by_grant(struct gnb_dirty *d, unsigned metric)
{
	struct gnb_side *s = d->s;
	uint64_t word = 1;
	int rc = gnb_map(&d->maps, d->tools, 0, d->n);

	for (unsigned k = 0; k < d->n && !rc; k++)
		rc = s->t->touch(d->tools, gnb_map_addr(&d->maps, k), 0, &word, sizeof(word), true);
	return rc ? rc : gnb_unmap_timed(&d->maps, d->tools, metric, d->n);
}

int gnb_dirty_write(struct gnb_dirty *d, unsigned metric)
{
	struct gnb_side *s = d->s;
	int rc = 0;

	if (d->writer == GNB_WRITER_COPY)
		return gnb_copy_timed(&d->copies, d->tools, metric, d->n);
	if (d->writer == GNB_WRITER_GRANT)
		return write_by_grant(d, metric);
	gnb_start(s, metric);
	for (unsigned k = 0; k < d->n && !rc; k++)
		rc = write_page(d, k);
	gnb_stop(s, metric, d->n);
	return rc ? gnb_fail(s, rc, "a write returned %d", rc) : 0;
}

static struct gnb_log *of_all(struct gnb_dirty *d)
{
	d->log.pages = d->base + d->pages;
	d->log.first = 0;
	return &d->log;
}

long gnb_dirty_ask(struct gnb_dirty *d, enum gnb_log_op op)
{
	return gnb_operation(d->s, GNB_OP_LOG_DIRTY, op, of_all(d));
}

int gnb_dirty_timed(struct gnb_dirty *d, enum gnb_log_op op, unsigned metric)
{
	return gnb_operation_timed(d->s, metric, 1, GNB_OP_LOG_DIRTY, op, of_all(d), 0);
}

unsigned gnb_dirty_count(const struct gnb_dirty *d)
{
	unsigned n = 0;

	for (unsigned page = 0; page < d->pages; page++)
		n += gnb_dirty_has(d, page);
	return n;
}
