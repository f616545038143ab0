#!/bin/bash
# A private sshd on loopback for the tests, with keys of its own and one forced command; nothing outside its folder is
# touched.
#
#   sshd.sh start DIR COMMAND     start; prints SSH_PORT and SSH_KEY
#   sshd.sh stop DIR              end it by its process id
set -euo pipefail
die() { echo "sshd.sh: $*" >&2; exit 1; }
[ $# -ge 2 ] || die "usage: sshd.sh start DIR COMMAND | stop DIR"
mkdir -p "$2"; DIR=$(cd "$2" && pwd); chmod 700 "$DIR"

stop() {
    [ -s "$DIR/sshd.pid" ] || return 0
    local pid last=$(( SECONDS + 5 )); pid=$(cat "$DIR/sshd.pid")
    # The number could belong to another program by now.
    if tr '\0' ' ' < "/proc/$pid/cmdline" 2>/dev/null | grep -qF "$DIR"; then kill "$pid"; fi
    while kill -0 "$pid" 2>/dev/null && [ $SECONDS -le $last ]; do sleep 0.1; done
    rm -f "$DIR/sshd.pid"
}
start() {
    if ! [ -x /usr/sbin/sshd ] || ! command -v ssh >/dev/null; then
        [ "$(id -u)" = 0 ] || die "openssh-server is not installed"
        apt-get update -q >/dev/null
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends openssh-server openssh-client >/dev/null
    fi
    stop
    local key port; for key in host key; do
        [ -f "$DIR/$key" ] || ssh-keygen -q -t ed25519 -N '' -C antares-test -f "$DIR/$key"
    done
    port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
    printf 'restrict,command="%s" %s\n' "${1//\"/\\\"}" "$(cat "$DIR/key.pub")" > "$DIR/authorized_keys"
    chmod 600 "$DIR/authorized_keys"
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$DIR/host.pub")" > "$DIR/known_hosts"
    cat > "$DIR/sshd_config" <<C
Port $port
ListenAddress 127.0.0.1
HostKey $DIR/host
AuthorizedKeysFile $DIR/authorized_keys
PidFile $DIR/sshd.pid
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers $(id -un)
MaxStartups 100:30:200
C
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    /usr/sbin/sshd -f "$DIR/sshd_config" -E "$DIR/sshd.log" || die "sshd does not start: $DIR/sshd.log"
    local last=$(( SECONDS + 10 ))
    while ! [ -s "$DIR/sshd.pid" ] && [ $SECONDS -le $last ]; do sleep 0.1; done
    printf 'SSH_PORT=%s\nSSH_KEY=%s\n' "$port" "$DIR/key"
}
command=$1; shift 2
case $command in
    start) start "${1:?COMMAND}" ;;
    stop) stop ;;
    *) die "unknown command $command" ;;
esac
