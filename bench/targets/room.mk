# SPDX-License-Identifier: GPL-2.0-only
# The hypervisors; the default one is linked first, which is hv, before xen/.
grantbench.rooms += bench/targets
