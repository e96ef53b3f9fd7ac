#!/bin/sh
# Fills and serves the example shop: dev/demo.sh [PORT]. `make demo` does the set-up before.
# May be repeated: what is there already, and what you changed in it, stays.
set -eu
cd "$(dirname "$0")/../example_project"
unset DJANGO_SETTINGS_MODULE
port=${1:-8000}

manage() {
    ../.venv/bin/python manage.py "$@"
}

manage migrate --verbosity 0
if ! manage shell --verbosity 0 --command \
    'import sys; from shop.models import Product; sys.exit(not Product.objects.exists())'; then
    manage load_catalogue
fi
status=0
manage es_status products --check >/dev/null 2>&1 || status=$?
case $status in
0) ;;
2) manage es_rebuild products --no-input ;; # the index is missing, or differs from the database
*) manage es_status products --check ;; # once more, to show what is wrong
esac
manage create_demo_user

cat <<TEXT

  Open   http://127.0.0.1:$port/admin/elasticsearch/   and sign in as admin, password admin.
  The shop itself, with its search, is at http://127.0.0.1:$port/
  Ctrl-C ends it; \`make es-stop\` stops Elasticsearch. Another port: make demo PORT=8001

TEXT
# The worker of the outbox runs beside the server, as it would in production.
# (Not by manage(): the pid would be that of a shell around it.)
../.venv/bin/python manage.py es_drain --forever --verbosity 0 &
drain=$!
# So does the worker of the background tasks, which does the rebuilds that are begun in the admin.
../.venv/bin/python manage.py db_worker --no-reload --no-startup-delay --verbosity 0 &
tasks=$!
# No reloader: one process, which ends when it is told to.
../.venv/bin/python manage.py runserver --noreload "127.0.0.1:$port" &
server=$!
trap 'kill "$server" "$drain" "$tasks" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM HUP
wait "$server"
