# SPDX-License-Identifier: GPL-2.0-only
# A run on disk, for whoever reads or writes one.
archives += librecord.a
librecord.a.rooms := record
record_libs := -ljson-c -lgsl -lgslcblas -lm
