// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend for a real Xen: both domains are of our own (docs/xen.md, "The domain"), made anew
 * for each sub-stream. Runs in dom0, as root.
 *
 * A PV domain has its pages mapped only while it looks at them: a reference of its own would be in
 * the way of a transfer, of giving a page back, and of status frames that go. So an access is one
 * batch: map at a slot that nobody uses, copy, unmap.
 */
#include "diff.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sys/privcmd.h>

#include "channel.h"
#include "channel_memory.h"
#include "domains.h"
#include "maker.h"
#include "xen_tools.h"

#define MEMORY	   4			  /* MiB */
#define MEMORY_V3  8			  /* with a region of 2 MiB in the middle */
#define HEADROOM   8			  /* pages */
#define TIMEOUT_MS 30000		  /* a PV table of 10 frames takes less than one */
#define SCRATCH	   (GNB_DOMAIN_SLOTS - 1) /* the slot for looking at frames */
#define BUFFER	   DIFF_ARGS		  /* behind the arguments: what is copied */
#define READ_ONLY  0x61ull		  /* present, accessed, dirty */
#define WRITABLE   0x63ull

_Static_assert(DIFF_ROOM < SCRATCH, "slots are no scratch");

struct priv {
	struct gnb_domain *d[DIFF_DOMS];
	uint16_t id[DIFF_DOMS];
	bool pv[DIFF_DOMS], made[DIFF_DOMS];
	uint32_t port[DIFF_DOMS];
	unsigned requests[DIFF_DOMS]; /* of the batch that is being made */
	struct xen_tools tools;
};

static char complaint[400];

const char *diff_xen_why(void)
{
	return complaint;
}

/* ---- batches ---- */

static struct gnb_domain_request *add(struct priv *p, unsigned dom)
{
	struct gnb_domain_request *r = gnb_domain_requests(p->d[dom]) + p->requests[dom]++;

	memset(r, 0, sizeof(*r));
	return r;
}

static void add_mapping(struct priv *p, unsigned dom, uint64_t addr, uint64_t entry)
{
	struct gnb_domain_request *r = add(p, dom);

	r->action = GNB_DOMAIN_HYPERCALL;
	r->arg[0] = __HYPERVISOR_update_va_mapping;
	r->arg[1] = addr;
	r->arg[2] = entry;
	r->arg[3] = UVMF_INVLPG;
}

static void add_copy(struct priv *p, unsigned dom, uint64_t addr, unsigned len, bool write)
{
	uint64_t buffer = gnb_domain_args_address(p->d[dom]) + BUFFER;
	struct gnb_domain_request *r = add(p, dom);

	r->action = GNB_DOMAIN_COPY;
	r->flags = GNB_DOMAIN_UNCHECKED;
	r->arg[0] = write ? addr : buffer;
	r->arg[1] = write ? buffer : addr;
	r->arg[2] = len;
}

static int run(struct priv *p, unsigned dom)
{
	unsigned n = p->requests[dom];
	int rc;

	p->requests[dom] = 0;
	rc = gnb_domain_run(p->d[dom], n);
	if (rc)
		snprintf(complaint, sizeof(complaint), "%s", gnb_domain_why(p->d[dom]));
	return rc ? -EIO : 0;
}

static int64_t result(const struct priv *p, unsigned dom, unsigned i)
{
	return gnb_domain_requests(p->d[dom])[i].result;
}

/* ---- domains ---- */

/* Nothing of its own holds a PV domain's pages. */
static int let_go(struct priv *p, unsigned dom)
{
	int rc;

	for (unsigned i = 0; i < DIFF_PAGES; i++)
		add_mapping(p, dom, gnb_domain_address(p->d[dom], i), 0);
	rc = run(p, dom);
	for (unsigned i = 0; i < DIFF_PAGES && !rc; i++)
		rc = (int)result(p, dom, i);
	return rc;
}

