# Unpacks WordPress and WooCommerce from folder $1 to folder $2, with the theme that is in $2 already, and removes what no store uses.
set -eu
sources=$1 tree=$2
mkdir -p "$tree" /unpacked

if [ -d "$sources/debian" ]; then
	for package in "$sources"/debian/*.deb; do
		dpkg-deb -x "$package" /unpacked
	done
	# Debian's package links to files of other packages; the links are replaced by the files.
	rm -f /unpacked/usr/share/wordpress/wp-config.php /unpacked/usr/share/wordpress/.htaccess
	ln -sf /etc/ssl/certs/ca-certificates.crt /unpacked/usr/share/wordpress/wp-includes/certificates/ca-bundle.crt
	find /unpacked/usr/share/wordpress -type l | while read -r link; do
		target=$(readlink "$link")
		case $target in
		/etc/ssl/*) ;;
		/*) ln -sf "/unpacked$target" "$link" ;;
		esac
	done
	cp -rL /unpacked/usr/share/wordpress/. "$tree/"
elif [ -f "$sources/wordpress.zip" ]; then
	unzip -q "$sources/wordpress.zip" -d /unpacked
	cp -a /unpacked/wordpress/. "$tree/"
else
	tar -C /unpacked -xf "$sources/wordpress.tar.gz"
	cp -a /unpacked/wordpress/. "$tree/"
fi

content=$tree/wp-content
rm -rf "$content"/plugins/* "$content/uploads" "$content/languages"
mkdir -p "$content/plugins" "$content/uploads"
unzip -q "$sources/woocommerce.zip" -d "$content/plugins"

# One theme, and its parent theme if it has one.
theme=shopflow parent=
if [ -f "$content/themes/shopflow/style.css" ]; then
	parent=$(sed -n 's/^[ *]*Template: *//p' "$content/themes/shopflow/style.css")
else
	theme=twentytwentyfive
fi
for folder in "$content"/themes/*/; do
	case $(basename "$folder") in
	"$theme" | "$parent") ;;
	*) rm -rf "$folder" ;;
	esac
done

# Sources of scripts that are always served minified, and files for translators and developers.
find "$tree/wp-includes/js/dist" "$content/plugins/woocommerce/assets" -type f -name '*.min.js' | while read -r minified; do
	rm -f "${minified%.min.js}.js"
done
find "$tree" -type f \( -name '*.map' -o -name '*.pot' -o -name '*.ts' -o -name '*.scss' \) -delete
rm -f "$tree/readme.html" "$tree/wp-config-sample.php"
find "$tree" -type d -exec chmod 0755 {} +
find "$tree" -type f -exec chmod 0644 {} +
chown -R 0:0 "$tree"
