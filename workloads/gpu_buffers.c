// SPDX-License-Identifier: GPL-2.0-only
/*
 * gpu_buffers: a graphics buffer lent to a domain, parts of which its owner moves elsewhere and gives back.
 *
 * Measures: a buffer that is lent and used page by page for the first time; then, eight times, chunks of it that are evicted:
 * revoked, moved to other memory of the owner's, and the end of the revoke; and after each time the guest's pass over all of
 * the buffer.
 *
 *   notifier  what was evicted comes back when the guest touches it: a fault, and the owner serves the whole chunk, as a
 *             driver does whose memory an MMU notifier takes away
 *   file      it is back at the end of its eviction, before anybody asks, as with pages of a file that moved
 *
 * With evicted=0 nothing moves, which is what memory that is pinned costs, and why it cannot be had back. How often a driver
 * evicts is the driver's and its load's affair: evicted is a parameter, and no value of it is called typical. Which chunks go
 * is drawn, and the same in every run.
 *
 * Does not measure: the owner's copying, a graphics card, or the guest's waiting for the owner to run. A large entry that was
 * split stays split: each round has a new machine. Needs: a target with lending.
 */
#include <errno.h>
#include <gnb/calls.h>

enum { LEND, EVICT, PASS, FAULTS };

#define PLACE  0x200000ull /* where the guest has it, in pages */
#define PASSES 8u
#define STAMP  (1ull << 40)
#define LARGE  512u

struct buffers {
	unsigned pages, chunk, chunks, evicted;
	bool file;
	struct gnb_vcpu *guest;
	uint64_t rand, faults, touched;
	unsigned free;	 /* where the next chunk that is evicted goes: a place of the owner's */
	unsigned *place; /* of each chunk */
	bool *gone;	 /* evicted, and not back */
};

/* Of a buffer that is smaller all of it. */
static unsigned chunk_of(const struct gnb_side *s)
{
	unsigned long pages = gnb_u(s, "buffer"), chunk = gnb_u(s, "chunk");

	return (unsigned)(chunk < pages ? chunk : pages);
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long pages = gnb_u(s, "buffer"), chunk = chunk_of(s);

	*why = gnb_target_lacks(s->t, GNB_OP_LENDING, GNB_LENDING_SERVE);
	if (!*why && gnb_is(s, "tables", "shared"))
		*why = "a device whose tables are the p2m would reach what is lent, so nothing can be";
	if (!*why && pages % chunk)
		*why = "a buffer is so many whole chunks";
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->logged = cfg->lends = true;
	cfg->log_iommu = gnb_tables_of(s);
	/* A chunk more than the buffer: there a chunk goes, and where it was the next one. Whole large frames. */
	cfg->own_pages = (unsigned)((pages + chunk + 2 * LARGE - 1) / LARGE * LARGE);
	return 0;
}

/* Pages of the buffer from p on, of which the owner has the first in its chunk's place. */
static struct gnb_lend part(const struct buffers *b, unsigned p, unsigned pages, bool now)
{
	return (struct gnb_lend){ .gfn = PLACE + p,
				  .pages = pages,
				  .first = (uint64_t)b->place[p / b->chunk] * b->chunk +
					   p % b->chunk,
				  .now = now };
}

static long ask(struct gnb_side *s, enum gnb_lending_op op, struct gnb_lend *x)
{
	return gnb_operation(s, GNB_OP_LENDING, op, x);
}

static int setup(struct gnb_side *s)
{
	struct buffers *b = gnb_keep(s, sizeof(*b));

	s->priv = b;
	if (!b)
		return -ENOMEM;
	b->pages = (unsigned)gnb_u(s, "buffer");
	b->chunk = chunk_of(s);
	b->chunks = b->pages / b->chunk;
	b->evicted = (unsigned)gnb_u(s, "evicted");
	b->file = gnb_is(s, "backing", "file");
	b->guest = s->t->vcpu(s->m, GNB_GRANTER, 0);
	b->rand = 1;
	b->free = b->chunks;
	b->place = gnb_keep(s, b->chunks * sizeof(*b->place));
	b->gone = gnb_keep(s, b->chunks * sizeof(*b->gone));
	if (!b->place || !b->gone)
		return -ENOMEM;
	for (unsigned i = 0; i < b->chunks; i++)
		b->place[i] = i;
	for (unsigned p = 0; p < b->pages; p++)
		*(uint64_t *)s->t->own_ram(s->m, p) = STAMP + p;
	return 0;
}

/* The owner moves a chunk: its pages go on elsewhere, and where they were is garbage. */
static void move(struct gnb_side *s, unsigned i)
{
	struct buffers *b = s->priv;
	unsigned was = b->place[i];

	for (unsigned p = 0; p < b->chunk; p++) {
		uint64_t *from = s->t->own_ram(s->m, was * b->chunk + p);

		*(uint64_t *)s->t->own_ram(s->m, b->free * b->chunk + p) = *from;
		*from = 0;
	}
	b->place[i] = b->free;
	b->free = was;
}

