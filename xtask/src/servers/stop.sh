#!/bin/sh
# Stops the servers of this folder and removes it. Created by `cargo xtask`.
cd /
folder=@FOLDER@

# The processes with such a path of this folder in their arguments, without this one.
with() {
    grep -lsa "$folder/[a-z-]*/\($1\)" /proc/[0-9]*/cmdline | cut -d/ -f3 | grep -vx "$$"
}
end() {
    # shellcheck disable=SC2046 # several numbers
    set -- $(with "$1")
    [ "$#" -eq 0 ] || kill -9 "$@" 2>/dev/null
}

# A control script that a killed test was running must not continue while its server is stopped.
end control
for control in "$folder"/*/control; do
    [ -x "$control" ] && "$control" end &
done
wait
# A server that was started so late that its control script did not find it yet.
end 'pid\|data\|home\|pgbouncer'
# The shared memory of a PostgreSQL that was killed and not started again.
for file in "$folder"/*/data/postmaster.pid; do
    memory=$(sed -n '7s/.* //p' "$file" 2>/dev/null)
    [ -z "$memory" ] || ipcrm -m "$memory" 2>/dev/null
done
rm -rf "$folder"
