// SPDX-License-Identifier: GPL-2.0-only
/* The backend for hv, by its public interface. A sub-stream has a host of its own. */
#include "diff.h"

#include <errno.h>
#include <hv/hv.h>
#include <hv/log_dirty.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

/* Built with every defect of hv/base/mutant.h: this backend has the one it was asked for, others
 * have theirs. */
#ifdef HV_MUTANT
#include "mutant_now.h"
int hv_mutant_now;
#define TURN(p) (hv_mutant_now = (p)->mutant)
#else
#define TURN(p) ((void)(p)->mutant)
#endif

#ifdef HV_FUZZ
/* What a word says that hv reads from a guest: here, what is in it. */
uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size);
uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size)
{
	(void)p;
	(void)size;
	return value;
}
#endif

/*
 * RAM before the named pages: a reference that is taken for a frame number means memory that nobody
 * looks at, as in any other guest.
 */
#define UNNAMED 64
#define PORT	5    /* any will do */
#define ROOM_V3 4096 /* slots with page tables, as many as a domain of our own has */

struct priv {
	int mutant;
	struct hv_host *host;
	struct hv_domain *dom0;
	struct hv_domain *d[DIFF_DOMS];
	bool translated[DIFF_DOMS];
	uint8_t *args[DIFF_DOMS];
	unsigned n;
};

/* Pages that begin where a leaf above the lowest level may, each with its number as its first word. */
static int find_block(struct hv_domain *d, struct diff_dom *dom)
{
	unsigned first = 0;

	while (hv_guest_frame(d, first) % DIFF_BLOCK || first < UNNAMED + DIFF_PAGES)
		first++;
	dom->block = hv_guest_frame(d, first);
	dom->words = hv_guest_frame_ptr(d, dom->block);
	if (!dom->words)
		return -EINVAL;
	memset(dom->words, 0, DIFF_BLOCK * HV_PAGE_SIZE);
	for (unsigned i = 0; i < DIFF_BLOCK; i++)
		dom->words[i * 512] = i;
	return 0;
}

static int make(struct priv *p, const struct diff_config *cfg, unsigned i, struct diff_dom *dom)
{
	struct hv_domain_config dc = {
		.guest = cfg->translated[i] ? HV_GUEST_TRANSLATED : HV_GUEST_PV,
		.pages = cfg->version == 3 ? 3 * DIFF_BLOCK : UNNAMED + DIFF_PAGES,
		.args_pages = DIFF_ARGS / HV_PAGE_SIZE,
		.map_slots = cfg->version == 3 ? ROOM_V3 : DIFF_SLOTS,
		.max_grant_frames = DIFF_GRANT_FRAMES,
		.max_maptrack_frames = DIFF_MAPTRACK,
		.max_v3_trees = DIFF_V3_TREES,
		.max_v3_pages = DIFF_V3_PAGES,
		.v3_walk_cache = cfg->cache,
	};
	size_t bytes;
	int rc = hv_domain_create(p->host, &dc, &p->d[i]);

	if (rc)
		return rc;
	p->translated[i] = cfg->translated[i];
	p->args[i] = hv_guest_args(p->d[i], &bytes);
	*dom = (struct diff_dom){ .id = hv_domain_id(p->d[i]),
				  .args = p->args[i],
				  .args_addr = (uintptr_t)p->args[i],
				  .window = HV_GFN_GRANT_BASE,
				  .port = PORT };
	for (unsigned k = 0; k < DIFF_PAGES; k++)
		dom->page[k] = hv_guest_frame(p->d[i], UNNAMED + k);
	for (unsigned k = 0; k < DIFF_ROOM && k < dc.map_slots; k++) {
		dom->slot_addr[k] = hv_guest_map_addr(p->d[i], k);
		dom->slot_pte[k] = hv_guest_map_pte(p->d[i], k);
	}
	return cfg->version == 3 ? find_block(p->d[i], dom) : 0;
}

static int hv_open(struct diff_backend *b, const struct diff_config *cfg, struct diff_dom *dom)
{
	struct hv_host_config hc = { .heap_pages = cfg->version == 3 ? 4096 : 1024,
				     .ram_pages = cfg->version == 3 ? 8192 : 2048,
				     .audit = true };
	struct hv_domain_config toolstack = {
		.guest = HV_GUEST_PV, .pages = 1, .args_pages = DIFF_TOOLS_PAGES, .privileged = true
	};
	struct priv *p = b->priv;
	int rc;

	TURN(p);
	rc = hv_host_create(&hc, &p->host);
	if (rc)
		return rc;
	rc = hv_domain_create(p->host, &toolstack, &p->dom0);
	for (p->n = 0; !rc && p->n < cfg->doms; p->n++)
		rc = make(p, cfg, p->n, &dom[p->n]);
	if (rc)
		hv_host_destroy(p->host);
	return rc;
}

static int hv_close(struct diff_backend *b, char *why, size_t len)
{
	struct priv *p = b->priv;
	const char *bad;
	int rc = 0, mutant = p->mutant;

	TURN(p);
	for (unsigned i = 0; i < p->n; i++)
		if (p->d[i])
			hv_domain_kill(p->d[i]);
	bad = hv_host_violation(p->host);
	if (bad) {
		snprintf(why, len, "%s", bad);
		rc = -EUCLEAN;
	}
	hv_host_destroy(p->host);
	memset(p, 0, sizeof(*p));
	p->mutant = mutant;
	return rc;
}

