# SPDX-License-Identifier: GPL-2.0-only
# The arrows between folders, from := to. tests/scripts/arrows_test.sh holds the code against them.
#
# sees/FROM   whose headers FROM may include; the build makes its include path of it. What a folder sees, its users see
#             too: a line has all of it.
# calls/FROM  whose functions it calls besides, by a header that it sees elsewhere.

sees/hv/include :=
sees/hv/base := hv/include
sees/hv/memory := hv/include hv/base
sees/hv/iommu := hv/include hv/base hv/memory
sees/hv/paging := hv/include hv/base hv/memory hv/iommu kernel-helpers/include
sees/hv/pviommu := hv/include hv/base hv/memory hv/iommu hv/paging kernel-helpers/include
sees/hv/virtio := hv/include hv/base hv/memory hv/iommu kernel-helpers/include hv/paging
sees/hv/grant := hv/include hv/base hv/memory hv/iommu kernel-helpers/include hv/paging
sees/hv/v3 := hv/include hv/base hv/memory hv/iommu kernel-helpers/include hv/paging hv/grant grant-v3/include \
	grant-v3
sees/hv/host := hv/include hv/base hv/memory hv/iommu kernel-helpers/include hv/paging hv/virtio hv/grant \
	grant-v3/include grant-v3 hv/v3 hv/pviommu

sees/grant-v3/include :=
sees/grant-v3 := grant-v3/include

sees/record :=
sees/compare := record
sees/kernel-helpers/include :=

sees/bench/include := grant-v3/include kernel-helpers/include
sees/bench := bench/include grant-v3/include kernel-helpers/include
sees/workloads := bench/include grant-v3/include kernel-helpers/include
sees/workloads/record :=
sees/bench/targets := bench/include grant-v3/include kernel-helpers/include hv/include
sees/bench/targets/xen := bench/include grant-v3/include kernel-helpers/include
sees/bench/targets/kvm := bench/include grant-v3/include kernel-helpers/include
sees/bench/targets/linux := bench/include grant-v3/include kernel-helpers/include

sees/bench/driver/court :=
sees/bench/driver/host := record
sees/bench/side := bench/include grant-v3/include kernel-helpers/include record bench/driver/host
sees/bench/driver/plan := bench/include grant-v3/include kernel-helpers/include record bench/driver/host bench/side
sees/bench/driver/measure := bench/include grant-v3/include kernel-helpers/include record bench/driver/host bench/side \
	bench/driver/plan bench/driver/court
sees/bench/driver/run := bench/include grant-v3/include kernel-helpers/include record bench/driver/host bench/side \
	bench/driver/plan bench/driver/court bench/driver/measure
sees/bench/driver/command := bench/include grant-v3/include kernel-helpers/include record bench/driver/host bench/side \
	bench/driver/plan bench/driver/court bench/driver/measure bench/driver/run compare

sees/plot/doc := record
sees/plot/figures := record plot/doc
sees/plot/sections := record plot/doc plot/figures
sees/plot/beside := record plot/doc plot/figures
sees/plot := record plot/doc plot/figures plot/sections plot/beside
sees/profile := record
sees/export := record
sees/history := record
sees/history/command := record history
sees/dashboard := record history plot/doc
sees/probe := record hv/include kernel-helpers/bpf

sees/kernel-helpers/guest := kernel-helpers/include
sees/kernel-helpers/iommu := kernel-helpers/include
sees/kernel-helpers/domain := record kernel-helpers/include
sees/kernel-helpers/qemu := kernel-helpers/include
sees/kernel-helpers/bpf := hv/include
sees/kernel-helpers/xen := grant-v3/include grant-v3
sees/kernel-helpers/xen/rivals := kernel-helpers/include

sees/tests/tools :=
sees/tests/hv := tests/tools hv/include hv/base hv/memory hv/iommu kernel-helpers/include hv/paging hv/virtio hv/grant \
	grant-v3/include grant-v3 hv/v3 hv/host hv/pviommu
sees/tests/v3 := tests/tools grant-v3/include grant-v3
sees/tests/record := tests/tools record
sees/tests/compare := tests/tools record compare
sees/tests/bench := tests/tools bench/include grant-v3/include kernel-helpers/include record compare bench/driver/host \
	bench/side bench/driver/plan bench/driver/court bench/driver/measure bench/driver/run workloads bench/targets/xen
sees/tests/diff := tests/tools record tests/hv hv/include hv/base hv/memory hv/iommu hv/paging hv/virtio hv/grant \
	grant-v3/include grant-v3 hv/v3 hv/host hv/pviommu \
	bench/include bench/targets/xen kernel-helpers/include
sees/tests/lab := tests/tools tests/hv hv/include hv/base hv/memory hv/iommu hv/paging hv/virtio hv/grant \
	grant-v3/include grant-v3 hv/v3 hv/host hv/pviommu \
	bench/include bench/targets/xen kernel-helpers/include
sees/tests/history := tests/tools record history
sees/tests/probe := tests/tools bench/driver/court hv/include hv/base hv/memory hv/iommu \
	kernel-helpers/include hv/paging
sees/tests/profile := tests/tools kernel-helpers/qemu kernel-helpers/include

calls/bench := bench/side
calls/workloads := bench/side
calls/bench/targets := bench/side hv/base hv/memory hv/iommu hv/paging hv/virtio hv/grant hv/host hv/pviommu
calls/bench/targets/xen := bench/side
calls/bench/targets/linux := bench/side
