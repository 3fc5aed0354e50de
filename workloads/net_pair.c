// SPDX-License-Identifier: GPL-2.0-only
/* The two ends of a paravirtual network interface, as far as they share memory. */
#include "net_pair.h"

static unsigned slot_len(const struct gnb_net_packet *p, unsigned k)
{
	unsigned left = p->bytes - k * GNB_PAGE_SIZE;

	return left < GNB_PAGE_SIZE ? left : GNB_PAGE_SIZE;
}

/* Bytes of slot k that are written on one side and looked at on the other. */
static unsigned seen_len(const struct gnb_net_pair *r, const struct gnb_net_packet *p, unsigned k)
{
	unsigned len = slot_len(p, k);

	return r->full || r->all || len < GNB_NET_TOUCH ? len : GNB_NET_TOUCH;
}

/* What must arrive: differs by batch, slot and word. */
static void pattern(const struct gnb_net_pair *r, unsigned slot, void *buf, unsigned len)
{
	uint64_t v = (r->seq << 16 | slot) * 0x9e3779b97f4a7c15ull;
	uint8_t *b = buf;

	for (unsigned i = 0; i < len; i += 8, v++)
		memcpy(b + i, &v, len - i < 8 ? len - i : 8);
}

static int arrived(struct gnb_net_pair *r, const struct gnb_net_packet *p, unsigned k,
		   const void *got, unsigned len)
{
	uint8_t want[GNB_PAGE_SIZE];

	pattern(r, p->slot + k, want, len);
	return memcmp(want, got, len)
		       ? gnb_fail(r->s, -EIO, "wrong data in slot %u of %u of a %s packet", k,
				  p->slots, p->sent ? "sent" : "received")
		       : 0;
}

/* Does the backend have the slots of this packet mapped, or its head, or its bytes, copied? */
static bool maps(const struct gnb_net_pair *r, const struct gnb_net_packet *p)
{
	return r->way >= GNB_NET_MAP ||
	       (r->way == GNB_NET_LINUX && p->sent && p->bytes > GNB_NET_HEAD);
}

static unsigned copied_len(const struct gnb_net_pair *r, const struct gnb_net_packet *p, unsigned k)
{
	unsigned len = slot_len(p, k);

	if (r->way == GNB_NET_COPY || (r->way == GNB_NET_LINUX && !p->sent))
		return len;
	if (r->way == GNB_NET_LINUX && !k)
		return len < GNB_NET_HEAD ? len : GNB_NET_HEAD;
	return 0;
}

/* ---- the frontend ---- */

static void publish(struct gnb_net_pair *r, const struct gnb_net_packet *p)
{
	for (unsigned k = 0; k < p->slots; k++) {
		unsigned slot = p->slot + k;

		if (!r->published[slot])
			gnb_grant_publish(&r->tab, r->ref[slot],
					  r->s->t->domid(r->s->m, GNB_MAPPER), r->frame[slot],
					  p->sent && r->way != GNB_NET_PERSISTENT);
		r->published[slot] = true;
		if (!p->sent)
			continue;
		pattern(r, slot, r->user[slot], seen_len(r, p, k));
		if (r->way == GNB_NET_PERSISTENT)
			memcpy(r->ram[slot], r->user[slot], slot_len(p, k));
	}
}

static int complete(struct gnb_net_pair *r, const struct gnb_net_packet *p)
{
	int err = 0;

	for (unsigned k = p->slots; k-- > 0 && !err;) {
		unsigned slot = p->slot + k;

		if (r->way == GNB_NET_PERSISTENT) {
			if (!p->sent)
				memcpy(r->user[slot], r->ram[slot], slot_len(p, k));
		} else {
			if (gnb_grant_end(&r->tab, r->ref[slot]))
				return gnb_fail(r->s, -EBUSY,
						"reference %u is in use after its packet",
						r->ref[slot]);
			r->published[slot] = false;
		}
		if (!p->sent)
			err = arrived(r, p, k, r->user[slot], seen_len(r, p, k));
	}
	return err;
}

/* ---- the backend ---- */

/* All that is copied of packets that go one way, by one hypercall. */
static int copy(struct gnb_net_pair *r, const struct gnb_net_packet *packet, unsigned n, bool sent)
{
	struct gnb_side *s = r->s;
	unsigned ops = 0;
	int err;

	for (unsigned i = 0; i < n; i++) {
		const struct gnb_net_packet *p = &packet[i];

		for (unsigned k = 0; p->sent == sent && k < p->slots; k++) {
			unsigned slot = p->slot + k, len = copied_len(r, p, k);

			if (!len)
				continue;
			if (sent) {
				gnb_copy_set(&r->copies, ops++, r->ref[slot], slot, (uint16_t)len);
			} else {
				pattern(r, slot, s->t->own_ram(s->m, slot), seen_len(r, p, k));
				gnb_copy_set_into(&r->copies, ops++, slot, r->ref[slot],
						  (uint16_t)len);
			}
		}
	}
	err = ops ? gnb_copy_first(&r->copies, r->back, ops) : 0;
	for (unsigned i = 0; i < n && !err && sent; i++)
		for (unsigned k = 0; packet[i].sent && k < packet[i].slots && !err; k++) {
			unsigned len = copied_len(r, &packet[i], k),
				 seen = seen_len(r, &packet[i], k);

			err = arrived(r, &packet[i], k, s->t->own_ram(s->m, packet[i].slot + k),
				      len < seen ? len : seen);
		}
	return err;
}