/* The table has a frame as soon as it is asked for. */
static int one_frame(struct priv *p, unsigned dom)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	struct gnb_domain *d = p->d[dom];
	int64_t rc;

	set_xen_guest_handle(s.frame_list,
			     (xen_pfn_t *)(uintptr_t)(gnb_domain_args_address(d) + DIFF_LIST));
	if (gnb_domain_op(d, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table, &s, sizeof(s), 1,
			  &rc, NULL))
		return -EIO;
	return rc ? (int)rc : s.status;
}

/* As the domain's own: by an event channel that it has to itself. */
static int bind_port(struct gnb_domain *d, uint32_t *port)
{
	struct evtchn_bind_ipi op = { .vcpu = 0 };
	int64_t rc;

	if (gnb_domain_op(d, __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &op, sizeof(op), 0,
			  &rc, NULL))
		return -EIO;
	*port = op.port;
	return (int)rc;
}

/* Pages that begin where a leaf above the lowest level may, each with its number as its first word. */
static int find_block(struct gnb_domain *d, struct diff_dom *dom)
{
	unsigned first = DIFF_PAGES, n;
	const char *bad = "no 2 MiB of it lie side by side";

	while (first < gnb_domain_pages(d) && gnb_domain_frame(d, first) % DIFF_BLOCK)
		first++;
	for (n = 0; n < DIFF_BLOCK && first + n < gnb_domain_pages(d); n++)
		if (gnb_domain_frame(d, first + n) != gnb_domain_frame(d, first) + n)
			break;
	if (n == DIFF_BLOCK) {
		dom->block = gnb_domain_frame(d, first);
		dom->words = gnb_domain_map(d, first, DIFF_BLOCK);
		bad = dom->words ? NULL : "they cannot be mapped";
	}
	if (bad) {
		snprintf(complaint, sizeof(complaint), "the domain's pages: %s", bad);
		return -ENXIO;
	}
	memset(dom->words, 0, DIFF_BLOCK * 4096ul);
	for (n = 0; n < DIFF_BLOCK; n++)
		dom->words[n * 512ul] = n;
	return bind_port(d, &dom->port);
}

static int make(struct priv *p, const struct diff_config *cfg, unsigned i, struct diff_dom *dom)
{
	struct gnb_domain_options o = {
		.type = cfg->translated[i] ? GNB_DOMAIN_PVH : GNB_DOMAIN_PV,
		.memory = cfg->version == 3 ? MEMORY_V3 : MEMORY,
		.headroom = HEADROOM,
		.max_grant_frames = DIFF_GRANT_FRAMES,
		.max_maptrack_frames = DIFF_MAPTRACK,
		.version_limit = 2,
	};
	const struct gnb_domain_control *c;
	struct gnb_domain *d;
	int rc = gnb_domain_create(&o, &d, complaint, sizeof(complaint));

	if (rc)
		return rc;
	gnb_domain_set_timeout(d, TIMEOUT_MS);
	p->d[i] = d;
	p->id[i] = gnb_domain_id(d);
	p->made[i] = true;
	p->pv[i] = !cfg->translated[i];
	c = gnb_domain_control(d);
	*dom = (struct diff_dom){ .id = p->id[i],
				  .args = gnb_domain_args(d),
				  .args_addr = gnb_domain_args_address(d),
				  .window = c->table_pfn };
	for (unsigned k = 0; k < DIFF_PAGES; k++)
		dom->page[k] = gnb_domain_frame(d, k);
	for (unsigned k = 0; k < DIFF_ROOM; k++) {
		dom->slot_addr[k] = gnb_domain_slot(d, k);
		dom->slot_pte[k] =
			p->pv[i] ? (c->slot_l1_mfn[k / 512] << 12) + k % 512 * 8 : UINT64_MAX;
	}
	rc = p->pv[i] ? let_go(p, i) : 0;
	if (!rc && cfg->version == 3)
		rc = find_block(d, dom);
	p->port[i] = dom->port;
	return rc ? rc : one_frame(p, i);
}

