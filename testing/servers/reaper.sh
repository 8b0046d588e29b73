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

# Ends the servers of a directory and empties its data: end_servers DIRECTORY [UID GID [alone]].
end_servers() {
  if [ -z "$2" ]; then
    sh "$end_server" "$1" </dev/null
  else
    "$node" -e "$AS_USER" "$end_server" "$2" "$3" "$1" "$4" </dev/null
  fi
}

# Ends the servers of DIRECTORY and removes it: remove_server DIRECTORY [UID GID [alone]], for servers of another user.
remove_server() {
  case $1 in /?*) ;; *) return ;; esac
  end_servers "$@"
  # If the process died while it ended its servers itself, its shell still runs as their user: each of the two kills all that
  # runs as this user, and so maybe the other one. An empty directory shows that one came to its end.
  # Only an empty one is removed: in another, that user could have us follow links.
  tries=100
  while [ -e "$1/data" ] && ! rmdir -- "$1/data"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return
    sleep 0.05
    end_servers "$@"
  done

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
