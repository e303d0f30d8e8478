#!/bin/sh
# Starts Valkey with the password in CACHE_PASSWORD. It goes through a pipe: no file, no argument, no environment of the server.
set -eu

case ${CACHE_PASSWORD:?is not set} in
*[!A-Za-z0-9]*)
	echo "cache: CACHE_PASSWORD must be of letters and digits" >&2
	exit 64
	;;
esac
password=$CACHE_PASSWORD
unset CACHE_PASSWORD
exec valkey-server /etc/valkey/valkey.conf - <<CONF
requirepass $password
CONF
