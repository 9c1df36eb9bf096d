#!/bin/sh
# Builds kube-apiserver from the Go module proxy, for test/triggers/kube-apiserver.test.ts: about 10 minutes on two cores.
# Usage: build-kube-apiserver.sh <folder>; the test looks on the PATH and in Go's bin folder. It also needs etcd
# (Debian: etcd-server).
#
# k8s.io/kubernetes replaces its own libraries by folders that its module does not contain; each is published under the same
# version with 0 in place of 1.
set -eu
version=v1.35.0
target=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export GOFLAGS=-mod=mod
cat >go.mod <<END
module kube
go 1.25.0
require k8s.io/kubernetes $version
END
source=$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p')
sed -n 's|^[[:space:]]*\(k8s.io/[a-z0-9-]*\) => ./staging.*|\1|p' "$source" | while read -r module; do
  go mod edit -replace "$module=$module@v0.${version#v1.}"
done
cat >tools.go <<END
//go:build tools

package kube

import _ "k8s.io/kubernetes/cmd/kube-apiserver/app"
END
go mod tidy -e
go build -o "$target/kube-apiserver" -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$version" \
  k8s.io/kubernetes/cmd/kube-apiserver
