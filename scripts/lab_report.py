# SPDX-License-Identifier: GPL-2.0-only
"""What scripts/lab-ab says of two boots, for a terminal and in Markdown."""
import lab_results

FEW = 6  # functions in a line


def differs(row):
    """To the instruction: figures are means of whole counts, rounded in what they are read from."""
    return abs(row["new"] - row["old"]) > 1e-6 * max(abs(row["old"]), 1)


def dearer(data):
    """Figures beyond the gate, if there is one: more instructions than it lets pass, or more work at all."""
    gate = data["gate"]
    return [] if gate is None else [
        r for r in data["rows"] if differs(r) and r["new"] > r["old"] * (1 + gate / 100) or
        any(a is not None and b is not None and b > a for a, b in r["work"].values())]


def missing(data):
    """Figures that the new one lacks, where there is a gate."""
    return [] if data["gate"] is None else data["only_one"]["old"]


def number(x):
    return "-" if x is None else ("%.4f" % x).rstrip("0").rstrip(".")


def name(row, rows):
    cells = [r["cell"] for r in rows]
    bench = row["cell"].split("/")[0]
    return " ".join(w for w in (bench, lab_results.short(row["cell"], cells), row["version"], row["metric"]) if w)


def change(row):
    part = " (%+.2f %%)" % (100 * (row["new"] / row["old"] - 1)) if row["old"] else ""
    return "%+.2f%s" % (row["new"] - row["old"], part)


def work(row):
    """Counters, each with how much more; where one of both does not show it, both."""
    words = []
    for counter, (a, b) in row["work"].items():
        words.append("%s %s" % (counter, "%s, %s" % (number(a), number(b)) if a is None or b is None else
                                ("+" if b > a else "") + number(b - a)))
    return ", ".join(words)


def function(f, changed):
    """A function: instructions, and who calls it more or less often."""
    said = "%s %+.2f" % (f["function"], f["b"] - f["a"])
    calls = ["%+.4g by %s" % (c["calls_b"] - c["calls_a"], c["caller"]) for c in f["called_by"]
             if abs(c["calls_b"] - c["calls_a"]) > 1e-6]
    notes = (["other code"] if f["function"] in (changed or []) else []) + (["calls " + ", ".join(calls)] if calls else [])
    return said + (" (%s)" % "; ".join(notes) if notes else "")


def functions(row):
    said = [function(f, row["changed"]) for f in row["functions"][:FEW]]
    more = len(row["functions"]) - len(said)
    return "; ".join(said) + ("; %d more" % more if more > 0 else "")


def reasons(row):
    """Work and functions of a figure, a line each."""
    said = ["work: " + work(row)] if row["work"] else []
    said += [function(f, row["changed"]) for f in row["functions"][:FEW]]
    more = len(row["functions"]) - FEW
    return tuple(said + (["%d functions more" % more] if more > 0 else []))


def odd(data):
    """Figures that differ, though no function that runs has other code."""
    return [r for r in data["rows"] if r["changed"] == [] and differs(r)]


def only_one(data):
    return ["%s: only %s" % (figure, side) for side in ("old", "new") for figure in data["only_one"][side]]


def summary(data):
    rows = data["rows"]
    n, far = len(rows), [r for r in rows if differs(r)]
    said = ["%d figures: %d differ, %d are equal to the instruction" % (n, len(far), n - len(far))]
    looked = [r for r in rows if r["changed"] is not None]
    if looked:
        same = [r for r in looked if not r["changed"]]
        said.append("of %d the functions' machine code is the same but for addresses: %d of them differ" % (
            len(same), len(odd(data))))
    alike = [r for r in rows if not differs(r) and r["work"]]
    if alike:
        said.append("%d have other work for as many instructions" % len(alike))
    alone = only_one(data)
    if alone:
        said.append("%d are in one of both only" % len(alone))
    if data["gate"] is not None:
        said.append("gate at %g %%: %d dearer, %d missing" % (data["gate"], len(dearer(data)), len(missing(data))))
    return said


def title(data):
    return "%s on %s: %s" % (data["what"], data["machine"], ", ".join(
        "%s: %s" % (s["name"], s["value"] or "as the lab has it") for s in data["sides"]))


def text(data):
    lines = [title(data)] + ["%s: Xen %s, build %s" % (s["name"], s["environment"].get("xen"), s["environment"].get("xen_build_id"))
                             for s in data["sides"]] + [""]
    shown = sorted((r for r in data["rows"] if differs(r) or r["work"]), key=lambda r: -abs(r["new"] / (r["old"] or 1) - 1))
    if shown:
        table = [["", "old", "new", "difference"]]
        table += [[name(r, data["rows"]), "%.2f" % r["old"], "%.2f" % r["new"], change(r)] for r in shown]
        aligned = lab_results.aligned(table)
        lines.append(aligned[0])
        # What is said of several figures alike is said once.
        for why in dict.fromkeys(map(reasons, shown)):
            lines += [line for row, line in zip(shown, aligned[1:]) if reasons(row) == why]
            lines += ["    " + w for w in why]
        lines.append("")
    lines += summary(data)
    lines += ["more differs than was asked for: " + d for d in data["more_differs"]]
    return "\n".join(lines)


def markdown(data):
    lines = ["# " + title(data), "", "Instructions of the hypervisor, by the lab's instruction clock (docs/lab.md): each the least "
             "of several runs. Functions: instructions of their own, more or less, and who calls them more or less often.", ""]
    lines += ["- " + s for s in summary(data)]
    lines += ["- **more differs than was asked for**: " + d for d in data["more_differs"]]
    lines += ["", "| figure | unit | old | new | difference | work | functions |", "| --- " * 7 + "|"]
    for r in data["rows"]:
        lines.append("| %s | %s | %.4f | %.4f | %s | %s | %s |" % (
            name(r, data["rows"]), r["unit"], r["old"], r["new"], change(r) if differs(r) else "equal",
            work(r) or ("the same" if r["profiled"] else "not seen"),
            functions(r) or ("-" if r["profiled"] else "not seen")))
    for head, rows in (("Figures that differ though no function's code does", [name(r, data["rows"]) for r in odd(data)]),
                       ("Dearer, by the gate", [name(r, data["rows"]) for r in dearer(data)]),
                       ("In one of both only", only_one(data))):
        lines += ["", "## " + head, ""] + ["- " + r for r in rows] if rows else []
    for s in data["sides"]:
        lines += ["", "## " + s["name"], ""] + ["- %s: %s" % kv for kv in s["environment"].items()]
    return "\n".join(lines) + "\n"
