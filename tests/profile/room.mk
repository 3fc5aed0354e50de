# SPDX-License-Identifier: GPL-2.0-only
# The plugin with a stand-in for the emulator.
tests/profile.objects := $(call objects,kernel-helpers/qemu)
