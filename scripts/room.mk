# SPDX-License-Identifier: GPL-2.0-only
# Real Xen in an emulator (docs/lab.md): every machine, two boots that have to agree, of the whole plan.
# MACHINE=NAME for one; XEN=FILE SYMS=FILE LINUX=FILE LINUX_HEADERS=DIR XEN_ARGS=... DOM0_ARGS=...
# for other builds and command lines. Of lab-profile also VERSION=1|2, both if empty; FILTER=cells.
LAB_ARGS ?=
LAB_OPTIONS = $(if $(MACHINE),'--machine=$(MACHINE)') $(if $(XEN),'--xen=$(XEN)') $(if $(SYMS),'--syms=$(SYMS)') \
	      $(if $(LINUX),'--linux=$(LINUX)') $(if $(LINUX_HEADERS),'--linux-headers=$(LINUX_HEADERS)') \
	      $(if $(XEN_ARGS),'--xen-args=$(XEN_ARGS)') $(if $(DOM0_ARGS),'--dom0-args=$(DOM0_ARGS)')
PROFILE_ARGS = --target=xen --filter='$(or $(FILTER),^(map_unmap|copy)/)' --set=mapper=pv --set=map_unmap.batch=1,256 \
	       --set=map_unmap.vcpu=same --launches=0 --budget=4
.PHONY: lab lab-ab lab-xen lab-v3 lab-v3-mutants lab-v3-race lab-probe lab-diff lab-selftest lab-profile lab-counts \
	lab-contention lab-locks lab-iommu
lab:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-all $(LAB_OPTIONS) -- $(LAB_ARGS)
# Two hypervisors or what WHAT= says, OLD= and NEW=, side by side; without one, what the lab has. GATE=PERCENT: a
# verdict.
lab-ab:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-ab $(if $(WHAT),'--what=$(WHAT)') $(if $(GATE),'--gate=$(GATE)') \
		$(if $(OLD),'--old=$(OLD)') $(if $(NEW),'--new=$(NEW)') $(LAB_OPTIONS)
# Hypervisors from source: VARIANT=NAME, or stock, v3 and v3-off (docs/grant-v3-in-xen.md).
lab-xen:
	@scripts/bootstrap lab
	@scripts/xen-build $(VARIANT)
# Version 3, versions 1 and 2 and the rivals in a real Xen, by the suite's own families: ONLY=NAME,... for some boots.
lab-v3:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-v3 $(if $(ONLY),'--only=$(ONLY)')
lab-probe:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab probe $(LAB_OPTIONS)
# The differential stream on a real Xen and on hv: SEED may be a list, 1,2,3. V3=1 with XEN=FILE: of version 3; CACHE=1
# with walks that remember nodes.
lab-diff:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-diff --seed=$(SEED) --count=$(COUNT) $(if $(V3),--v3) $(if $(CACHE),--cache) $(LAB_OPTIONS)
# Version 3 in Xen: are defects found (hours; NAMES= for some), and maps against revokes on two CPUs (TURNS=).
lab-v3-mutants:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-v3-mutants $(NAMES)
lab-v3-race:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-v3-race $(if $(TURNS),--turns=$(TURNS))
# How often Xen's grant and p2m locks are taken and found held: WHAT=contend or race.
lab-locks:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-locks $(WHAT)
# A real Linux on emulated IOMMUs, strict, lazy and passthrough (docs/iommu.md): ONLY=NAME,... for some boots.
lab-iommu:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-iommu $(if $(ONLY),'--only=$(ONLY)')
lab-selftest:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@LAB_SLOW=1 B=$(B) scripts/check lab_test
lab-profile:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@for v in $(or $(VERSION),1 2); do \
		scripts/lab profile $(LAB_OPTIONS) --version=$$v -- $(PROFILE_ARGS) || exit; \
	done
lab-counts:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab counts $(LAB_OPTIONS)
lab-contention:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab contention $(LAB_OPTIONS)

# The lab without its sources' Makefile: the tree here as far as it needs it, with what is built of it in place, so that
# the scripts are the same. bin/grantbench-lab is the way in.
LAB_TREE = $(DESTDIR)$(PREFIX)/lib/grantbench/lab
LAB_BUILT = $(B)/lab/gnb_profile.so $(B)/tests/diff/hv_diff $(B)/tests/hv/pairs
LAB_PROGRAMS := $(addprefix $(B)/lab/lab_,probe fuzz send contend gntdev domain domu locks params iommu)
lab_scripts = $(addprefix scripts/,bisect-xen bootstrap ending.py grantbench-lab hv-instructions lab lab-* lab_*.py \
	      lab.d xen-build)
lab_sources = $(lab_scripts) grant-v3 kernel-helpers/guest kernel-helpers/include kernel-helpers/iommu \
	      kernel-helpers/xen tests/diff/diff.h
.PHONY: install-lab lab-built
lab-built: $(LAB_BUILT) lab-programs
install-lab: install-domain lab-built
	rm -rf '$(LAB_TREE)'
	install -d '$(LAB_TREE)/build/tests/diff' '$(LAB_TREE)/build/tests/hv' '$(LAB_TREE)/build/lab' \
		'$(LAB_TREE)/workloads' '$(DESTDIR)$(PREFIX)/bin'
	tar -c --mode=u=rwX,go=rX $(lab_sources) | tar -x --no-same-owner -C '$(LAB_TREE)'
	install $(B)/tests/diff/hv_diff '$(LAB_TREE)/build/tests/diff'
	install $(B)/tests/hv/pairs '$(LAB_TREE)/build/tests/hv'
	install $(LAB_PROGRAMS) '$(LAB_TREE)/build/lab'
	install -m 644 $(B)/lab/gnb_profile.so '$(LAB_TREE)/build/lab'
	ln -sf $(programs:%=../../../../bin/%) '$(LAB_TREE)/build'
	ln -sf $(addprefix ../../,$(domain_files)) '$(LAB_TREE)/build'
	ln -sf ../../../../share/grantbench/traces '$(LAB_TREE)/workloads/traces'
	ln -sf ../lib/grantbench/lab/scripts/grantbench-lab '$(DESTDIR)$(PREFIX)/bin/grantbench-lab'
