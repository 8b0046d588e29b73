#!/bin/sh
# Undoes what a process leaves when it dies. It tells, line by line, the commands that would undo what it has made:
#   + NUMBER COMMAND   undo this, should I die
#   - NUMBER           this is no longer needed
# When the pipe ends, whatever is left is undone, what came last first.

# A signal to the whole terminal or session is for that process, not for this one.
trap '' HUP INT QUIT TERM

# Servers, and what makes their files, that have DIRECTORY in their command line.
servers_in() {
  if [ -r /proc/self/cmdline ]; then
    for file in $(printf '%s\n' "$1" | grep -lsF -f - /proc/[0-9]*/cmdline); do
      grep -qsxE 'postgres|postgrest|initdb|tar' "${file%cmdline}comm" && echo "${file%/cmdline}" | sed 's,.*/,,'
    done
  else
    ps -A -o pid= -o args= | grep -F -- "$1" | grep -E '/(postgres|postgrest|initdb|tar) ' | awk '{ print $1 }'
  fi
}

signal_servers_in() { # SIGNAL DIRECTORY
  for pid in $(servers_in "$2"); do kill -s "$1" "$pid" 2>/dev/null; done
}

# Ends the servers of DIRECTORY and removes it. Postgres ends its sessions and gives shared memory back at QUIT.
remove_server() {
  signal_servers_in QUIT "$1"
  tries=0
  while [ "$tries" -lt 60 ] && [ -n "$(servers_in "$1")" ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  signal_servers_in KILL "$1"
  # Postgres was killed: its lock in shared memory is named in the last but one field of this file.
  if [ -f "$1/data/postmaster.pid" ]; then
    segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid")
    [ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null
  fi
  rm -rf -- "$1"
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
