#!/bin/sh
# Ends the servers of a directory, and removes what they have written in its `data`. It runs as the user of the servers, who
# can reach nothing else: neither by a signal, nor through a link.
#   sh end-server.sh DIRECTORY [alone]
# With `alone`, no process but these servers' has this user.

directory=$1
[ -r /proc/self/cmdline ] && has_proc=yes || has_proc=

# The servers of the directory, and what makes their files, as NAME:PID. Only whole arguments count: directories may be in
# one another, or begin alike. A process of another user can have any arguments.
servers() {
  if [ -n "$has_proc" ]; then
    for file in $(grep -lsF -e "$directory" /proc/[0-9]*/cmdline); do
      [ -O "${file%/cmdline}" ] && read -r name <"${file%cmdline}comm" || continue
      pid=${file#/proc/}
      tr '\0' '\n' <"$file" | grep -qxF -e "$directory" -e "$directory/data" -e "--pgdata=$directory/data" \
        -e "$directory/postgrest.conf" && echo "$name:${pid%/cmdline}"
    done
  else
    ps -ww -U "$(id -u)" -o pid= -o args= | sed 's/$/ /' |
      grep -F -e " $directory/data " -e " --pgdata=$directory/data " -e " $directory/postgrest.conf " |
      sed -nE 's,^ *([0-9]+) (.*/)?(postgres|postgrest|initdb|tar) .*,\3:\1,p'
  fi | grep -E '^(postgres|postgrest|initdb|tar):'
}

# Sessions of a Postgres that was killed: they end what they are at first, and that may take forever.
orphans() {
  if [ -n "$has_proc" ]; then
    for file in $(grep -lsE '^postgres: ' /proc/[0-9]*/cmdline); do
      process=${file%/cmdline}
      [ -O "$process" ] && [ "$(readlink "$process/cwd")" = "$directory/data" ] && echo "${process#/proc/}"
    done
  else
    cluster=$(sed -n 's/.*"cluster_name=\(secured-postgrest-[0-9a-f]*\)".*/\1/p' "$directory/data/postmaster.opts")
    [ -n "$cluster" ] || return
    ps -ww -U "$(id -u)" -o pid= -o args= | sed -nE "s,^ *([0-9]+) postgres: $cluster: .*,\1,p"
  fi
}

# Whether a process has not ended; one that waits for its parent has.
runs() {
  if [ -n "$has_proc" ]; then
    read -r status <"/proc/$1/stat" || return
    case ${status##*) } in Z* | X*) return 1 ;; esac
  else
    kill -0 "$1"
  fi
}

# Waits until none of the processes runs, three seconds at most.
until_ended() {
  tries=60
  for pid; do
    while [ "$tries" -gt 0 ] && runs "$pid"; do
      sleep 0.05
      tries=$((tries - 1))
    done
  done
}

# How many processes use the segment SEGMENT of shared memory, which the process PID has made; nothing if there is none.
users_of() {
  [ -r /proc/sysvipc/shm ] || echo 0
  while read -r _ id _ _ creator _ users _; do
    [ "$id:$creator" != "$1:$2" ] || echo "$users"
  done </proc/sysvipc/shm
}

pids=
for server in $(servers); do
  pid=${server#*:}
  pids="$pids $pid"
  case $server in
    # Ends its sessions and gives shared memory back.
    postgres:*) kill -s QUIT "$pid" ;;
    # Its own servers end when it does.
    initdb:*) kill -s TERM "$pid" ;;
    *) kill -s KILL "$pid" ;;
  esac
done
until_ended $pids
for server in $(servers); do kill -s KILL "${server#*:}"; done
# Whatever else the servers have started: all of this user but this shell.
[ "$2" != alone ] || kill -s KILL -- -1
# And all of this user's shared memory, whatever the files say of it: it goes when the last process has let go.
if [ "$2" = alone ] && [ -r /proc/sysvipc/shm ]; then
  own=$(id -u)
  while read -r _ id _ _ _ _ _ user _; do
    [ "$user" != "$own" ] || ipcrm -m "$id"
  done </proc/sysvipc/shm
fi

lock=$directory/data/postmaster.pid
if [ -f "$lock" ]; then
  orphans=$(orphans)
  [ -z "$orphans" ] || kill -s KILL $orphans
  # The server of an initdb has a minus before its number.
  server=$(sed -n '1s/^-//; 1p' "$lock")
  until_ended $orphans $server
fi
# It was killed: this file names its lock in shared memory. A process that is ending uses that for a moment longer than it
# can be found by its arguments; on a busy machine the moment is long.
if [ -f "$lock" ]; then
  segment=$(sed -n '7s/.* //p' "$lock")
  tries=200
  while users=$(users_of "$segment" "$server") && [ "${users:-0}" != 0 ] && [ "$tries" -gt 0 ]; do
    sleep 0.05
    tries=$((tries - 1))
  done
  [ "$users" != 0 ] || ipcrm -m "$segment"
fi

# What has just been killed may still be at its last file.
tries=20
while [ -n "$(ls -A "$directory/data")" ] && [ "$tries" -gt 0 ]; do
  find "$directory/data" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} + || sleep 0.05
  tries=$((tries - 1))
done
