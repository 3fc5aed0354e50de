/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables version 3, all of the core: a hypervisor includes this in one file of its own, behind its gv3_sys.h. */
#include "gv3.h"

#include "record.c"
#include "shadow.c"
#include "walk.c"
#include "tree.c"
#include "slice.c"
#include "map.c"
#include "unmap.c"
#include "revoke.c"
#include "protect.c"
#include "death.c"
#include "bind.c"
#include "query.c"
#include "call.c"
