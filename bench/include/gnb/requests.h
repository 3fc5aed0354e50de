/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings by operations that take a range of references: neighbours in references and addresses of one hypercall
 * become one request. gnb/mapper.h is what benchmarks use; this stands behind it for the versions that have such
 * operations.
 */
#ifndef GNB_REQUESTS_H
#define GNB_REQUESTS_H

#include <gnb/bench.h>
#include <grant_v3.h>

/* What a mapper says that it survives, and that larger entries may be made for it. */
enum gnb_accept {
	GNB_ACCEPT_HOLE = 1 << 0, /* nothing in the place of what is taken back */
	GNB_ACCEPT_SINK = 1 << 1, /* a page of its own there */
	GNB_ACCEPT_2M = 1 << 2,
	GNB_ACCEPT_1G = 1 << 3,
	GNB_ACCEPT_RESERVE = 1 << 4,  /* it pays now for what taking back a part needs */
	GNB_ACCEPT_READONLY = 1 << 5, /* the right to write may be taken away */
};

struct gnb_page {
	uint64_t addr;
	uint32_t ref;
	bool ro;
	uint32_t by;	 /* the request that it was mapped by */
	uint32_t undone; /* the handle to be unmapped */
	uint32_t undo;	 /* by this request */
};

struct gnb_way;

struct gnb_requests {
	struct gnb_side *s;
	const struct gnb_way *way; /* by which operations */
	unsigned n;
	uint16_t granter;
	uint32_t tree;	 /* 0: the side's */
	unsigned accept; /* enum gnb_accept: hole or sink, unless something else is set */
	unsigned order;	 /* of the entries that grant its pages, where a mapper has to know */
	unsigned per;	 /* pages that count as one operation of a span */
	bool apart;	 /* each page is a request, whatever lies beside it */
	struct gnb_page *page;
	void *map, *unmap; /* n requests each, in the mapper's memory */
	uint32_t *list;	   /* n references in the mapper's memory, where requests can list them */
	uint64_t list_address; /* where the mapper sees it */
	unsigned *calls;       /* requests of each hypercall that is prepared */
	unsigned batch;	       /* and its pages */
};

/* For n mappings. NULL without memory; lives as long as the machine. */
struct gnb_requests *gnb_requests_init(struct gnb_side *s, unsigned n, uint16_t granter);

/* Requests of one hypercall that maps, or unmaps, n pages from the first-th on: they begin at the first-th request. */
unsigned gnb_requests_map(struct gnb_requests *r, unsigned first, unsigned n);
unsigned gnb_requests_unmap(struct gnb_requests *r, unsigned first, unsigned n);

/* n pages from the first-th on are to be unmapped by what they were mapped by last. */
void gnb_requests_undo(struct gnb_requests *r, unsigned first, unsigned n);

/* Make such a hypercall: what it returned. */
long gnb_requests_map_call(struct gnb_requests *r, struct gnb_vcpu *v, unsigned first, unsigned n);
long gnb_requests_unmap_call(struct gnb_requests *r, struct gnb_vcpu *v, unsigned first,
			     unsigned n);

/* All pages, batch a hypercall, as a span of metric that holds the hypercalls and nothing else. What they returned. */
long gnb_requests_map_timed(struct gnb_requests *r, struct gnb_vcpu *v, unsigned metric,
			    unsigned batch);
long gnb_requests_unmap_timed(struct gnb_requests *r, struct gnb_vcpu *v, unsigned metric,
			      unsigned batch);

/*
 * The same for a span that holds more than the hypercalls: all requests that map are prepared, batch pages a hypercall;
 * then call c is made, or what it has mapped is unmapped, request by request, as a guest does that writes down the
 * handles that it got. What they returned.
 */
void gnb_requests_prepare(struct gnb_requests *r, unsigned batch);
long gnb_requests_map_prepared(struct gnb_requests *r, struct gnb_vcpu *v, unsigned c);
long gnb_requests_unmap_prepared(struct gnb_requests *r, struct gnb_vcpu *v, unsigned c);

/* The handle and the status of the request for page i. */
uint32_t gnb_requests_handle(const struct gnb_requests *r, unsigned i);
int gnb_requests_map_status(const struct gnb_requests *r, unsigned i);
int gnb_requests_unmap_status(const struct gnb_requests *r, unsigned i);

/* The entries above 4K that the requests for n pages from the first-th on have made. */
unsigned gnb_requests_large(const struct gnb_requests *r, unsigned first, unsigned n);

#endif
