// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of a virtio-iommu on the reference hypervisor: what each policy sends, and that no device reaches what was unmapped
 * for longer than the policy promises, with calls at any time. N unmaps of each: viommu_test [N].
 */
#include <errno.h>
#include <stdlib.h>

#include <gnb/viommu.h>

#include "tap.h"

#define PAGES 512u

static struct gnb_side s;
static struct gnb_viommu_window w;

static struct gnb_viommu *start(struct gnb_viommu_config c, bool batch)
{
	struct gnb_machine_config m = { .version = gnb_version_find("v1", 2),
					.mapper = GNB_MAPPER_TRANSLATED,
					.granter_pages = GNB_VIOMMU_PAGES + PAGES,
					.viommu = true,
					.viommu_batch = batch,
					.viommu_relaxed = c.device_squashes };
	struct gnb_viommu *u;
	const char *why;
	int rc;

	memset(&s, 0, sizeof(s));
	s.t = gnb_target_find("hv");
	rc = s.t->open(&m, &s.m, &why);
	u = rc ? NULL : gnb_viommu_open(&s, &c, &rc);
	if (!u)
		ok(0, "a driver: %d %s", rc, s.why);
	return u;
}

static void end(const char *what)
{
	char why[200] = "";

	ok(!s.t->close(s.m, why, sizeof(why)), "%s: nothing is wrong at the end%s%s", what,
	   *why ? ": " : "", why);
	gnb_keep_end(&s);
}

static struct gnb_viommu_config config(enum gnb_viommu_policy policy)
{
	return (struct gnb_viommu_config){ .policy = policy,
					   .queue = 64,
					   .timer = GNB_VIOMMU_TIMER };
}

/* One buffer of n pages, which no others are neighbours of. */
static int buffer(struct gnb_viommu *u, unsigned k, unsigned n, uint64_t *dfn)
{
	unsigned page[GNB_VIOMMU_MOST];

	for (unsigned i = 0; i < n; i++)
		page[i] = GNB_VIOMMU_PAGES + (61 * k + 2 * i) % PAGES;
	return gnb_viommu_dma_map(u, page, n, dfn);
}

/* n unmaps, of some that are mapped, at times that are none's. 0 or -errno. */
static int traffic(struct gnb_viommu *u, unsigned long n, unsigned pages, uint64_t gap)
{
	uint64_t seed = 88172645463325252ull, dfn[8];
	unsigned live = 0;
	int rc = 0;

	for (unsigned long done = 0; done < n && !rc;) {
		uint64_t x = gnb_rand(&seed);

		if (!live || (live < 8 && x % 2)) {
			rc = buffer(u, (unsigned)(x >> 8) % 16, pages, &dfn[live]);
			rc = rc ? rc : gnb_viommu_access(u, dfn[live], pages - 1, true);
			live++;
		} else {
			unsigned i = (unsigned)(x >> 8) % live;

			rc = gnb_viommu_dma_unmap(u, dfn[i]);
			dfn[i] = dfn[--live];
			done++;
		}
		rc = rc ? rc : gnb_viommu_look(u);
		rc = rc ? rc : gnb_viommu_pass(u, (x >> 20) % (2 * gap));
	}
	while (live && !rc)
		rc = gnb_viommu_dma_unmap(u, dfn[--live]);
	return rc ? rc : gnb_viommu_pass(u, 2 * GNB_VIOMMU_TIMER);
}

