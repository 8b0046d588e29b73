#!/usr/bin/env bash
# Builds what a test cluster runs, once for a version of it, into a cache outside of the checkout, and prints its directory as
# the last line. Kubernetes and what runs in every cluster are Go modules; etcd, containerd, the CNI plugins and ipset are of
# Debian's newest suite, unpacked beside them: this machine's own packages stay as they are. Needs Go, apt-get and dpkg.
# `build.sh where` only prints the directory, and fails where nothing has been built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly kubernetes=1.34.4 coredns=v1.14.0 metrics_server=v0.8.0 kube_router=v2.1.0 suite=forky
readonly packages=(etcd-server containerd containernetworking-plugins ipset libipset13t64 libmnl0)

sources=$(cat build.sh programs/*/main.go | sha256sum | cut -c 1-12)
readonly cache=${XDG_CACHE_HOME:-$HOME/.cache}/secured-postgrest-test/kubernetes
readonly built=$cache/$kubernetes-$sources
if [[ -d $built || ${1:-} == where ]]; then
  echo "$built"
  [[ -d $built ]]
  exit
fi

mkdir -p "$cache"
# One build at a time: the second finds what the first has made.
exec {lock}>"$cache/lock"
flock "$lock"
if [[ -d $built ]]; then
  echo "$built"
  exit
fi

work=$(mktemp -d "$cache/building.XXXXXX")
# Go names each module that it downloads: all of that is only shown where the build fails.
exec 3>&2 2>"$work/log"
clean_up() {
  [[ $1 == 0 ]] || tail -n 30 "$work/log" >&3
  chmod -R u+w "$work"
  rm -rf --one-file-system "$work"
}
trap 'clean_up $?' EXIT
mkdir -p "$work"/{bin,cni,lib,images,root}
# A quarter of the CPU time goes into debug data, which the programs do not get, and into collecting the compiler's garbage.
export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS='-mod=mod -buildvcs=false -trimpath -gcflags=all=-dwarf=false' GOGC=400
started=$SECONDS

# module NAME: an empty Go module with Kubernetes' libraries in the versions that belong together.
module() {
  local go_mod
  mkdir "$work/$1"
  cd "$work/$1"
  go mod init "$1"
  go mod edit -require="k8s.io/kubernetes@v$kubernetes"
  go mod download k8s.io/kubernetes
  go_mod=$(go env GOMODCACHE)/k8s.io/kubernetes@v$kubernetes/go.mod
  # Of a released module's own go.mod, Go reads no `replace`.
  sed -n "s|^\s*\(k8s.io/\S*\) => ./staging/.*|-replace=\1=\1@v0.${kubernetes#1.}|p" "$go_mod" | xargs go mod edit
  go mod edit "-go=$(sed -n 's/^go //p' "$go_mod")"
}

build_kubernetes() (
  local component flags='-s -w' minor=${kubernetes#1.}
  module kubernetes
  for component in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $component.gitVersion=v$kubernetes -X $component.gitMajor=1 -X $component.gitMinor=${minor%.*}"
  done
  nice -n 5 go build -ldflags "$flags" -o "$work/bin/" \
    k8s.io/kubernetes/cmd/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kube-proxy,kubectl}
)

build_addons() (
  local here=$PWD
  module addons
  cp -r "$here"/programs/* .
  go get "github.com/coredns/coredns@$coredns" "sigs.k8s.io/metrics-server@$metrics_server" \
    "github.com/cloudnativelabs/kube-router/v2@$kube_router"
  nice -n 5 go build -ldflags '-s -w' -o "$work/bin/" addons/{dns,pause} \
    sigs.k8s.io/metrics-server/cmd/metrics-server github.com/cloudnativelabs/kube-router/v2/cmd/kube-router
)

# Downloads with lists of its own, so that this machine's apt sees nothing of the other suite.
fetch_packages() (
  local deb mirror apt=$work/apt options
  mkdir -p "$apt"/{lists,cache}
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/sources"
  options=(-q -o "Dir::Etc::SourceList=$apt/sources" -o Dir::Etc::SourceParts=/nonexistent -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
  cd "$apt"
  apt-get "${options[@]}" update
  apt-get "${options[@]}" download "${packages[@]}"
  for deb in *.deb; do dpkg -x "$deb" "$work/root"; done
  cd "$work"
  cp root/usr/bin/{etcd,containerd,containerd-shim-runc-v2,ctr} bin/
  cp root/usr/lib/cni/{ptp,host-local,portmap,loopback} cni/
  cp root/usr/sbin/ipset root/usr/lib/*/lib{ipset,mnl}.so.* lib/
  cat >bin/ipset <<'SH'
#!/bin/sh
lib=${0%/*}/../lib
LD_LIBRARY_PATH=$lib exec "$lib/ipset" "$@"
SH
  chmod 755 bin/ipset
)

# image NAME: an image archive of one program of bin/, as `docker save` writes them.
image() (
  local name=$1 digest
  cd "$work"
  mkdir image
  tar -C bin --numeric-owner --owner=0 --group=0 -cf image/layer.tar "$name"
  digest=$(sha256sum image/layer.tar | cut -d ' ' -f 1)
  printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/%s"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(go env GOARCH)" "$name" "$digest" >image/config.json
  printf '[{"Config":"config.json","RepoTags":["localhost/%s:1"],"Layers":["layer.tar"]}]' "$name" >image/manifest.json
  tar -C image -cf "images/$name.tar" manifest.json config.json layer.tar
  rm -r image "bin/$name"
)

echo "building Kubernetes $kubernetes and what a cluster of it needs: minutes of work, once" >&3
fetch_packages >&2
build_kubernetes
build_addons
for name in pause dns metrics-server; do image "$name"; done
rm -r "$work"/{apt,root,kubernetes,addons,log}
mv "$work" "$built"
trap - EXIT
# Other checkouts may use theirs.
find "$cache" -mindepth 1 -maxdepth 1 -type d -mtime +7 ! -path "$built" -exec rm -rf --one-file-system {} +
echo "built in $((SECONDS - started)) s" >&3
echo "$built"
