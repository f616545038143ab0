"""Runs a command and adds a line to a table, in place of an earlier one of that name: name, wall seconds, CPU seconds of
all its processes, peak MiB of the largest of them, exit code, samples of the sources that are needed.

usage: measure.py TABLE SAMPLES NAME COMMAND..."""
import pathlib
import resource
import subprocess
import sys
import time

table, samples, name, command = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
start = time.monotonic()
status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
file = pathlib.Path(table)
lines = [line for line in file.read_text().splitlines() if line.split("\t")[0] != name] if file.exists() else []
cpu = used.ru_utime + used.ru_stime
lines.append(f"{name}\t{wall:.2f}\t{cpu:.2f}\t{used.ru_maxrss // 1024}\t{status}\t{samples}")
file.write_text("\n".join(lines) + "\n")
sys.exit(status)
