/* SPDX-License-Identifier: GPL-2.0-only */
/* The history's tables. Locking: as db.h. */
#ifndef GNB_TABLES_H
#define GNB_TABLES_H

#include "db.h"

/*
 * Is the database a history, and one that this program knows? create: where there is nothing it becomes one. 0, or a
 * failure of db.h: -ENOENT where there is nothing, -EBADMSG of what is something else.
 */
int gnb_tables_know(struct gnb_db *db, bool create);

#endif
