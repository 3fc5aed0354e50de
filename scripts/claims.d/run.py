# SPDX-License-Identifier: GPL-2.0-only
"""What `make run` takes, and how long its report is."""
import json
import os
import re
import subprocess
import tempfile
import time

from claims_base import TOP, Broken, Claim, Figure, Group, call, log_open, options, program, tool

made = {}


def the_run(log):
    """A run of the default plan and budget with its instructions and report, once for all claims: (folder, seconds that
    were measured, seconds of the instructions)."""
    if not made:
        # Gone with the command, whichever of the claims was asked for.
        tmp = tempfile.TemporaryDirectory()
        out = os.path.join(tmp.name, "run")
        call([program("grantbench"), "--out=" + out, "--quiet", "--allow-untrusted"] + ["--quick"] * options.quick, log)
        start = time.monotonic()
        call([os.path.join(TOP, "scripts", "hv-instructions"), "--of=" + out], log)
        took = time.monotonic() - start
        call([program("grantbench-report"), out], log)
        with open(os.path.join(out, "manifest.json"), encoding="utf-8") as f:
            made.update(tmp=tmp, folder=out, measured=json.load(f)["measured_s"], counted=took)
    return made


def seconds(claim, key):
    with log_open(claim.name) as log:
        s = the_run(log)[key]
    return Figure("%.1f s" % s, s <= claim.limit, 1, 1, "runs")


def pixels(html, width):
    """How high the page is at this width, as Chromium lays it out."""
    with open(html, encoding="utf-8") as f:
        text = re.sub(r"<meta[^>]*Content-Security-Policy[^>]*>", "", f.read())
    script = ("<script>const p=document.createElement('pre');p.id='result';"
              "p.textContent=document.documentElement.scrollHeight;document.body.append(p)</script></body>")
    with tempfile.TemporaryDirectory() as tmp:
        page = os.path.join(tmp, "p.html")
        with open(page, "w", encoding="utf-8") as f:
            f.write(text.replace("</body>", script))
        out = subprocess.run([tool("chromium"), "--headless", "--no-sandbox", "--disable-gpu",
                              "--disable-background-networking", "--user-data-dir=" + os.path.join(tmp, "user"),
                              "--window-size=%d,900" % width, "--virtual-time-budget=20000", "--dump-dom",
                              "file://" + page], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=120,
                             check=False).stdout
    m = re.search(r'<pre id="result">(\d+)<', out)
    if not m:
        raise Broken("chromium did not lay out the report")
    return int(m.group(1))


def length(claim):
    with log_open(claim.name) as log:
        high = pixels(os.path.join(the_run(log)["folder"], "report.html"), 1300)
    return Figure("%d px at 1300 px" % high, high <= claim.limit, 1, 1, "reports")


GROUP = Group(39, [
    Claim("run.measured", "H", 120, "at most %g s", "the default run's measuring, idle",
          lambda c: seconds(c, "measured")),
    Claim("run.instructions", "H", 90, "at most %g s", "counting the default run's instructions, two cores, idle",
          lambda c: seconds(c, "counted")),
    Claim("run.report", "C", 17300, "at most %g px", "height of the default run's report, folded, 1300 px wide", length),
], when_asked=True)
