# SPDX-License-Identifier: Apache-2.0
"""Turns samples into medians, spreads and ratios, and those into Markdown."""

import statistics

import imports

BASE = "overlayfs"
MOUNT = "mount ready"
MOUNT_SECONDS = 0.05


def summary(samples):
    """Median and spread (highest minus lowest, as a part of the median) of some seconds."""
    middle = statistics.median(samples)
    return {"median": middle, "spread": (max(samples) - min(samples)) / middle if middle else 0.0, "samples": samples}


def seconds(value):
    return f"{value * 1000:.0f} ms" if value >= 0.1 else f"{value * 1000:.1f} ms"


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def cell(result, base):
    text = f"{seconds(result['median'])} ±{result['spread'] * 50:.0f} %"
    return f"{text} · **{result['median'] / base['median']:.2f}**" if base and base is not result else text


def met(ratio, goal):
    return "met" if ratio <= goal else f"missed by {ratio / goal - 1:.0%}"


def goal_cell(workload, results):
    """Whether the best lamina mode that the goal is for reaches it."""
    if workload["name"] == MOUNT:
        slowest = max((result["median"] for name, result in results.items() if name.startswith("lamina")), default=None)
        return f"< 50 ms: {'met' if slowest < MOUNT_SECONDS else 'missed'}" if slowest else "< 50 ms"
    if workload.get("goal") is None or BASE not in results:
        return ""
    modes = [name for name in results if name.startswith("lamina") and (workload["goal_mode"] or "") in name]
    if not modes:
        return f"≤ {workload['goal']}"
    ratio = min(results[name]["median"] / results[BASE]["median"] for name in modes)
    return f"≤ {workload['goal']}: {met(ratio, workload['goal'])}"


def mounts_table(data):
    systems = data["systems"]
    rows = []
    for workload in data["workloads"]:
        results = workload["results"]
        row = [workload["name"]] + [cell(results[name], results.get(BASE)) if name in results else "" for name in systems]
        rows.append(row + [goal_cell(workload, results)])
    memory = ["daemon's private memory after all that"]
    memory += [f"{data['memory'][name] / 1e6:.1f} MB" if data["memory"].get(name) else "–" for name in systems]
    used = [data["memory"][name] for name in systems if name.startswith("lamina") and data["memory"].get(name)]
    rows.append(memory + [f"< 20 MB: {'met' if max(used) < 20e6 else 'missed'}" if used else ""])
    return table(["work", *systems, "goal"], rows)


def import_summary(samples):
    return {name: {**summary([sample.seconds for sample in taken]),
                   "processor": statistics.median(sample.processor for sample in taken),
                   "memory": max(sample.memory for sample in taken)} for name, taken in samples.items()}


def imports_table(data):
    found = data["imports"]
    rows = []
    for name, result in found.items():
        goals = [(base, result["median"] / found[base]["median"], goal) for base, goal in imports.GOALS.get(name, ())
                 if base in found]
        rows.append([name, f"{result['median']:.2f} s ±{result['spread'] * 50:.0f} %", f"{result['processor']:.1f} s",
                     f"{result['memory'] / 1e6:.0f} MB",
                     "; ".join(f"**{ratio:.2f}** × {base} (≤ {goal}: {met(ratio, goal)})" for base, ratio, goal in goals)])
    return table(["import", "time", "processor", "memory", "compared"], rows)


def requests_table(data):
    rows = []
    for system, by_workload in data["requests"].items():
        for workload, counts in by_workload.items():
            shown = ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1]) if count)
            rows.append([system, workload, shown or "none"])
    return table(["system", "work", "requests"], rows)


def markdown(data):
    about = data["about"]
    lines = [f"{about['entries']:,} entries in {about['layers']} layers, Linux {about['kernel']}, {about['cores']} cores; "
             f"medians, systems in turn; ± half the spread; **bold**: ratio to kernel overlayfs.", ""]
    if data["workloads"]:
        lines += mounts_table(data) + [""]
    if data["imports"]:
        lines += imports_table(data) + [""]
    if data["requests"]:
        lines += ["Requests to the daemon:", "", *requests_table(data), ""]
    return "\n".join(lines)
