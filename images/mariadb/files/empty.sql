-- Ends the making of an empty data directory: the superuser is the user that runs the server, through its socket and without a
-- password; nobody else comes in.
DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';
FLUSH PRIVILEGES;
CREATE USER mariadb@localhost IDENTIFIED VIA unix_socket;
GRANT ALL PRIVILEGES ON *.* TO mariadb@localhost WITH GRANT OPTION;
