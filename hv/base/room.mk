# SPDX-License-Identifier: GPL-2.0-only
archives += libhv.a
libhv.a.rooms += hv/base
