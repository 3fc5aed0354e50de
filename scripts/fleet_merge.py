# SPDX-License-Identifier: GPL-2.0-only
"""The parts of a plan, each a run's folder of a machine, as one run (docs/fleet.md)."""
import glob
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
# What the parts of one run have in common, of the manifest and of environment.before.
SAME = ("schema", "suite", "git", "target", "target_options", "clock", "quick", "selection", "versions", "budget_s", "meta")
SAME_BUILD = ("variant",)
# What describes a machine in general, and not its load.
VARIES = ("host", "memory_bytes", "loadavg1", "procs_running", "steal_ticks", "psi_cpu_some_us", "involuntary_switches")
# Exit codes of a run whose results are whole: measured, all skipped, not trustworthy.
GOOD = (0, 4, 7)


class Fail(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


def built(name):
    path = os.path.join(TOP, os.environ.get("B", "build"), name)
    if not os.access(path, os.X_OK):
        raise Fail(6, "%s is not built: make" % os.path.relpath(path, TOP))
    return path


def contention_of(folder):
    """What --probe left in a part, or None."""
    try:
        with open(os.path.join(folder, "contention.json"), encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as e:
        raise Fail(2, "%s: contention.json cannot be read: %s" % (folder, e)) from e


def read(folder):
    """(manifest, lines of cells.jsonl) of a part, which has to be whole."""
    try:
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as f:
            m = json.load(f)
        with open(os.path.join(folder, "cells.jsonl"), encoding="utf-8") as f:
            cells = [json.loads(line) for line in f]
    except (OSError, ValueError) as e:
        raise Fail(2, "%s: no results of a part that can be read: %s" % (folder, e)) from e
    if m.get("status") not in ("complete", "failed") or m.get("exit") is None:
        raise Fail(2, "%s: the run is %s; finish it with grantbench --resume=%s" % (folder, m.get("status"), folder))
    if not m.get("part"):
        raise Fail(2, "%s: a whole run, and no part (--part=K/N)" % folder)
    return m, cells


def hosts_of(manifests):
    """A name for the machine of each: its host's; of several machines of one name, and without one, with a number."""
    names, known = [], {}
    for m in manifests:
        env = m["environment"]["before"]
        key = (env.get("host"), m["fingerprints"]["machine"])
        if key not in known:
            name = env.get("host") or "anon"
            taken = [k for k in known if (k[0] or "anon") == name]
            known[key] = "%s-%d" % (name, len(taken) + 1) if taken else name
        names.append(known[key])
    return names


def check(folders, manifests):
    """All parts of one plan, each once, of the same build and settings."""
    first, where = manifests[0], folders[0]
    for folder, m in zip(folders, manifests):
        for key in SAME:
            if m.get(key) != first.get(key):
                raise Fail(5, "%s and %s differ in %s (%s / %s): not parts of one run" % (
                    where, folder, key, short(first.get(key)), short(m.get(key))))
        for key in SAME_BUILD:
            a, b = (x["environment"]["before"].get(key) for x in (first, m))
            if a != b:
                raise Fail(5, "%s and %s differ in %s (%s / %s): not parts of one run" % (where, folder, key, short(a), short(b)))
        for key in ("of", "whole"):
            if m["part"][key] != first["part"][key]:
                raise Fail(5, "%s and %s are parts of different plans: the same options give the same plan where the same "
                              "number of CPUs is" % (where, folder))
    n = first["part"]["of"]
    have = {}
    for folder, m in zip(folders, manifests):
        if m["part"]["number"] in have:
            raise Fail(5, "%s and %s are both part %d of %d" % (have[m["part"]["number"]], folder, m["part"]["number"], n))
        have[m["part"]["number"]] = folder
    missing = [str(k) for k in range(1, n + 1) if k not in have]
    if missing:
        raise Fail(5, "part %s of %d is missing" % (", ".join(missing), n))


def short(value):
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) < 60 else text[:56] + "..."


def plan_of(manifests):
    """The names of the whole plan, in its order."""
    n = manifests[0]["part"]["of"]
    plans = {m["part"]["number"]: m["plan"] for m in manifests}
    total = sum(map(len, plans.values()))
    names = [plans[i % n + 1][i // n] if i // n < len(plans[i % n + 1]) else None for i in range(total)]
    if None in names or hashlib.sha256("".join("%s\n" % x for x in names).encode()).hexdigest() != manifests[0]["part"]["whole"]:
        raise Fail(5, "the parts do not make the plan that they are of: a manifest was changed")
    return names


def joined(values):
    """One digest of several: theirs if they are the same."""
    values = sorted(set(values))
    return values[0] if len(values) == 1 else hashlib.sha256("".join(values).encode()).hexdigest()


def environment(manifests, names, when):
    """What all machines agree on; null where they do not."""
    every = [m["environment"][when] for m in manifests]
    if None in every:
        return None
    env = {k: v if k in VARIES or all(e.get(k) == v for e in every) else None for k, v in every[0].items()}
    env["host"] = None if every[0].get("host") is None else "+".join(sorted(set(names)))
    return env


def noise_of(manifests):
    all_of = [m["noise"] for m in manifests]
    if None in all_of:
        return None
    total = {k: max(x[k] for x in all_of) if k == "foreign_cpu_share" else sum(x[k] for x in all_of)
             for k in all_of[0] if all(x.get(k) is not None for x in all_of)}
    return {k: total.get(k) for k in all_of[0]}


def code_of(manifests, cells):
    """The exit code that one machine would have ended with."""
    if any(c["status"] in ("error", "timeout") for c in cells):
        return 1
    if not any(c["status"] in ("ok", "unstable") for c in cells):
        return 4
    return 7 if any(m["exit"] == 7 for m in manifests) else 0


def manifest_of(manifests, names, plan, cells, argv):
    m, files = dict(manifests[0]), []
    code = code_of(manifests, cells)
    for x in manifests:
        files += [f for f in x["files"] if f not in files]
    m.update(
        command=argv, plan=plan, part=None, exit=code, status="failed" if code == 1 else "complete",
        started=min(x["started"] for x in manifests), ended=max(x["ended"] for x in manifests),
        budget_s=sum(x["budget_s"] for x in manifests), measured_s=sum(x["measured_s"] for x in manifests),
        environment={when: environment(manifests, names, when) for when in ("before", "after")},
        noise=noise_of(manifests), fingerprint=joined(x["fingerprint"] for x in manifests),
        fingerprints={k: joined(x["fingerprints"][k] for x in manifests) for k in manifests[0]["fingerprints"]},
        places=m.get("places") if all(x.get("places") == m.get("places") for x in manifests) else None,
        counts={k: sum(c["status"] == k for c in cells) for k in m["counts"]},
        files=files,
        machines=[{"name": name, "before": manifests[names.index(name)]["environment"]["before"]}
                  for name in dict.fromkeys(names)])
    return m


def contention(parts, plan):
    """Waits of all parts, cell by cell in the plan's order; a word is probed where each part could."""
    docs = [d for d in map(contention_of, parts) if d]
    if not docs:
        return None
    order = {name: i for i, name in enumerate(plan)}
    missing = [x for d in docs for x in d["missing"]]
    return dict(docs[0], probed=[w for w in docs[0]["probed"] if all(w in d["probed"] for d in docs)],
                missing=[x for i, x in enumerate(missing) if x not in missing[:i]],
                cells=sorted((c for d in docs for c in d["cells"]), key=lambda c: order[c["cell"]]))


def write(path, text):
    """On the disk before anything points to it."""
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())


def put(folder, parts, manifests, names, argv):
    """The run into an empty folder: its manifest."""
    plan = plan_of(manifests)
    order = {name: i for i, name in enumerate(plan)}
    cells = [dict(c, machine=name) for (_, lines), name in zip(parts, names) for c in lines]
    cells.sort(key=lambda c: (c["launch"], order[c["cell"]]))
    manifest = manifest_of(manifests, names, plan, cells, argv)
    os.mkdir(os.path.join(folder, "histograms"))
    for (where, _), name in zip(parts, names):
        for path in glob.glob(os.path.join(glob.escape(where), "histograms", "*")):
            shutil.copy(path, os.path.join(folder, "histograms"))
        topology = os.path.join(where, "topology.xml")
        to = "topology.xml" if name == names[0] else "topology-%s.xml" % name.replace("/", "_")
        if os.path.exists(topology):
            shutil.copy(topology, os.path.join(folder, to))
    write(os.path.join(folder, "cells.jsonl"),
          "".join(json.dumps(c, allow_nan=False, separators=(",", ":")) + "\n" for c in cells))
    write(os.path.join(folder, "manifest.json"), json.dumps(manifest, allow_nan=False, indent=2) + "\n")
    waits = contention([where for where, _ in parts], plan)
    if waits:
        write(os.path.join(folder, "contention.json"), json.dumps(waits, allow_nan=False, indent=2) + "\n")
    p = subprocess.run([built("grantbench-report"), "--summary", folder], capture_output=True, text=True, check=False)
    if p.returncode:
        raise Fail(1, (p.stderr.strip().splitlines() or ["grantbench-report failed"])[-1])
    return manifest


def folder_name(manifest):
    when = manifest["started"].replace("-", "").replace(":", "")
    return "%s-%s-fleet" % (when, (manifest.get("git") or {}).get("sha") or "nogit")


def place(temp, root, name):
    """Give the finished folder its name, and point ROOT/latest to it."""
    to, n = os.path.join(root, name), 1
    while True:
        try:
            os.rename(temp, to)
            break
        except OSError:
            if not os.path.lexists(to):
                raise
            n += 1
            to = os.path.join(root, "%s-%d" % (name, n))
    link = os.path.join(root, "latest.tmp%d" % os.getpid())
    os.symlink(os.path.basename(to), link)
    os.replace(link, os.path.join(root, "latest"))
    return to


def merge(folders, root, argv):
    """The folders as one run in root, which has it in whole or not at all: (its folder, manifest, [(part, machine, cells)])."""
    built("grantbench-report")
    read_in = sorted((read(f) + (f,) for f in folders), key=lambda x: x[0]["part"]["number"])
    manifests = [m for m, _, _ in read_in]
    check([f for _, _, f in read_in], manifests)
    names = hosts_of(manifests)
    os.makedirs(root, exist_ok=True)
    temp = tempfile.mkdtemp(prefix=".merge.", dir=root)
    try:
        os.chmod(temp, 0o755)
        manifest = put(temp, [(f, cells) for _, cells, f in read_in], manifests, names, argv)
        os.sync()
        to = place(temp, root, folder_name(manifest))
    finally:
        shutil.rmtree(temp, ignore_errors=True)
    return to, manifest, [(m["part"]["number"], name, len(cells)) for (m, cells, _), name in zip(read_in, names)]
