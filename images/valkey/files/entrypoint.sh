#!/bin/sh
# Starts Valkey with the password in CACHE_PASSWORD. It is passed through a pipe: no file, argument or environment of the server contains it.
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
