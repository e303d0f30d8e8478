-- Completes an empty data directory: the only account is the superuser, which is the user that runs the server, through its
-- socket and without a password.
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
FLUSH PRIVILEGES;
CREATE USER mariadb@localhost IDENTIFIED VIA unix_socket;
GRANT ALL PRIVILEGES ON *.* TO mariadb@localhost WITH GRANT OPTION;
