// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fuzz harness: a virtio-iommu. A host of its own, made when an input first wants it. Of well-behaved drivers what each
 * request says, and what each device reaches, is known here without the hypervisor; hostile ones write what they like into their
 * rings and requests, which change while they are read, and the invariants are what is looked at.
 */
#include "fuzz.h"
#include "guest_pt.h"
#include "vio.h"

#define DOMAINS	  3u /* of the device, by number from 1 on */
#define ENDPOINTS 4u
#define WINDOW	  64u /* pages of each of them */
#define AT	  500u
#define PAGES	  128u		/* of RAM, from VIO_DATA on */
#define TABLE	  (DOMAINS + 1) /* draft: a domain of the guest's own tables */
#define ROOT	  200u		/* pages of those: one for each level */

/* What is mapped at a page; and by which MAP, counted from 1. */
struct spot {
	unsigned map, page;
	bool write;
};

static struct {
	bool there, relaxed, tables, failing;
	struct vio v;
	unsigned maps;
	unsigned in[ENDPOINTS];		     /* its domain, or 0 */
	struct spot spot[TABLE + 1][WINDOW]; /* of TABLE: what the unit has seen */
} me;

void fz_virtio_end(void)
{
	char why[200];

	if (!me.there)
		return;
	hv_host_fail_alloc(me.v.f.host, 0);
	if (hv_check(me.v.f.host, !fz.hostile, why, sizeof(why)))
		fz_fail("virtio: %s", why);
	fx_close(&me.v.f);
	me.there = false;
}

static void begin(void)
{
	struct fx_opts o = vio_opts();
	bool hostile = fz.hostile;
	uint8_t b = fz_u8();
	struct hv_virtio_config c = { .blocked = true,
				      .per_batch = b & 1,
				      .superpages = b & 2,
				      .max_mappings = b & 4 ? 20 : 0 };

	memset(&me, 0, sizeof(me));
	me.relaxed = !(b & 0x18);
	me.tables = b & 0x20;
	if (me.tables)
		o.granter.iommu = HV_IOMMU_SHARED;
	c.features = VIRTIO_IOMMU_F_MAP_UNMAP | VIRTIO_IOMMU_F_PROBE |
		     VIRTIO_IOMMU_F_BYPASS_CONFIG | (me.relaxed ? VIRTIO_IOMMU_F_RELAXED : 0) |
		     (me.tables ? VIRTIO_IOMMU_F_ATTACH_TABLE : 0);
	/* Nobody changes what the builder writes. */
	fz.hostile = false;
	if (vio_open_with(&me.v, o, c))
		fz_fail("virtio: no device");
	fz.hostile = hostile;
	vio_number(&me.v);
	for (unsigned i = 0; i < 4; i++)
		memset(vio_page(&me.v, ROOT + i), 0, HV_PAGE_SIZE);
	/* The window lies in two of the last tables, which are the same one. */
	for (unsigned i = 0; i < 3; i++)
		for (unsigned k = 0; k < 2; k++)
			((uint64_t *)vio_page(&me.v, ROOT + i))[k] =
				vio_at(&me.v, ROOT + i + 1) | HV_GPT_TABLE;
	me.there = true;
}

static bool lives(unsigned domain)
{
	for (unsigned i = 0; i < ENDPOINTS; i++)
		if (me.in[i] == domain)
			return true;
	return false;
}

/* The status of a request; memory that failed is an answer, too. False: it was not what it should be. */
static bool says(int status, int want)
{
	bool failed = me.failing && status == VIRTIO_IOMMU_S_NOMEM;

	me.failing = false;
	hv_host_fail_alloc(me.v.f.host, 0);
	fz_stats.calls++;
	if (!fz.hostile && status != want && !failed)
		fz_fail("virtio: a status of %d, not %d", status, want);
	return status == want && !failed;
}

static void place(unsigned endpoint, unsigned domain)
{
	unsigned old = me.in[endpoint];

	me.in[endpoint] = domain;
	if (old && !lives(old))
		memset(me.spot[old], 0, sizeof(me.spot[old]));
}

static int attach_table(unsigned endpoint)
{
	struct virtio_iommu_attach_table r = { .head = { .type = VIRTIO_IOMMU_T_ATTACH_TABLE },
					       .domain = TABLE,
					       .endpoint = endpoint,
					       .format = VIRTIO_IOMMU_TABLE_INTEL,
					       .levels = 4,
					       .root = vio_at(&me.v, ROOT) };

	return vio_ask(&me.v, &r, sizeof(r), 4);
}