/* End domain dom. What others map of it keeps it, dead, until they let go. */
static int end(struct priv *p, unsigned dom)
{
	struct gnb_domain *d = p->d[dom];

	p->d[dom] = NULL;
	return d ? gnb_domain_kill(d, complaint, sizeof(complaint)) : 0;
}

static int xen_close(struct diff_backend *b, char *why, size_t len)
{
	struct priv *p = b->priv;
	int rc = 0;

	/* All first: the one that maps may be the second. */
	for (unsigned i = 0; i < DIFF_DOMS; i++)
		rc = end(p, i) ? -EUCLEAN : rc;
	for (unsigned i = 0; i < DIFF_DOMS; i++)
		if (p->made[i] && gnb_domain_wait_gone(p->id[i], complaint, sizeof(complaint)))
			rc = -EUCLEAN;
	if (rc)
		snprintf(why, len, "%s", complaint);
	xen_tools_close(&p->tools);
	memset(p, 0, sizeof(*p));
	return rc;
}

static int xen_open(struct diff_backend *b, const struct diff_config *cfg, struct diff_dom *dom)
{
	char ignored[200];
	int rc = gnb_domain_serve(complaint, sizeof(complaint));

	if (!rc && cfg->tools)
		rc = xen_tools_open(&((struct priv *)b->priv)->tools);
	for (unsigned i = 0; !rc && i < cfg->doms; i++)
		rc = make(b->priv, cfg, i, &dom[i]);
	if (rc)
		xen_close(b, ignored, sizeof(ignored));
	return rc;
}

/* ---- what a domain does ---- */

static long call(struct diff_backend *b, unsigned dom, enum diff_call which, unsigned cmd,
		 size_t off, unsigned count)
{
	struct priv *p = b->priv;
	struct gnb_domain_request *r = add(p, dom);

	r->action = GNB_DOMAIN_HYPERCALL;
	r->arg[0] = which == DIFF_GNTTAB ? __HYPERVISOR_grant_table_op : __HYPERVISOR_memory_op;
	r->arg[1] = cmd;
	r->arg[2] = off == DIFF_NULL ? 0 : gnb_domain_args_address(p->d[dom]) + off;
	r->arg[3] = count;
	return run(p, dom) ? -EIO : result(p, dom, 0);
}

static void *buffer_of(struct priv *p, unsigned dom)
{
	return (char *)gnb_domain_args(p->d[dom]) + BUFFER;
}

static uint8_t *tools_args(struct diff_backend *b)
{
	return ((struct priv *)b->priv)->tools.args;
}

static long tools(struct diff_backend *b, enum diff_call which, unsigned cmd)
{
	return xen_tools_call(&((struct priv *)b->priv)->tools, which, cmd);
}

static int frame(struct diff_backend *b, unsigned dom, uint64_t frame, unsigned off, void *buf,
		 unsigned len, bool write)
{
	struct priv *p = b->priv;
	uint64_t at = p->pv[dom] ? gnb_domain_slot(p->d[dom], SCRATCH) : frame << 12;
	int64_t rc;

	/* What is logged the domain is told to be read-only, its own buffer too; it is not. */
	if (p->tools.args && xen_tools_nothing(&p->tools, p->id[dom], frame)) {
		if (!write)
			memset(buf, 0xff, len);
		return 0;
	}
	if (write)
		memcpy(buffer_of(p, dom), buf, len);
	if (p->pv[dom])
		add_mapping(p, dom, at, frame << 12 | (write ? WRITABLE : READ_ONLY));
	add_copy(p, dom, at + off, len, write);
	/* Of a hole Xen emulates the first words of a long copy only: ask whether it is one. */
	if (!p->pv[dom] && !p->tools.args)
		gnb_domain_requests(p->d[dom])->flags = 0;
	if (p->pv[dom])
		add_mapping(p, dom, at, 0);
	if (run(p, dom))
		return -EIO;
	rc = result(p, dom, p->pv[dom]);
	if (rc && p->pv[dom])
		return -EFAULT;
	if (rc && !write)
		memset(buf, 0xff, len);
	if (rc)
		return 0;
	if (!write)
		memcpy(buf, buffer_of(p, dom), len);
	return 0;
}

