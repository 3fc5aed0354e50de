// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for each defect of hv/base/mutant.h: HV_MUTANT=n mutant_probe SEED [PART]. Exit 1, and why, at the first thing
 * that is wrong. All parts look; the named one first, as a defect is mostly found where it is. The seed draws the kinds
 * of guests, references and batches; what is looked for is found with every seed. hv is built with -DHV_FUZZ:
 * hv_fuzz_read() below plays the guest that changes a word between two reads.
 */
#include "fixture.h"
#include "mutant_now.h"
#include "mutant_probe.h"

int hv_mutant_now;

static uint64_t seed;
struct hv_probe_watch hv_probe_watch;

uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size);
uint64_t hv_fuzz_read(const void *p, uint64_t value, unsigned size)
{
	struct hv_probe_watch *w = &hv_probe_watch;

	(void)size;
	if (!w->at || (uintptr_t)p - (uintptr_t)w->at >= w->size)
		return value;
	if (w->reads++)
		return w->then;
	if (w->hook)
		w->hook();
	return value;
}

__attribute__((constructor)) static void choose(void)
{
	hv_mutant_now = getenv("HV_MUTANT") ? atoi(getenv("HV_MUTANT")) : 0;
}

unsigned hv_probe_draw(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

void hv_probe_caught(const char *what)
{
	printf("caught: %s\n", what);
	exit(1);
}

void hv_probe_sane(const struct fx *f)
{
	char why[200];

	if (hv_check(f->host, true, why, sizeof(why)))
		hv_probe_caught(why);
}

void hv_probe_kept(const struct fx *f)
{
	if (hv_host_violation(f->host))
		hv_probe_caught(hv_host_violation(f->host));
}

void hv_probe_close(struct fx *f)
{
	hv_probe_sane(f);
	hv_probe_kept(f);
	fx_close(f);
}

static const struct {
	const char *name;
	void (*look)(void);
} parts[] = {
	{ "grants", hv_probe_grants }, { "rivals", hv_probe_rivals },
	{ "v3", hv_probe_v3 },	       { "v1-revoke", hv_probe_v1_revoke },
	{ "p2m", hv_probe_dirty },     { "context", hv_probe_context },
	{ "virtio", hv_probe_virtio }, { "pviommu", hv_probe_pviommu },
};
#define PARTS (sizeof(parts) / sizeof(*parts))

int main(int argc, char **argv)
{
	size_t first = 0;

	seed = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1) * 0x9e3779b97f4a7c15ull + 1;
	for (unsigned i = 0; i < 5; i++)
		hv_probe_draw(2);
	while (argc > 2 && strcmp(parts[first].name, argv[2]))
		if (++first == PARTS) {
			fprintf(stderr, "mutant_probe: there is no part '%s'\n", argv[2]);
			return 2;
		}
	parts[first].look();
	for (size_t i = 0; i < PARTS; i++)
		if (i != first)
			parts[i].look();
	puts("nothing found");
	return 0;
}