static long call(struct diff_backend *b, unsigned dom, enum diff_call which, unsigned cmd,
		 size_t off, unsigned count)
{
	struct priv *p = b->priv;
	void *uop = off == DIFF_NULL ? NULL : p->args[dom] + off;
	struct hv_vcpu *v = hv_domain_vcpu(p->d[dom], 0);
	long rc;

	TURN(p);
	if (hv_domain_crashed(p->d[dom]))
		return -EIO;
	rc = which == DIFF_GNTTAB ? hv_grant_table_op(v, cmd, uop, count)
				  : hv_memory_op(v, cmd, uop);
	return hv_domain_crashed(p->d[dom]) ? -EIO : rc;
}

static int touch(struct diff_backend *b, unsigned dom, uint64_t addr, unsigned off, void *buf,
		 unsigned len, bool write)
{
	struct priv *p = b->priv;
	int rc;

	TURN(p);
	if (hv_domain_crashed(p->d[dom]))
		return -EIO;
	rc = hv_guest_access(hv_domain_vcpu(p->d[dom], 0), addr, off, buf, len, write);
	if (!rc || !p->translated[dom])
		return rc;
	if (!write)
		memset(buf, 0xff, len);
	return 0;
}

static int frame(struct diff_backend *b, unsigned dom, uint64_t frame, unsigned off, void *buf,
		 unsigned len, bool write)
{
	struct priv *p = b->priv;
	uint8_t *at;

	/* Whatever is there by now, a grant for example. */
	if (p->translated[dom])
		return touch(b, dom, frame << HV_PAGE_SHIFT, off, buf, len, write);
	if (hv_domain_crashed(p->d[dom]))
		return -EIO;
	at = hv_guest_frame_ptr(p->d[dom], frame);
	if (!at)
		return -EFAULT;
	memcpy(write ? at + off : buf, write ? buf : at + off, len);
	return 0;
}

static void kill_one(struct diff_backend *b, unsigned dom)
{
	struct priv *p = b->priv;

	TURN(p);
	hv_domain_kill(p->d[dom]);
	p->d[dom] = NULL;
}

static int scan(struct diff_backend *b, unsigned dom, uint64_t addr, unsigned n, uint64_t *word)
{
	int rc = 0;

	for (unsigned i = 0; i < n && rc != -EIO; i++) {
		rc = touch(b, dom, addr + ((uint64_t)i << HV_PAGE_SHIFT), 0, &word[i],
			   sizeof(*word), false);
		if (rc)
			word[i] = UINT64_MAX;
	}
	return rc == -EIO ? rc : 0;
}

static long toolstack(struct diff_backend *b, unsigned cmd, void *arg, size_t len)
{
	struct priv *p = b->priv;
	size_t bytes;
	void *args = hv_guest_args(p->dom0, &bytes);
	long rc;

	TURN(p);
	memcpy(args, arg, len);
	rc = hv_grant_table_op(hv_domain_vcpu(p->dom0, 0), cmd, args, 1);
	memcpy(arg, args, len);
	return rc;
}

static uint8_t *tools_args(struct diff_backend *b)
{
	size_t bytes;

	return hv_guest_args(((struct priv *)b->priv)->dom0, &bytes);
}

static long tools(struct diff_backend *b, enum diff_call which, unsigned cmd)
{
	struct priv *p = b->priv;
	struct hv_vcpu *v = hv_domain_vcpu(p->dom0, 0);

	TURN(p);
	return which == DIFF_DOMCTL ? hv_domctl(v, tools_args(b))
				    : hv_memory_op(v, cmd, tools_args(b));
}

static int event(struct diff_backend *b, unsigned dom)
{
	struct priv *p = b->priv;

	if (!p->translated[dom])
		return -ENOSYS;
	return hv_domain_crashed(p->d[dom]) ? -EIO
					    : (int)(hv_guest_take_events(p->d[dom]) >> PORT & 1);
}

static int check(struct diff_backend *b, char *why, size_t len)
{
	struct priv *p = b->priv;
	const char *bad = hv_host_violation(p->host);

	if (bad) {
		snprintf(why, len, "%s", bad);
		return -EUCLEAN;
	}
	return hv_check(p->host, false, why, len);
}

static void hv_free(struct diff_backend *b)
{
	free(b->priv);
	free(b);
}

struct diff_backend *diff_backend_hv(int mutant)
{
	struct diff_backend *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	*b = (struct diff_backend){ .name = "hv",
				    .open = hv_open,
				    .close = hv_close,
				    .call = call,
				    .frame = frame,
				    .touch = touch,
				    .kill = kill_one,
				    .scan = scan,
				    .toolstack = toolstack,
				    .tools_args = tools_args,
				    .tools = tools,
				    .event = event,
				    .check = check,
				    .free = hv_free,
				    .priv = calloc(1, sizeof(struct priv)) };
	if (b->priv) {
		((struct priv *)b->priv)->mutant = mutant;
		return b;
	}
	free(b);
	return NULL;
}