static void attach(void)
{
	unsigned endpoint = fz_u8() % ENDPOINTS,
		 domain = 1 + fz_u8() % (me.tables ? TABLE : DOMAINS);
	bool leaves = fz_u8() % 4 == 0;

	fz_forget_reads();
	if (leaves) {
		bool is = me.in[endpoint] == domain;

		if (says(vio_detach(&me.v, domain, endpoint),
			 is ? VIRTIO_IOMMU_S_OK : VIRTIO_IOMMU_S_INVAL) &&
		    is)
			place(endpoint, 0);
	} else if (says(domain == TABLE ? attach_table(endpoint)
					: vio_attach(&me.v, domain, endpoint, 0),
			VIRTIO_IOMMU_S_OK)) {
		place(endpoint, domain);
	}
}

/* Is anything there; is a MAP only in part there? */
static bool any(const struct spot *s, unsigned first, unsigned n)
{
	for (unsigned i = first; i < first + n; i++)
		if (s[i].map)
			return true;
	return false;
}

static bool parts(const struct spot *s, unsigned first, unsigned n)
{
	unsigned last = first + n - 1;

	return (first && s[first].map && s[first - 1].map == s[first].map) ||
	       (last + 1 < WINDOW && s[last].map && s[last + 1].map == s[last].map);
}

static void map(void)
{
	unsigned domain = 1 + fz_u8() % DOMAINS, first = fz_u8() % WINDOW, n = 1 + fz_u8() % 8;
	unsigned page = fz_u8() % PAGES, want = VIRTIO_IOMMU_S_OK;
	bool write = fz_u8() & 1, limited;
	struct spot *s = me.spot[domain];
	struct hv_virtio_stats stats;
	int status;

	if (n > WINDOW - first)
		n = WINDOW - first;
	if (n > PAGES - page)
		n = PAGES - page;
	if (!lives(domain))
		want = VIRTIO_IOMMU_S_NOENT;
	else if (!me.relaxed && any(s, first, n))
		want = VIRTIO_IOMMU_S_INVAL;
	hv_virtio_stats(me.v.f.g, &stats);
	/* How many mappings there are after some were parted, the device knows. */
	limited = stats.mappings >= 18 && !want;
	fz_forget_reads();
	status = vio_map(&me.v, domain, AT + first, n, VIO_DATA + page,
			 VIRTIO_IOMMU_MAP_READ | (write ? VIRTIO_IOMMU_MAP_WRITE : 0));
	if (limited && status == VIRTIO_IOMMU_S_NOMEM)
		want = VIRTIO_IOMMU_S_NOMEM;
	if (!says(status, (int)want) || want)
		return;
	me.maps++;
	for (unsigned i = 0; i < n; i++)
		s[first + i] = (struct spot){ me.maps, VIO_DATA + page + i, write };
}

static void unmap(void)
{
	unsigned domain = 1 + fz_u8() % DOMAINS, first = fz_u8() % WINDOW, n = 1 + fz_u8() % 16;
	struct spot *s = me.spot[domain];
	unsigned want = VIRTIO_IOMMU_S_OK;
	int status;

	if (n > WINDOW - first)
		n = WINDOW - first;
	if (!lives(domain))
		want = VIRTIO_IOMMU_S_NOENT;
	else if (!me.relaxed && parts(s, first, n))
		want = VIRTIO_IOMMU_S_RANGE;
	fz_forget_reads();
	status = vio_unmap(&me.v, domain, AT + first, n);
	/* Draft: what is parted takes memory, of which there may be as much as it is allowed. */
	if (me.relaxed && status == VIRTIO_IOMMU_S_NOMEM)
		want = VIRTIO_IOMMU_S_NOMEM;
	if (says(status, (int)want) && !want)
		memset(&s[first], 0, n * sizeof(*s));
}

static uint64_t *leaf(unsigned i)
{
	return (uint64_t *)vio_page(&me.v, ROOT + 3) + ((AT + i) & 511);
}

/* The guest writes to its table, or has the unit look again at a part of it. */
static void table(void)
{
	struct virtio_iommu_invalidate r = { .head = { .type = VIRTIO_IOMMU_T_INVALIDATE },
					     .scope = VIRTIO_IOMMU_SCOPE_ADDRESS,
					     .caches = VIRTIO_IOMMU_CACHE_TLB,
					     .domain = TABLE,
					     .page_size = HV_PAGE_SHIFT };
	unsigned i = fz_u8() % WINDOW, n = 1 + fz_u8() % (WINDOW - i);
	uint8_t b = fz_u8();

	if (fz.hostile && b < 20) {
		*leaf(i) = fz_u64();
	} else if (b < 180) {
		*leaf(i) = b & 1 ? vio_at(&me.v, VIO_DATA + n) | HV_GPT_PRESENT | (b & HV_GPT_WRITE)
				 : 0;
	} else {
		r.address = (uint64_t)(AT + i) << HV_PAGE_SHIFT;
		r.nr_pages = n;
		fz_forget_reads();
		if (says(vio_ask(&me.v, &r, sizeof(r), 4),
			 lives(TABLE) ? VIRTIO_IOMMU_S_OK : VIRTIO_IOMMU_S_NOENT))
			memset(&me.spot[TABLE][i], 0, n * sizeof(struct spot));
	}
}

