# Brings the pinned Node.js and npm, checked against the lock file's hashes, into the build context.
npm ci --prefix "$CONTEXT" --ignore-scripts --no-audit --no-fund --loglevel=error
