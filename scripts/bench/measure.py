"""Runs a command and adds a line to a table, in place of an earlier one of that name: name, wall seconds, CPU seconds of
all its processes, peak MiB of the largest of them, exit code, samples of the sources that are needed, rounds.

From the second round on seconds are means of all rounds, memory and exit code their largest.

usage: measure.py TABLE ROUND SAMPLES NAME COMMAND..."""
import pathlib
import resource
import subprocess
import sys
import time

table, number, samples, name, command = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], sys.argv[5:]
start = time.monotonic()
status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu, memory, failure = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, abs(status)
file = pathlib.Path(table)
lines = [line.split("\t") for line in file.read_text().splitlines()] if file.exists() else []
if number > 1:
    for before in (line for line in lines if line[0] == name):
        wall, cpu = ((float(old) * (number - 1) + new) / number for old, new in zip(before[1:3], (wall, cpu)))
        memory, failure = max(memory, int(before[3])), max(failure, int(before[4]))
lines = [line for line in lines if line[0] != name]
lines.append([name, f"{wall:.2f}", f"{cpu:.2f}", str(memory), str(failure), samples, str(number)])
file.write_text("".join("\t".join(line) + "\n" for line in lines))
sys.exit(failure)
