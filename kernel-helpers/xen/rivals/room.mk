# SPDX-License-Identifier: GPL-2.0-only
# Nothing of it is made here: scripts/xen-build compiles it inside Xen (docs/grant-v3-in-xen.md).
