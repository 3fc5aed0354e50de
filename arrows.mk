# SPDX-License-Identifier: GPL-2.0-only
# Which folder may include whose headers: from := to. The build makes each folder's include path of it, and
# tests/scripts/arrows_test.sh holds the code against it. What a folder sees, its users see too: a line has all of it.

sees/hv/include :=
sees/hv/core := hv/include

sees/record :=
sees/kernel-helpers/include :=

sees/bench/include :=
sees/bench := bench/include
sees/workloads := bench/include
sees/bench/targets := bench/include hv/include
sees/bench/targets/xen := bench/include kernel-helpers/include

sees/bench/driver/host := bench/include record
sees/bench/driver/plan := bench/include record bench/driver/host
sees/bench/driver/measure := bench/include record bench/driver/host bench/driver/plan
sees/bench/driver/run := bench/include record bench/driver/host bench/driver/plan bench/driver/measure
sees/bench/driver/command := bench/include record bench/driver/host bench/driver/plan bench/driver/measure \
	bench/driver/run

sees/plot/doc := record
sees/plot/figures := record plot/doc
sees/plot/sections := record plot/doc plot/figures
sees/plot/beside := record plot/doc plot/figures
sees/plot := record plot/doc plot/figures plot/sections plot/beside
sees/profile :=

sees/kernel-helpers/guest := kernel-helpers/include
sees/kernel-helpers/domain := kernel-helpers/include
sees/kernel-helpers/qemu := kernel-helpers/include

sees/tests/tools :=
sees/tests/hv := tests/tools hv/include hv/core
sees/tests/record := tests/tools record
sees/tests/bench := tests/tools bench/include record bench/driver/host bench/driver/plan bench/driver/measure \
	bench/driver/run workloads bench/targets/xen kernel-helpers/include
sees/tests/diff := tests/hv hv/include hv/core bench/include bench/targets/xen kernel-helpers/include
sees/tests/lab := tests/tools tests/hv bench/include bench/targets/xen kernel-helpers/include
sees/tests/profile := tests/tools kernel-helpers/qemu kernel-helpers/include
