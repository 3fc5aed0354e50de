/* SPDX-License-Identifier: GPL-2.0-only */
/* `grantbench doctor`: what this machine lacks, why it matters, and the apt line where one helps.
 */
#ifndef GNB_DOCTOR_H
#define GNB_DOCTOR_H

/* Print to stdout. GNB_EXIT_OK, or GNB_EXIT_MISSING if something is missing without which nothing
 * runs. */
int gnb_doctor(void);

#endif
