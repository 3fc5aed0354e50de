# SPDX-License-Identifier: GPL-2.0-only
"""Instructions of hv under callgrind, printed beside Xen's."""
import os
import re
import subprocess
import tempfile

from claims_base import FOUNDATION, TOP, Broken, Claim, Figure, Group, call, log_open, options, program, tool

XEN_PV = "Xen 4.17 PV 998, 966"
XEN_PVH = "Xen 4.17 PVH 12330, 12791"


def callgrind(kind, op, rounds, log, out):
    tool("valgrind")
    with tempfile.NamedTemporaryFile() as err:
        argv = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--log-file=" + err.name,
                "--callgrind-out-file=" + out, program("tests", "hv", "insn"), kind, op, str(rounds)]
        call(argv, log)
        text = open(err.name, encoding="utf-8").read()
    m = re.search(r"Collected : (\d+)", text)
    if not m:
        raise Broken("callgrind counted nothing, see " + os.path.relpath(log.name, TOP))
    return int(m.group(1))


def by_function(out, per):
    """Instructions per page by function and file: what is inlined from a header is a line of its own."""
    text = subprocess.run([tool("callgrind_annotate"), "--threshold=100", "--auto=no", out], stdout=subprocess.PIPE,
                          text=True, check=True).stdout
    found = {}
    for m in re.finditer(r"^ *([\d,]+) \([ .\d]+%\) +(\S*):(\S+)", text, re.M):
        name = "%s (%s)" % (m.group(3), os.path.basename(m.group(2)))
        found[name] = found.get(name, 0) + int(m.group(1).replace(",", "")) / per
    return sorted(found.items(), key=lambda x: (-x[1], x[0]))


def instructions(claim, kind, beside):
    n, pages, asked, seen = 10, 256, 3, []
    with tempfile.TemporaryDirectory() as tmp, log_open(claim.name) as log:
        for _ in range(1 if options.quick else asked):
            one = {}
            for op in ("map", "unmap"):
                few, many = (callgrind(kind, op, k, log, os.path.join(tmp, op)) for k in (n, 2 * n))
                one[op] = (many - few) / n / pages
            seen.append(one)
        if options.table:
            for op in ("map", "unmap"):
                log.write("\n%s, instructions per page of %s, by function\n" % (kind, op))
                for name, value in by_function(os.path.join(tmp, op), 2 * n * pages):
                    log.write("%10.2f %s\n" % (value, name))
    spread = max(abs(s[op] - seen[0][op]) for s in seen for op in s)
    text = "map %.1f, unmap %.1f, spread %g; %s" % (seen[0]["map"], seen[0]["unmap"], spread, beside)
    return Figure(text, spread <= claim.limit, len(seen), asked, "runs")


GROUP = Group(40, [
    Claim("instructions.pv", "C", 0, "spread %g", "instructions per page, v1, PV, batch 256",
          lambda c: instructions(c, "pv", XEN_PV), FOUNDATION),
    Claim("instructions.translated", "C", 0, "spread %g", "instructions per page, v1, translated, batch 256",
          lambda c: instructions(c, "translated", XEN_PVH), FOUNDATION),
])
