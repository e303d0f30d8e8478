-- The application's role and its database. Runs at each start, outside a transaction (CREATE DATABASE), and changes only what
-- differs.
\getenv database_name DATABASE_NAME
\getenv database_user DATABASE_USER
\getenv database_password DATABASE_PASSWORD

SELECT format('CREATE ROLE %I LOGIN', :'database_user')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'database_user') \gexec
SELECT format('CREATE DATABASE %I OWNER %I', :'database_name', :'database_user')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database_name') \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', :'database_user', :'database_password') \gexec
