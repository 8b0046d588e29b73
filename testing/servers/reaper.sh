#!/bin/sh
# Undoes what a process leaves when it dies. It tells, line by line, the commands that would undo what it has made:
#   + NUMBER COMMAND   undo this, should I die
#   - NUMBER           this is no longer needed
# When the pipe ends, whatever is left is undone, what came last first. The argument is the program of Node.

# A signal to the whole terminal or session is for that process, not for this one.
trap '' HUP INT QUIT TERM

node=$1
end_server=${0%reaper.sh}end-server.sh

# Runs a script as another user, who need not be able to read it. No tool for that is on every system.
AS_USER='
const [script, uid, gid, ...args] = process.argv.slice(1);
require("node:child_process").spawnSync("/bin/sh", ["-s", ...args], {
  uid: Number(uid), gid: Number(gid), cwd: "/", env: { PATH: process.env.PATH },
  stdio: [require("node:fs").openSync(script), "ignore", "ignore"],
});
'

# Ends the servers of DIRECTORY and removes it: remove_server DIRECTORY [UID GID [alone]], for servers of another user.
remove_server() {
  case $1 in /?*) ;; *) return ;; esac
  if [ -z "$2" ]; then
    sh "$end_server" "$1" </dev/null
  else
    "$node" -e "$AS_USER" "$end_server" "$2" "$3" "$1" "$4" </dev/null
  fi
  # It is empty. Should it not be, that user could have us follow links.
  [ ! -e "$1/data" ] || rmdir -- "$1/data" || return

  # Last whose it is: should this be cut off, somebody else goes on with it.
  find "$1" -mindepth 1 -maxdepth 1 ! -name owner.json -exec rm -rf -- {} +
  tries=20
  until rm -rf -- "$1" || [ "$tries" -eq 0 ]; do
    sleep 0.05
    tries=$((tries - 1))
  done
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