static int touch(struct diff_backend *b, unsigned dom, uint64_t addr, unsigned off, void *buf,
		 unsigned len, bool write)
{
	struct priv *p = b->priv;

	if (write)
		memcpy(buffer_of(p, dom), buf, len);
	add_copy(p, dom, addr + off, len, write);
	if (run(p, dom))
		return -EIO;
	if (result(p, dom, 0))
		return -EFAULT;
	if (!write)
		memcpy(buf, buffer_of(p, dom), len);
	return 0;
}

static int scan(struct diff_backend *b, unsigned dom, uint64_t addr, unsigned n, uint64_t *word)
{
	struct priv *p = b->priv;

	memset(buffer_of(p, dom), 0xff, n * sizeof(*word));
	for (unsigned i = 0; i < n; i++) {
		add_copy(p, dom, addr + i * 4096ul, sizeof(*word), false);
		gnb_domain_requests(p->d[dom])[i].arg[0] += i * sizeof(*word);
	}
	if (run(p, dom))
		return -EIO;
	memcpy(word, buffer_of(p, dom), n * sizeof(*word));
	return 0;
}

static int event(struct diff_backend *b, unsigned dom)
{
	struct priv *p = b->priv;
	uint64_t at = ((uint64_t)GNB_DOMAIN_SHARED_PFN << 12) +
		      offsetof(struct shared_info, evtchn_pending) + p->port[dom] / 64 * 8,
		 word, bit = 1ull << p->port[dom] % 64;
	bool was;

	if (p->pv[dom])
		return -ENOSYS;
	if (touch(b, dom, at, 0, &word, sizeof(word), false))
		return -EIO;
	was = word & bit;
	word &= ~bit;
	return touch(b, dom, at, 0, &word, sizeof(word), true) ? -EIO : was;
}

static long toolstack(struct diff_backend *b, unsigned cmd, void *arg, size_t len)
{
	static char page[4096] __attribute__((aligned(4096)));
	privcmd_hypercall_t c = { .op = __HYPERVISOR_grant_table_op,
				  .arg = { cmd, (uintptr_t)page, 1 } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	long rc = fd < 0 || mlock(page, sizeof(page)) ? -1 : 0;

	(void)b;
	memcpy(page, arg, len);
	rc = rc ? rc : ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &c);
	memcpy(arg, page, len);
	rc = rc < 0 ? -errno : rc;
	if (fd >= 0)
		close(fd);
	return rc;
}

static void flush(struct diff_backend *b, unsigned dom)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
	struct priv *p = b->priv;
	struct gnb_domain_request *r;

	if (!p->pv[dom])
		return;
	memcpy(buffer_of(p, dom), &op, sizeof(op));
	r = add(p, dom);
	r->action = GNB_DOMAIN_HYPERCALL;
	r->arg[0] = __HYPERVISOR_mmuext_op;
	r->arg[1] = gnb_domain_args_address(p->d[dom]) + BUFFER;
	r->arg[2] = 1;
	r->arg[4] = DOMID_SELF;
	run(p, dom);
}

static void kill_one(struct diff_backend *b, unsigned dom)
{
	end(b->priv, dom);
}

static void xen_free(struct diff_backend *b)
{
	free(b->priv);
	free(b);
}

struct diff_backend *diff_backend_xen(void)
{
	struct diff_backend *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	*b = (struct diff_backend){ .name = "xen",
				    .open = xen_open,
				    .close = xen_close,
				    .call = call,
				    .frame = frame,
				    .touch = touch,
				    .flush = flush,
				    .kill = kill_one,
				    .scan = scan,
				    .toolstack = toolstack,
				    .tools_args = tools_args,
				    .tools = tools,
				    .event = event,
				    .free = xen_free,
				    .priv = calloc(1, sizeof(struct priv)) };
	if (b->priv)
		return b;
	free(b);
	return NULL;
}
