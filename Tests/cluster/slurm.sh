#!/bin/bash
# A real Slurm on this machine for the tests: munged, slurmctld, a slurmd for each node and, for sacct, mariadbd and
# slurmdbd. All of it lives in one folder and listens on loopback; no file of the system's own Slurm is read or changed.
# Run as root.
#
#   slurm.sh start DIR [NODES]       install what is missing, configure, start; prints the variables that clients need
#   slurm.sh stop DIR                end it: the jobs, then the daemons, each by its own process id
#   slurm.sh stop-node DIR NAME      the node dies: its slurmd and every step and process of its jobs
#   slurm.sh start-node DIR NAME     it comes back
#
# Environment: SLURM_ACCOUNTING [1], SLURM_CPUS of a node [2], SLURM_PIN: each node on one processor [0],
# SLURM_MAX_ARRAY [1001]
# Nodes are n1, n2, ...; partitions: short (default, 10 minutes), long, held (down: jobs there wait).
set -euo pipefail
say() { printf 'slurm.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
command=${1:-}; DIR=${2:-}
[ -n "$command" ] && [ -n "$DIR" ] || die "usage: slurm.sh start|stop|stop-node|start-node DIR ..."
[ "$(id -u)" = 0 ] || die "run as root"
mkdir -p "$DIR"; DIR=$(cd "$DIR" && pwd)
export SLURM_CONF=$DIR/etc/slurm.conf
here=$(hostname -s)

alive() { [ -s "$1" ] && kill -0 "$(cat "$1" 2>/dev/null)" 2>/dev/null; }
within() { # seconds, command...
    local last=$(( SECONDS + $1 )); shift
    while [ $SECONDS -le $last ]; do timeout 10 "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
    return 1
}
end() { # pid file
    alive "$1" || { rm -f "$1"; return 0; }
    local pid; pid=$(cat "$1"); kill "$pid"
    within 15 sh -c "! kill -0 $pid" || kill -9 "$pid" || true
    rm -f "$1"
}
install() {
    local package missing=() packages=(munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins)
    [ "${SLURM_ACCOUNTING:-1}" = 0 ] || packages+=(slurmdbd slurm-wlm-mysql-plugin mariadb-server)
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return
    say "install ${missing[*]}"
    apt-get update -q >/dev/null
    # Nothing is to start by itself: the tests start their own.
    printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.antares && chmod +x /usr/sbin/policy-rc.d.antares
    [ -e /usr/sbin/policy-rc.d ] || { mv /usr/sbin/policy-rc.d.antares /usr/sbin/policy-rc.d; local ours=1; }
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
    rm -f /usr/sbin/policy-rc.d.antares; [ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d
}
free_ports() { # how many
    python3 - "$1" <<'P'
import socket, sys
found = [socket.socket() for _ in range(int(sys.argv[1]))]
for s in found: s.bind(("127.0.0.1", 0))
print(*[s.getsockname()[1] for s in found])
P
}
configure() { # nodes
    [ ! -s "$SLURM_CONF" ] || return 0
    mkdir -p "$DIR"/{etc,run,log,spool,state,munge}
    chmod 755 "$DIR" "$DIR/munge"; chmod 700 "$DIR/etc"
    local ports node; read -ra ports <<< "$(free_ports $(( $1 + 3 )))"
    cat > "$SLURM_CONF" <<C
ClusterName=antares
SlurmctldHost=$here(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$DIR/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=2,batch_sched_delay=0
DefMemPerCPU=100
MaxArraySize=${SLURM_MAX_ARRAY:-1001}
MaxJobCount=20000
MinJobAge=300
KillWait=3
SlurmdTimeout=10
ReturnToService=2
MailProg=/bin/true
StateSaveLocation=$DIR/state
SlurmdSpoolDir=$DIR/spool/%n
SlurmctldPidFile=$DIR/run/slurmctld.pid
SlurmdPidFile=$DIR/run/slurmd.%n.pid
SlurmctldLogFile=$DIR/log/slurmctld.log
SlurmdLogFile=$DIR/log/slurmd.%n.log
SlurmdParameters=config_overrides
C
    if [ "${SLURM_ACCOUNTING:-1}" = 0 ]; then
        echo "AccountingStorageType=accounting_storage/none" >> "$SLURM_CONF"
    else
        cat >> "$SLURM_CONF" <<C
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=${ports[1]}
AccountingStoragePass=$DIR/munge/socket
C
        cat > "$DIR/etc/slurmdbd.conf" <<C
AuthType=auth/munge
AuthInfo=socket=$DIR/munge/socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=${ports[1]}
SlurmUser=root
PidFile=$DIR/run/slurmdbd.pid
LogFile=$DIR/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=${ports[2]}
StorageUser=slurm
StoragePass=antares
StorageLoc=slurm_acct_db
C
        chmod 600 "$DIR/etc/slurmdbd.conf"
    fi
    for node in $(seq "$1"); do
        echo "NodeName=n$node NodeHostname=$here NodeAddr=127.0.0.1 Port=${ports[$(( node + 2 ))]}" \
            "CPUs=${SLURM_CPUS:-2} RealMemory=2000 State=UNKNOWN"
    done >> "$SLURM_CONF"
    cat >> "$SLURM_CONF" <<C
PartitionName=short Nodes=ALL Default=YES MaxTime=10 DefaultTime=2 State=UP
PartitionName=long Nodes=ALL MaxTime=INFINITE DefaultTime=60 State=UP
PartitionName=held Nodes=ALL MaxTime=INFINITE State=DOWN
C
}
start_database() {
    local port; port=$(sed -n 's/^StoragePort=//p' "$DIR/etc/slurmdbd.conf")
    if ! alive "$DIR/run/mysqld.pid"; then
        [ -d "$DIR/mysql/mysql" ] || mariadb-install-db --no-defaults --user=root --datadir="$DIR/mysql" \
            --auth-root-authentication-method=socket --skip-test-db >/dev/null 2>&1
        setsid mariadbd --no-defaults --user=root --datadir="$DIR/mysql" --socket="$DIR/run/mysqld.sock" --port="$port" \
            --bind-address=127.0.0.1 --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 \
            >> "$DIR/log/mysqld.log" 2>&1 < /dev/null &
        echo $! > "$DIR/run/mysqld.pid"
    fi
    within 30 mariadb --no-defaults -S "$DIR/run/mysqld.sock" -e 'select 1' || die "mariadbd does not answer: $DIR/log/mysqld.log"
    mariadb --no-defaults -S "$DIR/run/mysqld.sock" -e "create database if not exists slurm_acct_db;
        create user if not exists 'slurm'@'127.0.0.1' identified by 'antares';
        create user if not exists 'slurm'@'localhost' identified by 'antares';
        grant all on slurm_acct_db.* to 'slurm'@'127.0.0.1'; grant all on slurm_acct_db.* to 'slurm'@'localhost';"
}
start_node() {
    alive "$DIR/run/slurmd.$1.pid" && return 0
    mkdir -p "$DIR/spool/$1"
    local pin=()
    # Steps inherit what their slurmd may use: a node has a processor of its own then, as on another machine.
    [ "${SLURM_PIN:-0}" = 0 ] || pin=(taskset -c $(( (${1#n} - 1) % $(nproc) )))
    "${pin[@]}" /usr/sbin/slurmd -f "$SLURM_CONF" -N "$1" >/dev/null
    scontrol update nodename="$1" state=resume 2>/dev/null || true
}
nodes() { sed -n 's/^NodeName=\([^ ]*\).*/\1/p' "$SLURM_CONF"; }
start() {
    install; configure "${1:-1}"
    if ! alive "$DIR/munge/munged.pid"; then
        [ -s "$DIR/munge/key" ] || { head -c 128 /dev/urandom > "$DIR/munge/key"; chmod 400 "$DIR/munge/key"; }
        /usr/sbin/munged --force --socket="$DIR/munge/socket" --key-file="$DIR/munge/key" --seed-file="$DIR/munge/seed" \
            --log-file="$DIR/log/munged.log" --pid-file="$DIR/munge/munged.pid" 2>/dev/null
    fi
    within 10 sh -c "munge --socket=$DIR/munge/socket -n < /dev/null" || die "munged does not answer: $DIR/log/munged.log"
    if [ "${SLURM_ACCOUNTING:-1}" != 0 ]; then
        start_database
        alive "$DIR/run/slurmdbd.pid" || /usr/sbin/slurmdbd
        within 30 sacctmgr -n -i show cluster || die "slurmdbd does not answer: $DIR/log/slurmdbd.log"
        sacctmgr -n show cluster antares format=cluster | grep -q antares || sacctmgr -i -Q add cluster antares >/dev/null
        sacctmgr -n show account test format=account | grep -q test ||
            sacctmgr -i -Q add account test Description=test Organization=test >/dev/null
        sacctmgr -n show user root format=user | grep -q root || sacctmgr -i -Q add user root account=test >/dev/null
    fi
    alive "$DIR/run/slurmctld.pid" || /usr/sbin/slurmctld -f "$SLURM_CONF" 2>/dev/null
    within 20 scontrol ping || die "slurmctld does not answer: $DIR/log/slurmctld.log"
    local node count; count=$(nodes | wc -l)
    for node in $(nodes); do start_node "$node"; done
    within 30 sh -c "[ \$(sinfo -h -N -p short -t idle,mixed,allocated -o %N | sort -u | wc -l) = $count ]" ||
        die "not every node comes up: $DIR/log/slurmd.*.log"
    echo "SLURM_CONF=$SLURM_CONF"
}
# Step daemons and processes of jobs on one node, or on all. A step daemon has its node's log open; a job's process has
# this cluster's settings and the node's name in its environment.
left_on() {
    local p node=${1:-}
    {
        find /proc/[0-9]*/exe -lname '*/slurmstepd*' | while read -r p; do
            if ls -l "${p%exe}fd" | grep -qF " $DIR/log/slurmd.$node"; then echo "$p"; fi
        done
        grep -lzsxF "SLURM_CONF=$SLURM_CONF" /proc/[0-9]*/environ | xargs -r grep -lzsx "SLURMD_NODENAME=${node:-.*}"
    } 2>/dev/null | sed -E 's#^/proc/([0-9]+)/.*#\1#' || true
}
stop_node() {
    local p
    if alive "$DIR/run/slurmd.$1.pid"; then kill -9 "$(cat "$DIR/run/slurmd.$1.pid")"; fi
    rm -f "$DIR/run/slurmd.$1.pid"
    for p in $(left_on "$1"); do kill -9 "$p" 2>/dev/null || true; done
    scontrol update nodename="$1" state=down reason=test
}
stop() {
    local file p pids=()
    if alive "$DIR/run/slurmctld.pid"; then
        timeout 10 squeue -h -o %A 2>/dev/null | sort -u |
            xargs -r timeout 10 scancel --full --signal=KILL 2>/dev/null || true
    fi
    # All at once, the accounts last: who waits for whom does not matter any more.
    for file in "$DIR"/run/slurmd.*.pid "$DIR/run/slurmctld.pid" "$DIR/run/slurmdbd.pid" "$DIR/run/mysqld.pid"; do
        if alive "$file"; then pids+=("$(cat "$file")"); fi
        rm -f "$file"
    done
    pids+=($(left_on))
    if [ ${#pids[@]} -gt 0 ]; then
        kill "${pids[@]}" 2>/dev/null || true
        # Those that nobody has asked yet how they ended (Z) are over as well.
        within 3 sh -c "! grep -hs '^State:.[^Z]' $(printf '/proc/%s/status ' "${pids[@]}")" || kill -9 "${pids[@]}" 2>/dev/null || true
    fi
    end "$DIR/munge/munged.pid"
}
case $command in
    start) start "${3:-1}" ;;
    stop) stop ;;
    stop-node) stop_node "${3:?node}" ;;
    start-node) start_node "${3:?node}" ;;
    *) die "unknown command $command" ;;
esac
