#!/usr/bin/env bash
# Makes the certificates and kubeconfigs of a cluster in the current directory.
# credentials.sh API_ADDRESS API_SERVICE_ADDRESS NODE...
set -euo pipefail
readonly api=$1 api_service=$2
shift 2

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 2 -subj /CN=test-cluster \
  -addext keyUsage=critical,keyCertSign,digitalSignature -keyout ca.key -out ca.crt
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out service-account.key
openssl pkey -in service-account.key -pubout -out service-account.pub

# issue FILE SUBJECT [NAMES]: of a server where it has names.
issue() {
  local usage=clientAuth
  [[ -z ${3:-} ]] || usage=serverAuth
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -subj "$2" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -days 2 -out "$1.crt" \
    -extfile <(printf 'extendedKeyUsage=%s\n%s' "$usage" "${3:+subjectAltName=$3}")
  rm "$1.csr"
}

# kubeconfig NAME SUBJECT
kubeconfig() {
  issue "$1" "$2"
  cat >"$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster:
      server: https://$api:6443
      certificate-authority-data: $(base64 -w 0 ca.crt)
users:
  - name: $1
    user:
      client-certificate-data: $(base64 -w 0 "$1.crt")
      client-key-data: $(base64 -w 0 "$1.key")
contexts:
  - name: test
    context:
      cluster: test
      user: $1
current-context: test
YAML
}

issue api /CN=kube-apiserver "IP:$api,IP:$api_service,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
issue front-proxy /CN=front-proxy
kubeconfig admin /O=system:masters/CN=admin
kubeconfig controller-manager /CN=system:kube-controller-manager
kubeconfig scheduler /CN=system:kube-scheduler
kubeconfig proxy /CN=system:kube-proxy
kubeconfig policies /CN=kube-router
for node in "$@"; do kubeconfig "$node" "/O=system:nodes/CN=system:node:$node"; done
