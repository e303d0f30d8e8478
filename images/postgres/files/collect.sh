# Copies PostgreSQL $1, and the libraries that it needs and the base lacks (/base-libraries), to $2.
set -eu
major=$1 out=$2
lib=/usr/lib/postgresql/$major share=/usr/share/postgresql/$major

mkdir -p "$out$lib" "$out$share"
cp -a "$lib/bin" "$lib/lib" "$out$lib/"
cp -a "$share/." "$out$share/"
rm -rf "$out$lib/lib/bitcode" "$out$lib"/lib/llvmjit* "$out$share/man"
# Needs headers, which the image does not have.
rm -rf "$out$lib/lib/pgxs"

find "$out$lib" -type f \( -perm -u+x -o -name '*.so' \) -exec ldd {} + 2>/dev/null |
	awk '$2 == "=>" && $3 ~ /^\// {print $3}' | sort -u |
	while read -r library; do
		if ! grep -qxF "$(basename "$library")" /base-libraries; then
			mkdir -p "$out/usr/lib/libraries"
			cp -L "$library" "$out/usr/lib/libraries/$(basename "$library")"
		fi
	done
mkdir -p "$out/etc/ld.so.conf.d"
echo /usr/lib/libraries >"$out/etc/ld.so.conf.d/libraries.conf"
