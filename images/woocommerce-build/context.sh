# Adds the archives of WordPress and WooCommerce. Without an archive of WordPress, its packages from Debian's unstable suite are used.
wordpress_minimum=6.9
mkdir -p "$CONTEXT/sources" "$CONTEXT/files/themes"
cp "${SOURCE_WOOCOMMERCE:?is not set: the archive of WooCommerce}" "$CONTEXT/sources/woocommerce.zip"

debian() {
	local apt=$CONTEXT/apt packages=$CONTEXT/sources/debian version
	mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$packages"
	: >"$apt/status"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${DEBIAN_MIRROR:-http://deb.debian.org/debian} sid main" >"$apt/sources.list"
	local options=(-qq -o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt"
		-o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
		-o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root)
	apt-get "${options[@]}" update
	version=$(apt-cache "${options[@]}" show --no-all-versions wordpress | awk '$1 == "Version:" {print $2}')
	if dpkg --compare-versions "$version" lt "$wordpress_minimum"; then
		echo "Debian has WordPress $version, and WooCommerce needs $wordpress_minimum" >&2
		return 1
	fi
	(cd "$packages" && apt-get "${options[@]}" download wordpress wordpress-theme-twentytwentyfive libjs-cropper libjs-jquery-ui \
		libjs-lodash libjs-underscore libphp-phpmailer php-getid3)
	rm -rf "$apt"
}

if [[ -n ${SOURCE_WORDPRESS:-} ]]; then
	case $SOURCE_WORDPRESS in
	*.zip) cp "$SOURCE_WORDPRESS" "$CONTEXT/sources/wordpress.zip" ;;
	*) cp "$SOURCE_WORDPRESS" "$CONTEXT/sources/wordpress.tar.gz" ;;
	esac
else
	debian
fi
