#!/usr/bin/env bash
# Starts PostgreSQL; on the first start it initialises the data directory as the official image's variables say.
set -euo pipefail

fail() {
  echo "docker-entrypoint: $*" >&2
  exit 1
}

# Sets NAME from the file that NAME_FILE names, or to DEFAULT.
resolve() {
  local name=$1 default=$2 file="${1}_FILE"
  if [[ -n ${!file:-} ]]; then
    [[ -z ${!name:-} ]] || fail "$name and $file are both set; set only one of them"
    [[ -r ${!file} ]] || fail "$file names '${!file}', which cannot be read; mount a file readable by uid $(id -u)"
    export "$name=$(<"${!file}")"
    unset "$file"
  fi
  export "$name=${!name:-$default}"
}

sql() {
  psql --no-psqlrc --no-password --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@"
}

initialise() {
  if [[ -z $POSTGRES_PASSWORD && $POSTGRES_HOST_AUTH_METHOD != trust ]]; then
    fail 'no superuser password; set POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD'
  fi

  local -a arguments
  eval "arguments=($POSTGRES_INITDB_ARGS)"
  initdb --pgdata "$PGDATA" --username "$POSTGRES_USER" --pwfile <(echo "$POSTGRES_PASSWORD") "${arguments[@]}"
  printf '\nhost all all all %s\n' "$POSTGRES_HOST_AUTH_METHOD" >>"$PGDATA/pg_hba.conf"

  export PGPASSWORD=$POSTGRES_PASSWORD
  # On the socket only, so that nobody meets a half-initialised database over the network.
  pg_ctl --pgdata "$PGDATA" --wait --options "$(printf '%q ' "$@" -c listen_addresses=)" start
  if [[ $POSTGRES_DB != postgres ]]; then
    sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  local file
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sql) sql --dbname "$POSTGRES_DB" --file "$file" ;;
      *.sh) bash "$file" ;;
    esac
  done
  pg_ctl --pgdata "$PGDATA" --wait --mode fast stop
  unset PGPASSWORD
}

# From 18 on, the directory of a major version is below the volume: another one's data must not be left aside in silence.
refuse_old_data() {
  [[ $PGDATA == "/var/lib/postgresql/$PG_MAJOR/docker" ]] || return 0
  local directory
  for directory in /var/lib/postgresql /var/lib/postgresql/data /var/lib/postgresql/*/docker; do
    [[ ! -s $directory/PG_VERSION ]] || fail "$directory has the data of another major version; upgrade it first"
  done
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
[[ ${1:-} == postgres ]] || exec "$@"
shift

resolve POSTGRES_PASSWORD ''
resolve POSTGRES_USER postgres
resolve POSTGRES_DB "$POSTGRES_USER"
resolve POSTGRES_INITDB_ARGS ''
resolve POSTGRES_HOST_AUTH_METHOD scram-sha-256

mkdir -p "$PGDATA"
if [[ $(id -u) == 0 ]]; then
  chown -R postgres:postgres "$PGDATA" /var/run/postgresql
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" postgres "$@"
fi
chmod 700 "$PGDATA"

if [[ ! -s $PGDATA/PG_VERSION ]]; then
  refuse_old_data
  initialise "$@"
fi
unset POSTGRES_PASSWORD
exec postgres "$@"
