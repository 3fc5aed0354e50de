/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames: allocation, ownership, references and types. After Xen's page_info, get_page(),
 * put_page(), get_page_type() (arch/x86/mm.c) and alloc_xenheap_page().
 */
#ifndef HV_PAGE_H
#define HV_PAGE_H

#include "lock.h"

/* The hypervisor's view of a frame; not counted (see hv_map_domain_page()). */
static inline void *hv_virt(const struct hv_host *host, uint64_t mfn)
{
	return host->directmap + (mfn << HV_PAGE_SHIFT);
}

static inline uint64_t hv_virt_to_mfn(const struct hv_host *host, const void *p)
{
	return (uint64_t)((const uint8_t *)p - host->directmap) >> HV_PAGE_SHIFT;
}

static inline struct hv_page *hv_page(const struct hv_host *host, uint64_t mfn)
{
	return &host->frames[mfn];
}

static inline uint64_t hv_page_mfn(const struct hv_host *host, const struct hv_page *pg)
{
	return (uint64_t)(pg - host->frames);
}

/* __mfn_valid(). */
static inline bool hv_mfn_valid(struct hv_vcpu *cur, uint64_t mfn)
{
	cur->count.mfn_checks++;
	return mfn < cur->host->nr_frames;
}

/* map_domain_page(): hv maps all frames always, so this only counts what Xen does. */
static inline void *hv_map_domain_page(struct hv_vcpu *cur, uint64_t mfn)
{
	cur->count.frame_maps++;
	return hv_virt(cur->host, mfn);
}

/* A reference if d owns the frame and it is allocated: get_page(). */
bool hv_get_page(struct hv_vcpu *cur, struct hv_page *pg, struct hv_domain *d);

/* page_get_owner_and_reference(): a reference and the owner, NULL if it is not allocated. */
struct hv_domain *hv_get_owner_and_page(struct hv_vcpu *cur, struct hv_page *pg);

/* Drop a reference; the last one frees the frame. */
void hv_put_page(struct hv_vcpu *cur, struct hv_page *pg);

/* put_page_alloc_ref(): drop the owner's allocation reference. False if it was gone. */
bool hv_put_alloc_ref(struct hv_vcpu *cur, struct hv_page *pg);

/* get_page_type(): false if the frame is in use as something else. */
bool hv_get_type(struct hv_vcpu *cur, struct hv_page *pg, enum hv_page_type type);
void hv_put_type(struct hv_vcpu *cur, struct hv_page *pg);

/*
 * A zeroed frame for the hypervisor, charged to d (NULL: the host). NULL at the limit, out of
 * memory or on an injected failure.
 */
void *hv_alloc_heap_page(struct hv_vcpu *cur, struct hv_domain *d);
void hv_free_heap_page(struct hv_vcpu *cur, struct hv_domain *d, void *p);

/* Charge d for so much; false: it is at its limit, or a failure is injected. For what allocates. */
bool hv_may_alloc(struct hv_vcpu *cur, struct hv_domain *d, uint64_t bytes);

/* Zeroed memory for structures, charged likewise (small.c). What is freed the vCPU keeps for its next of that size. */
void *hv_zalloc(struct hv_vcpu *cur, struct hv_domain *d, size_t bytes);
void hv_free(struct hv_vcpu *cur, struct hv_domain *d, void *p, size_t bytes);

/* The vCPU is going: what it kept. */
void hv_free_kept(struct hv_vcpu *v);

/* Give a heap frame to a guest to see and write (share_xen_page_with_guest()), and take it back. */
void hv_share_heap_page(struct hv_vcpu *cur, void *p, struct hv_domain *d);

/* A zeroed frame for a domain, owned, with its allocation reference, or HV_INVALID. */
uint64_t hv_alloc_domain_page(struct hv_vcpu *cur, struct hv_domain *d);

/* The same of 1 << order frames side by side, aligned to that. */
uint64_t hv_alloc_domain_extent(struct hv_vcpu *cur, struct hv_domain *d, unsigned order);

/*
 * n contiguous frames, aligned for the largest page that fits in (2 MiB, or 1 GiB), owned by d, backed by its
 * memfd. First MFN or HV_INVALID.
 */
uint64_t hv_alloc_domain_range(struct hv_vcpu *cur, struct hv_domain *d, uint64_t n);

/*
 * steal_page(): an own frame that nothing else references is taken from the calling domain, and has
 * no owner and no reference then. -EINVAL: there is no such frame.
 */
int hv_steal_page(struct hv_vcpu *cur, struct hv_page *pg);

/* free_domheap_page() of one that was taken and found no new owner. */
void hv_free_stolen(struct hv_vcpu *cur, struct hv_page *pg);

/*
 * One more frame for d's account, as long as it lives and has room, and back. While it is reserved
 * the domain is not freed.
 */
bool hv_reserve_frame(struct hv_vcpu *cur, struct hv_domain *d);
void hv_unreserve_frame(struct hv_vcpu *cur, struct hv_domain *d);

/* assign_pages(): d owns the frame, which it has reserved, from now on. -EINVAL: it is dying. */
int hv_assign_reserved(struct hv_vcpu *cur, struct hv_page *pg, struct hv_domain *d);

#endif