/* The unit keeps what it found, until it is told. */
static void see(unsigned i)
{
	struct spot *s = &me.spot[TABLE][i];
	uint64_t e = *leaf(i);

	if (!s->map && (e & HV_GPT_PRESENT))
		*s = (struct spot){ 1, (unsigned)(e >> HV_PAGE_SHIFT), e & HV_GPT_WRITE };
}

/* What a device reaches is what its domain has there. */
static void look(void)
{
	unsigned endpoint = fz_u8() % ENDPOINTS, i = fz_u8() % WINDOW, domain = me.in[endpoint];
	bool write = fz_u8() & 1;
	struct spot s;
	int rc;

	if (domain == TABLE)
		see(i);
	s = me.spot[domain][i];

	if (write) {
		rc = vio_dma_write(&me.v, endpoint, AT + i);
		if (!fz.hostile && rc != (domain && s.map && s.write ? 0 : -EFAULT))
			fz_fail("virtio: a device's write returned %d", rc);
		return;
	}
	rc = vio_read(&me.v, endpoint, AT + i);
	if (!fz.hostile && rc != (domain && s.map ? (int)s.page : -EFAULT))
		fz_fail("virtio: a device finds %d, not page %u", rc, s.page);
	fz_stats.reads++;
}

/* Whatever is there: words of rings and requests, registers, kicks. */
static void attack(void)
{
	uint8_t b = fz_u8();
	struct vring_avail *a = vio_page(&me.v, VIO_AVAIL);
	uint8_t *p = vio_page(&me.v, b & 0x80 ? VIO_OUT : b & 0x40 ? VIO_DESC : VIO_AVAIL);
	unsigned at = fz_u32() % HV_PAGE_SIZE;

	fz_stats.calls++;
	switch (b & 7) {
	case 0:
	case 1:
		p[at] = fz_u8();
		break;
	case 2:
		vio_desc(&me.v, fz_u8() % VIO_NUM, fz_u8() & 1 ? fz_u64() : vio_at(&me.v, VIO_OUT),
			 fz_u8() & 1 ? fz_u32() : 40, fz_u8(), fz_u8() % (VIO_NUM + 2));
		break;
	case 3:
		vio_offer(&me.v, fz_u8());
		break;
	case 4:
		a->idx = (uint16_t)(me.v.avail += fz_u8() % 4);
		break;
	case 5:
		fz_forget_reads();
		vio_write(&me.v, fz_u8() % (VIRTIO_REGS + 1), fz_u8() & 1 ? fz_u64() : fz_u8() & 3);
		break;
	case 6:
		vio_event_buffer(&me.v, fz_u8() % 16, fz_u8());
		break;
	default:
		fz_forget_reads();
		vio_kick(&me.v);
		while (vio_take(&me.v) >= 0)
			continue;
	}
}

/* As at the begin, as far as the guest can. */
static void restart(void)
{
	fz_forget_reads();
	if (vio_start(&me.v) && !fz.hostile)
		fz_fail("virtio: the device does not start again");
	memset(me.in, 0, sizeof(me.in));
	memset(me.spot, 0, sizeof(me.spot));
}

void fz_virtio(void)
{
	char why[200];

	if (!me.there)
		begin();
	for (unsigned n = 1 + fz_u8() % 32; n--;) {
		uint8_t b = fz_u8();

		if (b < 30) {
			attach();
		} else if (b < 110) {
			map();
		} else if (b < 150) {
			unmap();
		} else if (b < 175 && me.tables) {
			table();
		} else if (b < 240) {
			if (fz.hostile && b & 1)
				attack();
			else
				look();
		} else if (b < 250) {
			me.failing = !me.relaxed;
			hv_host_fail_alloc(me.v.f.host, me.failing ? 1 + fz_u8() % 3 : 0);
		} else if (b == 250) {
			restart();
		} else if (hv_check(me.v.f.host, !fz.hostile, why, sizeof(why))) {
			fz_fail("virtio: %s", why);
		}
		if (hv_host_violation(me.v.f.host))
			fz_fail("virtio: %s", hv_host_violation(me.v.f.host));
	}
	if (!fz_u8())
		fz_virtio_end();
}