static void policy(const char *name, struct gnb_viommu_config c, bool batch, unsigned long n,
		   uint64_t gap)
{
	struct gnb_viommu *u = start(c, batch);
	int rc = u ? traffic(u, n, 4, gap) : -1;
	bool strict = c.policy == GNB_VIOMMU_STRICT;

	ok(!rc, "%s: %lu unmaps%s%s", name, n, rc ? ": " : "", rc ? s.why : "");
	rc = u ? gnb_viommu_windows(u, &w) : -1;
	ok(!rc && w.ranges >= n, "%s: the window of each is measured, and is what is promised%s%s",
	   name, rc ? ": " : "", rc ? s.why : "");
	ok(strict ? !w.longest && !w.exposed : w.longest && w.longest <= w.declared && w.exposed,
	   "%s: longest %lu ns and %lu calls, 99 of 100 within %lu ns, %lu bytes at once", name,
	   (unsigned long)w.longest, (unsigned long)w.longest_calls, (unsigned long)w.p99,
	   (unsigned long)w.exposed);
	printf("# %s: unmaps %lu longest %lu declared %lu\n", name, (unsigned long)w.ranges,
	       (unsigned long)w.longest, (unsigned long)w.declared);
	end(name);
}

/* A driver that forgets its timer is found, and so is one that nobody measured. */
static void broken(void)
{
	struct gnb_viommu_config c = config(GNB_VIOMMU_LAZY);
	struct gnb_viommu *u;
	uint64_t dfn;

	c.timer = 0;
	u = start(c, false);
	buffer(u, 1, 4, &dfn);
	gnb_viommu_dma_unmap(u, dfn);
	ok(gnb_viommu_windows(u, &w) == -ENODATA, "a window that was not measured: no figure");
	gnb_viommu_pass(u, 3 * GNB_VIOMMU_TIMER);
	ok(!gnb_viommu_access(u, dfn, 0, true), "without its timer the range stays in reach");
	buffer(u, 2, 4, &dfn);
	gnb_viommu_look(u);
	ok(gnb_viommu_windows(u, &w) == -EIO && w.longest > w.declared, "which is found: %s",
	   s.why);
	end("a driver without its timer");
	/* More than anybody could look at later. */
	u = start(config(GNB_VIOMMU_STRICT), false);
	for (unsigned i = 0; i < 400; i++)
		if (buffer(u, 1, 1, &dfn) || gnb_viommu_dma_unmap(u, dfn))
			ok(0, "unmap %u", i);
	ok(gnb_viommu_windows(u, &w) == -ENODATA, "nor without a look now and then");
	end("nobody looks");
}

static void rules(void)
{
	struct gnb_viommu *u = start(config(GNB_VIOMMU_STRICT), false);
	uint64_t dfn;

	ok(gnb_viommu_dma_map(u, NULL, 0, &dfn) == -EINVAL, "a buffer of nothing");
	ok(!buffer(u, 1, 256, &dfn) && !gnb_viommu_access(u, dfn, 255, true), "one of 256 pages");
	ok(gnb_viommu_dma_unmap(u, dfn + 1) == -EINVAL && !gnb_viommu_dma_unmap(u, dfn) &&
		   gnb_viommu_dma_unmap(u, dfn) == -EINVAL,
	   "is unmapped once, and as a whole");
	ok(!gnb_viommu_map(u, 5, 20, 1) && gnb_viommu_map(u, 5, 20, 1) == -EIO,
	   "a status that is not OK is told: %s", s.why);
	ok(!gnb_viommu_unmap_fast(u, 5, 1) && !gnb_viommu_access(u, 5, 0, true) &&
		   !gnb_viommu_sync(u) && gnb_viommu_access(u, 5, 0, true) == -EFAULT,
	   "what is queued is done when it is synchronised");
	end("rules");
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 3000;
	struct gnb_viommu_config c = config(GNB_VIOMMU_RELAXED);

	rules();
	broken();
	policy("strict", config(GNB_VIOMMU_STRICT), false, n, 1000);
	policy("lazy", config(GNB_VIOMMU_LAZY), false, n, 1000);
	policy("lazy, seldom", config(GNB_VIOMMU_LAZY), true, n, GNB_VIOMMU_TIMER / 3);
	policy("relaxed (draft)", c, false, n, GNB_VIOMMU_TIMER / 10);
	c.device_squashes = true;
	policy("relaxed, by the device (draft)", c, true, n, GNB_VIOMMU_TIMER / 10);
	return tap_done();
}
