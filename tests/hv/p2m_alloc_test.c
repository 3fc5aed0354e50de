// SPDX-License-Identifier: GPL-2.0-only
/*
 * An allocation failure at every allocation of lending, and of log-dirty in each way: the error is the documented one, no
 * count is off, no page is lost sight of, and the same then succeeds. A revoke has none that it needs.
 */
#include "every.h"
#include "loans.h"
#include "ways.h"

static enum hv_log_way way;

/* ---- lending ---- */

static int op_lend(struct fx *f)
{
	return (int)ln_lend(f, 1024, LEND_WRITE | LEND_NOW);
}

static int op_lend_absent(struct fx *f)
{
	return (int)ln_lend(f, 1024 + 3, LEND_WRITE);
}

static void undo_lend(struct fx *f)
{
	ln_op(f, LEND_RETURN, LN_AT, 0, 0, 0, 0);
}

/* A page of a large entry: without memory all of it goes. */
static int op_revoke(struct fx *f)
{
	return (int)ln_revoke(f, 5, 1);
}

static void undo_revoke(struct fx *f)
{
	uint64_t word;

	if (ln_end(f, 5, 1) || ln_read(f, 5, &word) != -EAGAIN)
		ok(0, "a revoke without memory: what was revoked is there");
	undo_lend(f);
	op_lend(f);
}

static int op_serve(struct fx *f)
{
	return (int)ln_serve(f, 0, 512, 0, ln_seq(f));
}

/* Taken and had again, so that the next has all to do. */
static void undo_serve(struct fx *f)
{
	ln_revoke(f, 0, 512);
	ln_end(f, 0, 512);
	undo_lend(f);
	ln_lend(f, 1024, LEND_WRITE);
}

static void lending(enum hv_guest lender)
{
	const char *name =
		lender == HV_GUEST_PV ? "lending by a PV guest" : "lending by a PVH guest";
	struct fx f;

	if (!ok(!fx_open(&f, ln_opts(lender)), "%s: set up", name))
		return;
	every(&f, name, "lend", op_lend, undo_lend, -ENOMEM, -ENOMEM);
	every(&f, name, "lend what comes later", op_lend_absent, undo_lend, -ENOMEM, -ENOMEM);
	ok(!op_lend(&f), "%s: lent", name);
	every(&f, name, "revoke", op_revoke, undo_revoke, 0, 0);
	undo_lend(&f);
	ok(!ln_lend(&f, 1024, LEND_WRITE), "%s: lent, and absent", name);
	every(&f, name, "serve", op_serve, undo_serve, -ENOMEM, -ENOMEM);
	ln_close(&f, name);
}

/* ---- log-dirty ---- */

static int op_enable(struct fx *f)
{
	return (int)dirty_op(f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
}

static void undo_enable(struct fx *f)
{
	dirty_op(f, SHADOW_OFF, 0, 0);
}

/* Cleaned, and each of two large entries written to. */
static int op_write(struct fx *f)
{
	int rc = (int)ways_fetch(f, way, DIRTY_PAGES);

	rc = rc ? rc : dirty_write(f, 7, 1);
	return rc ? rc : dirty_write(f, 700, 1);
}

/* Both are dirty, or there was no memory to remember it, which is said. */
static void undo_write(struct fx *f)
{
	long rc = ways_ask(f, way, DIRTY_PAGES);

	if (rc != -ENOMEM && (rc || !dirty_has(f, 7) || !dirty_has(f, 700)))
		ok(0, "%s: a page that was written to is not dirty: %ld", way_names[way], rc);
	dirty_op(f, SHADOW_OFF, 0, 0);
	dirty_op(f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
}

static void logging(void)
{
	const char *name = way_names[way];
	struct fx f;

	if (!dirty_open(&f, ways_opts(way), name))
		return;
	every(&f, name, "enable", op_enable, undo_enable, -ENOMEM, -ENOMEM);
	ok(!op_enable(&f), "%s: enabled", name);
	every(&f, name, "clean and write", op_write, undo_write, -ENOMEM, -EFAULT);
	dirty_close(&f);
}

int main(void)
{
	lending(HV_GUEST_PV);
	lending(HV_GUEST_TRANSLATED);
	/* Xen's trie: dirty_test. */
	for (way = HV_WAY_GET; way < HV_LOG_WAYS; way++)
		logging();
	return tap_done();
}
