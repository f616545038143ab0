#!/bin/bash
# A real Grid Engine (Debian: Son of Grid Engine 8.1.9) on this machine for the tests: sge_qmaster and sge_execd in the
# place where Debian's packages have them, as they know no other. Run as root.
#
#   gridengine.sh start      install what is missing, configure, start; prints the variables that clients need
#   gridengine.sh stop-node  the host dies: its sge_execd and every process of its jobs
#   gridengine.sh start-node it comes back
#   gridengine.sh stop       delete the jobs, kill what is left of them and the two daemons, each by its process id
#
# Queues: main.q (2 slots, parallel environment smp), held.q (disabled: jobs there wait).
set -euo pipefail
export SGE_ROOT=/var/lib/gridengine SGE_CELL=default
say() { printf 'gridengine.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
[ "$(id -u)" = 0 ] || die "run as root"
here=$(hostname)
common=$SGE_ROOT/$SGE_CELL/common
export SGE_MASTER_PIDFILE=/run/gridengine/qmaster.pid SGE_EXECD_PIDFILE=/run/gridengine/execd.pid
master=(/var/spool/gridengine/qmaster/qmaster.pid $SGE_MASTER_PIDFILE)
ending=/run/gridengine/ending
worker=("/var/spool/gridengine/execd/$here/execd.pid" $SGE_EXECD_PIDFILE)

pid_of() { local file; for file in "$@"; do
    if [ -s "$file" ] && kill -0 "$(cat "$file")" 2>/dev/null; then cat "$file"; return 0; fi; done; return 1; }
within() { # seconds, command...
    local last=$(( SECONDS + $1 )); shift
    while [ $SECONDS -le $last ]; do timeout 10 "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done
    return 1
}
gone() { within 20 sh -c "! kill -0 $1"; }
manager() { runuser -u sgeadmin -- env SGE_ROOT=$SGE_ROOT SGE_CELL=$SGE_CELL "$@"; }
install() {
    local package missing=()
    for package in gridengine-master gridengine-exec gridengine-client; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "install ${missing[*]}"
    apt-get update -q >/dev/null
    debconf-set-selections <<D
gridengine-common shared/gridenginecell string $SGE_CELL
gridengine-common shared/gridenginemaster string $here
gridengine-common shared/gridengineconfig boolean true
D
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}
# Changes an object of the engine from a file, or adds it: kind, name, file.
object() { if qconf "-s$1" "$2" >/dev/null 2>&1; then qconf "-M$1" "$3"; else qconf "-A$1" "$3"; fi >/dev/null; }
start() {
    install
    getent hosts "$here" >/dev/null || die "the host name $here does not resolve; add it to /etc/hosts"
    [ -f $common/bootstrap ] || /usr/share/gridengine/scripts/init_cluster $SGE_ROOT $SGE_CELL \
        /var/spool/gridengine/spooldb sgeadmin >/dev/null
    echo "$here" > $common/act_qmaster
    # The loopback address has the name localhost: both are this host.
    echo "$here localhost localhost.localdomain ip6-localhost" > $common/host_aliases
    mkdir -p /run/gridengine; chown sgeadmin: /run/gridengine
    if [ -s $ending ]; then gone "$(cat $ending)" || die "the sge_qmaster of before does not end"; rm -f $ending; fi
    pid_of "${master[@]}" >/dev/null || /usr/sbin/sge_qmaster
    within 20 qconf -sss || die "sge_qmaster does not answer: /var/spool/gridengine/qmaster/messages"
    manager qconf -am root >/dev/null 2>&1 || true
    qconf -ah "$here" >/dev/null 2>&1 || true
    qconf -as "$here" >/dev/null 2>&1 || true
    local d q; d=$(mktemp -d)
    printf '%s\n' "hostname $here" 'load_scaling NONE' 'complex_values NONE' 'user_lists NONE' 'xuser_lists NONE' \
        'projects NONE' 'xprojects NONE' 'usage_scaling NONE' 'report_variables NONE' > "$d/host"
    qconf -se "$here" >/dev/null 2>&1 || qconf -Ae "$d/host" >/dev/null
    printf 'group_name @allhosts\nhostlist %s\n' "$here" > "$d/group"
    object hgrp @allhosts "$d/group"
    printf '%s\n' 'pe_name smp' 'slots 999' 'user_lists NONE' 'xuser_lists NONE' 'start_proc_args NONE' \
        'stop_proc_args NONE' 'allocation_rule $pe_slots' 'control_slaves FALSE' 'job_is_first_task TRUE' \
        'urgency_slots min' 'accounting_summary FALSE' 'qsort_args NONE' > "$d/pe"
    object p smp "$d/pe"
    for q in main.q held.q; do
        if qconf -sq $q >/dev/null 2>&1; then qconf -sq $q; else qconf -sq; fi | sed -E \
            -e "s/^qname .*/qname $q/" -e 's/^hostlist .*/hostlist @allhosts/' -e 's/^slots .*/slots 2/' \
            -e 's/^pe_list .*/pe_list smp make/' -e 's/^shell .*/shell \/bin\/bash/' \
            -e 's/^shell_start_mode .*/shell_start_mode unix_behavior/' \
            -e 's/^load_thresholds .*/load_thresholds NONE/' > "$d/$q"
        object q $q "$d/$q"
    done
    qmod -d held.q >/dev/null 2>&1 || true
    # Scheduled at once, accounted at once, jobs of root allowed.
    qconf -ssconf | sed -E -e 's/^schedule_interval .*/schedule_interval 0:0:2/' \
        -e 's/^flush_submit_sec .*/flush_submit_sec 1/' -e 's/^flush_finish_sec .*/flush_finish_sec 1/' > "$d/sched"
    qconf -Msconf "$d/sched" >/dev/null
    mkdir -p "$d/conf"
    qconf -sconf global | grep -v '^#' | sed -e ':a' -e '/\\$/N; s/\\\n *//; ta' | grep -vE '^[a-z_]+=' | sed -E \
        -e 's/^min_uid .*/min_uid 0/' -e 's/^min_gid .*/min_gid 0/' -e 's/^load_report_time .*/load_report_time 0:0:5/' \
        -e 's#^mailer .*#mailer /bin/true#' -e 's/^max_unheard .*/max_unheard 0:0:10/' \
        -e 's/^reporting_params .*/reporting_params accounting=true reporting=true flush_time=00:00:01 joblog=true sharelog=00:00:00/' \
        > "$d/conf/global"
    qconf -Mconf "$d/conf/global" >/dev/null
    rm -rf "$d"
    mkdir -p /var/spool/gridengine/execd; chown sgeadmin: /var/spool/gridengine/execd
    pid_of "${worker[@]}" >/dev/null || /usr/sbin/sge_execd
    within 40 sh -c "qstat -f -q main.q | grep main.q@ | grep -vqE ' (-NA-|[a-zA-Z]*[auE][a-zA-Z]*) *\$'" ||
        { qstat -f >&2; die "main.q does not open"; }
    printf 'SGE_ROOT=%s\nSGE_CELL=%s\n' $SGE_ROOT $SGE_CELL
}
stop() {
    local pid
    if pid=$(pid_of "${master[@]}"); then
        timeout 10 qdel -f -u '*' >/dev/null 2>&1 || true
        # It waits ten seconds for its own threads: nobody has to wait for it but the next to start one.
        kill "$pid"; echo "$pid" > $ending
    fi
    stop_node
}
stop_node() {
    local p
    if p=$(pid_of "${worker[@]}"); then kill -9 "$p"; gone "$p"; fi
    # Shepherds by their program, jobs by the spool folder in their environment.
    for p in $({ find /proc/[0-9]*/exe -lname '*/sge_shepherd'; grep -lzs '^SGE_JOB_SPOOL_DIR=' /proc/[0-9]*/environ; } 2>/dev/null); do
        p=${p#/proc/}; kill -9 "${p%/*}" 2>/dev/null || true
    done
    return 0
}
start_node() { pid_of "${worker[@]}" >/dev/null || /usr/sbin/sge_execd; }
case ${1:-} in
    start|stop) "$1" ;;
    stop-node) stop_node ;;
    start-node) start_node ;;
    *) die "usage: gridengine.sh start|stop|stop-node|start-node" ;;
esac