static int evict(struct gnb_side *s, unsigned i)
{
	struct buffers *b = s->priv;
	struct gnb_lend x = part(b, i * b->chunk, b->chunk, false);
	long rc;

	gnb_start(s, EVICT);
	rc = ask(s, GNB_LENDING_REVOKE, &x);
	gnb_stop(s, EVICT, b->chunk);
	if (rc)
		return gnb_fail(s, (int)rc, "evicting a chunk returned %ld", rc);
	move(s, i);
	x = part(b, i * b->chunk, b->chunk, b->file);
	gnb_start(s, EVICT);
	rc = ask(s, GNB_LENDING_END, &x);
	gnb_stop(s, EVICT, 0);
	b->gone[i] = !b->file;
	return rc ? gnb_fail(s, (int)rc, "the end of an eviction returned %ld", rc) : 0;
}

/* The guest faulted at page p: its chunk is brought back. */
static int serve(struct gnb_side *s, unsigned p)
{
	struct buffers *b = s->priv;
	struct gnb_lend x = { 0 }, chunk;
	long rc = ask(s, GNB_LENDING_FAULT, &x);

	if (!rc && x.gfn != PLACE + p)
		return gnb_fail(s, -EIO, "page %u faulted, and %#lx was told", p,
				(unsigned long)x.gfn);
	chunk = part(b, p / b->chunk * b->chunk, b->chunk, false);
	rc = rc ? rc : ask(s, GNB_LENDING_SEQ, &chunk);
	rc = rc ? rc : ask(s, GNB_LENDING_SERVE, &chunk);
	b->gone[p / b->chunk] = false;
	b->faults++;
	return rc ? gnb_fail(s, (int)rc, "serving a chunk returned %ld", rc) : 0;
}

/* The guest reads every page. */
static int pass(struct gnb_side *s)
{
	struct buffers *b = s->priv;
	int rc = 0;

	gnb_start(s, PASS);
	for (unsigned p = 0; p < b->pages && !rc; p++) {
		if (b->gone[p / b->chunk]) {
			rc = gnb_word_read(s, b->guest, PLACE + p, -EAGAIN, 0);
			rc = rc ? rc : serve(s, p);
		}
		rc = rc ? rc : gnb_word_read(s, b->guest, PLACE + p, 0, STAMP + p);
	}
	gnb_stop(s, PASS, b->pages);
	b->touched += b->pages;
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct buffers *b = s->priv;
	struct gnb_lend x = part(b, 0, b->pages, true);
	int rc;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a large entry is split once");
	rc = gnb_operation_timed(s, LEND, b->pages, GNB_OP_LENDING, GNB_LENDING_LEND, &x, 0);
	for (unsigned n = 0; n < PASSES && !rc; n++) {
		for (unsigned i = 0; i < b->chunks && !rc; i++)
			if (gnb_rand(&b->rand) % 100 < b->evicted)
				rc = evict(s, i);
		rc = rc ? rc : pass(s);
	}
	gnb_set_exact(s, FAULTS, b->touched ? 1000.0 * (double)b->faults / (double)b->touched : 0);
	return rc;
}

/* What is evicted is reached by nobody, and what was the buffer's place is not reached by it any more. */
static int verify(struct gnb_side *s)
{
	struct buffers *b = s->priv;
	struct gnb_lend x = part(b, 0, b->chunk, false);
	long rc = ask(s, GNB_LENDING_REVOKE, &x);
	int err = 0;

	for (unsigned p = 0; p < b->chunk && !rc && !err; p++)
		err = gnb_word_read(s, b->guest, PLACE + p, -EAGAIN, 0);
	err = err ? err : gnb_device_reaches(s, PLACE, false);
	rc = rc ? rc : ask(s, GNB_LENDING_END, &x);
	for (unsigned p = b->chunk; p < b->pages && !rc && !err; p++)
		err = gnb_word_read(s, b->guest, PLACE + p, 0, STAMP + p);
	x.gfn = PLACE;
	rc = rc ? rc : ask(s, GNB_LENDING_RETURN, &x);
	return err ? err : rc ? gnb_fail(s, (int)rc, "the buffer's end returned %ld", rc) : 0;
}

static const struct gnb_param params[] = {
	GNB_NUMBER("buffer", "4096", "1,512,4096,16384", "pages of the buffer", 1, 65536),
	GNB_NUMBER("chunk", "16", "1,16,512",
		   "pages that are evicted at once, and come back at once", 1, 65536),
	GNB_CHOICE("backing", "notifier", "notifier,file",
		   "what was evicted is back when it is touched, or at the end of its eviction"),
	GNB_NUMBER("evicted", "50", "0,10,50,100", "of 100 chunks, between two passes", 0, 100),
	GNB_PARAM_TABLES("tables of the guest's device"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [LEND] = GNB_COST("lend", "ns/page"),
					     [EVICT] = GNB_COST("evict", "ns/page"),
					     [PASS] = GNB_COST("pass", "ns/page"),
					     [FAULTS] =
						     GNB_EXACT_COST("faults", "faults/1000 pages"),
					     { 0 } };

static const struct gnb_bench gpu_buffers = {
	.name = "gpu_buffers",
	.summary = "a graphics buffer lent to a domain, evicted in chunks and had again",
	.measures =
		"A buffer that is not pinned, lent to a domain; eight times some of its chunks are evicted, and move to "
		"other memory of their owner's, and then the guest goes over all of it. Whose work: the hypervisor's, in "
		"the owner's calls and the guest's faults.",
	.not_measured =
		"How often a driver evicts: no rate is called typical. The owner's copying, and how long the guest "
		"waits for it. No Xen has lending: the figures are of a proposal.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = 1,
	.fixed_iters = true,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
};
GNB_BENCH(gpu_buffers);
