# SPDX-License-Identifier: GPL-2.0-only
libhv.a.rooms += hv/pviommu
