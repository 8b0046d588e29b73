#!/bin/sh
# Undoes what a process leaves when it dies. It tells, line by line, the commands that would undo what it has made:
#   + NUMBER COMMAND   undo this, should I die
#   - NUMBER           this is no longer needed
# When the pipe ends, whatever is left is undone, what came last first.

# A signal to the whole terminal or session is for that process, not for this one.
trap '' HUP INT QUIT TERM

[ -r /proc/self/cmdline ] && has_proc=yes || has_proc=

# The servers of DIRECTORY, and what makes their files, as NAME:PID. Only whole arguments count: directories may be in one
# another, or begin alike.
servers_of() {
  if [ -n "$has_proc" ]; then
    for file in $(grep -lsF -e "$1" /proc/[0-9]*/cmdline); do
      read -r name <"${file%cmdline}comm" || continue
      pid=${file#/proc/}
      tr '\0' '\n' <"$file" | grep -qxF -e "$1" -e "$1/data" -e "--pgdata=$1/data" -e "$1/postgrest.conf" &&
        echo "$name:${pid%/cmdline}"
    done
  else
    ps -A -ww -o pid= -o args= | sed 's/$/ /' |
      grep -F -e " -C $1 -f " -e " $1/data " -e " --pgdata=$1/data " -e " $1/postgrest.conf " |
      sed -nE 's,^ *([0-9]+) (.*/)?(postgres|postgrest|initdb|tar) .*,\3:\1,p'
  fi | grep -E '^(postgres|postgrest|initdb|tar):'
}

# Sessions of the Postgres of DIRECTORY whose server was killed: they end what they are at first, and that may take forever.
orphans_of() {
  cluster=$(sed -n 's/.*"cluster_name=\([^"]*\)".*/\1/p' "$1/data/postmaster.opts")
  [ -n "$cluster" ] || return
  if [ -n "$has_proc" ]; then
    grep -lsF -e "postgres: $cluster: " /proc/[0-9]*/cmdline | sed 's,^/proc/,,; s,/cmdline$,,'
  else
    ps -A -ww -o pid= -o args= | sed -nE "s,^ *([0-9]+) postgres: $cluster: .*,\1,p"
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

# Ends the servers of DIRECTORY and removes it.
remove_server() {
  case $1 in /?*) ;; *) return ;; esac
  pids=
  for server in $(servers_of "$1"); do
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
  for server in $(servers_of "$1"); do kill -s KILL "${server#*:}"; done

  lock=$1/data/postmaster.pid
  if [ -f "$lock" ]; then
    orphans=$(orphans_of "$1")
    [ -z "$orphans" ] || kill -s KILL $orphans
    # The server of an initdb has a minus before its number.
    server=$(sed -n '1s/^-//; 1p' "$lock")
    until_ended $orphans $server
  fi
  # It was killed: this file names its lock in shared memory.
  if [ -f "$lock" ]; then
    segment=$(sed -n '7s/.* //p' "$lock")
    if [ -n "$segment" ] && is_left "$segment" "$server"; then ipcrm -m "$segment"; fi
  fi

  # Last whose it is: should this be cut off, somebody else goes on with it.
  find "$1" -mindepth 1 -maxdepth 1 ! -name owner.json -exec rm -rf -- {} +
  tries=20
  until rm -rf -- "$1" || [ "$tries" -eq 0 ]; do
    sleep 0.05
    tries=$((tries - 1))
  done
}

# Whether the segment SEGMENT of shared memory was made by the process PID, and nobody uses it.
is_left() {
  [ -r /proc/sysvipc/shm ] || return 0
  while read -r _ id _ _ creator _ users _; do
    [ "$id:$creator:$users" != "$1:$2:0" ] || return 0
  done </proc/sysvipc/shm
  return 1
}

last=0
while read -r sign number command; do
  case $sign in
    +)
      eval "undo_$number=\$command"
      last=$number
      ;;
    -) unset "undo_$number" ;;
  esac
done

while [ "$last" -gt 0 ]; do
  eval "command=\${undo_$last-}"
  [ -z "$command" ] || eval "$command"
  last=$((last - 1))
done