static int touch(struct gnb_net_pair *r, const struct gnb_net_packet *p)
{
	uint8_t buf[GNB_PAGE_SIZE];
	int err = 0;

	for (unsigned k = 0; k < p->slots && !err; k++) {
		unsigned len = seen_len(r, p, k), slot = p->slot + k;

		if (!p->sent)
			pattern(r, slot, buf, len);
		err = r->s->t->touch(r->back, r->addr[slot], 0, buf, len, !p->sent);
		if (err)
			return gnb_fail(r->s, err, "slot %u of %u cannot be %s", k, p->slots,
					p->sent ? "read" : "written");
		if (p->sent)
			err = arrived(r, p, k, buf, len);
	}
	return err;
}

/* All that is mapped of the batch, by one hypercall, and gone by another. */
static int map(struct gnb_net_pair *r, const struct gnb_net_packet *packet, unsigned n)
{
	unsigned slot_of[GNB_NET_RING], nr = 0;
	int err = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; maps(r, &packet[i]) && k < packet[i].slots; k++) {
			unsigned slot = packet[i].slot + k;

			if (r->mapped[slot])
				continue;
			gnb_map_set(&r->maps, nr, r->addr[slot], r->ref[slot],
				    packet[i].sent && r->way != GNB_NET_PERSISTENT);
			slot_of[nr++] = slot;
		}
	if (nr)
		err = gnb_map(&r->maps, r->back, 0, nr);
	if (err)
		return err;
	for (unsigned i = 0; i < n && !err; i++)
		if (maps(r, &packet[i]))
			err = touch(r, &packet[i]);
	if (r->way == GNB_NET_PERSISTENT) {
		for (unsigned i = 0; i < nr; i++) {
			r->mapped[slot_of[i]] = true;
			r->handle[slot_of[i]] = gnb_map_handle(&r->maps, i);
		}
		return err;
	}
	return err || !nr ? err : gnb_unmap(&r->maps, r->back, 0, nr);
}

int gnb_net_batch(struct gnb_net_pair *r, struct gnb_net_packet *packet, unsigned n)
{
	unsigned slot = 0;
	int err;

	r->seq++;
	for (unsigned i = 0; i < n; i++) {
		packet[i].slot = slot;
		packet[i].slots = gnb_net_slots(packet[i].bytes);
		slot += packet[i].slots;
		publish(r, &packet[i]);
	}
	err = copy(r, packet, n, true);
	if (!err)
		err = copy(r, packet, n, false);
	if (!err)
		err = map(r, packet, n);
	/* Released last first, so that the next batch takes them in the same order. */
	for (unsigned i = n; i-- > 0 && !err;)
		err = complete(r, &packet[i]);
	return err;
}

/* ---- the pair ---- */

int gnb_net_check_table(struct gnb_net_pair *r)
{
	for (unsigned i = 0; i < GNB_NET_RING; i++)
		if (gnb_grant_in_use(&r->tab, r->ref[i]) != r->mapped[i] ||
		    (!r->published[i] && !gnb_grant_is_free(&r->tab, r->ref[i])))
			return gnb_fail(r->s, -EIO, "reference %u: the entry says otherwise",
					r->ref[i]);
	return 0;
}

int gnb_net_pair_init(struct gnb_side *s, struct gnb_net_pair *r)
{
	int err;

	r->s = s;
	r->back = s->t->vcpu(s->m, GNB_MAPPER, 0);
	err = gnb_maps_init(&r->maps, s, GNB_NET_RING);
	/* What stays mapped is let go page by page. */
	if (!err && r->maps.r)
		r->maps.r->apart = r->way == GNB_NET_PERSISTENT;
	if (!err)
		err = gnb_copies_init(&r->copies, s, GNB_NET_RING);
	if (!err)
		err = gnb_gtab_init(&r->tab, s, GNB_NET_RING, GNB_TREE_LEVELS);
	if (!err)
		err = gnb_gtab_watch(&r->tab, s);
	for (unsigned i = 0; i < GNB_NET_RING && !err; i++) {
		/* An odd number of them apart: each comes once. */
		r->ref[i] = GNB_FIRST_REF + (r->scattered ? i * 89 % GNB_NET_RING : i);
		r->ram[i] = s->t->ram(s->m, i);
		r->user[i] = r->way == GNB_NET_PERSISTENT ? s->t->ram(s->m, GNB_NET_RING + i)
							  : r->ram[i];
		r->frame[i] = s->t->frame(s->m, i);
		r->addr[i] = s->t->map_addr(s->m, i);
	}
	return err;
}

void gnb_net_pair_fini(struct gnb_net_pair *r)
{
	/* What stays behind is found by the machine's leak check. */
	for (unsigned i = 0; i < GNB_NET_RING; i++) {
		if (r->mapped[i]) {
			gnb_unmap_set(&r->maps, 0, r->addr[i], r->handle[i]);
			gnb_unmap_call(&r->maps, r->back, 0, 1);
		}
		if (r->published[i])
			gnb_grant_end(&r->tab, r->ref[i]);
	}
	gnb_gtab_fini(&r->tab);
}
