# SPDX-License-Identifier: GPL-2.0-only
# Real Xen in an emulator (docs/lab.md): every machine, two boots that have to agree, of the whole plan.
# MACHINE=NAME for one; XEN=FILE SYMS=FILE LINUX=FILE LINUX_HEADERS=DIR XEN_ARGS=... DOM0_ARGS=...
# for other builds and command lines. Of lab-profile also VERSION=1|2, both if empty; FILTER=cells.
LAB_ARGS ?= --target=xen
LAB_OPTIONS = $(if $(MACHINE),'--machine=$(MACHINE)') $(if $(XEN),'--xen=$(XEN)') $(if $(SYMS),'--syms=$(SYMS)') \
	      $(if $(LINUX),'--linux=$(LINUX)') $(if $(LINUX_HEADERS),'--linux-headers=$(LINUX_HEADERS)') \
	      $(if $(XEN_ARGS),'--xen-args=$(XEN_ARGS)') $(if $(DOM0_ARGS),'--dom0-args=$(DOM0_ARGS)')
PROFILE_ARGS = --target=xen --filter='$(or $(FILTER),^(map_unmap|copy)/)' --set=mapper=pv --set=map_unmap.batch=1,256 \
	       --set=map_unmap.vcpu=same --launches=0 --budget=4
.PHONY: lab lab-ab lab-xen lab-v3 lab-v3-mutants lab-v3-race lab-probe lab-diff lab-selftest lab-profile lab-counts \
	lab-contention lab-locks
lab:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-all $(LAB_OPTIONS) -- $(LAB_ARGS)
# Two hypervisors or what WHAT= says, OLD= and NEW=, side by side; without one, what the lab has.
lab-ab:
	@scripts/bootstrap
	@scripts/bootstrap lab
	@scripts/lab-ab $(if $(WHAT),'--what=$(WHAT)') $(if $(OLD),'--old=$(OLD)') $(if $(NEW),'--new=$(NEW)') $(LAB_OPTIONS)
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
