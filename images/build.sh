#!/usr/bin/env bash
# Builds one image with buildah into a docker-archive:
#
#   images/build.sh NAME OUT.tar REFERENCE [PARENT=REFERENCE=ARCHIVE ...] [--build-arg KEY=VALUE ...] [--no-cache]
#   images/build.sh --archive OUT.tar REFERENCE
#
# The second form only writes the archive of an image that is in buildah's storage, and ends with 3 when it is not.
# A parent comes from buildah's storage, or else from its archive; without an archive (PARENT=REFERENCE=) the script ends with 3 when
# the storage does not have it. A parent reaches the Dockerfile as the argument <PARENT>_IMAGE, in capitals with underscores.
# OUT.tar appears only when it is complete; with - for it the image stays in the storage alone. Buildah's storage lies in the cache
# (SHOPFLOW_CACHE), so that nothing of ours is in the machine's own. With --no-cache it leaves nothing there.
# Storing what each step made would take a quarter of the time, so only who works on an image has that: SHOPFLOW_LAYERS=1.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
name=$1 out=$2 reference=$3
shift 3

export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=overlay
storage=${SHOPFLOW_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/shopflow}/buildah
# What is mounted is noted outside the cache: it ends with this start of the machine.
state=/run/shopflow-buildah/$(printf %s "$storage" | sha256sum | cut -c1-12)
buildah() { command buildah --root "$storage" --runroot "$state" "$@"; }
stored() { buildah inspect --type image "$1" >/dev/null 2>&1; }
require() { stored "$1" || { echo "images/build.sh: the storage does not have $1" >&2; exit 3; }; }
archive() {
	mkdir -p "$(dirname "$out")"
	rm -f "$out.tmp"
	buildah push --quiet "$reference" "docker-archive:$out.tmp:$reference"
	mv "$out.tmp" "$out"
}
if [[ $name == --archive ]]; then
	require "$reference"
	archive
	exit
fi
context=$(mktemp -d "${TMPDIR:-/tmp}/shopflow-image.XXXXXX")
trap 'rm -rf -- "$context" "$out.tmp"' EXIT

args=() layers=--no-cache keep=yes
[[ -z ${SHOPFLOW_LAYERS:-} ]] || layers=--layers
for word in "$@"; do
	case $word in
	--build-arg=*) args+=("$word") ;;
	--build-arg) ;;
	--no-cache) layers=--no-cache keep= ;;
	*=*=*)
		parent=${word%%=*} rest=${word#*=}
		if [[ -n ${rest#*=} ]] && ! stored "${rest%%=*}"; then
			buildah pull --quiet "docker-archive:${rest#*=}" >/dev/null
		fi
		require "${rest%%=*}"
		variable=${parent//-/_}
		args+=("--build-arg=${variable^^}_IMAGE=${rest%%=*}")
		;;
	*=*) args+=("--build-arg=$word") ;;
	*)
		echo "images/build.sh: unknown argument $word" >&2
		exit 2
		;;
	esac
done

# The context: the folder of the image, and what its context.sh adds.
cp -a "$here/$name/." "$context/"
if [[ -f $here/$name/context.sh ]]; then
	ROOT=$root CONTEXT=$context bash -euo pipefail "$here/$name/context.sh"
fi

# npm needs the machine's certificates where its registry is reached through a proxy. They are mounted, so no layer has them.
if grep -q /run/build-ca.crt "$context/Dockerfile"; then
	bundle=${NODE_EXTRA_CA_CERTS:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}
	args+=("--volume=$(readlink -f "$bundle"):/run/build-ca.crt:ro")
fi

# Buildah takes the parent of a stage that has no instruction for what the stage made, and removes it in the end.
sed -i '/^FROM .* AS /a ARG stage=own' "$context/Dockerfile"

# Without --force-rm a container is left behind for each stage that is only copied from, and for each build that fails.
buildah bud "$layers" --force-rm --format docker --tag "$reference" "${args[@]}" --file "$context/Dockerfile" "$context"

[[ $out == - ]] || archive
[[ -n $keep ]] || buildah rmi --force "$reference" >/dev/null
