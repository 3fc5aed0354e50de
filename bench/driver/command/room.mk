# SPDX-License-Identifier: GPL-2.0-only
programs += grantbench
grantbench.rooms += bench/driver/command
grantbench.archives := libcompare.a librecord.a libhv.a
grantbench.libs = -lbenchmark -lstdc++ -lhwloc -lmd $(record_libs) -pthread
bench/driver/command.cflags := -include $(B)/version.h
version_in += bench/driver/command
