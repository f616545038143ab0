"""Runs a command and appends a line to a table: name, wall seconds, CPU seconds of all its processes, peak MiB of the
largest of them, exit code.

usage: measure.py TABLE NAME COMMAND..."""
import resource
import subprocess
import sys
import time

table, name, command = sys.argv[1], sys.argv[2], sys.argv[3:]
start = time.monotonic()
status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(table, "a") as lines:
    print(name, f"{wall:.2f}", f"{used.ru_utime + used.ru_stime:.2f}", used.ru_maxrss // 1024, status, sep="\t", file=lines)
sys.exit(status)
