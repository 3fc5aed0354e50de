/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of other domains in this process, through Linux's /dev/xen/privcmd. Only in dom0, as root.
 *
 * Errors are -errno. What is mapped holds references on the domain's pages: a domain that is
 * destroyed while it is mapped stays until it is unmapped. Functions may be called from several
 * threads at once.
 */
#ifndef GNB_XEN_PRIVCMD_H
#define GNB_XEN_PRIVCMD_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor. -ENOENT: no such device, the module xen-privcmd is not loaded; -EACCES: not root.
 */
int gnb_privcmd_open(void);

/*
 * Map n frames of a domain side by side, to be read and with write to be written. A frame is a gfn
 * of a translated domain and an mfn of a PV domain. *addr is page aligned; undo with
 * gnb_privcmd_unmap(). -ESRCH: no such domain; -EINVAL, -ENOENT: a frame that is not there or not
 * the domain's.
 */
int gnb_privcmd_map(int fd, uint16_t domid, const uint64_t *frames, unsigned n, bool write,
		    void **addr);

/* Resources of a domain, and their ids, after XENMEM_acquire_resource of xen/memory.h. */
enum gnb_resource { GNB_RESOURCE_TABLE = 0, GNB_RESOURCE_STATUS = 1 };

/*
 * Map the first n frames of a domain's grant table, shared or status ones. The table grows to n
 * frames if it has less (gnttab_acquire_resource() of Xen's common/grant_table.c). What is mapped
 * stays what it was when the domain changes the version of its table or lets status frames go: map
 * again then. -EINVAL: more than the domain may have, or status frames of a table of version 1.
 */
int gnb_privcmd_map_table(int fd, uint16_t domid, enum gnb_resource what, unsigned n, void **addr);

/* Undo either, and gnb_privcmd_buffer(); addr may be NULL. */
void gnb_privcmd_unmap(void *addr, unsigned n);

/*
 * Any hypercall of dom0's own, with its five arguments as they are: what Xen returned, 0, a number or -errno. What is
 * pointed to has to be memory of gnb_privcmd_buffer(). *ticks: of the time-stamp counter, right around the system call:
 * what Linux does in it is among them.
 */
long gnb_privcmd_hypercall(int fd, unsigned nr, const uint64_t arg[5], uint64_t *ticks);

/*
 * A descriptor for memory that Xen can read and write: other memory Linux may move, or share with a child. -ENOENT:
 * no such device (Linux before 4.18, or the module xen-privcmd is not loaded).
 */
int gnb_privcmd_buffers(void);

/* n pages of it, zeroed. 0, or -errno. Undo with gnb_privcmd_unmap(). */
int gnb_privcmd_buffer(int buffers, unsigned n, void **addr);

#endif
