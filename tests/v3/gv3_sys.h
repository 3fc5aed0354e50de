/* SPDX-License-Identifier: GPL-2.0-only */
/* The types that the core of grant tables version 3 wants, for the small host of these tests. */
#ifndef GV3_SYS_H
#define GV3_SYS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DOMID_SELF 0x7ff0

#define GNTST_okay		0
#define GNTST_general_error	(-1)
#define GNTST_bad_domain	(-2)
#define GNTST_bad_gntref	(-3)
#define GNTST_bad_handle	(-4)
#define GNTST_bad_virt_addr	(-5)
#define GNTST_no_device_space	(-7)
#define GNTST_permission_denied (-8)
#define GNTST_bad_page		(-9)
#define GNTST_bad_copy_arg	(-10)
#define GNTST_eagain		(-12)
#define GNTST_no_space		(-13)

typedef struct small_cpu gv3_cpu;
typedef struct small_dom gv3_dom;
typedef struct {
	bool held;
} gv3_lock_t;
typedef uint8_t *gv3_guest;
typedef struct {
	uint64_t mfn;
} gv3_node_t;

#define GV3_API
/* The defect that a test has asked for, by its name; NULL: none. */
extern const char *small_mutant;
#define GV3_MUTANT(name) (small_mutant && !strcmp(small_mutant, #name))
#include "gv3_host.h"

#endif
