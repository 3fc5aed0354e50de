/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One build that holds every defect of hv/base/mutant.h, with HV_MUTANT=n in the environment to
 * choose: compile hv with -include this file -DHV_MUTANT=hv_mutant_now.
 */
#ifndef HV_MUTANT_NOW_H
#define HV_MUTANT_NOW_H

extern int hv_mutant_now;

#endif
